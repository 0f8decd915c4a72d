"""The scripts and the style guide in a real Chromium, under the product's own content security policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect

from saas.devstack import browser as chromium
from saas.web import assets_build
from saas.web.frame import ACCENTS
from tests.web import preview_server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assets_build.build()
    with preview_server.running() as found:
        yield found


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    """Start a browser through the one driver that a process may have, which the journeys of this worker share."""
    launched = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
    yield launched
    launched.close()


@pytest.fixture
def desk(chrome: Browser, address: str) -> Iterator[Page]:
    """Give a page on a desk that fails the test when the browser complains (policy, script errors)."""
    context = chrome.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: _note(message, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    expected = any(text in message.text for text in ("500 (", "401 (", "422 (", "Response Status Error Code"))
    if message.type in {"error", "warning"} and not expected:
        complaints.append(message.text)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_style_guide_has_no_axe_violation(chrome: Browser, address: str, theme: str, width: int) -> None:
    context = chrome.new_context(base_url=address, bypass_csp=True, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"/styleguide?theme={theme}&language={'zh_Hans' if width == 360 else 'en'}")
    page.evaluate(AXE.read_text("utf-8"))
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [f"{entry['id']}: {node['html'][:200]}" for entry in report["violations"] for node in entry["nodes"]]
    context.close()
    assert not found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_accent_keeps_its_contrast(chrome: Browser, address: str, theme: str) -> None:
    context = chrome.new_context(base_url=address, bypass_csp=True, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"/accents?theme={theme}")
    page.evaluate(AXE.read_text("utf-8"))
    found = []
    for accent in ACCENTS:
        page.evaluate("accent => document.documentElement.dataset.accent = accent", accent)
        report = page.evaluate("axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations']})")
        found += [f"{accent}: {node['html'][:160]}" for entry in report["violations"] for node in entry["nodes"]]
    context.close()
    assert not found


@pytest.mark.parametrize("width", [360, 768, 1280, 2560])
def test_nothing_sticks_out_sideways(chrome: Browser, address: str, width: int) -> None:
    context = chrome.new_context(base_url=address, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto("/styleguide")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_a_cell_is_edited_by_keyboard_and_says_so(desk: Page) -> None:
    desk.goto("/styleguide")
    cell = desk.locator("#row-1-city")
    cell.dblclick()
    field = desk.locator("#city-input")
    expect(field).to_be_focused()
    desk.keyboard.press("Escape")
    expect(cell).to_have_text("Paris")
    desk.keyboard.press("F2")
    expect(field).to_be_focused()
    field.fill("Lyon")
    desk.keyboard.press("Enter")
    expect(cell).to_have_text("Lyon")
    toast = desk.locator("#toasts [data-toast]", has_text="City changed")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    cell.dblclick()
    expect(field).to_be_focused()


def test_a_refused_cell_keeps_what_was_typed_and_gives_the_old_value_back(desk: Page) -> None:
    desk.goto("/styleguide")
    cell = desk.locator("#row-1-city")
    cell.dblclick()
    desk.locator("#city-input").fill("75001")
    desk.keyboard.press("Enter")
    expect(desk.locator("#city-input[aria-invalid=true]")).to_have_value("75001")
    expect(desk.locator("#city-input")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(cell).to_have_text("Paris")


def test_a_list_is_worked_by_keyboard(desk: Page) -> None:
    desk.goto("/styleguide")
    expect(desk.locator("[data-bulk-count]")).to_have_text("2")
    desk.locator("body").click(position={"x": 700, "y": 5})
    desk.keyboard.press("j")
    expect(desk.locator("#row-1")).to_have_class("is-current")
    desk.keyboard.press("x")
    expect(desk.locator("[data-bulk-count]")).to_have_text("3")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    expect(desk.locator("#row-1")).to_be_focused()
    desk.keyboard.press("/")
    expect(desk.locator("#guide-search input[type=search]")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.locator(".bulk-bar button[type=reset]").click()
    expect(desk.locator(".bulk-bar")).to_be_visible()
    desk.locator("[data-select-all]").check()
    expect(desk.locator("[data-bulk-count]")).to_have_text("6")


def test_the_palette_opens_finds_and_goes(desk: Page) -> None:
    desk.goto("/styleguide")
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette-input")).to_be_focused()
    desk.keyboard.type("wei")
    expect(desk.locator(".palette-item", has_text="Second wei")).to_be_visible()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/two")


def test_the_sheet_has_an_address_and_gives_it_back(desk: Page) -> None:
    desk.goto("/styleguide")
    desk.get_by_role("link", name="Open the sheet").click()
    expect(desk.locator("#sheet")).to_be_visible()
    desk.wait_for_url("**/styleguide/sheet")
    desk.keyboard.press("Escape")
    expect(desk.locator("#sheet")).to_be_hidden()
    desk.wait_for_url("**/styleguide")
    expect(desk.get_by_role("link", name="Open the sheet")).to_be_focused()


def test_a_menu_closes_on_escape_and_outside(desk: Page) -> None:
    desk.goto("/styleguide")
    menu = desk.locator("#actions details[data-menu]").first
    menu.locator("summary").click()
    desk.keyboard.press("ArrowDown")
    expect(menu.locator(".menu-item").first).to_be_focused()
    desk.keyboard.press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    expect(menu.locator(".menu-panel")).to_be_hidden()
    menu.locator("summary").click()
    desk.locator("#colours-title").click()
    expect(menu.locator(".menu-panel")).to_be_hidden()


def test_the_theme_changes_at_once(desk: Page) -> None:
    desk.goto("/styleguide")
    desk.locator(".member-menu summary").click()
    desk.locator("[data-theme-choice=dark]").click()
    expect(desk.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_combobox_offers_and_takes_a_choice(desk: Page) -> None:
    desk.goto("/styleguide")
    field = desk.locator("#field-account_id")
    field.fill("fab")
    expect(desk.locator("#field-account_id-options")).to_be_visible()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(field).to_have_value("Fabrikam")
    assert desk.locator("input[name=account_id]").input_value() == "8"


def test_what_was_typed_survives_leaving_and_an_expired_sign_in(desk: Page) -> None:
    desk.goto("/form")
    desk.locator("#field-name").fill("Ada")
    desk.locator("#field-secret").fill("hunter2")
    desk.goto("/saved")
    desk.goto("/form")
    expect(desk.locator("#field-name")).to_have_value("Ada")
    expect(desk.locator("#field-secret")).to_have_value("")
    desk.locator("#field-note").fill("Call back")
    desk.locator("#expire").click()
    desk.wait_for_url("**/sign-in?next=%2Fform")
    desk.goto("/form")
    expect(desk.locator("#field-note")).to_have_value("Call back")
    expect(desk.locator(".draft-note")).to_be_visible()
    desk.get_by_role("button", name="Discard it").click()
    expect(desk.locator("#field-note")).to_have_value("")


def test_a_saved_form_leaves_no_draft(desk: Page) -> None:
    desk.goto("/form")
    desk.locator("#field-name").fill("Ada")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/saved")
    desk.goto("/form")
    expect(desk.locator("#field-name")).to_have_value("")


def test_a_failure_on_our_side_names_the_request(desk: Page) -> None:
    desk.goto("/form")
    desk.locator("#fail").click()
    expect(desk.locator("#toasts [role=alert]")).to_contain_text("req-4711")


def test_lines_and_tags_are_added_and_removed(desk: Page) -> None:
    desk.goto("/styleguide")
    emails = desk.locator("[name=emails]")
    expect(emails).to_have_count(2)
    desk.locator("[data-multi-add]").first.click()
    expect(emails).to_have_count(3)
    expect(emails.nth(2)).to_be_focused()
    desk.locator("[data-multi-remove]").nth(2).click()
    expect(emails).to_have_count(2)
    desk.locator("#field-tags-entry").fill("New, Old")
    desk.keyboard.press("Enter")
    assert desk.locator("input[name=tags]").input_value() == "VIP, 展会, New, Old"


def test_the_page_reads_and_menus_open_without_scripts(chrome: Browser, address: str) -> None:
    context = chrome.new_context(base_url=address, java_script_enabled=False, viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.goto("/styleguide")
    page.locator("#actions details[data-menu] summary").first.click()
    expect(page.locator("#actions .menu-panel").first).to_be_visible()
    page.locator(".bottom-bar button").click()
    expect(page.locator("#rail")).to_be_visible()
    expect(page.locator("[data-multi-add]").first).to_be_hidden()
    context.close()
