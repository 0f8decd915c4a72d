"""Finding which rows make up a page, at any size of the book: one OR of rights, or a rare filter, under ORDER BY … LIMIT does not page.

Statements here are on the plain table and say the rights themselves, by `access.visible` and `branches`; the rows of the page
are then read under the session's own criteria, a second net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, cast, func, select, true, union, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from saas.auth.context import Context
from saas.auth.permissions import READ
from saas.crm.objects import access
from saas.crm.objects.branches import Branch, branches
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.ordering import Order
from saas.crm.search import paging
from saas.crm.search.criteria import criterion
from saas.crm.search.query import Query as Words

# Above this many ways to reach rows, one condition is cheaper than a statement with a part for each.
MAX_BRANCHES = 40
# Rows looked at in order before anything dearer is tried.
WALKED = 2_000

Positions = list[tuple[UUID, Any]]


@dataclass(frozen=True)
class Wanted:
    """What a page is to hold: rows that satisfy all `conditions` and `words`, in `order`, behind a place, at most `limit`."""

    order: Order
    conditions: Sequence[ColumnElement[bool]]
    words: Words
    after: tuple[Any, UUID] | None
    limit: int

    @property
    def is_plain(self) -> bool:
        """Whether nothing but rights restricts the rows."""
        return not self.conditions and self.words.is_blank


def is_walkable(ctx: Context, obj: ObjectDef, wanted: Wanted) -> bool:
    """Tell whether one walk along an index finds the page: no filter, and all rows, an owner's or none within reach."""
    if not wanted.is_plain:
        return False
    ways = branches(ctx.rights, obj.name, READ)
    if not ways or visible(ctx, obj).compare(true()):
        return True
    return obj.parent is None and ctx.rights.within is None and len(ways) == 1 and ways[0].owner is not None


def positions(ctx: Context, obj: ObjectDef, wanted: Wanted) -> Positions:
    """Find key and sort value of the rows of a page, in order, under the reader's rights."""
    if wanted.order.is_nullable:
        return _fenced(ctx, obj, wanted)
    ways = _separate(ctx, obj)
    if wanted.is_plain and ways and (wanted.order.is_label or sum(max(1, len(way.departments)) for way in ways) <= MAX_BRANCHES):
        return _by_branches(ctx, obj, wanted, ways)
    return _stepwise(ctx, obj, wanted)


def count(ctx: Context, obj: ObjectDef, most: int) -> int | None:
    """Count the rows within reach, `most` or fewer, each way along its own index; None where the ways cannot be told apart."""
    ways = _separate(ctx, obj)
    if not ways:
        return None
    table: Any = obj.model.__table__
    there = replace(access.ground(obj), columns=table.c, owner=table.c.owner_id, department=table.c.department_id)
    parts = [select(table.c.id).where(way.condition(there)).limit(most).subquery() for way in ways]
    found = union(*(select(part.c.id) for part in parts)).limit(most).subquery()
    return int(ctx.db.execute(select(func.count()).select_from(found)).scalar_one())


def _separate(ctx: Context, obj: ObjectDef) -> tuple[Branch, ...]:
    """List the ways to reach rows where each can be walked by itself; none otherwise."""
    if obj.parent is not None or ctx.rights.within is not None:
        return ()
    ways = branches(ctx.rights, obj.name, READ)
    return ways if not any(way.through for way in ways) else ()


def visible(ctx: Context, obj: ObjectDef, action: str = READ) -> ColumnElement[bool]:
    """Compile the one predicate over the plain table."""
    plain: Any = obj.model.__table__.c
    return access.visible(ctx.rights, replace(obj, model=plain), action)


def executor(ctx: Context) -> paging.Execute:
    """Make what runs the search's statements: past the session's criteria, since they say the rights themselves, or ask for a plan."""
    connection = ctx.db.connection()
    return lambda statement: connection.execute(statement).all()


def _stepwise(ctx: Context, obj: ObjectDef, wanted: Wanted) -> Positions:
    """Look at some rows in order; where these do not hold the page, leave the rest to the search's pager and its bounded steps.

    The search's pager goes by the planner's estimates, which are of little use for filters: nobody keeps statistics of `lower(city)`.
    """
    where = and_(true(), visible(ctx, obj), *wanted.conditions)
    found: Positions = []
    if wanted.words.is_blank:
        found, end = _walk(ctx, wanted, where)
        if end is None or len(found) >= wanted.limit:
            return found
        wanted = replace(wanted, after=end, limit=wanted.limit - len(found))
    table: Any = obj.model.__table__
    order = wanted.order
    is_label = order.is_label
    searched = paging.Searched(table, order.key, order.value, table.c.tokens, is_sort_key=is_label, is_person=obj.is_person)
    after = (wanted.after[1], wanted.after[0]) if wanted.after else None
    page = paging.Page(wanted.limit, after, order.is_descending)
    return found + paging.page(executor(ctx), searched, wanted.words, where, page)


