"""Taking an import out again: made records go, changed ones get their former values back; what was used since stays and is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, literal, select
from sqlalchemy.orm import aliased

from saas.auth.context import Context
from saas.auth.permissions import DELETE, EDIT
from saas.crm.objects import access, images, journal, records, undo
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalChange

BATCH_ROWS = 4_000


def take_out(ctx: Context, batch: int, note: dict[str, Any]) -> dict[str, Any]:
    """Take out the next part of a batch and return the note with new figures; `is_done` is set at the end.

    Records that link to others go first. A record stays when it was changed since, when something real hangs on it, or when the
    member may not change it today.
    """
    figures = {"gone": 0, "restored": 0, "kept": 0, **note}
    position = int(figures.get("position", 2**62))
    query = (
        select(JournalChange.id, JournalChange.object, JournalChange.action)
        .where(JournalChange.batch_id == batch, JournalChange.id < position)
        .order_by(JournalChange.id.desc())
        .limit(BATCH_ROWS)
    )
    part = ctx.db.execute(query).all()
    if not part:
        return figures | {"is_done": True}
    by_name = {obj.name: obj for obj in access.registered()}
    low, high = part[-1].id, part[0].id
    for name in dict.fromkeys(row.object for row in part):
        made = sum(row.object == name and row.action == "create" for row in part)
        if made:
            gone = _remove(ctx, by_name[name], batch, low, high)
            figures["gone"] += gone
            figures["kept"] += made - gone
        changed = [row.id for row in part if row.object == name and row.action == "update"]
        if changed:
            restored = _restore(ctx, by_name[name], changed)
            figures["restored"] += restored
            figures["kept"] += len(changed) - restored
    return figures | {"position": low}


def _remove(ctx: Context, obj: ObjectDef, batch: int, low: int, high: int) -> int:
    """Delete the unchanged records that a stretch of the batch made, with their journal, in two statements."""
    model: Any = obj.model
    change = aliased(JournalChange)
    untouched = (
        select(model.id)
        .join(change, and_(change.record_id == model.id, change.batch_id == batch, change.action == "create"))
        .where(change.id.between(low, high), model.version == change.version, access.visible(ctx.rights, obj, DELETE))
        .where(*_nothing_hangs_on(obj))
    )
    with ctx.as_system("revert of an import"):
        doomed = untouched.with_for_update(of=model).subquery()
        gone = delete(model).where(model.id.in_(select(doomed.c.id))).returning(model.id).execution_options(synchronize_session=False)
        ids = list(ctx.db.execute(gone).scalars())
    removed = select(literal(ctx.state["batch"]), change.object, change.record_id, literal("delete"), change.version, change.after).where(
        change.batch_id == batch, change.id.between(low, high), change.action == "create", change.record_id.in_(ids)
    )
    ctx.db.execute(insert(JournalChange).from_select(["batch_id", "object", "record_id", "action", "version", "before"], removed))
    return len(ids)


def _nothing_hangs_on(obj: ObjectDef) -> list[Any]:
    """Say that no child row and no link points to a record."""
    model: Any = obj.model
    found = []
    for other in access.registered():
        if other.parent and not obj.parent:
            child: Any = aliased(other.model)
            found.append(~select(child.id).where(getattr(child, other.parent[1]) == model.id).correlate(model).exists())
        for link in other.links:
            if link.target == obj.name:
                pointing: Any = aliased(other.model)
                found.append(~select(pointing.id).where(getattr(pointing, link.name) == model.id).correlate(model).exists())
    return found


def _restore(ctx: Context, obj: ObjectDef, ids: Sequence[int]) -> int:
    """Give changed records their former values back: at once where nobody has touched them since, else value by value."""
    query = select(JournalChange).where(JournalChange.id.in_(ids)).order_by(JournalChange.id.desc())
    changes = list(ctx.db.execute(query).scalars())
    found: dict[UUID, Any] = {}
    with ctx.as_system("revert of an import"):
        wanted = select(obj.model).where(obj.model.id.in_([change.record_id for change in changes])).order_by(obj.model.id)
        locked = wanted.with_for_update().execution_options(populate_existing=True)
        found = {record.id: record for record in ctx.db.execute(locked).scalars()}
    plain: list[JournalChange] = []
    touched: list[JournalChange] = []
    for change in changes:
        record = found.get(change.record_id)
        is_plain = record is not None and record.version == change.version and access.allows(ctx, obj, record, EDIT)
        (plain if is_plain else touched).append(change)
    _put_back(ctx, obj, [(found[change.record_id], change) for change in plain])
    restored = len(plain)
    for change in touched:
        result = undo.Undone()
        with ctx.as_system("revert of an import"):
            undo.take_back(ctx, obj, change, result)
        restored += 1 if result.restored and not result.kept else 0
    return restored


def _put_back(ctx: Context, obj: ObjectDef, pairs: Sequence[tuple[Any, JournalChange]]) -> None:
    journaled = []
    for record, change in pairs:
        before = images.from_image(obj.model, change.before or {})
        mine = {name: images.to_json(getattr(record, name)) for name in before}
        for name, value in before.items():
            setattr(record, name, value)
        derive(obj, record)
        record.version += 1
        record.updated_at, record.updated_by = ctx.now, ctx.member.id
        journaled.append((record.id, record.version, mine, {name: images.to_json(value) for name, value in before.items()}))
    with ctx.as_system("revert of an import"):
        ctx.db.flush()
        for record, change in pairs:
            records.carry_to_children(ctx, obj, record, change.before or {})
    journal.write_many(ctx, obj.name, "update", journaled)
