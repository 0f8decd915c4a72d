"""Searching a book of 1,000,000 contacts over HTTP: everywhere, as the palette asks while somebody types, and in the list."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from benchmarks.core.books import Book
from benchmarks.core.drafts import contacts
from benchmarks.core.ground import Ground, ground
from benchmarks.core.load import Ask, drive, get
from benchmarks.core.rows import row

LARGEST = 1_000_000
SECONDS = 2.0
P95_MS = 100.0
PALETTE = {"HX-Request": "true", "HX-Target": "palette-results"}
LIST = {"HX-Request": "true", "HX-Target": "list", "HX-Trigger-Name": "q"}
QUERIES = ("张伟", "张", "伟", "zhang wei", "zahng", "O'Brien", "a", "an")


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Ask for each text again and again, one person at a time; the slowest twentieth counts."""
    site = ground(scale)
    (book,) = site.books[LARGEST]
    rows = []
    for text in (*QUERIES, *_known(book)):
        rows.append(_measured(site, f"search everywhere: {text}", get(book.host, f"/search?q={quote(text)}", book.token, PALETTE), scale))
        rows.append(_measured(site, f"search the list: {text}", get(book.host, f"/contacts?q={quote(text)}", book.token, LIST), scale))
    return rows


def _known(book: Book) -> tuple[str, str, str]:
    """Take texts that are in the book: a German telephone number as it is typed there, the domain of a firm's mail, a code."""
    phone = next(row["phones"][0]["value"] for row in contacts() if row["phones"][0]["value"].startswith("+4930"))
    domain = next(host for row in contacts() if (host := row["emails"][0]["value"].partition("@")[2]).endswith(".com.cn"))
    return f"030 {phone[5:8]} {phone[8:]}", domain, f"CON-{book.size // 2:06d}"


def _measured(site: Ground, name: str, ask: Ask, scale: float) -> dict[str, Any]:
    seconds = SECONDS if scale >= 1 else 0.3
    drive(site.product, [ask], 0.2, 1)
    outcome = drive(site.product, [ask], seconds, 1)
    if outcome.errors:
        raise RuntimeError(f"{name}: {outcome.errors} answers were errors")
    value = outcome.percentile(0.95) * 1_000
    return row(f"{name}, p95", value, "ms", None, f"< {P95_MS:.0f} ms", value < P95_MS)
