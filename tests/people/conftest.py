"""Browsers and the few steps that every journey of a person begins with."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import select

from saas.app import Application
from saas.auth import passwords
from saas.auth.directory import touch
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Member, MemberRole, Role
from saas.core.ids import new_id
from saas.devstack.mailbox_store import MailStore
from saas.tenants import jobs, provision
from saas.tenants.outbox import CONTROL_PLANE
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.worlds import World, found_firm

PASSWORD = "four kettles of tea"
PASSWORD_HASH = passwords.hash_password(PASSWORD)
NewBrowser = Callable[..., Browser]


@dataclass
class Signup:
    """Somebody who has signed up: the browser is inside the workspace."""

    browser: Browser
    email: str
    slug: str
    host: str


@pytest.fixture(autouse=True)
def _filled_pool(app: Application) -> None:
    provision.fill_pool(app.runtime.databases, app.runtime.owners, target=2)


@pytest.fixture
def new_browser(portal: BlockingPortal, app: Application) -> Iterator[NewBrowser]:
    """Give browsers, each with a network address of its own unless one is named."""
    opened: list[Browser] = []

    def make(language: str = "en", address: str | None = None) -> Browser:
        fresh = address or f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
        opened.append(Browser(portal, app, fresh, language))
        return opened[-1]

    yield make
    for browser in opened:
        browser.close()


@pytest.fixture
def work(app: Application) -> Callable[[], None]:
    """Do what workers would do for the control plane."""

    def drain() -> None:
        jobs.drain(app.runtime, CONTROL_PLANE)

    return drain


def an_email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def code_in(mailbox: MailStore, email: str, count: int = 1) -> str:
    letter = mailbox.wait_for(email, count=count)
    found = re.search(r"\b(\d{6})\b", letter.text)
    assert found, letter.text
    return found[1]


@pytest.fixture(scope="session")
def _firms(portal: BlockingPortal, app: Application) -> list[World]:
    """Two firms that tests share who only need somebody in one."""
    return [found_firm(portal, app, name) for name in ("Kettle", "Lantern")]


@pytest.fixture
def account(app: Application, _firms: list[World], new_browser: NewBrowser) -> Callable[..., Signup]:
    """Make a fresh admin of the first (0) or the second (1) shared firm, signed in, much quicker than by signing up."""

    def make(firm: int = 0) -> Signup:
        world, email, key = _firms[firm], an_email(), new_id()
        with control_session(app.runtime.databases) as control:
            control.add(Identity(id=key, email=email, name="Ada Lovelace", password_hash=PASSWORD_HASH))
            control.flush()
            control.add(Membership(identity_id=key, tenant_id=world.tenant.id))
        with world.db() as db:
            home = db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar_one()
            role = db.execute(select(Role.id).where(Role.key == "admin")).scalar_one()
            person = Member(id=new_id(), identity_id=key, name="Ada Lovelace", email=email, department_id=home)
            db.add(person)
            db.flush()
            db.add(MemberRole(member_id=person.id, role_id=role))
            touch(db)
        browser, host = new_browser(), world.host
        browser.open(f"http://{browser.host}/sign-in")
        browser.submit("sign-in-form", handle=email, password=PASSWORD)
        assert browser.host == host
        return Signup(browser, email, world.tenant.slug, host)

    return make


@pytest.fixture
def sign_up(new_browser: NewBrowser, mailbox: MailStore, work: Callable[[], None]) -> Callable[..., Signup]:
    """Sign somebody up through the pages, from the e-mail to the workspace."""

    def run(language: str = "en", **words: str) -> Signup:
        browser, email = new_browser(language), an_email()
        slug = words.pop("workspace", f"w{secrets.token_hex(5)}")
        browser.open("/sign-up")
        browser.submit("sign-up-form", email=email)
        work()
        browser.submit("code-form", code=code_in(mailbox, email))
        typed = {"company": f"Firm {slug}", "name": "Ada Lovelace", "password": PASSWORD, "workspace": slug, **words}
        browser.submit("company-form", **typed)
        return Signup(browser, email, slug, browser.host)

    return run
