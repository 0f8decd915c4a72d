"""The story of a record, newest first: rows that belong to it (notes, activities) and what was changed in it; of a customer also what
happened on its people. Each source keeps its own place, so that a page is exact whatever happens at the same moment."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, lateral, literal, select, tuple_

from saas.auth.context import Context
from saas.crm.objects import access, cursors, history, records, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import EMPTY_CELL, Cell
from saas.crm.objects.history import Change
from saas.crm.objects.journal_tables import JournalBatch, JournalChange
from saas.crm.objects.seen import everything
from saas.crm.objects.views import RecordView

PAGE_ENTRIES = 20
CHANGES = "changes"


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `source` is an object's name or CHANGES; `subject` names the record it happened on when that is another one.

    A row comes with its view and itself (`row`, for rights and moments), a change with its differences.
    """

    source: str
    at: datetime
    subject: Cell = EMPTY_CELL
    view: RecordView | None = None
    row: Any = None
    change: Change | None = None
    may_edit: bool = False


@dataclass(frozen=True)
class Only:
    """A part of the story: one source, of an object perhaps one value of one column (calls)."""

    source: str
    column: str = ""
    value: str = ""


@dataclass
class Story:
    """Entries, newest first, and where the next page begins (empty at the end)."""

    entries: list[Entry] = field(default_factory=list)
    next_cursor: str = ""


def page(ctx: Context, obj: ObjectDef, record: Any, only: Only | None = None, cursor: str = "", limit: int = PAGE_ENTRIES) -> Story:
    """Read one page of a record's story under the reader's rights; the cost does not grow with the number of the page."""
    places = _read_cursor(cursor)
    found: dict[str, list[tuple[datetime, Any, Any]]] = {}
    children = [child for child in everything(ctx) if child.parent and child.timeline and ctx.rights.may(f"{child.name}:read")]
    for child in children:
        if only is None or only.source == child.name:
            found[child.name] = _rows(ctx, obj, record, child, only, places.get(child.name), limit + 1)
    if only is None or only.source == CHANGES:
        found[CHANGES] = _changes(ctx, obj, record, places.get(CHANGES), limit + 1)
    taken: list[tuple[str, datetime, Any]] = []
    while len(taken) < limit and any(found.values()):
        source = max((name for name, rows in found.items() if rows), key=lambda name: found[name][0][0])
        at, place, item = found[source].pop(0)
        places[source] = place
        taken.append((source, at, item))
    entries = _entries(ctx, record, children, taken)
    return Story(entries, _write_cursor(places) if any(found.values()) else "")


def _rows(
    ctx: Context, obj: ObjectDef, record: Any, child: ObjectDef, only: Only | None, place: Any, limit: int
) -> list[tuple[datetime, Any, Any]]:
    """Read rows of one kind as (moment, place, row)."""
    model: Any = child.model
    at = getattr(model, child.timeline)
    query = select(*_columns(child)).where(_belongs(obj, record, child)).order_by(at.desc(), model.id.desc()).limit(limit)
    if only and only.column:
        query = query.where(getattr(model, only.column) == only.value)
    if place:
        bound = tuple_(literal(datetime.fromisoformat(place[0]), at.type), literal(UUID(place[1]), model.id.type))
        query = query.where(tuple_(at, model.id) < bound)
    rows = ctx.db.execute(query).all()
    return [(getattr(row, child.timeline), [getattr(row, child.timeline).isoformat(), str(row.id)], row) for row in rows]


def _belongs(obj: ObjectDef, record: Any, child: ObjectDef) -> ColumnElement[bool]:
    """Rows of a record; of a customer also those of the records behind which it stands."""
    assert child.parent is not None
    if obj.customer == "id" and child.customer:
        return getattr(child.model, child.customer) == record.id  # type: ignore[no-any-return]
    return getattr(child.model, child.parent[1]) == record.id  # type: ignore[no-any-return]


def _columns(child: ObjectDef) -> list[Any]:
    model: Any = child.model
    assert child.parent is not None
    own = {"id", "code", "version", "owner_id", "department_id", "is_sample", "created_by", "created_at", child.label_field, child.timeline}
    names = {*own, *child.parent, *records.CARRIED, *([child.open_to] if child.open_to else [])}
    names.update(name for wanted in access.named(child.name).fields for name in wanted.columns)
    return [getattr(model, name) for name in sorted(names)]


