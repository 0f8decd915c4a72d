"""Taking a batch back: each row to what it was, where nobody has changed it since; what cannot be put back is listed, never overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import DELETE, EDIT
from saas.core.errors import Conflict, Forbidden, NotFound
from saas.core.i18n import _
from saas.crm.objects import access, images, journal, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalBatch, JournalChange


@dataclass
class Undone:
    """What became of an undo: how many rows were put back, and the names of those that could not be."""

    restored: int = 0
    kept: list[str] = field(default_factory=list)


def undo(ctx: Context, batch_id: int) -> Undone:
    """Take back a batch of the member's own, or anybody's for an admin (Rights 9). Raises NotFound, Forbidden, Conflict (undone)."""
    batch = ctx.db.get(JournalBatch, batch_id)
    if batch is None:
        raise NotFound(_("There is nothing to undo."))
    if batch.actor_id != ctx.member.id and not ctx.rights.is_admin:
        raise Forbidden(_("Only %(name)s or an admin can undo this.", name=_actor(ctx, batch)))
    if ctx.db.execute(select(JournalBatch.id).where(JournalBatch.undoes == batch_id).limit(1)).first():
        raise Conflict(_("This has been undone already."))
    journal.batch(ctx, "undo", undoes=batch_id)
    known = {obj.name: obj for obj in access.registered()}
    result = Undone()
    changes = (
        ctx.db.execute(select(JournalChange).where(JournalChange.batch_id == batch_id).order_by(JournalChange.id.desc())).scalars().all()
    )
    for change in changes:
        with ctx.as_system(f"undo of {batch_id}"):
            take_back(ctx, known[change.object], change, result)
    return result


def _actor(ctx: Context, batch: JournalBatch) -> str:
    member = ctx.directory.members.get(batch.actor_id) if batch.actor_id else None
    return member.name if member else "?"


def take_back(ctx: Context, obj: ObjectDef, change: JournalChange, result: Undone) -> None:
    """Take back one change, as the system, with today's rights of the member; note in `result` what became of it."""
    query = select(obj.model).where(obj.model.id == change.record_id).with_for_update().execution_options(populate_existing=True)
    record: Any = ctx.db.execute(query).scalar_one_or_none()
    if change.action == "delete":
        assert change.before is not None
        if record is None:
            records.restore(ctx, obj, change.before | {"version": change.version})
            result.restored += 1
        return
    if record is None or not _may(ctx, obj, record, DELETE if change.action == "create" else EDIT):
        result.kept.append(str((change.after or {}).get(obj.label_field) or change.object))
        return
    if change.action == "create":
        _remove_created(ctx, obj, record, change, result)
    else:
        _restore_columns(ctx, obj, record, change, result)


def _may(ctx: Context, obj: ObjectDef, record: Any, action: str) -> bool:
    """Ask for today's rights of the member, although the work itself is the system's. Whoever made a row may take it back."""
    if action == DELETE and record.created_by == ctx.member.id:
        action = EDIT
    before, ctx.state["system"] = ctx.state.get("system"), None
    try:
        return access.allows(ctx, obj, record, action)
    finally:
        ctx.state["system"] = before


def _remove_created(ctx: Context, obj: ObjectDef, record: Any, change: JournalChange, result: Undone) -> None:
    if record.version != change.version:
        result.kept.append(obj.label_of(record))
        return
    records.delete(ctx, obj, record)
    result.restored += 1


def _restore_columns(ctx: Context, obj: ObjectDef, record: Any, change: JournalChange, result: Undone) -> None:
    before, after = images.from_image(obj.model, change.before or {}), images.from_image(obj.model, change.after or {})
    wanted = {name: value for name, value in before.items() if getattr(record, name) == after.get(name)}
    if len(wanted) < len(before):
        result.kept.append(obj.label_of(record))
    if not wanted:
        return
    now_values = {name: images.to_json(getattr(record, name)) for name in wanted}
    for name, value in wanted.items():
        setattr(record, name, value)
    derive(obj, record)
    record.version += 1
    record.updated_at, record.updated_by = ctx.now, ctx.member.id
    journal.write(ctx, obj.name, "update", record, before=now_values, after={name: images.to_json(value) for name, value in wanted.items()})
    ctx.db.flush()
    result.restored += 1
