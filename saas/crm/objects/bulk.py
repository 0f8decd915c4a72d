"""One act on many records: assign, tag, delete. Set-based, under the rights of every row, journaled as ONE batch for Undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy import update as sql_update

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN, DELETE, EDIT
from saas.core.errors import Forbidden, Invalid
from saas.core.i18n import _
from saas.core.locale_format import format_number
from saas.crm.objects import access, images, journal, listing
from saas.crm.objects.assigning import require_assignee
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.listing import Query
from saas.crm.objects.removal import remove

MAX_ROWS = 5_000
# Rows of one statement, which must end well before its time is up.
STEP = 1_000
# What each act needs on a row beside reading it.
NEEDED = {"assign": (EDIT, ASSIGN), "tags": (EDIT,), "delete": (DELETE,)}
# The field each act writes, which may be hidden from the member or read-only (Rights 6).
WRITTEN = {"assign": "owner_id", "tags": "tag_ids"}


@dataclass(frozen=True)
class Selection:
    """Which records are meant: those with these keys, or all that a question finds."""

    ids: tuple[UUID, ...] = ()
    query: Query | None = None


@dataclass(frozen=True)
class Extent:
    """How far an act would reach: rows meant, rows the member may change, and of the latter the child rows, by object."""

    total: int
    permitted: int
    children: dict[str, int] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        return self.total - self.permitted

    @property
    def is_too_large(self) -> bool:
        return self.permitted > MAX_ROWS


@dataclass(frozen=True)
class Outcome:
    """What an act did: rows changed, rows left alone for want of a right, and the journal's batch (None when nothing changed)."""

    changed: int
    skipped: int
    batch: int | None


def extent(ctx: Context, obj: ObjectDef, selection: Selection, act: str) -> Extent:
    """Foresee an act (`assign`, `tags`, `delete`) on a selection."""
    permitted = _permitted(ctx, obj, selection, act)
    children: dict[str, int] = {}
    if act == "delete" and obj.parent is None:
        inside = select(obj.model.id).where(permitted)
        for child in access.registered():
            if child.parent:
                # Only those the member may read: others are not hinted at (Rights 8).
                children[child.name] = _count(ctx, child, getattr(child.model, child.parent[1]).in_(inside))
    return Extent(_total(ctx, obj, selection), _count(ctx, obj, permitted), {name: number for name, number in children.items() if number})


def is_open(ctx: Context, obj: ObjectDef, act: str) -> bool:
    """Tell whether the member may write the field that an act is about."""
    return WRITTEN.get(act) not in ctx.rights.hides(obj.name) | ctx.rights.closes(obj.name)


def assign(ctx: Context, obj: ObjectDef, selection: Selection, owner_id: UUID | None, *, is_department_kept: bool = False) -> Outcome:
    """Give records to a member (None: to nobody), and to that member's home department unless told not to. Raises Invalid."""
    owner = require_assignee(ctx, obj, owner_id)
    total, rows = _begin(ctx, obj, selection, "assign", "owner_id", "department_id")
    wanted = {"owner_id": owner.id if owner else None}
    if owner and not is_department_kept:
        wanted["department_id"] = owner.department_id
    return _finish(ctx, obj, "assign", give(ctx, obj, rows, wanted), total - len(rows))


def give(
    ctx: Context, obj: ObjectDef, rows: Sequence[Any], wanted: Mapping[str, Any]
) -> list[tuple[UUID, int, dict[str, Any], dict[str, Any]]]:
    """Write owner or department over rows (id, version and those columns) that the caller has locked and checked; child rows follow.

    Return what the journal has to be told; rows that have these values already are left alone.
    """
    changes = []
    for row in rows:
        changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        if changed:
            changes.append(_change(row, changed))
    keys = [change[0] for change in changes]
    _update(ctx, obj, keys, wanted)
    _carry_to_children(ctx, obj, keys, wanted)
    return changes


def tag(ctx: Context, obj: ObjectDef, selection: Selection, add: Sequence[UUID], take: Sequence[UUID]) -> Outcome:
    """Put tags on records and take others off; records that have them so already are not changed."""
    total, rows = _begin(ctx, obj, selection, "tags", "tag_ids")
    changes = []
    by_result: dict[tuple[UUID, ...], list[UUID]] = {}
    for row in rows:
        kept = [key for key in row.tag_ids if key not in take]
        result = [*kept, *(key for key in dict.fromkeys(add) if key not in kept)]
        if result != row.tag_ids:
            by_result.setdefault(tuple(result), []).append(row.id)
            changes.append(_change(row, {"tag_ids": result}))
    for tags, keys in by_result.items():
        _update(ctx, obj, keys, {"tag_ids": list(tags)})
    return _finish(ctx, obj, "tags", changes, total - len(rows))