def _changes(ctx: Context, obj: ObjectDef, record: Any, place: Any, limit: int) -> list[tuple[datetime, Any, Any]]:
    """Read journal changes of the record, and of the records that call it their customer, as (moment, place, (change, batch))."""
    keys = [_change_keys(JournalChange.record_id == record.id, place, limit)]
    for other in _behind(ctx, obj):
        if not ctx.rights.may(f"{other.name}:read"):
            continue
        mine = select(other.model.id).where(getattr(other.model, other.customer or "id") == record.id, access.visible(ctx.rights, other))
        people = mine.subquery()
        each = lateral(_change_keys(JournalChange.record_id == people.c.id, place, limit))
        keys.append(select(each.c.id).select_from(people.join(each, literal(value=True))).order_by(each.c.id.desc()).limit(limit))
    newest = sorted({key for query in keys for key in ctx.db.execute(query).scalars()}, reverse=True)[:limit]
    if not newest:
        return []
    query = (
        select(JournalChange, JournalBatch)
        .join(JournalBatch, JournalBatch.id == JournalChange.batch_id)
        .where(JournalChange.id.in_(newest))
        .order_by(JournalChange.id.desc())
    )
    return [(batch.at, change.id, (change, batch)) for change, batch in ctx.db.execute(query)]


def _change_keys(condition: ColumnElement[bool], place: int | None, limit: int) -> Any:
    query = select(JournalChange.id).where(condition, JournalChange.action != "delete").order_by(JournalChange.id.desc()).limit(limit)
    return query.where(JournalChange.id < place) if place else query


def _behind(ctx: Context, obj: ObjectDef) -> Iterator[ObjectDef]:
    """List the objects whose customer is a record of this one."""
    for other in everything(ctx):
        link = other.by_name.get(other.customer or "")
        if obj.customer == "id" and other.parent is None and link in other.links and getattr(link, "target", "") == obj.name:
            yield other


def _entries(ctx: Context, record: Any, children: list[ObjectDef], taken: list[tuple[str, datetime, Any]]) -> list[Entry]:
    """Put what was found into words, one source at a time, in the order it was taken."""
    made: dict[str, Iterator[Entry | None]] = {}
    for child in children:
        rows = [item for source, _at, item in taken if source == child.name]
        shown = views.views(ctx, child, rows, views.readable_fields(ctx, child))
        access.weigh(ctx, child, rows, "edit")
        made[child.name] = iter([_row_entry(ctx, child, record, row, view) for row, view in zip(rows, shown, strict=True)])
    noted = [item for source, _at, item in taken if source == CHANGES]
    made[CHANGES] = iter(_change_entries(ctx, record, noted))
    entries = [next(made[source]) for source, _at, _item in taken]
    return [entry for entry in entries if entry is not None]


def _row_entry(ctx: Context, child: ObjectDef, record: Any, row: Any, view: RecordView) -> Entry:
    assert child.parent is not None
    is_own = getattr(row, child.parent[1]) == record.id
    subject = EMPTY_CELL if is_own else view.subject
    return Entry(child.name, getattr(row, child.timeline), subject, view, row, may_edit=access.allows(ctx, child, row, "edit"))


def _change_entries(ctx: Context, record: Any, noted: list[history.Noted]) -> list[Entry | None]:
    others: dict[str, set[UUID]] = {}
    for change, _batch in noted:
        if change.record_id != record.id:
            others.setdefault(change.object, set()).add(change.record_id)
    known = {each.name: each for each in access.registered()}
    names = {name: records.label(ctx, known[name], ids) for name, ids in others.items()}
    found: list[Entry | None] = []
    for said in history.described(ctx, noted):
        if said.action == "update" and not said.differences:
            found.append(None)
            continue
        text, is_open = names.get(said.object, {}).get(said.record_id, ("", False))
        subject = Cell(text, kind="link", href=f"/{said.object}/{said.record_id}" if is_open else None) if text else EMPTY_CELL
        found.append(Entry(CHANGES, said.at, subject, change=said))
    return found


def _write_cursor(places: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(places).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> dict[str, Any]:
    """Take a cursor apart; a damaged one counts as the beginning."""
    if not text:
        return {}
    try:
        places = {name: _place(name, place) for name, place in cursors.unpack(text).items()}
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError):
        return {}
    return places


def _place(name: str, place: Any) -> Any:
    if name == CHANGES:
        return max(0, min(int(place), 2**63 - 1))
    return [datetime.fromisoformat(place[0]).astimezone(UTC).isoformat(), str(UUID(place[1]))]
