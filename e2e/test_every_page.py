"""What holds for every page a person can reach: no axe violation in either theme, nothing wider than a small phone, no word left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from e2e import axe, books
from e2e.conftest import Comes
from e2e.visitor import NAME_OF_A_PERSON, Visitor

PUBLIC = ("/", "/prices", "/terms", "/privacy", "/sign-up", "/sign-in", "/forgotten", "/forgotten?sent=1", "/no-such-page")
DOORS = ("/sign-in", "/forgotten", "/start", "/reset/no-such-token", "/invitation/no-such-token")
# Braces stand for records of the workspace that `furnished` prepares.
INSIDE = (
    "/today", "/accounts", "/accounts?edit=kind", "/accounts?q=nothing+like+it", "/accounts?f.kind.any=customer", "/contacts", "/activities",
    "/accounts/new", "/contacts/new", "/activities/new?kind=task", "/activities/new?kind=meeting",
    "{account}", "{account}/edit", "{account}/history", "{account}/delete", "{account}/timeline",
    "{contact}", "{contact}?compose=call", "{contact}?compose=task", "{contact}?compose=meeting", "{contact}/edit",
    "{activity}", "{activity}/edit", "/activities/log", "/search", "/search?q=kessler", "/search?q=qqqq", "/tags",
    "/imports", "/imports/new", "{mapping}", "{checked}",
    "/people", "/people/invite", "/people/staff/new", "{member}", "{member}/deactivate", "/settings", "/settings/security", "/me",
    "/me/security", "/workspaces", "/no-such-page",
    "/settings/departments", "/settings/departments/new", "{department}", "{department}/remove", "/settings/roles", "/settings/roles/new",
    "{role}", "{role}/remove", "/settings/roles/plan?plan=own", "{member}/leave", "/settings/audit", "/settings/audit?from=never",
    "/settings/sharing", "/settings/sharing/new", "{account}/access", "/settings/access-checks", "/settings/access-checks/new",
    "/accounts/00000000-0000-7000-8000-000000000000",
)  # fmt: skip
SMALL_PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# Names, codes and words that are the same in both languages.
MAY_BE_LATIN = re.compile(
    r"^(?:Onebook|CSV|Excel|XLSX|TSV|HubSpot|Salesforce|Zoho|Pipedrive|Google|Outlook|English|PNG|JPEG|WebP|GIF|MB|VIP|Esc|ACC|CON|ACT|LinkedIn|Authenticator|Microsoft|Password"
    r"|Chrome|Linux|WeChat|UTF|utf|GB|localhost|example|https?|www|anna|QR|[A-Z]{3})$"
)

# Addresses of mail, time zones, file names, encodings, references of errors, and what the journey itself typed.
NO_WORDS = re.compile(
    r"\S+@\S+|[A-Z]\w+(?:[/_+-]\w+)+|\w+\.(?:csv|png)|[0-9a-f]*\d[0-9a-f-]{3,}|Mac OS Roman|Windows|Latin|Shift|UTF|\b[BL]E\b|\b[A-Z]{2}\b"
    r"|Big ?5|\bKR\b|\b(?:Kim|Bo|bo|Nord|kessler|qqqq|meiye|wang|wei|Cookie|jinli|hotel)\b"
)


def test_no_page_has_an_axe_violation_in_either_theme(comes: Comes, tmp_path: Path) -> None:
    ada = comes(reduced_motion="reduce")
    broken = []
    for name in _rounds(ada, tmp_path):
        broken += [f"{name}: {line}" for line in axe.violations(ada.page)]
        ada.page.emulate_media(color_scheme="dark")
        broken += [f"{name}, dark: {line}" for line in axe.violations(ada.page, ("color-contrast",))]
        ada.page.emulate_media(color_scheme="light")
    assert not broken, "\n".join(broken)


def test_no_page_is_wider_than_a_small_phone(comes: Comes, tmp_path: Path) -> None:
    ada = comes(on=SMALL_PHONE)
    wide = [f"{name}: {over}" for name in _rounds(ada, tmp_path) if (over := ada.page.evaluate(_TOO_WIDE))]
    assert not wide, "\n".join(wide)


def test_no_page_in_chinese_has_an_english_word(comes: Comes, tmp_path: Path) -> None:
    li = comes("zh_Hans")
    english = []
    for name in _rounds(li, tmp_path):
        tag = li.page.locator("html").get_attribute("lang")
        english += [f"{name}: is marked as {tag}"] if tag != "zh-Hans" else []
        texts = [NO_WORDS.sub(" ", text) for text in li.page.evaluate(_TEXTS)]
        words = [word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text) if not MAY_BE_LATIN.match(word)]
        english += [f"{name}: {', '.join(sorted(set(words)))}"] if words else []
    assert not english, "\n".join(english)


def _rounds(visitor: Visitor, folder: Path) -> Iterator[str]:
    """Go to every page; what it does to the browser has settled when its name is yielded."""
    for path in PUBLIC:
        yield _at(visitor, path)
    places = furnished(visitor, folder)
    for path in INSIDE:
        yield _at(visitor, path.format(**places), path)
    visitor.page.context.clear_cookies()
    for path in DOORS:
        yield f"door {_at(visitor, path)}"


def _at(visitor: Visitor, path: str, name: str = "") -> str:
    visitor.open(path)
    expect(visitor.page.locator("h1").first).to_be_visible()
    visitor.look(re.sub(r"\W+", "-", name or path).strip("-") or "start")
    return name or path


def furnished(visitor: Visitor, folder: Path) -> dict[str, str]:
    """Open a workspace with sample data, an invited colleague, one without e-mail, a tag and two imports under way; return addresses."""
    person = f"kim-{visitor.locale.lower()}-{folder.name[-12:]}@pages.example"
    visitor.sign_up(person, "每页有限公司" if visitor.locale != "en" else "Every Page", "Kim")
    visitor.press("Add sample data")
    visitor.at_heading("Accounts")
    visitor.invite(f"invited-{person}", "Bo")
    visitor.open("/people/staff/new")
    visitor.fill(NAME_OF_A_PERSON, "Bo")
    visitor.fill("Login name", "bo")
    visitor.press("Make the sign-in")
    visitor.at_heading("Code for %(name)s", name="Bo")
    visitor.open("/tags")
    visitor.fill("New tag", "VIP")
    visitor.press("Add the tag")
    visitor.toast("Tag saved")
    places = {
        "account": _first(visitor, "/accounts"),
        "contact": _first(visitor, "/contacts"),
        "activity": _first(visitor, "/activities"),
        "member": _first(visitor, "/people"),
    }
    visitor.open("/settings/departments/new")
    visitor.fill("Name", "Nord")
    visitor.press("Make the department")
    visitor.toast("Department made")
    places["department"] = str(visitor.page.locator("tr[data-row] th a").last.get_attribute("href"))
    visitor.open("/settings/roles")
    places["role"] = str(visitor.page.locator("#roles .rows a.link").nth(1).get_attribute("href"))
    people = books.persons(["VIP"], 8, ("zh_CN",))
    places["mapping"] = _upload(visitor, books.chinese_file(folder, people))
    places["checked"] = _upload(visitor, _damaged(folder))
    visitor.check_rows(3)
    return places


def _first(visitor: Visitor, path: str) -> str:
    visitor.open(path)
    link = visitor.page.locator("tr[data-row] th a").first
    return str(link.get_attribute("href"))


def _upload(visitor: Visitor, file: Path) -> str:
    visitor.open("/imports/new")
    visitor.page.locator("input[type=file]").set_input_files(file)
    visitor.press("Upload and read")
    visitor.at_heading("What goes where")
    return urlsplit(visitor.page.url).path


def _damaged(folder: Path) -> Path:
    """Write a file whose cells Excel has damaged."""
    rows = ("姓名,手机,生日", "王伟,1.38E+10,2020-01-02", "李娜,13900000001,31.02.1990", "张敏,139 0000 0002,1990-05-06")
    path = folder / "damaged.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return null;
  const inScroller = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > room + 1 && e.offsetParent && !inScroller(e));
  return `${document.documentElement.scrollWidth} px: ` + wide.slice(-3).map((e) => e.tagName.toLowerCase() + "." + e.className).join(", ");
}"""

# What the page says in its own words: text nodes that are neither typed by people nor marked as another language, and spoken labels.
_TEXTS = """() => {
  const own = "[lang]:not(html), select[name=timezone], code, kbd, .code-box, input, textarea, [data-inline-edit], tr[data-row] th, .identity-name, .identity-detail, .page-title, .place-text, .quiet-data";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, style, template, noscript") || parent.closest(own)) continue;
    texts.push(walker.currentNode.textContent);
  }
  for (const e of document.body.querySelectorAll("[aria-label], [title], [placeholder]")) {
    if (!e.closest(own) || e.matches("input, textarea")) texts.push(e.getAttribute("aria-label") ?? "", e.getAttribute("placeholder") ?? "");
  }
  return texts.filter((text) => text.trim());
}"""
