"""Single sign-on in Chromium, against a real provider: an admin sets it up, a colleague comes in by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from e2e.axe import violations
from e2e.conftest import PHONE, Comes
from e2e.visitor import Visitor
from e2e.watch import Watch
from tests.sso.provider import CLIENT_SECRET, Idp


@pytest.fixture
def idp() -> Iterator[Idp]:
    """Run the provider for one journey."""
    running = Idp()
    running.start()
    yield running
    running.stop()


def at_the_provider(who: Visitor, login: str) -> None:
    """Sign in on the provider's own page."""
    expect(who.page.get_by_role("heading", name="Account")).to_be_visible()
    who.page.get_by_label("Login").fill(login)
    who.page.get_by_role("button", name="Continue").click()


def set_up(ada: Visitor, idp: Idp, domain: str) -> None:
    """Fill the settings page in, test it and switch it on."""
    idp.client(ada.product.url(ada.workspace, "/sign-in/sso/callback"), "onebook")
    ada.open("/settings")
    ada.press("Set up single sign-on")
    ada.at_heading("Single sign-on")
    ada.look("empty")
    ada.reads(ada.product.url(ada.workspace, "/sign-in/sso/callback"))
    ada.fill("Issuer", idp.issuer)
    ada.fill("Client ID", "onebook")
    ada.press("Save")
    ada.look("refused")
    ada.sees("Copy the client secret from your sign-in service.")
    ada.fill("Client secret", CLIENT_SECRET)
    ada.fill("Name on the button", "Harbour account")
    ada.fill("E-mail domains that may come in", domain)
    ada.page.get_by_label(ada.say("Viewers, who look and change nothing (free)")).check()
    ada.choose("Role", ada.say("Member"))
    ada.press("Save")
    ada.toast("Saved")
    ada.press("Test it")
    at_the_provider(ada, "ada")
    ada.at_heading("Single sign-on")
    ada.sees("It works")
    ada.look("tested")
    ada.press("Switch single sign-on on")
    ada.toast("Single sign-on is on")
    ada.look("on")


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_a_colleague_comes_in_by_single_sign_on_as_a_viewer_and_sees_the_contacts(comes: Comes, idp: Idp, locale: str) -> None:
    domain = f"harbour-{'en' if locale == 'en' else 'zh'}.example"
    ada = comes(locale)
    ada.sign_up(f"ada@{domain}", f"Harbour {locale}", "Ada Brenner")
    ada.press("Add sample data")
    ada.toast("Sample data is in the book. Remove it whenever you like.")
    idp.account("ada", email=f"ada@{domain}")
    idp.account("cleo", email=f"cleo@{domain}", name="Cleo Carver")
    set_up(ada, idp, domain)
    assert violations(ada.page) == []
    ada.page.set_viewport_size({"width": 360, "height": 2400})
    ada.page.emulate_media(color_scheme="dark")
    ada.open("/settings/single-sign-on")
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(ada.page) == []
    ada.look("narrow-and-dark")
    ada.page.set_viewport_size({"width": 1280, "height": 800})

    cleo = comes(locale, on=PHONE)
    cleo.workspace = ada.workspace
    cleo.open("/contacts")
    cleo.at_heading("Sign in")
    cleo.look("door")
    assert violations(cleo.page) == []
    cleo.press("Sign in with %(service)s", service="Harbour account")
    at_the_provider(cleo, "cleo")
    cleo.at_heading("Contacts")
    expect(cleo.page.locator("tr[data-row]").first).to_be_visible()
    cleo.look("inside")
    ada.open("/people")
    ada.reads("Cleo Carver")


def test_it_works_without_scripts_and_says_why_somebody_stays_outside(comes: Comes, idp: Idp, watch: Watch) -> None:
    ada = comes()
    ada.sign_up("ada@plain.example", "Plain", "Ada Brenner")
    idp.account("ada", email="ada@plain.example")
    idp.account("eve", email="eve@elsewhere.example")
    idp.account("bob", email="bob@plain.example", name="Bob Plain")
    set_up(ada, idp, "plain.example")
    plain = comes(java_script_enabled=False)
    plain.workspace = ada.workspace
    plain.open("/sign-in")
    plain.press("Sign in with %(service)s", service="Harbour account")
    at_the_provider(plain, "bob")
    plain.at_heading("Today")
    eve = comes()
    eve.workspace = ada.workspace
    eve.open("/sign-in")
    eve.press("Sign in with %(service)s", service="Harbour account")
    expect(eve.page.get_by_role("heading", name="Account")).to_be_visible()
    eve.page.get_by_label("Login").fill("eve")
    with eve.page.expect_response(lambda answer: "/callback" in answer.url) as answer:
        eve.page.get_by_role("button", name="Continue").click()
    assert answer.value.status == 403
    eve.reads("elsewhere.example")
    eve.look("outside")
    # The browser reports the refusal's status as an error; here it is what was wanted.
    watch.faults[:] = [fault for fault in watch.faults if "status of 403" not in fault]
