"""Everything that must work in a browser without JavaScript."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from e2e import books
from e2e.conftest import Comes
from e2e.visitor import Visitor


def test_signing_in_lists_forms_details_and_undo_work_without_scripts(comes: Comes, tmp_path: Path) -> None:
    people = books.persons(["Hill Farm", "Lakeside Inn", "Mill Bakery"], 60, ("en_GB",))
    eve = comes(java_script_enabled=False)
    eve.sign_up("eve@hillfarm.example", "Hill Farm", "Eve Marlow")
    eve.page.context.clear_cookies()
    eve.sign_in("eve@hillfarm.example")
    eve.import_file("Contacts", books.persons_file(tmp_path, people), len(people))

    pages_sorts_and_filters(eve, people)
    creates_after_an_error(eve)
    changes_it_and_logs_a_call(eve)
    deletes_it_and_thinks_again(eve)
    searches(eve, people[17])


def pages_sorts_and_filters(eve: Visitor, people: list[books.Person]) -> None:
    """Go through a list by its links and its filter form."""
    eve.open("/contacts")
    rows = eve.page.locator("tr[data-row]")
    expect(rows).to_have_count(25)
    first_page = rows.first.inner_text()
    eve.press("Next")
    expect(rows).to_have_count(25)
    assert rows.first.inner_text() != first_page
    eve.press("Next")
    expect(rows).to_have_count(10)
    eve.press("Previous")
    eve.press("Previous")
    eve.press("Name", within=eve.page.get_by_role("columnheader"))
    expect(eve.page.get_by_role("columnheader", name=eve.say("Name"))).to_have_attribute("aria-sort", "descending")
    assert rows.first.inner_text() != first_page
    eve.look("sorted")

    at_the_mill = [one for one in people if one.company == "Mill Bakery"]
    eve.choose_from_menu("Filter", "Account")
    eve.fill("Record", "Mill Bakery")
    eve.press("Apply")
    expect(rows).to_have_count(len(at_the_mill))
    eve.look("filtered")
    eve.press("Remove the filter %(name)s", name=eve.say("Account"))
    expect(rows).to_have_count(25)


def creates_after_an_error(eve: Visitor) -> None:
    """Be told what is wrong, keep what was typed, mend it."""
    eve.press("New %(object)s", object=eve.say("Contact").lower())
    eve.fill("Given name", "Harriet")
    eve.page.get_by_label("E-mail 1").fill("harriet at home")
    eve.press("Create %(object)s", object=eve.say("Contact").lower())
    eve.look("refused")
    expect(eve.field("Given name")).to_have_value("Harriet")
    expect(eve.page.get_by_label("E-mail 1")).to_have_value("harriet at home")
    expect(eve.field("Family name")).to_have_attribute("aria-invalid", "true")
    eve.fill("Family name", "Vane")
    eve.page.get_by_label("E-mail 1").fill("harriet@vane.example")
    eve.press("Create %(object)s", object=eve.say("Contact").lower())
    eve.at("Harriet Vane")
    eve.reads("harriet@vane.example")


def changes_it_and_logs_a_call(eve: Visitor) -> None:
    """Edit a field on the form, then log a call from the record."""
    eve.choose_from_menu("More", "Edit", within=eve.page.locator(".page-actions"))
    eve.fill("Job title", "Novelist")
    eve.press("Save")
    eve.at("Harriet Vane")
    eve.reads("Novelist")
    eve.press("Log a call")
    eve.page.get_by_label(eve.say("Left a message"), exact=True).check()
    eve.fill("What was said", "Rings back after the lecture")
    eve.press("Log call")
    eve.at("Harriet Vane")
    expect(eve.story()).to_contain_text("Rings back after the lecture")
    eve.look("called")


def deletes_it_and_thinks_again(eve: Visitor) -> None:
    """Delete with a question, and take it back."""
    eve.choose_from_menu("More", "Delete", within=eve.page.locator(".page-actions"))
    eve.look("asked-before-deleting")
    eve.press("Delete")
    eve.at_heading("Contacts")
    eve.press("Undo")
    eve.at("Harriet Vane")
    expect(eve.story()).to_contain_text("Rings back after the lecture")


def searches(eve: Visitor, somebody: books.Person) -> None:
    """Find somebody on the page of the search."""
    eve.press("Search", within=eve.page.get_by_role("navigation", name=eve.say("Main")))
    box = eve.page.get_by_role("main").get_by_role("searchbox")
    box.fill(somebody.phone)
    box.press("Enter")
    hit = eve.page.locator("#search-results").get_by_role("link", name=somebody.shown)
    expect(hit).to_have_count(1)
    eve.look("searched")
    hit.click()
    eve.at(somebody.shown)
