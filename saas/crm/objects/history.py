"""Reading the journal: what a record was at a version, and who changed which field from what to what. Writing it: `journal`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.core.i18n import _
from saas.crm.objects import images, records, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import EMPTY_CELL, Cell, Field
from saas.crm.objects.journal_tables import JournalBatch, JournalChange
from saas.crm.objects.rich_fields import Link
from saas.crm.objects.seen import everything

PAGE_CHANGES = 25
Noted = tuple[JournalChange, JournalBatch]


@dataclass(frozen=True)
class Difference:
    """One field's value before and after a change."""

    field: str
    label: str
    before: Cell
    after: Cell


@dataclass(frozen=True)
class Change:
    """One row's change, for reading. `actor` is empty for the system; `is_undo` when it took another change back."""

    id: int
    batch_id: int
    at: datetime
    actor: str
    via: str
    action: str
    object: str
    record_id: UUID
    is_undo: bool
    may_undo: bool
    differences: tuple[Difference, ...]


def base_at(ctx: Context, obj: ObjectDef, record: Any, version: int) -> dict[str, Any]:
    """Tell what the columns changed since a version held at that version; empty when nothing changed since."""
    query = (
        select(JournalChange.before)
        .where(JournalChange.record_id == record.id, JournalChange.action == "update", JournalChange.version > version)
        .order_by(JournalChange.id.desc())
    )
    image: dict[str, Any] = {}
    for (before,) in ctx.db.execute(query):
        image.update(before or {})
    return images.from_image(obj.model, image)


def last_changer(ctx: Context, record_id: UUID) -> str:
    """Name who changed a record last; empty when that was not a member."""
    query = (
        select(JournalBatch.actor_id)
        .join(JournalChange, JournalChange.batch_id == JournalBatch.id)
        .where(JournalChange.record_id == record_id)
        .order_by(JournalChange.id.desc())
        .limit(1)
    )
    return _name(ctx, ctx.db.execute(query).scalar())


def page(ctx: Context, record: Any, before_id: int | None = None) -> tuple[list[Change], int | None]:
    """Read one page of a record's changes, newest first, and where the next page begins (None at the end)."""
    query = (
        select(JournalChange, JournalBatch)
        .join(JournalBatch, JournalBatch.id == JournalChange.batch_id)
        .where(JournalChange.record_id == record.id)
        .order_by(JournalChange.id.desc())
        .limit(PAGE_CHANGES + 1)
    )
    if before_id is not None:
        query = query.where(JournalChange.id < before_id)
    rows: list[Noted] = [(row[0], row[1]) for row in ctx.db.execute(query)]
    shown = rows[:PAGE_CHANGES]
    # A change of nothing but fields hidden from the reader is no change.
    said = [change for change in described(ctx, shown) if change.action != "update" or change.differences]
    return said, shown[-1][0].id if len(rows) > PAGE_CHANGES else None


def described(ctx: Context, rows: Sequence[Noted]) -> list[Change]:
    """Put changes into words, without the fields the reader may not see; one statement for each linked object."""
    known = {obj.name: obj for obj in everything(ctx)}
    undone = _undone(ctx, [batch.id for _change, batch in rows])
    names = _link_names(ctx, known, rows)
    found = []
    for change, batch in rows:
        obj = known[change.object]
        is_own = batch.actor_id == ctx.member.id
        found.append(
            Change(
                id=change.id,
                batch_id=batch.id,
                at=batch.at,
                actor=_name(ctx, batch.actor_id),
                via=batch.via,
                action=change.action,
                object=change.object,
                record_id=change.record_id,
                is_undo=batch.undoes is not None,
                may_undo=ctx.onlooker is None and (is_own or ctx.rights.is_admin) and batch.id not in undone and batch.import_id is None,
                differences=_differences(ctx, obj, change, names),
            )
        )
    return found


def _name(ctx: Context, member_id: UUID | None) -> str:
    member = ctx.directory.members.get(member_id) if member_id else None
    return member.name if member else ""


def _undone(ctx: Context, batches: Iterable[int]) -> set[int]:
    wanted = sorted(set(batches))
    if not wanted:
        return set()
    return set(ctx.db.execute(select(JournalBatch.undoes).where(JournalBatch.undoes.in_(wanted))).scalars())  # type: ignore[arg-type]


def _touched(ctx: Context, obj: ObjectDef, change: JournalChange) -> list[Field]:
    """List the fields a change touched, of those the reader may see; of a new record those that say something."""
    image = change.after or change.before or {}
    fields = [field for field in views.readable_fields(ctx, obj) if set(field.columns) & set(image)]
    if change.action == "update":
        return fields
    return [field for field in fields if field.is_editable and field.name not in ("owner_id", "department_id")]


def _sides(obj: ObjectDef, change: JournalChange, field: Field) -> tuple[Any, Any]:
    empty = dict.fromkeys(field.columns)
    before, after = (images.from_image(obj.model, image or {}) for image in (change.before, change.after))
    # A sum of money of which one part changed keeps the other part.
    whole = before if change.action == "delete" else {**before, **after}
    return tuple(field.value_of(SimpleNamespace(**{**empty, **whole, **side})) for side in (before, after))


def _differences(
    ctx: Context, obj: ObjectDef, change: JournalChange, names: dict[str, dict[UUID, tuple[str, bool]]]
) -> tuple[Difference, ...]:
    found = []
    for field in _touched(ctx, obj, change):
        before, after = _sides(obj, change, field)
        cells = [_cell(ctx, field, value, names) for value in (before, after)]
        if change.action == "create":
            cells[0] = EMPTY_CELL
        if cells[0] != cells[1]:
            found.append(Difference(field.name, str(field.label), cells[0], cells[1]))
    return tuple(found)


def _cell(ctx: Context, field: Field, value: Any, names: dict[str, dict[UUID, tuple[str, bool]]]) -> Cell:
    if isinstance(field, Link) and value is not None:
        text, is_open = names.get(field.target, {}).get(value, (_("a deleted record"), False))
        return Cell(text, kind="link", href=f"/{field.target}/{value}" if is_open else None)
    return views.cell(ctx, field, value)


def _link_names(ctx: Context, known: dict[str, ObjectDef], rows: Sequence[Noted]) -> dict[str, dict[UUID, tuple[str, bool]]]:
    wanted: dict[str, set[UUID]] = {}
    for change, _batch in rows:
        for link in known[change.object].links:
            for image in (change.before, change.after):
                if image and image.get(link.name):
                    wanted.setdefault(link.target, set()).add(UUID(image[link.name]))
    return {name: records.label(ctx, known[name], ids) for name, ids in wanted.items()}