def _walk(ctx: Context, wanted: Wanted, where: ColumnElement[bool]) -> tuple[Positions, tuple[Any, UUID] | None]:
    """Find the rows of the page among the next ones in order, and the place where these end (None: at the end of the list)."""
    order = wanted.order
    span = [order.beyond(wanted.after)] if wanted.after else []
    last = _pairs(ctx, select(order.key, order.value).where(*span).order_by(*order.clauses).offset(WALKED - 1).limit(1))
    end = (last[0][1], last[0][0]) if last else None
    if end:
        span.append(~order.beyond(end))
    hits = select(order.key, order.value).where(*span, where).cte("hits").prefix_with("MATERIALIZED")
    inside = replace(order, key=hits.c.id, value=hits.c[order.value.name])
    return _pairs(ctx, select(inside.key, inside.value).order_by(*inside.clauses).limit(wanted.limit)), end


def _fenced(ctx: Context, obj: ObjectDef, wanted: Wanted) -> Positions:
    """Collect all that match, then sort: for columns that may be empty, which the steps cannot walk."""
    order = wanted.order
    where = [visible(ctx, obj), *wanted.conditions, criterion(wanted.words, obj.model.__table__.c.tokens)]
    if wanted.after:
        where.append(order.beyond(wanted.after))
    hits = select(order.key, order.value).where(*where).cte("hits").prefix_with("MATERIALIZED")
    inside = replace(order, key=hits.c.id, value=hits.c[order.value.name])
    return _pairs(ctx, select(inside.key, inside.value).order_by(*inside.clauses).limit(wanted.limit))


def _by_branches(ctx: Context, obj: ObjectDef, wanted: Wanted, ways: Sequence[Branch]) -> Positions:
    """Take the page of each way to reach rows, each along its own index, and of these the first; a row may come by two ways."""
    parts = [part for way in ways for part in _parts(obj, wanted, way)]
    if not parts:
        return []
    merged = union_all(*parts).subquery()
    inside = replace(wanted.order, key=merged.c.id, value=merged.c[wanted.order.value.name])
    statement = select(inside.key, inside.value).distinct().order_by(*inside.clauses).limit(wanted.limit)
    return _pairs(ctx, statement)


def _parts(obj: ObjectDef, wanted: Wanted, way: Branch) -> list[Select[Any]]:
    """Say how the page of one way is found: one walk along an index for each department, and each choice of its condition."""
    table: Any = obj.model.__table__
    there = replace(access.ground(obj), columns=table.c, owner=table.c.owner_id, department=table.c.department_id)
    if way.is_all or way.owner or way.shared:
        return [_first(wanted, way.condition(there))]
    choices: Sequence[ColumnElement[bool]] = [table.c[way.field] == choice for choice in way.choices] if way.field else [true()]
    if not wanted.order.is_label:
        return [_first(wanted, and_(table.c.department_id == place, choice)) for place in sorted(way.departments) for choice in choices]
    found = []
    for choice in choices:
        # One statement however many departments there are: each is walked by the index (department, sort key).
        places = func.unnest(cast(sorted(way.departments), ARRAY(Uuid))).table_valued("place").render_derived()
        near = _page(wanted, and_(table.c.department_id == places.c.place, choice)).lateral()
        found.append(select(near.c.id, near.c[wanted.order.value.name]).select_from(places).join(near, true()))
    return found


def _first(wanted: Wanted, condition: ColumnElement[bool]) -> Select[Any]:
    part = _page(wanted, condition).subquery()
    return select(part.c.id, part.c[wanted.order.value.name])


def _page(wanted: Wanted, condition: ColumnElement[bool]) -> Select[Any]:
    order = wanted.order
    statement = select(order.key, order.value).where(condition)
    if wanted.after:
        statement = statement.where(order.beyond(wanted.after))
    return statement.order_by(*order.clauses).limit(wanted.limit)


def _pairs(ctx: Context, statement: Select[Any]) -> Positions:
    return [(row[0], row[1]) for row in ctx.db.execute(statement)]
