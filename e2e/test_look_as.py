"""Looking as a colleague: from their page into the book as they see it, and what they read about it afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e import axe
from e2e.conftest import DESK, PHONE, Comes
from e2e.visitor import Visitor


@pytest.mark.parametrize(("locale", "on"), [("en", DESK), ("zh_Hans", PHONE)], ids=["desk", "phone in Chinese"])
def test_an_admin_sees_the_book_as_a_colleague_does(comes: Comes, locale: str, on: dict[str, object]) -> None:
    ada, mia = comes(locale, on), comes(locale, on)
    firm = f"look-{locale.lower().replace('_', '-')}.example"
    ada.sign_up(f"ada@{firm}", "Look As", "Ada Brenner")
    ada.press("Add sample data")
    ada.at_heading("Accounts")
    mia.accept(ada.invite(f"mia@{firm}", "Mia Long"))
    ada.open("/people")
    ada.tap(ada.page.get_by_role("link", name="Mia Long"))
    ada.at("Mia Long")
    ada.look("person")
    ada.press("Look as %(name)s", name="Mia Long")
    ada.at_heading("Look as %(name)s", name="Mia Long")
    ada.fill("Reason", "She cannot find Kessler")
    _is_well_drawn(ada, "before")
    ada.press("Look as %(name)s", name="Mia Long")
    ada.at_heading("Today")
    _is_marked(ada)
    ada.look("today")
    ada.open("/accounts")
    _is_marked(ada)
    expect(ada.page.locator("a[href$='/new'], .menu-form[method='post'] button:visible")).to_have_count(0)
    _is_well_drawn(ada, "accounts")
    ada.tap(ada.page.locator("tr[data-row] th a").first)
    ada.page.wait_for_url("**/accounts/*-*")
    _is_marked(ada)
    expect(ada.page.locator("[data-inline-edit], form[action$='/note']")).to_have_count(0)
    _is_well_drawn(ada, "account")
    for path, name in (("/people", "people"), ("/settings", "settings"), ("/search?q=a", "search"), ("/activities", "activities")):
        ada.open(path)
        _is_marked(ada)
        _is_well_drawn(ada, name)
    ada.open("/me")
    ada.at_heading("This page is %(name)s's own", name="Mia Long")
    _is_well_drawn(ada, "closed")
    ada.open("/accounts/00000000-0000-7000-8000-000000000000")
    _is_marked(ada)
    ada.look("missing")
    ada.press("Stop looking")
    ada.at("Mia Long")
    ada.toast("You are yourself again")
    expect(ada.page.locator(".looking-bar")).to_have_count(0)
    ada.look("over")

    mia.open("/me/security")
    mia.reads("She cannot find Kessler")
    mia.page.locator("#looked-at").scroll_into_view_if_needed()
    mia.look("looked-at")
    letter = mia.mailbox.wait_for(f"mia@{firm}", count=2)
    assert letter.subject == mia.say("%(name)s looked at the book as you", name="Ada Brenner")
    mia.page.goto(next(link for link in letter.links if link.endswith("/me/looked-at")))
    mia.at_heading("Security")


def _is_marked(visitor: Visitor) -> None:
    """The banner stays in sight, also at the foot of a long page."""
    visitor.sees("You see %(brand)s as %(name)s does. Nothing can be changed.", brand="Onebook", name="Mia Long")
    visitor.page.locator("main :visible").last.scroll_into_view_if_needed()
    expect(visitor.page.get_by_role("button", name=visitor.say("Stop looking")).first).to_be_in_viewport()


def _is_well_drawn(visitor: Visitor, name: str) -> None:
    """No axe violation in either theme, and nothing wider than the screen."""
    visitor.look(name)
    assert axe.violations(visitor.page) == []
    visitor.page.emulate_media(color_scheme="dark")
    visitor.look(f"{name}-dark")
    assert axe.violations(visitor.page, ("color-contrast",)) == []
    visitor.page.emulate_media(color_scheme="light")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
