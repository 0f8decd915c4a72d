"""Passkeys in a real browser, with the authenticator that Chromium simulates: add one, sign out, sign in with it, remove it."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e import axe
from e2e.conftest import PHONE, Comes
from e2e.visitor import PASSWORD, Visitor

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_device(visitor: Visitor) -> None:
    """Give the page a fingerprint reader with a willing finger on it."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_added_signs_in_without_a_password_and_is_removed(comes: Comes) -> None:
    ada = comes()
    give_device(ada)
    ada.sign_up("ada@passkeys.example", "Passkeys", "Ada Brenner")
    ada.open("/me/security")
    ada.look("security-empty")
    ada.fill("Name of the passkey", "Work laptop")
    ada.press("Add a passkey")
    ada.at_heading("Your recovery codes")
    ada.look("recovery-codes")
    ada.press("I have kept them")
    ada.reads("Work laptop")
    assert axe.violations(ada.page) == []
    ada.look("security")

    ada.tap(ada.page.locator(".member-menu summary"))
    ada.press("Sign out")
    ada.at_heading("Sign in")
    ada.look("sign-in")
    assert axe.violations(ada.page) == []
    ada.press("Sign in with a passkey")
    ada.at_heading("Today")

    # The password alone is not enough any more; the passkey is the second step.
    ada.tap(ada.page.locator(".member-menu summary"))
    ada.press("Sign out")
    ada.fill("E-mail or login name", "ada@passkeys.example")
    ada.fill("Password", PASSWORD)
    ada.press("Sign in")
    ada.at_heading("One more step")
    ada.look("second-step")
    assert axe.violations(ada.page) == []
    ada.press("Use a passkey")
    ada.at_heading("Today")

    ada.open("/me/security")
    ada.page.get_by_role("link", name="Remove Work laptop").click()
    ada.look("remove")
    ada.press("Remove the passkey")
    ada.toast("Removed")
    expect(ada.page.locator("li[id^=passkey-]")).to_have_count(0)
    other = comes()
    other.workspace = ada.workspace
    other.sign_in("ada@passkeys.example")


def test_without_scripts_the_page_says_so_and_the_app_still_works(comes: Comes) -> None:
    li = comes("zh_Hans", on=PHONE)
    li.sign_up("li@passkeys.example", "密钥", "李伟")
    li.open("/me/security")
    li.look("security-phone")
    assert axe.violations(li.page) == []
    li.press("Set up the app")
    li.at_heading("Set up the authenticator app")
    assert axe.violations(li.page) == []
    li.look("app-phone")
    li.open("/settings/security")
    li.look("rules-phone")
    assert axe.violations(li.page) == []
    plain = comes("zh_Hans", java_script_enabled=False)
    plain.workspace = li.workspace
    plain.sign_in("li@passkeys.example")
    plain.open("/me/security")
    plain.sees("This browser cannot add passkeys here. Try a current browser with scripts switched on.")
    expect(plain.page.get_by_role("button", name=plain.say("Add a passkey"))).to_have_count(0)
