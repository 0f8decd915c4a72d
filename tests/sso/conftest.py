"""A provider, a firm that may use it, and people with browsers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import select, update

from saas.app import Application
from saas.auth import passwords
from saas.auth.identities import Identity
from saas.auth.members import Member, MemberRole, Role
from saas.auth.sso import provider
from saas.auth.sso.tables import SsoSettings
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.sso.provider import CLIENT_SECRET, Idp
from tests.worlds import Client, World, found_firm

PASSWORD = "four kettles of tea"
PASSWORD_HASH = passwords.hash_password(PASSWORD)
SETTINGS = "/settings/single-sign-on"


@pytest.fixture(scope="session")
def _idp() -> Iterator[Idp]:
    running = Idp()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def idp(_idp: Idp) -> Iterator[Idp]:
    """Give the provider, telling the truth."""
    yield _idp
    _idp.lie()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Let every test begin with a process that has never asked a provider."""
    provider._discovered._found.clear()
    provider._keys._found.clear()


@dataclass
class Firm:
    """A firm with an admin who has a password, and its own client at the provider. `domain` is its people's."""

    world: World
    idp: Idp
    admin: Client
    domain: str
    client_id: str

    @property
    def url(self) -> str:
        return f"http://{self.world.host}"

    def form(self, **changed: Any) -> dict[str, Any]:
        """Fill the settings form in so that it would be accepted; newcomers become viewers with the role Member."""
        return {
            "label": "Acme account", "issuer": self.idp.issuer, "client_id": self.client_id, "secret": CLIENT_SECRET, "domains": self.domain,
            "newcomers": "viewer", "ceiling": "", "role": str(self.role("member")), "department": "", "group_claim": "", **changed,
        }  # fmt: skip

    def save(self, **changed: Any) -> Any:
        """Send the settings form."""
        return self.admin.post(SETTINGS, self.form(**changed))

    def set_up(self, **changed: Any) -> None:
        """Save, test and switch on, by the pages."""
        saved = self.save(**changed)
        assert saved.status_code == 303, saved.text
        self.test("tester")
        assert self.admin.post(f"{SETTINGS}/on").status_code == 303
        assert self.stored().is_on

    def test(self, login: str) -> str:
        """Press “Test it” and sign in at the provider; return the settings page afterwards."""
        self.idp.account(login, email=f"{login}@{self.domain}")
        started = self.admin.get(self.admin.get(f"{SETTINGS}/test").headers["location"])
        if started.status_code == 303 and started.headers["location"].startswith(self.idp.issuer):
            back = self.admin.get(self.idp.sign_in(started.headers["location"], login))
            assert back.headers["location"] == f"{SETTINGS}#trial"
        return self.admin.get(SETTINGS).text

    def person(self, sub: str, **claims: Any) -> str:
        """Make an account of the provider with an address of this firm."""
        return self.idp.account(sub, **{"email": f"{sub}@{self.domain}", **claims})

    def role(self, key: str) -> UUID:
        with self.world.db() as db:
            return db.execute(select(Role.id).where(Role.key == key)).scalar_one()

    def stored(self) -> SsoSettings:
        with self.world.db() as db:
            return db.execute(select(SsoSettings)).scalar_one()

    def change(self, **columns: Any) -> None:
        """Change stored settings behind the page's back."""
        with self.world.db() as db:
            db.execute(update(SsoSettings).values(**columns))

    def member(self, email: str) -> Member | None:
        with self.world.db() as db:
            return db.execute(select(Member).where(Member.email == email)).scalars().first()

    def roles(self, member_id: UUID) -> set[str]:
        with self.world.db() as db:
            query = select(Role.key, Role.name).join(MemberRole, MemberRole.role_id == Role.id).where(MemberRole.member_id == member_id)
            return {key or name for key, name in db.execute(query)}


NewFirm = Callable[..., Firm]


@pytest.fixture
def new_firm(portal: BlockingPortal, app: Application, idp: Idp) -> Iterator[NewFirm]:
    """Give firms, each with a domain and a client of its own."""
    made: list[World] = []

    def make(name: str = "Acme") -> Firm:
        world = found_firm(portal, app, name)
        made.append(world)
        with world.db() as db:
            identity = db.execute(select(Member.identity_id).where(Member.id == world.members["admin"])).scalar_one()
        with control_session(app.runtime.databases) as control:
            control.execute(update(Identity).where(Identity.id == identity).values(password_hash=PASSWORD_HASH))
        mark = secrets.token_hex(5)
        idp.client(f"http://{world.host}/sign-in/sso/callback", f"client-{mark}")
        return Firm(world, idp, world.sign_in(), f"{mark}.example", f"client-{mark}")

    yield make
    for world in made:
        for client in world.clients:
            client.close()


@pytest.fixture
def firm(new_firm: NewFirm) -> Firm:
    return new_firm()


NewBrowser = Callable[[], Browser]


@contextmanager
def browsers(portal: BlockingPortal, app: Application) -> Iterator[NewBrowser]:
    """Make browsers that follow an application's redirects, each from a network address of its own."""
    opened: list[Browser] = []

    def make() -> Browser:
        opened.append(Browser(portal, app, f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"))
        return opened[-1]

    yield make
    for browser in opened:
        browser.close()


@pytest.fixture
def new_browser(portal: BlockingPortal, app: Application) -> Iterator[NewBrowser]:
    """Give browsers of the product's visitors."""
    with browsers(portal, app) as make:
        yield make


@pytest.fixture
def browser(new_browser: NewBrowser) -> Browser:
    return new_browser()


def go(browser: Browser, firm: Firm, after: str = "") -> str:
    """Press the button on the firm's sign-in page; return the provider's address it leads to."""
    answer = browser.open(f"{firm.url}/sign-in/sso{after}", follows=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_in(browser: Browser, firm: Firm, login: str, after: str = "") -> Any:
    """Sign in through the provider, from the button to wherever the product leads."""
    return browser.open(firm.idp.sign_in(go(browser, firm, after), login))
