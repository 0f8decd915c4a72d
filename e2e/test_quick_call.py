"""Logging calls from the rows of a list: one after another, by mouse, key or finger, and the list stays as it is."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from e2e import axe
from e2e.conftest import PHONE, Comes
from e2e.visitor import Visitor

LIST = "/contacts?sort=-updated_at"


def test_calls_are_logged_from_rows_and_the_list_stays(comes: Comes) -> None:
    ada = comes()
    ada.sign_up("ada@rows.example", "Long Lists", "Ada Brenner")
    for given in ("Harriet", "Peter"):
        adds_somebody(ada, given, "Vane")
    ada.open(LIST)
    ada.page.evaluate("window.untouched = true")
    row(ada, "Harriet Vane").get_by_role("checkbox").check()

    row(ada, "Peter Vane").hover()
    action(ada, "Peter Vane").click()
    sheet = ada.page.get_by_role("dialog")
    ada.fill("What was said", "Begun for Peter", within=sheet)
    assert axe.violations(ada.page) == []
    ada.look("sheet-over-the-list")
    ada.page.keyboard.press("Escape")
    expect(action(ada, "Peter Vane")).to_be_focused()

    # By keyboard, for somebody else: nothing of what was begun for Peter is in it.
    ada.page.keyboard.press("k")
    ada.page.keyboard.press("k")
    ada.page.keyboard.press("j")
    ada.look("row-in-focus")
    ada.page.keyboard.press("c")
    expect(ada.field("What was said", within=sheet)).to_have_value("")
    ada.fill("What was said", "Rings back after the lecture", within=sheet)
    ada.press("Log call", within=sheet)
    said = ada.toast("Call logged")
    expect(sheet).to_be_hidden()
    assert ada.page.evaluate("window.untouched") is True
    assert ada.page.url.endswith(LIST)
    expect(row(ada, "Harriet Vane").get_by_role("checkbox")).to_be_checked()
    expect(action(ada, "Harriet Vane")).to_be_focused()
    ada.look("logged")

    ada.page.reload()
    action(ada, "Harriet Vane").focus()
    ada.page.keyboard.press("Enter")
    expect(ada.field("What was said", within=sheet)).to_have_value("")
    ada.press("Log call", within=sheet)
    said = ada.toast("Call logged")
    ada.press("Undo", within=said)
    ada.toast("Undone")
    assert ada.page.url.endswith(LIST)
    ada.page.get_by_role("link", name="Harriet Vane", exact=True).click()
    expect(ada.story()).to_contain_text("Rings back after the lecture")
    expect(ada.story().locator(".timeline-item").filter(has_text=ada.say("called"))).to_have_count(1)

    with_a_finger_and_without_scripts(ada, comes(on=PHONE), comes(java_script_enabled=False))


def with_a_finger_and_without_scripts(ada: Visitor, tom: Visitor, eve: Visitor) -> None:
    for visitor in (tom, eve):
        visitor.workspace = ada.workspace
        visitor.sign_in("ada@rows.example")
        visitor.open(LIST)
        visitor.look("list")
        visitor.tap(action(visitor, "Peter Vane"))
        place = visitor.page.get_by_role("dialog") if visitor is tom else visitor.page.get_by_role("main")
        visitor.fill("What was said", f"Said on {'a phone' if visitor is tom else 'paper'}", within=place)
        visitor.look("form")
        visitor.press("Log call", within=place)
        visitor.toast("Call logged")
        assert visitor.page.url.endswith(LIST)
        visitor.look("logged")


def adds_somebody(visitor: Visitor, given: str, family: str) -> None:
    visitor.open("/contacts/new")
    visitor.fill("Given name", given)
    visitor.fill("Family name", family)
    visitor.press("Create %(object)s", object="contact")
    visitor.at(f"{given} {family}")


def row(visitor: Visitor, name: str) -> Locator:
    """Point at somebody's row."""
    return visitor.page.locator("tr[data-row]").filter(has_text=name)


def action(visitor: Visitor, name: str) -> Locator:
    """Point at the quick action on somebody's row."""
    return row(visitor, name).get_by_role("link", name=visitor.say("%(action)s: %(name)s", action=visitor.say("Log a call"), name=name))
