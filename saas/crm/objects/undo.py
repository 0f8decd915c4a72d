"""Taking a batch back: each row to what it was, where nobody has changed it since; what cannot be put back is listed, never overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.auth.permissions import DELETE, EDIT, READ
from saas.core.errors import Conflict, Forbidden, NotFound
from saas.core.i18n import _
from saas.crm.objects import access, images, journal, records, undo_runs
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalBatch, JournalChange
from saas.crm.objects.undo_runs import may_today


@dataclass
class Undone:
    """What became of an undo: how many rows were put back, and the names of those that could not be.

    `returned` and `removed` are (object, key) of rows that are there again, or no more; subjects before what belongs to them.
    """

    restored: int = 0
    kept: list[str] = field(default_factory=list)
    returned: list[tuple[str, UUID]] = field(default_factory=list)
    removed: list[tuple[str, UUID]] = field(default_factory=list)


def undo(ctx: Context, batch_id: int) -> Undone:
    """Take back a batch of the member's own, or anybody's for an admin (Rights 9). Raises NotFound, Forbidden, Conflict (undone)."""
    batch = ctx.db.get(JournalBatch, batch_id)
    if batch is None:
        raise NotFound(_("There is nothing to undo."))
    if batch.actor_id != ctx.member.id and not ctx.rights.is_admin:
        raise Forbidden(_("Only %(name)s or an admin can undo this.", name=_actor(ctx, batch)))
    # Two undos of one batch follow one another; the journal itself cannot be locked by the firm's role.
    ctx.db.execute(select(func.pg_advisory_xact_lock(batch_id)))
    if ctx.db.execute(select(JournalBatch.id).where(JournalBatch.undoes == batch_id).limit(1)).first():
        raise Conflict(_("This has been undone already."))
    journal.batch(ctx, "undo", undoes=batch_id)
    known = {obj.name: obj for obj in access.registered()}
    result = Undone()
    changes = (
        ctx.db.execute(select(JournalChange).where(JournalChange.batch_id == batch_id).order_by(JournalChange.id.desc())).scalars().all()
    )
    for run in undo_runs.runs(changes):
        with ctx.as_system(f"undo of {batch_id}"):
            for change in _take_back_run(ctx, known[run[0].object], run, result):
                take_back(ctx, known[change.object], change, result)
    return result


def _take_back_run(ctx: Context, obj: ObjectDef, run: list[JournalChange], result: Undone) -> list[JournalChange]:
    """Take back the plain ones of many alike changes at once; return those to be looked at one by one."""
    if not undo_runs.is_long(run):
        return run
    if run[0].action == "update":
        number, rest = undo_runs.put_back(ctx, obj, run)
        result.restored += number
        return rest
    rows, rest = undo_runs.bring_back(ctx, obj, run, result.returned)
    result.restored += len(rows)
    result.returned += [(obj.name, row.id) for row in rows]
    return rest


def _actor(ctx: Context, batch: JournalBatch) -> str:
    member = ctx.directory.members.get(batch.actor_id) if batch.actor_id else None
    return member.name if member else "?"


def take_back(ctx: Context, obj: ObjectDef, change: JournalChange, result: Undone) -> None:
    """Take back one change, as the system, with today's rights of the member; note in `result` what became of it."""
    query = select(obj.model).where(obj.model.id == change.record_id).with_for_update().execution_options(populate_existing=True)
    record: Any = ctx.db.execute(query).scalar_one_or_none()
    if change.action == "delete":
        if record is None:
            _return_deleted(ctx, obj, change, result)
        return
    action = DELETE if change.action == "create" else EDIT
    if record is None or not (may_today(ctx, obj, record, action) or _is_cascade(obj, change, result)):
        # What the member may no longer read is not named by what it is called today.
        is_readable = record is not None and may_today(ctx, obj, record, READ)
        result.kept.append(str((change.after or {}).get(obj.label_field) or (obj.label_of(record) if is_readable else obj.singular)))
        return
    if change.action == "create":
        _remove_created(ctx, obj, record, change, result)
    else:
        _restore_columns(ctx, obj, record, change, result)


def _return_deleted(ctx: Context, obj: ObjectDef, change: JournalChange, result: Undone) -> None:
    """Put a deleted row back, unless what it belonged to is gone, or the member could not delete it today."""
    image = change.before or {}
    name = str(image.get(obj.label_field) or obj.singular)
    subject = _subject(ctx, obj, image)
    ghost = obj.model(**images.from_image(obj.model, image))
    came_with_subject = subject is not None and (image[obj.parent[0]], subject.id) in result.returned if obj.parent else False
    is_orphan = obj.parent is not None and bool(image.get(obj.parent[1])) and subject is None
    if is_orphan or not (came_with_subject or may_today(ctx, obj, ghost, DELETE)):
        result.kept.append(name)
        return
    record = records.restore(ctx, obj, image | {"version": change.version})
    result.restored += 1
    result.returned.append((obj.name, record.id))


def _subject(ctx: Context, obj: ObjectDef, image: dict[str, Any]) -> Any:
    if obj.parent is None or not image.get(obj.parent[1]):
        return None
    parent = next((other for other in access.registered() if other.name == image[obj.parent[0]]), None)
    if parent is None:
        return None
    return ctx.db.execute(select(parent.model).where(parent.model.id == UUID(image[obj.parent[1]]))).scalar_one_or_none()


def _is_cascade(obj: ObjectDef, change: JournalChange, result: Undone) -> bool:
    """Tell whether a change only emptied links to a record that this undo has brought back: the system did it, the system mends it."""
    before = change.before or {}
    links = {link.name: link.target for link in obj.links}
    back = {(name, str(key)) for name, key in result.returned}
    return bool(before) and all(name in links and (links[name], value) in back for name, value in before.items())


def _remove_created(ctx: Context, obj: ObjectDef, record: Any, change: JournalChange, result: Undone) -> None:
    if record.version != change.version or records.is_needed(ctx, obj, record.id):
        result.kept.append(obj.label_of(record))
        return
    records.delete(ctx, obj, record)
    result.restored += 1
    result.removed.append((obj.name, record.id))


def _restore_columns(ctx: Context, obj: ObjectDef, record: Any, change: JournalChange, result: Undone) -> None:
    before, after = images.from_image(obj.model, change.before or {}), images.from_image(obj.model, change.after or {})
    locked = undo_runs.locked_columns(ctx, obj, before)
    wanted = {name: value for name, value in before.items() if name not in locked and getattr(record, name) == after.get(name)}
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
    records.carry_to_children(ctx, obj, record, wanted)
    result.restored += 1
