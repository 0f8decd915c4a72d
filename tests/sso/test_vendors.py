"""Sign-in and sign-up with Google and Microsoft, played by the local provider."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import select

from saas.app import Application, create
from saas.auth.identities import Identity
from saas.auth.sso.tables import ExternalLogin
from saas.core.settings import SignInProvider, from_env
from saas.devstack.mailbox_store import MailStore
from saas.tenants import jobs, provision
from saas.tenants.outbox import CONTROL_PLANE
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import code_in
from tests.sso.conftest import Firm, NewBrowser, browsers
from tests.sso.provider import CLIENT_SECRET, Idp
from tests.sso.test_required import admin_email

MICROSOFT_TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="session")
def vendor_app(environment: dict[str, str], _idp: Idp) -> Iterator[Application]:
    """Give the application of an operator who has set both up; the local provider plays either."""
    settings = from_env(environment)
    both = tuple(SignInProvider(name.lower(), name, _idp.issuer, name.lower(), CLIENT_SECRET) for name in ("Google", "Microsoft"))
    application = create(replace(settings, sign_in_providers=both))
    for name in ("google", "microsoft"):
        _idp.client(settings.url(path=f"/sign-in/with/{name}/callback"), name)
    yield application
    application.runtime.close()


@pytest.fixture
def visitor(portal: BlockingPortal, vendor_app: Application, idp: Idp) -> Iterator[NewBrowser]:
    """Give browsers of this application's visitors."""
    with browsers(portal, vendor_app) as make:
        yield make


def come(browser: Browser, idp: Idp, vendor: str, login: str, words: str = "") -> Any:
    """Press the vendor's button on the public site and sign in there; go on where our own page leads at once."""
    root = browser.root.rstrip("/")
    answer = browser.open(f"{root}/sign-in/with/{vendor}{words}", follows=False)
    assert answer.status_code == 303, answer.text
    answer = browser.open(idp.sign_in(answer.headers["location"], login))
    if "refresh" in answer.headers:
        answer = browser.open(answer.headers["refresh"].partition("url=")[2])
    return answer


def links(app: Application, subject: str) -> list[str | None]:
    with control_session(app.runtime.databases) as control:
        query = select(Identity.email).join(ExternalLogin, ExternalLogin.identity_id == Identity.id).where(ExternalLogin.subject == subject)
        return list(control.execute(query).scalars())


def test_without_the_operators_settings_there_is_no_button(firm: Firm) -> None:
    assert "/sign-in/with/" not in firm.world.visit().get("/sign-in").text
    assert firm.world.visit(host=firm.world.runtime.settings.host()).get("/sign-in/with/google").status_code == 404


def test_buttons_are_on_the_public_site_and_on_workspaces(visitor: NewBrowser, firm: Firm) -> None:
    browser = visitor()
    assert "Sign in with Google" in browser.open("/sign-in").text
    assert "Continue with Microsoft" in browser.open("/sign-up").text
    browser.open("/sign-in")
    page = browser.open(f"{firm.url}/sign-in?next=/contacts").text
    assert "Sign in with Microsoft" in page
    assert f"/sign-in/with/google?workspace={firm.world.tenant.slug}&amp;next=%2Fcontacts" in page


def test_a_proven_address_finds_its_identity_and_stays_connected(visitor: NewBrowser, firm: Firm, vendor_app: Application) -> None:
    """The second time the account counts, whatever its address is by then."""
    email, sub = admin_email(firm), f"g-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=email, hd="example.org")
    browser = visitor()
    come(browser, firm.idp, "google", sub)
    assert browser.host == firm.world.host
    assert browser.open(f"{firm.url}/people").status_code == 200
    assert links(vendor_app, sub) == [email]
    firm.idp.account(sub, email="new@elsewhere.example", email_verified=False)
    again = visitor()
    come(again, firm.idp, "google", sub)
    assert again.host == firm.world.host


def test_who_began_at_a_workspace_goes_back_there(visitor: NewBrowser, firm: Firm) -> None:
    sub = f"g-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=admin_email(firm), hd="example.org")
    browser = visitor()
    come(browser, firm.idp, "google", sub, f"?workspace={firm.world.tenant.slug}&next=/contacts")
    assert (browser.host, browser.path) == (firm.world.host, "/contacts")


