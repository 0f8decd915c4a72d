"""A person in front of a browser: what they press, type and see, said in the words of their language."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from saas.core import i18n
from saas.devstack.mailbox_store import MailStore
from tests.live import Product

NAME_OF_A_PERSON = f"person{i18n.CONTEXT_END}Name"
PASSWORD = "correct-horse-battery"
LONG_MS = 300_000


@dataclass
class Visitor:
    """Drives one page. Texts are given in English and looked up in the language of the page; a missing translation fails."""

    page: Page
    product: Product
    mailbox: MailStore
    locale: str = "en"
    is_touch: bool = False
    workspace: str = ""
    pictures: Path | None = None
    seen: list[str] = field(default_factory=list)

    # Words

    def say(self, text: str, **values: object) -> str:
        """Put a text of the product into the language of the page. Raises AssertionError where no translation exists.

        A text with a context is written as the catalogue's key of it.
        """
        if self.locale != "en":
            found = i18n.catalogue(self.locale).texts.get(text)
            assert found, f"{text!r} has no {self.locale} translation"
            text = found
        text = text.rpartition(i18n.CONTEXT_END)[2]
        return text % values if values else text

    def say_number(self, singular: str, plural: str, number: int) -> str:
        """Say a text that holds a number, grouped as the page does it."""
        with i18n.use(self.locale):
            return i18n.ngettext(singular, plural, number, num=f"{number:,}")

    def look(self, name: str) -> None:
        """Keep a picture of the page where somebody asked for pictures."""
        if self.pictures:
            self.seen.append(name)
            self.page.screenshot(path=self.pictures / f"{len(self.seen):02d}-{name}.png", caret="initial")

    # Hands

    def open(self, path: str = "/") -> None:
        """Type an address of the workspace, or of the public site before there is one."""
        self.page.goto(self.product.url(self.workspace or None, path))

    def tap(self, target: Locator) -> None:
        """Press with the mouse, or with a finger."""
        if self.is_touch:
            target.tap()
        else:
            target.click()

    def press(self, text: str, within: Locator | Page | None = None, **values: object) -> None:
        """Press the button, the link or the line of a menu that says exactly this."""
        place, name = within or self.page, self.say(text, **values)
        button = place.get_by_role("button", name=name, exact=True)
        link = place.get_by_role("link", name=name, exact=True)
        self.tap(button.or_(link).locator("visible=true").first)

    def choose_from_menu(self, menu: str, item: str, within: Locator | Page | None = None) -> None:
        """Open a menu and press one of its lines."""
        place = within or self.page
        root = place.locator("details[data-menu]").filter(has=self.page.locator("summary").filter(has_text=self.say(menu)).or_(
            self.page.locator(f'summary[aria-label="{self.say(menu)}"]')))  # fmt: skip
        self.tap(root.locator("summary").locator("visible=true").first)
        self.press(item, within=root.first)

    def field(self, label: str, within: Locator | Page | None = None) -> Locator:
        """Find a control by the label that stands above it."""
        name = re.compile(rf"^{re.escape(self.say(label))}\*?$")
        place = within or self.page
        controls = place.get_by_label(name).and_(place.locator("input, textarea, select"))
        return controls.locator("visible=true").first

    def fill(self, label: str, text: str, within: Locator | Page | None = None) -> None:
        """Type into a field."""
        self.field(label, within).fill(text)

    def choose(self, label: str, option: str, within: Locator | Page | None = None) -> None:
        """Choose a line of a select field by its text."""
        self.field(label, within).select_option(label=option)

    # Eyes

    def sees(self, text: str, **values: object) -> None:
        """Wait until a text of the product is on the page."""
        self.reads(self.say(text, **values))

    def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait until any text, such as a name, is on the page."""
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def misses(self, text: str) -> None:
        """Wait until a text is nowhere on the page."""
        expect(self.page.get_by_text(text).locator("visible=true")).to_have_count(0)

    def at_heading(self, text: str, **values: object) -> None:
        """Wait for the page whose title is this text of the product."""
        self.at(self.say(text, **values))

    def at(self, title: str | re.Pattern[str]) -> None:
        """Wait for the page with this title, such as the name of a customer."""
        expect(self.page.get_by_role("heading", level=1, name=title, exact=isinstance(title, str)).first).to_be_visible()

    def toast(self, text: str, **values: object) -> Locator:
        """Wait for a message; return it, so that its Undo can be pressed."""
        found = self.page.locator("[data-toast]").filter(has_text=self.say(text, **values)).last
        expect(found).to_be_visible()
        return found

    # Whole stretches that several journeys have in common

    def sign_up(self, email: str, company: str, name: str) -> None:
        """Come as a stranger and leave as the admin of a new workspace, on its Today page."""
        self.open("/")
        self.look("landing")
        self.press("Try it free")
        self.fill("Work e-mail", email)
        self.look("sign-up")
        self.press("Send the code")
        self.at_heading("Look into your mail")
        code = re.search(r"\b\d{6}\b", self.mailbox.wait_for(email).text)
        assert code is not None
        self.fill("Six-digit code", code.group())
        self.press("Continue")
        self.at_heading("Open your workspace")
        self.fill("Company", company)
        self.fill("Your name", name)
        if self.has_scripts():
            self.sees("This address is free.")
        self.fill("Password", PASSWORD)
        self.look("company")
        self.press("Open the workspace")
        self.at_heading("Today")
        self.workspace = self.page.url.removeprefix("http://").partition(".")[0]
        self.look("today")

    def sign_in(self, handle: str, password: str = PASSWORD) -> None:
        """Come in at the workspace's own door."""
        self.open("/sign-in")
        self.fill("E-mail or login name", handle)
        self.fill("Password", password)
        self.press("Sign in")
        self.at_heading("Today")

    def invite(self, email: str, name: str) -> str:
        """Invite a colleague; return the link of the letter that reached them."""
        self.open("/people")
        self.press("Invite")
        self.fill("E-mail", email)
        self.fill(NAME_OF_A_PERSON, name)
        self.press("Send the invitation")
        self.toast("Invitation sent to %(email)s", email=email)
        self.look("invited")
        letter = self.mailbox.wait_for(email)
        assert name in letter.text
        return next(link for link in letter.links if "/invitation/" in link)

    def accept(self, link: str) -> None:
        """Follow an invitation's link and join."""
        self.page.goto(link)
        self.look("invitation")
        self.fill("Choose a password", PASSWORD)
        self.press("Join")
        self.at_heading("Today")
        self.workspace = self.page.url.removeprefix("http://").partition(".")[0]

    def import_file(self, what: str, path: Path, rows: int) -> None:
        """Bring a file in, from the list of imports to the report."""
        self.open("/imports/new")
        self.page.get_by_label(self.say(what), exact=True).check()
        self.page.locator("input[type=file]").set_input_files(path)
        self.look("file-chosen")
        self.press("Upload and read")
        self._awaits("What goes where", LONG_MS)
        self.look("what-goes-where")
        begin = self.check_rows(rows)
        self.look("checked")
        self.tap(begin)
        self._awaits_control(self.page.get_by_role("link", name=self.say("See them"), exact=True))
        self.look("imported")
        self.press("See them")

    def check_rows(self, rows: int) -> Locator:
        """Have all rows of a file checked; return the button that brings them in."""
        self.press("Check all rows")
        begin = self.page.get_by_role("button", name=self.say_number("Import %(num)s row", "Import %(num)s rows", rows), exact=True)
        self._awaits_control(begin)
        return begin

    def _awaits(self, heading: str, patience_ms: int) -> None:
        self._awaits_control(self.page.get_by_role("heading", level=1, name=self.say(heading), exact=True), patience_ms)

    def _awaits_control(self, control: Locator, patience_ms: int = LONG_MS) -> None:
        """Wait for what a job leads to; without scripts a person loads the page again and again."""
        end = time.monotonic() + patience_ms / 1000
        while not self.has_scripts() and control.count() == 0 and time.monotonic() < end:
            self.page.reload()
        expect(control).to_be_visible(timeout=patience_ms)

    def has_scripts(self) -> bool:
        """Tell whether this person's browser runs the product's scripts."""
        return self.page.locator("html.js").count() > 0

    def find(self, typed: str, name: str) -> None:
        """Find a customer with the search key, whatever page this is, and open it."""
        if self.is_touch:
            self.tap(self.page.get_by_role("navigation", name=self.say("Quick access")).get_by_role("link", name=self.say("Search")))
        else:
            self.page.keyboard.press("ControlOrMeta+k")
        palette = self.page.get_by_role("dialog", name=self.say("Search"), exact=True)
        with self.page.expect_response(lambda answer: parse_qs(urlsplit(answer.url).query).get("q") == [typed]):
            palette.get_by_role("combobox").press_sequentially(typed)
        hit = palette.get_by_role("option").filter(has_text=name).first
        expect(hit).to_be_visible()
        self.look("found")
        if self.is_touch:
            self.tap(hit)
        else:
            self._goes_down_to(hit, palette)
        self.at(re.compile(re.escape(name)))

    def _goes_down_to(self, hit: Locator, palette: Locator) -> None:
        """Choose by keyboard: down to the line, then Enter."""
        for _turn in range(palette.get_by_role("option").count()):
            if hit.get_attribute("aria-selected") == "true":
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")

    def story(self) -> Locator:
        """Point at the timeline of the record on the page."""
        return self.page.locator("#timeline")