def delete(ctx: Context, obj: ObjectDef, selection: Selection) -> Outcome:
    """Remove records with their child rows; links to them are emptied."""
    total, rows = _begin(ctx, obj, selection, "delete", *images.image_columns(obj.model))
    if rows:
        journal.batch(ctx, f"{obj.name}.delete")
        remove(ctx, obj, rows)
    return Outcome(len(rows), total - len(rows), ctx.state.get("batch"))


def _meant(ctx: Context, obj: ObjectDef, selection: Selection) -> ColumnElement[bool]:
    if selection.query is not None:
        return listing.selection(ctx, obj, selection.query)
    return obj.model.id.in_(selection.ids)


def _total(ctx: Context, obj: ObjectDef, selection: Selection) -> int:
    """Count the rows meant. Keys that lead nowhere count too, whether there is nothing or nothing the member may see."""
    return len(set(selection.ids)) if selection.query is None else _count(ctx, obj, _meant(ctx, obj, selection))


def _permitted(ctx: Context, obj: ObjectDef, selection: Selection, act: str) -> ColumnElement[bool]:
    return and_(_meant(ctx, obj, selection), *(access.visible(ctx.rights, obj, action) for action in NEEDED[act]))


def _count(ctx: Context, obj: ObjectDef, condition: ColumnElement[bool]) -> int:
    return ctx.db.execute(select(func.count(obj.model.id)).where(condition)).scalar_one()


def _begin(ctx: Context, obj: ObjectDef, selection: Selection, act: str, *names: str) -> tuple[int, list[Any]]:
    """Count the rows meant; read and lock those the member may change, in the order of their keys.

    Raises Forbidden for a field that the member may not write, Invalid when there are too many rows.
    """
    if not is_open(ctx, obj, act):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))
    total = _total(ctx, obj, selection)
    model: Any = obj.model
    columns = [getattr(model, name) for name in dict.fromkeys(("id", "version", *names))]
    statement = select(*columns).where(_permitted(ctx, obj, selection, act)).order_by(model.id).limit(MAX_ROWS + 1)
    rows = list(ctx.db.execute(statement.with_for_update()))
    if len(rows) > MAX_ROWS:
        raise Invalid({"": too_many()})
    return total, rows


def too_many() -> str:
    """Say that a selection is larger than one act may be."""
    return _("At most %(number)s can be changed at once. Narrow the filter, or go step by step.", number=format_number(MAX_ROWS))


def _change(row: Any, changed: Mapping[str, Any]) -> tuple[UUID, int, dict[str, Any], dict[str, Any]]:
    """Make one row's entry for the journal."""
    before = {name: images.to_json(getattr(row, name)) for name in changed}
    return row.id, row.version + 1, before, {name: images.to_json(value) for name, value in changed.items()}


def _update(ctx: Context, obj: ObjectDef, keys: Sequence[UUID], values: Mapping[str, Any]) -> None:
    stamps = {"version": obj.model.version + 1, "updated_at": ctx.now, "updated_by": ctx.member.id}
    for start in range(0, len(keys), STEP):
        _execute(ctx, obj, obj.model.id.in_(keys[start : start + STEP]), {**values, **stamps})


def _carry_to_children(ctx: Context, obj: ObjectDef, keys: Sequence[UUID], values: Mapping[str, Any]) -> None:
    if not keys or obj.parent:
        return
    with ctx.as_system("carry rights to children"):
        for child in access.registered():
            if child.parent:
                _execute(
                    ctx, child, getattr(child.model, child.parent[1]).in_(keys), {f"parent_{name}": value for name, value in values.items()}
                )


def _execute(ctx: Context, obj: ObjectDef, condition: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    statement = sql_update(obj.model).where(condition).values(**values)
    ctx.db.execute(statement.execution_options(synchronize_session=False))


def _finish(ctx: Context, obj: ObjectDef, act: str, changes: Sequence[Any], skipped: int) -> Outcome:
    if not changes:
        return Outcome(0, skipped, None)
    batch = journal.batch(ctx, f"{obj.name}.{act}")
    journal.write_many(ctx, obj.name, "update", changes)
    return Outcome(len(changes), skipped, batch)