@pytest.mark.parametrize(
    ("vendor", "claims"),
    [
        ("google", {"email_verified": True}),
        ("google", {"email_verified": True, "hd": "elsewhere.example"}),
        ("google", {"email_verified": False, "hd": "example.org"}),
        ("microsoft", {"email_verified": True}),
        ("microsoft", {"email_verified": True, "hd": "example.org"}),
        ("microsoft", {"xms_edov": False}),
        ("microsoft", {"xms_edov": "0"}),
    ],
    ids=str,
)
def test_an_address_the_vendor_does_not_answer_for_is_proven_by_our_own_letter(
    visitor: NewBrowser, firm: Firm, vendor_app: Application, mailbox: MailStore, vendor: str, claims: dict[str, Any]
) -> None:
    email, sub = admin_email(firm), f"m-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=email, **claims)
    browser, stranger = visitor(), visitor()
    come(browser, firm.idp, vendor, sub)
    assert browser.path == f"/sign-in/with/{vendor}/code"
    assert links(vendor_app, sub) == []
    jobs.drain(vendor_app.runtime, CONTROL_PLANE)
    code = code_in(mailbox, email)
    assert stranger.open(browser.url).url.path == "/sign-in", "another browser has no part in it"
    wrong = browser.submit("code-form", code="000000" if code != "000000" else "000001")
    assert wrong.status_code == 422
    right = browser.submit("code-form", code=code)
    browser.open(right.headers["refresh"].partition("url=")[2])
    assert browser.host == firm.world.host
    assert links(vendor_app, sub) == [email]


@pytest.mark.parametrize("claims", [{"xms_edov": True}, {"xms_edov": 1}, {"xms_edov": "1"}])
def test_microsofts_word_counts_where_the_domain_is_the_directorys(visitor: NewBrowser, firm: Firm, claims: dict[str, Any]) -> None:
    sub = f"m-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=admin_email(firm), **claims)
    browser = visitor()
    come(browser, firm.idp, "microsoft", sub)
    assert browser.host == firm.world.host


def test_signing_up_skips_the_letter_when_the_address_is_proven(visitor: NewBrowser, idp: Idp, vendor_app: Application) -> None:
    provision.fill_pool(vendor_app.runtime.databases, vendor_app.runtime.owners, target=2)
    sub, email = f"g-{secrets.token_hex(4)}", f"{secrets.token_hex(6)}@gmail.com"
    idp.account(sub, email=email)
    browser = visitor()
    come(browser, idp, "google", sub)
    assert browser.path == "/sign-up/company"
    slug = f"w{secrets.token_hex(5)}"
    browser.submit("company-form", company="Gee", name="Gia Gee", password="four kettles of tea", workspace=slug)
    assert browser.host == vendor_app.runtime.settings.host(slug)
    again = visitor()
    come(again, idp, "google", sub)
    assert again.host == vendor_app.runtime.settings.host(slug)


def test_an_answer_of_one_vendor_is_not_taken_for_the_others(visitor: NewBrowser, firm: Firm) -> None:
    sub = f"g-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=admin_email(firm), hd="example.org")
    browser = visitor()
    root = browser.root.rstrip("/")
    there = browser.open(f"{root}/sign-in/with/google", follows=False).headers["location"]
    back = firm.idp.sign_in(there, sub).replace("/google/", "/microsoft/")
    assert browser.open(back).status_code == 403


def test_where_the_workspace_insists_on_its_own_service_no_vendor_opens_it(visitor: NewBrowser, firm: Firm) -> None:
    from tests.sso.test_required import with_password

    email = with_password(firm, firm.world.app, "zoe")
    firm.set_up(is_required="1", break_glass=[str(firm.world.members["admin"])])
    sub = f"g-{secrets.token_hex(4)}"
    firm.idp.account(sub, email=email, hd=firm.domain)
    browser = visitor()
    assert "Sign in with Google" not in browser.open(f"{firm.url}/sign-in").text
    come(browser, firm.idp, "google", sub, f"?workspace={firm.world.tenant.slug}")
    assert (browser.host, browser.path) == (firm.world.host, "/sign-in")


def test_settings_come_from_the_environment(environment: dict[str, str]) -> None:
    found = from_env({**environment, "GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b"}).sign_in_providers
    assert found == (SignInProvider("google", "Google", "https://accounts.google.com", "a", "b"),)
    with pytest.raises(SystemExit):
        from_env({**environment, "MICROSOFT_CLIENT_ID": "a"})
