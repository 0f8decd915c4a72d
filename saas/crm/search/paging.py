"""Fetching the hits of a search in sort order, 25 at a time, at any size of the book. Rights come in as a condition.

One `WHERE … ORDER BY … LIMIT` is a gamble at 1,000,000 rows (docs/decisions/0003-search.md), so a page is fetched by
steps of bounded cost, the cheapest first, until one of them has proved that it holds the whole page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, func, literal, select, tuple_

from saas.crm.search.criteria import criterion, elsewhere
from saas.crm.search.estimate import Estimate, Execute, estimate
from saas.crm.search.query import Query
from saas.crm.search.tokens import lead_key

__all__ = ["Execute", "Page", "Searched", "count", "page"]

# What fetching and sorting all hits may cost to be tried first, and to be tried second; rows looked at in order in
# between, and how many more of them where fetching all hits costs more than the third figure; rows of the stretches of
# the order whose hits are sorted where all are too many; hits counted.
AT_ONCE_US = 8_000
AFFORDABLE_US = 75_000
WALKED, WALKED_FURTHER, WORTH_US = 2_000, 10_000, 40_000
STRETCHES = (50_000, 200_000)
COUNTED = 10_000

Position = tuple[Any, Any]
Found = list[Position]


@dataclass(frozen=True)
class Searched:
    """The table to search: a plain one, so that rights apply exactly where this module puts them.

    `key` is the NOT NULL column the list is sorted by, indexed as `(key, id)`; `is_sort_key` says whether it is the
    stored sort key of the name; `is_person` as the keys and tokens were made.
    """

    table: FromClause
    id: ColumnElement[Any]
    key: ColumnElement[Any]
    tokens: ColumnElement[Any]
    is_sort_key: bool = True
    is_person: bool = False


@dataclass(frozen=True)
class Page:
    """What part of the list is wanted: `limit` rows after the position `(key, id)` of the last row seen."""

    limit: int = 25
    after: Position | None = None
    is_descending: bool = False


@dataclass(frozen=True)
class _Lane:
    """A part of the hits: `condition` on the tokens, within the sort keys from `low` up to, not including, `high`."""

    condition: Callable[[ColumnElement[Any]], ColumnElement[bool]] | None
    low: str | None = None
    high: str | None = None


def page(execute: Execute, searched: Searched, query: Query, where: ColumnElement[bool], wanted: Page) -> Found:
    """Fetch `(id, key)` of a page of the rows that match `query` and `where` (rights and filters), in list order.

    `execute` runs a statement and returns its rows. Fewer rows than the limit mean the end of the list.
    """
    whole = _Lane(partial(criterion, query))
    expected = estimate(execute, searched.table, criterion(query, searched.tokens), where)
    lanes = [whole] if expected.fence_us <= AT_ONCE_US else _lanes(searched, query)
    found: dict[Any, Any] = {}
    end: Position | None = None
    for lane in lanes:
        if lane.condition is not None and lane is not whole and len(lanes) > 1:
            condition = lane.condition(searched.tokens)
            expected = estimate(execute, searched.table, condition, where, expected.visible)
        found.update(_Search(execute, searched, where, wanted, lane, expected).fetch(end))
        ordered = sorted(found.items(), key=lambda hit: (hit[1], hit[0]), reverse=wanted.is_descending)
        if len(ordered) >= wanted.limit:
            end = ordered[wanted.limit - 1]  # Hits of the other lanes matter only where they come before this one.
    return ordered[: wanted.limit]


def count(execute: Execute, searched: Searched, query: Query, where: ColumnElement[bool], cap: int = COUNTED) -> int:
    """Count the hits, stopping at `cap + 1`: a greater result than `cap` means "more than that"."""
    matching = criterion(query, searched.tokens)
    expected = estimate(execute, searched.table, matching, where)
    is_filtered = expected.is_filtered_for(cap + 1)
    hits = fenced(select(searched.id.label("hit_id")).where(matching), where, is_filtered)
    few = select(hits.c.hit_id).limit(cap + 1)
    few = few.where(hits.c.is_seen) if is_filtered else few
    return int(execute(select(func.count()).select_from(few.subquery()))[0][0])


def fenced(matching: Select[Any], where: ColumnElement[bool], is_filtered: bool) -> CTE:
    """Make the fence around a search, so that no ORDER BY or LIMIT outside changes how it is run.

    With `is_filtered` the rights become a column `is_seen`, which no index can be searched by, and the caller tests it.
    """
    statement = matching.add_columns(where.label("is_seen")) if is_filtered else matching.where(where)
    return statement.cte("hits").prefix_with("MATERIALIZED")


def _lanes(searched: Searched, query: Query) -> list[_Lane]:
    """Divide the hits of a single word into those whose sort key begins with it, which lie together, and the rest."""
    single = query.single if searched.is_sort_key else None
    if not single:
        return [_Lane(partial(criterion, query))]
    starts = [lead_key(token, searched.is_person) for token in sorted(single)]
    leading = [_Lane(None, start, successor(start)) for start in starts if start]
    return [*leading, _Lane(partial(elsewhere, single))]


def successor(start: str) -> str:
    """Give the least string that sorts after every string beginning with `start`."""
    return start[:-1] + chr(ord(start[-1]) + 1)


@dataclass(frozen=True)
class _Search:
    """The steps for one lane: walk the order; sort the hits of long stretches; sort all."""

    execute: Execute
    searched: Searched
    where: ColumnElement[bool]
    wanted: Page
    lane: _Lane
    expected: Estimate

    def fetch(self, end: Position | None) -> Found:
        """Fetch the first hits of the lane after the page's position and, unless None, up to `end`."""
        if self.lane.condition is not None and self.expected.fence_us <= AT_ONCE_US:
            return self._hits(self.wanted.after, end)
        found: Found = []
        after = self.wanted.after
        cost_us = self.expected.fence_us if self.lane.condition is not None else 0
        for size in (WALKED, WALKED_FURTHER) if cost_us > WORTH_US else (WALKED,):
            more, after = self._walk(after, size, end, len(found))
            found += more
            if after is None or len(found) >= self.wanted.limit:
                return found
        for size in STRETCHES if cost_us > AFFORDABLE_US else ():
            stretch_end = self._nth(after, size, end)
            found += self._hits(after, stretch_end, len(found))
            if stretch_end == end or len(found) >= self.wanted.limit:
                return found
            after = stretch_end
        return found + self._hits(after, end, len(found))

    def _walk(self, after: Position | None, size: int, end: Position | None, have: int) -> tuple[Found, Position | None]:
        """Look through the next rows of the order; say where they end, None where the list itself ends."""
        reached = self._nth(after, size, end)
        # Without tokens to look at, the index alone may answer.
        tokens = () if self.lane.condition is None else (self.searched.tokens.label("hit_tokens"),)
        rows = select(*self._columns(), *tokens).where(self.where, *self._span(after, reached))
        near = rows.cte("near").prefix_with("MATERIALIZED")
        statement = select(near.c.hit_id, near.c.hit_key).order_by(*self._order(near.c.hit_key, near.c.hit_id))
        if self.lane.condition is not None:
            statement = statement.where(self.lane.condition(near.c.hit_tokens))
        found = self.execute(statement.limit(self.wanted.limit - have))
        return [(row[0], row[1]) for row in found], None if reached == end else reached

    def _nth(self, after: Position | None, size: int, end: Position | None) -> Position | None:
        """Find the position of the `size`-th row of the lane after `after`; `end` where that comes first."""
        statement = select(*self._columns()).where(*self._span(after, end))
        order = self._order(self.searched.key, self.searched.id)
        rows = self.execute(statement.order_by(*order).offset(size - 1).limit(1))
        return (rows[0][0], rows[0][1]) if rows else end

    def _hits(self, after: Position | None, end: Position | None, have: int = 0) -> Found:
        """Sort the hits between two positions, the second included; as many as the page lacks."""
        matching = select(*self._columns()).where(*self._span(after, end))
        if self.lane.condition is not None:
            matching = matching.where(self.lane.condition(self.searched.tokens))
        is_filtered = self.lane.condition is not None and self.expected.is_filtered
        hits = fenced(matching, self.where, is_filtered)
        statement = select(hits.c.hit_id, hits.c.hit_key).order_by(*self._order(hits.c.hit_key, hits.c.hit_id))
        statement = statement.where(hits.c.is_seen) if is_filtered else statement
        return [(row[0], row[1]) for row in self.execute(statement.limit(self.wanted.limit - have))]

    def _columns(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return self.searched.id.label("hit_id"), self.searched.key.label("hit_key")

    def _span(self, after: Position | None, end: Position | None) -> list[ColumnElement[bool]]:
        """Give the conditions that keep within the lane and between two positions.

        Of two bounds on the same side only the tighter is said: given both, Postgres may start from the other.
        """
        place = tuple_(self.searched.key, self.searched.id)
        first, last = (end, after) if self.wanted.is_descending else (after, end)
        low, high = self.lane.low, self.lane.high
        span: list[ColumnElement[bool]] = []
        if first is not None and (low is None or first[1] >= low):
            span.append(place >= self._place(first) if self.wanted.is_descending else place > self._place(first))
        elif low is not None:
            span.append(self.searched.key >= low)
        if last is not None and (high is None or last[1] < high):
            span.append(place < self._place(last) if self.wanted.is_descending else place <= self._place(last))
        elif high is not None:
            span.append(self.searched.key < high)
        return span

    def _place(self, position: Position) -> Any:
        return tuple_(literal(position[1], self.searched.key.type), literal(position[0], self.searched.id.type))

    def _order(self, key: ColumnElement[Any], id_: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
        return (key.desc(), id_.desc()) if self.wanted.is_descending else (key, id_)
