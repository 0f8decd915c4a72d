"""Two colleagues change one record at the same time."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.conftest import Comes
from e2e.visitor import Visitor


def test_the_second_of_two_editors_sees_both_versions_and_loses_nothing(comes: Comes) -> None:
    ada = comes()
    ada.sign_up("ada@two.example", "Two Hands", "Ada Brenner")
    ada.open("/contacts/new")
    ada.fill("Given name", "Harriet")
    ada.fill("Family name", "Vane")
    ada.fill("Job title", "Writer")
    ada.press("Create %(object)s", object="contact")
    ada.at("Harriet Vane")
    record = ada.page.url.split("?")[0]
    ben = comes()
    ben.accept(ada.invite("ben@two.example", "Ben Okafor"))

    opens_the_form(ada, record)
    opens_the_form(ben, record)
    ben.fill("Job title", "Novelist")
    ben.fill("Occupation", "Author")
    ben.press("Save")
    ben.at("Harriet Vane")

    ada.fill("Job title", "Detective writer")
    ada.fill("Salutation", "Dr")
    ada.press("Save")
    ada.at_heading("Two versions of %(name)s", name="Harriet Vane")
    ada.reads("Ben Okafor changed this while you were editing it")
    mine, theirs = ada.page.get_by_label(ada.say("Yours")), ada.page.get_by_label("Ben Okafor")
    expect(ada.page.get_by_role("group", name="Job title")).to_contain_text("Detective writer")
    expect(ada.page.get_by_role("group", name="Job title")).to_contain_text("Novelist")
    expect(mine).to_be_checked()
    ada.look("both-versions")
    theirs.check()
    ada.press("Save")
    ada.at("Harriet Vane")
    for kept in ("Novelist", "Dr", "Author"):
        expect(ada.page.locator("#details")).to_contain_text(kept)
    ada.look("nothing-lost")
    ada.page.reload()
    ada.misses("Detective writer")


def opens_the_form(visitor: Visitor, record: str) -> None:
    """Open a record's form with everything on it visible."""
    visitor.page.goto(f"{record}/edit")
    folded = visitor.page.locator("details.field-group:not([open]) > summary")
    while folded.count():
        folded.first.click()
