"""List, contact page and create, beside their floors, at three sizes; errors under three times the pool's concurrency."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlencode

from benchmarks.core.books import Book
from benchmarks.core.ground import POOL, Ground, ground
from benchmarks.core.load import Ask, Outcome, drive, get, post
from benchmarks.core.rows import row
from saas.web import csrf

SECONDS, ROUNDS = 4.0, 3
CONCURRENCY = POOL
LIST_SHARE, GROWTH = 0.5, 1.5
CROWD = 3


@dataclass(frozen=True)
class Beside:
    """Medians of the product and of its floor, measured in turn: answers a second, and milliseconds of CPU for one."""

    rate: float
    cpu_ms: float
    floor_rate: float
    floor_cpu_ms: float


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Measure each page at each size beside its floor, then the crowd."""
    site = ground(scale)
    seconds = SECONDS if scale >= 1 else 1.0
    rows: list[dict[str, Any]] = []
    for name, make in (("list", _list), ("contact", _contact), ("create", _create)):
        found = {size: beside(site, [make(site, book) for book in some], seconds) for size, some in site.books.items()}
        rows += [made for size, one in found.items() for made in _rows(f"{name}, {size:,} contacts", one, is_bound=name == "list")]
        if name == "list":
            rows.append(_growth(found))
    return [*rows, _crowd(site, seconds)]


def beside(site: Ground, asks: list[Ask], seconds: float) -> Beside:
    """Measure both in turn, so that a drift of the machine meets both."""
    for served in (site.product, site.floor):
        drive(served, asks, min(seconds, 1.0), 2)
    ours, floor = [], []
    for _round in range(ROUNDS):
        ours.append(_clean(drive(site.product, asks, seconds, CONCURRENCY)))
        floor.append(_clean(drive(site.floor, asks, seconds, CONCURRENCY)))
    return Beside(
        median(one.rate for one in ours),
        median(one.cpu_s for one in ours) * 1_000,
        median(one.rate for one in floor),
        median(one.cpu_s for one in floor) * 1_000,
    )


def _rows(name: str, one: Beside, is_bound: bool) -> list[dict[str, Any]]:
    target = f"≥ {LIST_SHARE:.0%} of the floor" if is_bound else None
    met = one.rate / one.floor_rate >= LIST_SHARE if is_bound else None
    return [
        row(name, one.rate, "answers/s", one.floor_rate, target, met),
        row(f"{name}, CPU of an answer", one.cpu_ms, "ms", one.floor_cpu_ms),
    ]


def _growth(found: dict[int, Beside]) -> dict[str, Any]:
    growth = found[min(found)].rate / found[max(found)].rate
    return row("list, slower at 1,000,000 than at 1,000", growth, "times", None, f"≤ {GROWTH}", growth <= GROWTH)


def _clean(outcome: Outcome) -> Outcome:
    if outcome.errors:
        raise RuntimeError(f"{outcome.errors} answers were errors")
    return outcome


def _list(_site: Ground, book: Book) -> Ask:
    return get(book.host, "/contacts", book.token)


def _contact(_site: Ground, book: Book) -> Ask:
    return get(book.host, f"/contacts/{book.contact_id}", book.token)


def _create(site: Ground, book: Book) -> Ask:
    token = csrf.token(site.runtime.settings.secret_key, book.token)
    person = {"given_name": "Nora", "family_name": "Neumann", "emails": "nora@example.com", "phones": "030 1234567", csrf.FIELD: token}
    return post(book.host, "/contacts/new", book.token, urlencode(person))


def _crowd(site: Ground, seconds: float) -> dict[str, Any]:
    """Ask over three times as many connections as the pool has, every page at once: everybody is served."""
    books = [book for some in site.books.values() for book in some]
    asks = [make(site, book) for book in books for make in (_list, _contact, _create)]
    outcome = drive(site.product, asks, seconds, CROWD * POOL)
    name = f"errors at {CROWD * POOL} requests at once on a pool of {POOL}"
    return row(name, outcome.errors, "errors", None, "0", outcome.errors == 0)
