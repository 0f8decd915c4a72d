"""A customer whom another department keeps already: told, asked for, shared; and saved all the same, in the form and in place."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e import axe
from e2e.conftest import PHONE, Comes
from e2e.visitor import Visitor

MAIL = "office@harbour.example"


def test_a_customer_of_another_department_is_told_and_asked_for(comes: Comes) -> None:
    ada, ben = comes(), comes("en", PHONE)
    ada.sign_up("ada@kept.example", "Two Doors", "Ada Brenner")
    fills(ada, "Harbour Foods", MAIL)
    ada.at("Harbour Foods")
    ada.open("/settings/roles/plan?plan=own")
    ada.press("Use this starting point")
    ada.open("/settings")
    ada.page.locator("#in-the-book").scroll_into_view_if_needed()
    ada.look("setting")
    ben.accept(ada.invite("ben@kept.example", "Ben Okafor"))

    fills(ben, "Harbour", MAIL.upper())
    ben.reads("Already in the book, kept by")
    ben.misses("Harbour Foods")
    expect(ben.page.locator("#field-emails-1")).to_have_value(MAIL.upper())
    ben.look("told")
    ben.page.get_by_role("button", name="Save it all the same").scroll_into_view_if_needed()
    ben.look("ways-on")
    assert axe.violations(ben.page) == []
    ben.press("Ask for access")
    ben.reads("Your request was sent.")
    ben.look("asked")
    letter = ada.mailbox.wait_for("ada@kept.example", subject="Ben Okafor asks for access")
    assert any(link.endswith("/access") for link in letter.links)
    ben.press("Save it all the same")
    ben.at("Harbour")

    # In place: the value is refused where it stands, with the same two ways on.
    fills(ada, "Quiet Mill", "quiet@mill.example")
    ada.at("Quiet Mill")
    fact = ben.page.locator("#fact-emails")
    fact.scroll_into_view_if_needed()
    fact.locator("[data-inline-open]").first.click()
    fact.locator("#field-emails-1").fill("Quiet@Mill.example")
    fact.locator("#field-emails-1").press("Enter")
    expect(fact).to_contain_text("kept by")
    fact.get_by_role("button", name="Save it all the same").scroll_into_view_if_needed()
    ben.look("in-place")
    assert axe.violations(ben.page) == []
    ben.press("Save it all the same", within=fact)
    expect(fact.locator("form")).to_have_count(0)
    expect(fact).to_contain_text("uiet@")


def fills(visitor: Visitor, name: str, address: str) -> None:
    """Send the form of a new account with an e-mail."""
    visitor.open("/accounts/new")
    visitor.fill("Name", name)
    visitor.page.locator("#field-emails-1").fill(address)
    visitor.press("Create %(object)s", object="account")
