"""Pages of records: filters, order, keyset paging, totals. Rows are read as columns, never as whole records."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_

from saas.auth.context import Context
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field, FieldError
from saas.crm.objects.images import from_image, to_json

PAGE_ROWS = 25
COUNTED_ROWS = 10_000
DEFAULT_SORT = "label"


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


@dataclass
class Page:
    """Rows in order, the cursors of the neighbouring pages (empty where there are none), and what was wrong with a filter."""

    rows: Sequence[Row[Any]] = ()
    next_cursor: str = ""
    previous_cursor: str = ""
    problems: dict[str, str] = field(default_factory=dict)


def page(ctx: Context, obj: ObjectDef, query: Query, extra: ColumnElement[bool] | None = None) -> Page:
    """Read one page under the reader's rights. One statement, whose cost does not grow with the number of the page."""
    conditions, problems = conditions_of(ctx, obj, query)
    if extra is not None:
        conditions.append(extra)
    order = _order_column(obj, query)
    back, after = _read_cursor(query.cursor)
    is_descending = query.is_descending != back
    statement = select(*_columns(obj, query, order)).where(*conditions)
    if after is not None:
        statement = statement.where(_beyond(obj, order, after, is_descending))
    statement = _ordered(statement, obj, order, is_descending).limit(query.limit + 1)
    rows = list(ctx.db.execute(statement))
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    if back:
        rows.reverse()
    return _with_cursors(rows, has_more, back, after is not None, problems)


def count(
    ctx: Context, obj: ObjectDef, query: Query, *, is_exact: bool = False, extra: ColumnElement[bool] | None = None
) -> tuple[int, bool]:
    """Count the matching rows; (10,000, True) means there are more, unless an exact count is asked for."""
    conditions, _problems = conditions_of(ctx, obj, query)
    if extra is not None:
        conditions.append(extra)
    matching = select(obj.model.id).where(*conditions)
    if not is_exact:
        matching = matching.limit(COUNTED_ROWS + 1)
    number = ctx.db.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    return (COUNTED_ROWS, True) if number > COUNTED_ROWS and not is_exact else (number, False)


def conditions_of(ctx: Context, obj: ObjectDef, query: Query) -> tuple[list[ColumnElement[bool]], dict[str, str]]:
    """Compile filters and search; a filter that cannot be read matches nothing and is reported by field name."""
    conditions: list[ColumnElement[bool]] = []
    problems: dict[str, str] = {}
    for wanted in query.filters:
        field_def = obj.by_name.get(wanted.field)
        if field_def is None or not field_def.is_filterable or wanted.operator not in field_def.operators:
            problems[wanted.field] = wanted.field
            continue
        try:
            conditions.append(field_def.clause(obj.model, wanted.operator, wanted.values, ctx))
        except FieldError as error:
            problems[wanted.field] = str(error)
    if query.search.strip():
        conditions.append(matches(obj, query.search, ctx.workspace.region))
    return conditions, problems


def sortable(obj: ObjectDef) -> tuple[Field, ...]:
    """List the fields a list can be sorted by beside the label."""
    return tuple(f for f in obj.fields if f.is_sortable and f.name != obj.label_field)


def _order_column(obj: ObjectDef, query: Query) -> Any:
    names = {f.name for f in sortable(obj)}
    return getattr(obj.model, query.sort) if query.sort in names else obj.model.sort_key


def _columns(obj: ObjectDef, query: Query, order: Any) -> list[Any]:
    model: Any = obj.model
    names = {"id", "code", "version", "owner_id", "department_id", "is_sample", obj.label_field}
    for name in query.columns or obj.default_columns:
        if name in obj.by_name:
            names.update(obj.by_name[name].columns)
    if obj.parent:
        names.update((*obj.parent, "customer_id"))
    return [*(getattr(model, name) for name in sorted(names)), order.label("sort_value")]


def _ordered(statement: Select[Any], obj: ObjectDef, order: Any, is_descending: bool) -> Select[Any]:
    if is_descending:
        return statement.order_by(order.desc().nulls_last() if _is_nullable(order) else order.desc(), obj.model.id.desc())
    return statement.order_by(order.asc().nulls_first() if _is_nullable(order) else order.asc(), obj.model.id.asc())


def _is_nullable(order: Any) -> bool:
    return bool(order.property.columns[0].nullable)


def _beyond(obj: ObjectDef, order: Any, after: tuple[Any, UUID], is_descending: bool) -> ColumnElement[bool]:
    """Rows behind a cursor. Nulls come first going up and last going down."""
    value = from_image(obj.model, {order.key: after[0]}).get(order.key) if order.key != "sort_key" else after[0]
    key = obj.model.id
    row = tuple_(order, key)
    if value is None:
        rest = key < after[1] if is_descending else key > after[1]
        same = and_(order.is_(None), rest)
        return same if is_descending else or_(same, order.is_not(None))
    bound = tuple_(literal(value, order.type), literal(after[1], key.type))
    if not is_descending:
        return row > bound
    return or_(row < bound, order.is_(None)) if _is_nullable(order) else row < bound


def _with_cursors(rows: list[Row[Any]], has_more: bool, back: bool, has_cursor: bool, problems: dict[str, str]) -> Page:
    if not rows:
        return Page(problems=problems)
    has_next = has_more if not back else True
    has_previous = has_more if back else has_cursor
    return Page(
        rows=rows,
        next_cursor=_write_cursor(rows[-1], back=False) if has_next else "",
        previous_cursor=_write_cursor(rows[0], back=True) if has_previous else "",
        problems=problems,
    )


def _write_cursor(row: Row[Any], *, back: bool) -> str:
    plain = json.dumps(["b" if back else "f", to_json(row.sort_value), str(row.id)], ensure_ascii=False, default=_plain)
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date | Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _read_cursor(text: str) -> tuple[bool, tuple[Any, UUID] | None]:
    """Take a cursor apart; a damaged one counts as the beginning."""
    if not text:
        return False, None
    try:
        way, value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return way == "b", (value, UUID(key))
    except (ValueError, TypeError, binascii.Error):
        return False, None


def without_cursor(query: Query) -> Query:
    """The same question from the beginning."""
    return replace(query, cursor="")


def matches(obj: ObjectDef, search: str, region: str) -> ColumnElement[bool]:
    """Compile what somebody typed into a list's search box to a condition on the tokens."""
    model: Any = obj.model
    found = [word for word in search.casefold().split() if word]
    return model.tokens.contains(found)  # type: ignore[no-any-return]
