"""Browsers and the few steps that every journey of a person begins with."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from anyio.from_thread import BlockingPortal

from saas.app import Application
from saas.devstack.mailbox_store import MailStore
from saas.tenants import jobs, provision
from saas.tenants.outbox import CONTROL_PLANE
from tests.people.browser import Browser

PASSWORD = "four kettles of tea"
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
