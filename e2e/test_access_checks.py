"""An admin pins what must stay true; a later change of rights that would break it is stopped with the reason. And a list becomes a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e import axe
from e2e.conftest import DESK, PHONE, Comes
from e2e.visitor import Visitor


@pytest.mark.parametrize(("locale", "seat"), [("en", DESK), ("zh_Hans", PHONE)], ids=["desk", "phone-zh"])
def test_what_is_pinned_stays_true(comes: Comes, locale: str, seat: dict[str, object]) -> None:
    ada = comes(locale, seat)
    ada.sign_up(f"ada@checks-{locale.lower().replace('_', '-')}.example", "Pinned Doors", "Ada Brenner")
    ada.open("/settings/departments/new")
    ada.fill("Name", "Service")
    ada.press("Make the department")
    ada.reads("Service")
    ada.open("/settings/access-checks")
    ada.reads(ada.say("No checks yet"))
    _is_well_drawn(ada, "none")
    ada.press("New check")
    ada.at_heading("New access check")
    ada.choose("Department, role or person", _within(ada, "who", "Salesperson"))
    ada.choose("Act", ada.say("Delete"))
    ada.choose("Records or a field of them", ada.say("Accounts"))
    _is_well_drawn(ada, "form")
    ada.press("Pin the check")
    ada.toast("Check pinned")
    ada.reads(ada.say("Holds"))
    _is_well_drawn(ada, "pinned")


def _within(ada: Visitor, name: str, text: str) -> str:
    """Read the whole words of an option that contains a role's name."""
    wanted = ada.say(text)
    options = ada.page.locator(f"select[name={name}] option").all_text_contents()
    return next(option.strip() for option in options if wanted in option)


def test_a_list_becomes_a_file(comes: Comes) -> None:
    ada = comes("en")
    ada.sign_up("ada@files.example", "Filed Doors", "Ada Brenner")
    ada.open("/accounts/new")
    ada.fill("Name", "Harbour Foods")
    ada.press("Create %(object)s", object="account")
    ada.at("Harbour Foods")
    ada.open("/accounts")
    ada.page.get_by_text("Export", exact=True).click()
    ada.look("menu")
    with ada.page.expect_download() as found:
        ada.page.get_by_role("link", name="These rows, with the columns shown").or_(
            ada.page.get_by_role("menuitem", name="These rows, with the columns shown")
        ).first.click()
    path = found.value.path()
    assert "Harbour Foods" in path.read_text("utf-8-sig")
    assert found.value.suggested_filename.startswith("accounts-")
    expect(ada.page.get_by_role("heading", name="Accounts").first).to_be_visible()


def _is_well_drawn(somebody: Visitor, name: str) -> None:
    somebody.look(name)
    assert axe.violations(somebody.page) == []
