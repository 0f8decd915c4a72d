"""Pages of records: filters, order, keyset paging, totals. Rows are read as columns, never as whole records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select

from saas.auth.context import Context
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm.objects import access, cursors, pager, rechecking, records
from saas.crm.objects.cursors import Cursor
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field, FieldError
from saas.crm.objects.ordering import BY_LABEL, Order, order_of, place, sortable
from saas.crm.objects.pager import Wanted
from saas.crm.objects.rich_fields import Link
from saas.crm.search import paging
from saas.crm.search.criteria import criterion
from saas.crm.search.query import parse

__all__ = ["DEFAULT_SORT", "Filter", "Page", "Query", "conditions_of", "count", "matches", "page", "selection", "sortable"]

PAGE_ROWS = 25
COUNTED_ROWS = 10_000
# Hits of a search looked at again for readers from whom a searched field is hidden; and how many at once.
RECHECKED = 5_000
RECHECK_STEP = 200
DEFAULT_SORT = BY_LABEL


@dataclass(frozen=True)
class Filter:
    """One condition on one field, as it stands in the address: `f.<field>.<operator>=value`, repeated for several values."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """What of an object is asked for. `sort` is a field name or `label`; `cursor` is where the page begins, from a former page."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = DEFAULT_SORT
    is_descending: bool = False
    cursor: str = ""
    columns: tuple[str, ...] = ()
    limit: int = PAGE_ROWS

    def without_cursor(self) -> Query:
        """The same question from the beginning."""
        return replace(self, cursor="")


@dataclass
class Page:
    """Rows in order, the cursors of the neighbouring pages (empty where there are none), and what was wrong with a filter."""

    rows: Sequence[Row[Any]] = ()
    next_cursor: str = ""
    previous_cursor: str = ""
    problems: dict[str, str] = field(default_factory=dict)


def page(ctx: Context, obj: ObjectDef, query: Query, extra: ColumnElement[bool] | None = None) -> Page:
    """Read one page under the reader's rights, in a bounded number of statements whose cost does not grow with the number of the page.

    A filter that cannot be read makes the page empty and is reported by field name: never silently left out.
    """
    conditions, problems = conditions_of(ctx, obj, query.filters)
    if problems:
        return Page(problems=problems)
    if extra is not None:
        conditions.append(extra)
    cursor = cursors.read(query.cursor)
    order = order_of(obj, query.sort, query.is_descending != cursor.is_back)
    words = parse(query.search, ctx.workspace.region)
    wanted = Wanted(order, conditions, words, place(obj, order, cursor.after), query.limit + 1)
    rows = _walk(ctx, obj, query, wanted) if pager.is_walkable(ctx, obj, wanted) else _fetch(ctx, obj, query, wanted)
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    if cursor.is_back:
        rows.reverse()
    return _with_cursors(rows, has_more, cursor)


def count(
    ctx: Context, obj: ObjectDef, query: Query, *, is_exact: bool = False, extra: ColumnElement[bool] | None = None
) -> tuple[int, bool]:
    """Count the matching rows; (10,000, True) means there are more, unless an exact count is asked for."""
    conditions, problems = conditions_of(ctx, obj, query.filters)
    if problems:
        return 0, False
    if extra is not None:
        conditions.append(extra)
    table: Any = obj.model.__table__
    words = parse(query.search, ctx.workspace.region)
    where = and_(pager.visible(ctx, obj), *conditions)
    if rechecking.is_needed(ctx, obj, words):
        wanted = Wanted(order_of(obj, BY_LABEL, False), conditions, words, None, RECHECKED)
        return len(_rechecked(ctx, obj, wanted)[0]), False
    if not words.is_blank and not is_exact:
        searched = paging.Searched(table, table.c.id, table.c.sort_key, table.c.tokens)
        number = paging.count(pager.executor(ctx), searched, words, where, COUNTED_ROWS)
        return (COUNTED_ROWS, True) if number > COUNTED_ROWS else (number, False)
    if words.is_blank and not conditions and not is_exact:
        reached = pager.count(ctx, obj, COUNTED_ROWS + 1)
        if reached is not None:
            return (COUNTED_ROWS, True) if reached > COUNTED_ROWS else (reached, False)
    matching = select(table.c.id).where(where, criterion(words, table.c.tokens))
    if not is_exact:
        matching = matching.limit(COUNTED_ROWS + 1)
    number = ctx.db.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    return (COUNTED_ROWS, True) if number > COUNTED_ROWS and not is_exact else (number, False)


def selection(ctx: Context, obj: ObjectDef, query: Query) -> ColumnElement[bool]:
    """Compile all that a query asks for to one condition; rights are not in it. Nothing matches when a filter cannot be read."""
    conditions, problems = conditions_of(ctx, obj, query.filters)
    if problems:
        return obj.model.id.in_(())
    words = parse(query.search, ctx.workspace.region)
    if rechecking.is_needed(ctx, obj, words):
        wanted = Wanted(order_of(obj, BY_LABEL, False), conditions, words, None, RECHECKED)
        return obj.model.id.in_(_rechecked(ctx, obj, wanted)[0])
    if query.search.strip():
        conditions.append(matches(obj, query.search, ctx.workspace.region))
    return and_(obj.model.id.is_not(None), *conditions)


