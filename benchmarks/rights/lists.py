"""The list of contacts by name, first and hundredth page, for people who see all, half, 1 % and 0.01 % of 1,000,000 rows."""

from __future__ import annotations

import time
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks.core.ground import Ground, empty_ground
from benchmarks.core.load import drive, get
from benchmarks.core.rows import row
from benchmarks.rights.firm import MILLION, Firm, found
from saas.auth.acting import acting
from saas.auth.directory import directory
from saas.crm.contacts.definition import CONTACTS
from saas.crm.objects import listing
from saas.crm.objects.listing import Query
from saas.tenants.session import tenant_session

SECONDS, PAGES = 3.0, 100
FREE_MS, MOST_MS, TIMES = 100.0, 250.0, 2.0
RIGHTS_MS, ROUNDS = 1.0, 400


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Measure each person beside the one who sees all, for names by chance and names clustered by department."""
    site, size = empty_ground(), max(2_000, int(MILLION * scale))
    rows: list[dict[str, Any]] = []
    for is_clustered in (False, True):
        firm = found(site, size, is_clustered=is_clustered)
        rows += _lists(site, firm, "clustered" if is_clustered else "random", scale)
    return [*rows, _rights(site, firm)]


def _lists(site: Ground, firm: Firm, names: str, scale: float) -> list[dict[str, Any]]:
    rows = []
    for page in (1, PAGES):
        floor = None
        for who in ("all", "half", "one", "tiny"):
            value, seen = _p95_ms(site, firm, who, page, scale)
            is_met = value <= MOST_MS and (value < FREE_MS or (floor is not None and value <= TIMES * floor))
            target = f"≤ {TIMES:.0f} × all or < {FREE_MS:.0f} ms, ≤ {MOST_MS:.0f} ms"
            rows.append(row(f"list, {names} names, {who} ({seen}), page {page}, p95", value, "ms", floor, target, is_met, area="rights"))
            floor = floor or value
    return rows


def _p95_ms(site: Ground, firm: Firm, who: str, page: int, scale: float) -> tuple[float, str]:
    """Ask for a page again and again; the slowest twentieth counts. Also how many rows the person sees."""
    assert firm.book is not None
    key, token = firm.people[who]
    with tenant_session(site.runtime.databases, firm.book.tenant) as db, acting(db, key) as ctx:
        cursor = ""
        for _turn in range(page - 1):
            following = listing.page(ctx, CONTACTS, Query(cursor=cursor)).next_cursor
            if not following:
                break
            cursor = following
        number = listing.count(ctx, CONTACTS, Query(), is_exact=True)[0]
    ask = get(firm.book.host, f"/contacts?cursor={quote(cursor)}" if cursor else "/contacts", token)
    drive(site.product, [ask], 0.3, 1)
    outcome = drive(site.product, [ask], SECONDS if scale >= 1 else 0.5, 1)
    if outcome.errors:
        raise RuntimeError(f"{who}, page {page}: {outcome.errors} answers were errors")
    return outcome.percentile(0.95) * 1_000, f"{number:,} rows"


def _rights(site: Ground, firm: Firm) -> dict[str, Any]:
    """Time what a request spends on its member's rights when nothing has changed: the version is read, the rest is kept."""
    assert firm.book is not None
    key, _token = firm.people["half"]
    times, empty = [], []
    for _round in range(ROUNDS):
        with tenant_session(site.runtime.databases, firm.book.tenant) as db:
            db.connection()
            began = time.perf_counter()
            db.connection().exec_driver_sql("SELECT 1")
            between = time.perf_counter()
            people = directory(db)
            people.rights(people.members[key])
            times.append((time.perf_counter() - between) * 1_000)
            empty.append((between - began) * 1_000)
    value = sorted(times)[int(len(times) * 0.95)]
    return row("rights of a request, kept, p95", value, "ms", median(empty), f"≤ {RIGHTS_MS:.0f} ms", value <= RIGHTS_MS, area="rights")
