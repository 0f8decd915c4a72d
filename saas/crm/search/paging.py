"""Fetching the hits of a search in sort order, 25 at a time, at any size of the book. Rights come in as a condition.

One `WHERE … ORDER BY … LIMIT` is a gamble at 1,000,000 rows (docs/decisions/0003-search.md), so a page is fetched by
steps of bounded cost, the cheapest first, until one of them has proved that it holds the whole page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal, select, tuple_

from saas.crm.search.criteria import criterion, elsewhere
from saas.crm.search.query import Query
from saas.crm.search.tokens import lead_key

# Rows looked at in order before asking the index; hits sorted at once; rows of one stretch of the order.
WALKED = 2_000
FENCED = 5_000
STRETCH = 50_000
COUNTED = 10_000

Execute = Callable[[Select[Any]], Sequence[Any]]
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
    """A part of the hits: `condition`, within the stretch of sort keys from `low` up to, not including, `high`."""

    condition: ColumnElement[bool] | None
    low: str | None = None
    high: str | None = None


def page(execute: Execute, searched: Searched, query: Query, where: ColumnElement[bool], wanted: Page) -> Found:
    """Fetch `(id, key)` of a page of the rows that match `query` and `where` (rights and filters), in list order.

    `execute` runs a statement and returns its rows. Fewer rows than the limit mean the end of the list.
    """
    lanes = _lanes(searched, query)
    found: dict[Any, Any] = {}
    for lane in lanes:
        found.update(_Search(execute, searched, where, wanted, lane).fetch(query.is_broad))
    ordered = sorted(found.items(), key=lambda hit: (hit[1], hit[0]), reverse=wanted.is_descending)
    return ordered[: wanted.limit]


def count(execute: Execute, searched: Searched, query: Query, where: ColumnElement[bool], cap: int = COUNTED) -> int:
    """Count the hits, stopping at `cap + 1`: a greater result than `cap` means "more than that"."""
    hits = select(searched.id).where(criterion(query, searched.tokens), where).cte("hits").prefix_with("MATERIALIZED")
    few = select(hits.c[0]).limit(cap + 1).subquery()
    return int(execute(select(func.count()).select_from(few))[0][0])


def _lanes(searched: Searched, query: Query) -> list[_Lane]:
    """Divide the hits of a single word into those whose sort key begins with it, which lie together, and the rest."""
    single = query.single if searched.is_sort_key else None
    if not single:
        return [_Lane(criterion(query, searched.tokens))]
    starts = [lead_key(token, searched.is_person) for token in sorted(single)]
    leading = [_Lane(None, start, successor(start)) for start in starts if start]
    return [*leading, _Lane(elsewhere(single, searched.tokens))]


def successor(start: str) -> str:
    """Give the least string that sorts after every string beginning with `start`."""
    return start[:-1] + chr(ord(start[-1]) + 1)


@dataclass(frozen=True)
class _Search:
    """The steps for one lane. Each returns None while it cannot be sure to hold the page."""

    execute: Execute
    searched: Searched
    where: ColumnElement[bool]
    wanted: Page
    lane: _Lane

    def fetch(self, is_broad: bool) -> Found:
        """Fetch the first hits of the lane after the page's position."""
        if self.lane.condition is not None and not is_broad and (few := self._few(self.wanted.after)) is not None:
            return few
        found, after = self._stretch(self.wanted.after, WALKED, self.wanted.limit)
        if after is None or len(found) >= self.wanted.limit:
            return found
        if self.lane.condition is None:
            return found + self._between(after, None, self.wanted.limit - len(found))
        if is_broad and (few := self._few(after)) is not None:
            return found + few
        more, after = self._stretch(after, STRETCH, self.wanted.limit - len(found))
        found += more
        if after is not None and len(found) < self.wanted.limit:
            found += self._between(after, None, self.wanted.limit - len(found))
        return found

    def _few(self, after: Position | None) -> Found | None:
        """Sort all hits after a position, if they are not too many."""
        hits = self._hits(after, None).cte("hits").prefix_with("MATERIALIZED")
        few = select(hits.c.hit_id, hits.c.hit_key).limit(FENCED + 1).cte("few").prefix_with("MATERIALIZED")
        total = select(func.count()).select_from(few).scalar_subquery()
        statement = select(few.c.hit_id, few.c.hit_key, total).order_by(*self._order(few.c.hit_key, few.c.hit_id))
        rows = self.execute(statement.limit(self.wanted.limit))
        return [(row[0], row[1]) for row in rows] if not rows or rows[0][2] <= FENCED else None

    def _stretch(self, after: Position | None, size: int, limit: int) -> tuple[Found, Position | None]:
        """Fetch the hits among the next `size` rows of the order; say where these end, None for the end of the list."""
        order = self._order(self.searched.key, self.searched.id)
        statement = select(self.searched.id, self.searched.key).where(*self._span(after, None))
        ends = self.execute(statement.order_by(*order).offset(size - 1).limit(1))
        end = (ends[0][0], ends[0][1]) if ends else None
        return self._between(after, end, limit), end

    def _between(self, after: Position | None, end: Position | None, limit: int) -> Found:
        """Sort the hits between two positions, the second included."""
        hits = self._hits(after, end).cte("hits").prefix_with("MATERIALIZED")
        order = self._order(hits.c.hit_key, hits.c.hit_id)
        rows = self.execute(select(hits.c.hit_id, hits.c.hit_key).order_by(*order).limit(limit))
        return [(row[0], row[1]) for row in rows]

    def _hits(self, after: Position | None, end: Position | None) -> Select[Any]:
        condition = [] if self.lane.condition is None else [self.lane.condition]
        selected = select(self.searched.id.label("hit_id"), self.searched.key.label("hit_key"))
        return selected.where(*condition, self.where, *self._span(after, end))

    def _span(self, after: Position | None, end: Position | None) -> list[ColumnElement[bool]]:
        """Give the conditions that keep within the lane's stretch of the order and between two positions."""
        id_, key = self.searched.id, self.searched.key
        place = tuple_(key, id_)
        span: list[ColumnElement[bool]] = []
        if self.lane.low is not None:
            span += [key >= self.lane.low, key < self.lane.high]
        if after is not None:
            bound = self._place(after)
            span.append(place < bound if self.wanted.is_descending else place > bound)
        if end is not None:
            bound = self._place(end)
            span.append(place >= bound if self.wanted.is_descending else place <= bound)
        return span

    def _place(self, position: Position) -> Any:
        return tuple_(literal(position[1], self.searched.key.type), literal(position[0], self.searched.id.type))

    def _order(self, key: ColumnElement[Any], id_: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
        return (key.desc(), id_.desc()) if self.wanted.is_descending else (key, id_)
