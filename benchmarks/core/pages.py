"""List, contact page and create, beside their floors, at three sizes; errors under three times the pool's concurrency."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import saas.models  # noqa: F401  every table must be known before migrations are rendered
from benchmarks.core.books import Book, make_book
from benchmarks.core.load import Ask, Outcome, drive, get, post, server
from saas.core.settings import from_env
from saas.crm import guard
from saas.devstack.scratch import scratch_servers
from saas.tenants import migrate, provision, setup
from saas.tenants.runtime import Runtime, assemble
from saas.web import csrf

# size → how many workspaces of it the requests rotate over
SIZES = {1_000: 3, 100_000: 2, 1_000_000: 1}
SECONDS, CONCURRENCY, ROUNDS = 5.0, 6, 3
LIST_SHARE, GROWTH = 0.5, 1.5


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Measure on servers of its own; each figure and its floor in turn, three rounds, medians."""
    with ExitStack() as stack:
        environment, postgres = stack.enter_context(scratch_servers(durable=True, settings={"shared_buffers": "2GB"}))
        environment = {**environment, "POOL_SIZE": "6", "ENVIRONMENT": "production", "SCHEME": "http"}
        settings = from_env(environment)
        setup.prepare(settings, postgres.admin_url())
        runtime = assemble(settings)
        stack.callback(runtime.close)
        migrate.upgrade_control(runtime.owners.control)
        provision.fill_pool(runtime.databases, runtime.owners, sum(SIZES.values()))
        guard.install()
        books = {
            size: [make_book(runtime, max(100, int(size * scale)), seed + 1) for seed in range(count)] for size, count in SIZES.items()
        }
        port = stack.enter_context(server("saas.app:app", environment))
        floor = stack.enter_context(server("benchmarks.core.floor:app", environment))
        seconds = SECONDS if scale >= 1 else 1.0
        return [*_pages(runtime, books, port, floor, seconds), _crowd(books, port, seconds)]


def _pages(runtime: Runtime, books: dict[int, list[Book]], port: int, floor: int, seconds: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, make in (("list", _list), ("contact", _contact), ("create", _create)):
        rates: dict[int, float] = {}
        for size, some in books.items():
            asks = [make(runtime, book) for book in some]
            value, base = _beside(port, floor, asks, seconds)
            rates[size] = value
            target = f"≥ {LIST_SHARE:.0%} of the floor" if name == "list" else None
            met = value / base >= LIST_SHARE if name == "list" else None
            rows.append(_row(f"{name}, {size:,} contacts", value, "answers/s", base, value / base, target, met))
        smallest, largest = min(rates), max(rates)
        growth = rates[smallest] / rates[largest]
        if name == "list":
            rows.append(_row("list, slower at 1,000,000 than at 1,000", growth, "times", None, None, f"≤ {GROWTH}", growth <= GROWTH))
    return rows


def _beside(port: int, floor: int, asks: list[Ask], seconds: float) -> tuple[float, float]:
    """Measure both in turn, so that a drift of the machine meets both; return the medians."""
    for one in (port, floor):
        drive(one, asks, min(seconds, 1.0), 2)
    values, bases = [], []
    for _round in range(ROUNDS):
        values.append(_clean(drive(port, asks, seconds, CONCURRENCY)).rate)
        bases.append(_clean(drive(floor, asks, seconds, CONCURRENCY)).rate)
    return sorted(values)[ROUNDS // 2], sorted(bases)[ROUNDS // 2]


def _clean(outcome: Outcome) -> Outcome:
    if outcome.errors:
        raise RuntimeError(f"{outcome.errors} answers were errors")
    return outcome


def _list(_runtime: Runtime, book: Book) -> Ask:
    return get(book.host, "/contacts", book.token)


def _contact(_runtime: Runtime, book: Book) -> Ask:
    return get(book.host, f"/contacts/{book.contact_id}", book.token)


def _create(runtime: Runtime, book: Book) -> Ask:
    token = csrf.token(runtime.settings.secret_key, book.token)
    body = urlencode({"given_name": "Nora", "family_name": "Neumann", "emails": "nora@example.com", csrf.FIELD: token})
    return post(book.host, "/contacts/new", book.token, body)


def _crowd(books: dict[int, list[Book]], port: int, seconds: float) -> dict[str, Any]:
    """Ask with three times as many connections as the pool has: everybody is served."""
    asks = [get(book.host, "/contacts", book.token) for some in books.values() for book in some]
    outcome = drive(port, asks, seconds, 18)
    return _row("errors under 3× the pool's concurrency", outcome.errors, "errors", None, None, "0", outcome.errors == 0)


def _row(
    name: str, value: float, unit: str, floor: float | None, ratio: float | None, target: str | None, met: bool | None
) -> dict[str, Any]:
    return {"area": "core", "name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "target": target, "met": met}
