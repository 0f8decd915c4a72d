"""Removing many rows at once, with their child rows, emptying links to them; their images go to the journal in the order Undo needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import select
from sqlalchemy import update as sql_update

from saas.auth.context import Context
from saas.crm.objects import access, images, journal
from saas.crm.objects.definition import ObjectDef

# Rows of one statement, which must end well before its time is up.
STEP = 1_000


def remove(ctx: Context, obj: ObjectDef, rows: Sequence[Any]) -> None:
    """Remove rows that the caller has locked, checked, and read with all columns of their images."""
    keys = [row.id for row in rows]
    with ctx.as_system(f"delete {obj.name}"):
        if obj.parent is None:
            _remove_children(ctx, keys)
        for other in access.registered():
            for link in other.links:
                if link.target == obj.name:
                    _empty_links(ctx, other, link.name, keys, {obj.name: keys})
        _remove(ctx, obj, rows)


def _remove_children(ctx: Context, keys: Sequence[Any]) -> None:
    for child in access.registered():
        if child.parent:
            columns = [getattr(child.model, name) for name in images.image_columns(child.model)]
            query = select(*columns).where(getattr(child.model, child.parent[1]).in_(keys)).order_by(child.model.id)
            _remove(ctx, child, ctx.db.execute(query.with_for_update()).all())


def _empty_links(ctx: Context, obj: ObjectDef, name: str, keys: Sequence[Any], removed: dict[str, Sequence[Any]]) -> None:
    model: Any = obj.model
    link = getattr(model, name)
    query = select(model.id, model.version, link.label("target")).where(link.in_(keys), model.id.not_in(removed.get(obj.name, ())))
    rows = ctx.db.execute(query.order_by(model.id).with_for_update()).all()
    if not rows:
        return
    journal.write_many(
        ctx, obj.name, "update", [(row.id, row.version + 1, {name: images.to_json(row.target)}, {name: None}) for row in rows]
    )
    values = {name: None, "version": model.version + 1, "updated_at": ctx.now, "updated_by": ctx.member.id}
    statement = sql_update(model).where(model.id.in_([row.id for row in rows])).values(**values)
    ctx.db.execute(statement.execution_options(synchronize_session=False))


def _remove(ctx: Context, obj: ObjectDef, rows: Sequence[Any]) -> None:
    if not rows:
        return
    names = images.image_columns(obj.model)
    for start in range(0, len(rows), STEP):
        _remove_some(ctx, obj, rows[start : start + STEP], names)


def _remove_some(ctx: Context, obj: ObjectDef, rows: Sequence[Any], names: Sequence[str]) -> None:
    taken = [(row.id, row.version, {name: images.to_json(getattr(row, name)) for name in names}, None) for row in rows]
    journal.write_many(ctx, obj.name, "delete", taken)
    statement = sql_delete(obj.model).where(obj.model.id.in_([row.id for row in rows]))
    ctx.db.execute(statement.execution_options(synchronize_session=False))
