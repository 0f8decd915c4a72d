"""Taking an import out again: made records go, changed ones get their former values back; what was used since stays and is counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, insert, literal, select
from sqlalchemy.orm import aliased

from saas.auth.context import Context
from saas.crm.objects import access, undo
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.journal_tables import JournalChange

BATCH_ROWS = 5_000


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
        made = [row.id for row in part if row.object == name and row.action == "create"]
        if made:
            gone = _remove(ctx, by_name[name], batch, low, high)
            figures["gone"] += gone
            figures["kept"] += len(made) - gone
    for row in part:
        if row.action == "update":
            change = ctx.db.get(JournalChange, row.id)
            assert change is not None
            result = undo.Undone()
            with ctx.as_system("revert of an import"):
                undo.take_back(ctx, by_name[change.object], change, result)
            figures["restored"] += result.restored
            figures["kept"] += len(result.kept)
    return figures | {"position": low}


def _remove(ctx: Context, obj: ObjectDef, batch: int, low: int, high: int) -> int:
    """Delete the unchanged records that a stretch of the batch made, with their journal, in two statements."""
    model: Any = obj.model
    change = aliased(JournalChange)
    untouched = (
        select(model.id)
        .join(change, and_(change.record_id == model.id, change.batch_id == batch, change.action == "create"))
        .where(change.id.between(low, high), model.version == change.version, access.visible(ctx.rights, obj, "edit"))
        .where(*_nothing_hangs_on(obj))
    )
    with ctx.as_system("revert of an import"):
        doomed = untouched.with_for_update(of=model).subquery()
        gone = delete(model).where(model.id.in_(select(doomed.c.id))).returning(model.id).execution_options(synchronize_session=False)
        ids = list(ctx.db.execute(gone).scalars())
    images = select(literal(ctx.state["batch"]), change.object, change.record_id, literal("delete"), change.version, change.after).where(
        change.batch_id == batch, change.action == "create", change.record_id.in_(ids)
    )
    ctx.db.execute(insert(JournalChange).from_select(["batch_id", "object", "record_id", "action", "version", "before"], images))
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