def matches(obj: ObjectDef, search: str, region: str) -> ColumnElement[bool]:
    """Compile what somebody typed into a search box to a condition on the tokens. For a page in order use `page`."""
    return criterion(parse(search, region), obj.model.__table__.c.tokens)


def conditions_of(ctx: Context, obj: ObjectDef, filters: Iterable[Filter]) -> tuple[list[ColumnElement[bool]], dict[str, str]]:
    """Compile filters to conditions on the plain table; those that cannot be read are reported by field name."""
    conditions: list[ColumnElement[bool]] = []
    problems: dict[str, str] = {}
    for wanted in filters:
        field_def = obj.by_name.get(wanted.field)
        if field_def is None or not field_def.is_filterable or wanted.operator not in field_def.operators:
            problems[wanted.field] = _("This filter is not available.")
            continue
        try:
            conditions.append(_condition(ctx, obj, field_def, wanted))
        except FieldError as error:
            problems[wanted.field] = str(error)
    return conditions, problems


def _condition(ctx: Context, obj: ObjectDef, field_def: Field, wanted: Filter) -> ColumnElement[bool]:
    values = [value for raw in wanted.values if (value := raw.replace("\x00", "")).strip()]
    if wanted.operator not in ("empty", "filled") and not values:
        raise FieldError(_("Give this filter a value."))
    if isinstance(field_def, Link) and values:
        values = _readable(ctx, field_def, values)
    return field_def.clause(obj.model.__table__.c, wanted.operator, values, ctx)


def _readable(ctx: Context, link: Link, values: Sequence[str]) -> list[str]:
    """Leave only targets the reader may open: there is no filter by what one may not read (Rights 7)."""
    target = next(other for other in access.registered() if other.name == link.target)
    keys = [key for value in values if (key := parse_id(value))]
    names = records.label(ctx, target, keys)
    return [str(key) for key in keys if names.get(key, ("", False))[1]]


def _columns(obj: ObjectDef, query: Query, order: Order) -> list[Any]:
    model: Any = obj.model
    names = {"id", "code", "version", "owner_id", "department_id", "is_sample", obj.label_field}
    for name in query.columns or obj.default_columns:
        if name in obj.by_name:
            names.update(obj.by_name[name].columns)
    if obj.parent:
        names.update((*obj.parent, "customer_id", "parent_owner_id", "parent_department_id", "created_by"))
    if obj.open_to:
        names.add(obj.open_to)
    # What says who may change a row, and which fields it has at all.
    names.update(column for f in access.named(obj.name).fields if f.required for column in f.columns)
    return [*(getattr(model, name) for name in sorted(names)), getattr(model, order.value.name).label("sort_value")]


def _walk(ctx: Context, obj: ObjectDef, query: Query, wanted: Wanted) -> list[Row[Any]]:
    """Read the page at once, along one index."""
    statement = select(*_columns(obj, query, wanted.order))
    if wanted.after:
        statement = statement.where(wanted.order.beyond(wanted.after))
    return list(ctx.db.execute(statement.order_by(*wanted.order.clauses).limit(wanted.limit)))


def _fetch(ctx: Context, obj: ObjectDef, query: Query, wanted: Wanted) -> list[Row[Any]]:
    """Find the keys of the page, then read its rows."""
    if rechecking.is_needed(ctx, obj, wanted.words):
        keys = _rechecked(ctx, obj, wanted)[0][: wanted.limit]
    else:
        keys = [key for key, _value in pager.positions(ctx, obj, wanted)]
    if not keys:
        return []
    statement = select(*_columns(obj, query, wanted.order)).where(obj.model.id.in_(keys))
    found = {row.id: row for row in ctx.db.execute(statement)}
    return [found[key] for key in keys if key in found]


def _rechecked(ctx: Context, obj: ObjectDef, wanted: Wanted) -> tuple[list[UUID], int]:
    """Find keys of a search that are also found by what the reader may see, and how many hits were looked at: at most RECHECKED."""
    found: list[UUID] = []
    looked_at = 0
    step = replace(wanted, limit=RECHECK_STEP)
    while len(found) < wanted.limit and looked_at < RECHECKED:
        hits = pager.positions(ctx, obj, step)
        kept = rechecking.kept(ctx, obj, wanted.words, [key for key, _value in hits])
        found += [key for key, _value in hits if key in kept]
        looked_at += len(hits)
        if len(hits) < RECHECK_STEP:
            break
        step = replace(step, after=(hits[-1][1], hits[-1][0]))
    return found, looked_at


def _with_cursors(rows: list[Row[Any]], has_more: bool, cursor: Cursor) -> Page:
    if not rows:
        return Page()
    has_next = has_more or cursor.is_back
    has_previous = has_more if cursor.is_back else cursor.after is not None
    return Page(
        rows=rows,
        next_cursor=cursors.write(rows[-1].sort_value, rows[-1].id, is_back=False) if has_next else "",
        previous_cursor=cursors.write(rows[0].sort_value, rows[0].id, is_back=True) if has_previous else "",
    )
