"""Taking back many changes of one kind at once, as an act on many rows made them; what is not plain is left to undo, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy import update as sql_update

from saas.auth.context import Context
from saas.auth.permissions import DELETE, EDIT
from saas.crm.objects import access, images, journal
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalChange

AT_ONCE = 500
# Shorter runs are not worth it.
FEW = 10
# Columns that nothing is derived from.
PLAIN = frozenset(("owner_id", "department_id", "tag_ids"))


def runs(changes: Sequence[JournalChange]) -> Iterator[list[JournalChange]]:
    """Divide changes, in their order, into runs of one object and action, of bounded length."""
    for _kind, run in groupby(changes, key=lambda change: (change.object, change.action)):
        while part := list(islice(run, AT_ONCE)):
            yield part


def is_long(run: Sequence[JournalChange]) -> bool:
    """Tell whether a run is worth taking back at once; creations are always looked at one by one."""
    return len(run) >= FEW and run[0].action != "create"


def may_today(ctx: Context, obj: ObjectDef, record: Any, action: str) -> bool:
    """Ask for today's rights of the member, although the work itself is the system's. Whoever made a row may take it back."""
    if action == DELETE and record.created_by == ctx.member.id:
        action = EDIT
    before, ctx.state["system"] = ctx.state.get("system"), None
    try:
        return access.allows(ctx, obj, record, action)
    finally:
        ctx.state["system"] = before


def locked_columns(ctx: Context, obj: ObjectDef, before: Collection[str]) -> set[str]:
    """Name those of some columns that the member may not write today, because their fields are hidden or read-only.

    A department that only moved along with its owner moves back with the owner.
    """
    limited = ctx.rights.hides(obj.name) | ctx.rights.closes(obj.name)
    found = {column for one in obj.fields if one.name in limited for column in one.columns if column in before}
    return found - {"department_id"} if "owner_id" in before and "owner_id" not in found else found


def put_back(ctx: Context, obj: ObjectDef, run: Sequence[JournalChange]) -> tuple[int, list[JournalChange]]:
    """Give rows their former values, where nobody has touched them since and the member may edit them.

    Returns how many, and the changes that are left, in their order. As the system.
    """
    wanted = select(obj.model).where(obj.model.id.in_([change.record_id for change in run])).order_by(obj.model.id)
    locked = ctx.db.execute(wanted.with_for_update().execution_options(populate_existing=True)).scalars()
    found: dict[UUID, Any] = {record.id: record for record in locked}
    noted, rest, carried = [], [], []
    alike: dict[str, tuple[dict[str, Any], list[UUID]]] = {}
    for change in run:
        record = found.get(change.record_id)
        if record is None or record.version != change.version or not may_today(ctx, obj, record, EDIT):
            rest.append(change)
            continue
        if locked_columns(ctx, obj, change.before or {}):
            rest.append(change)
            continue
        before = images.from_image(obj.model, change.before or {})
        now = {name: images.to_json(getattr(record, name)) for name in before}
        if PLAIN.issuperset(before):
            # Nothing is derived from these: rows with the same values are written by one statement, not as records.
            ctx.db.expunge(record)
            alike.setdefault(repr(sorted(before.items())), (before, []))[1].append(record.id)
        for name, value in before.items():
            setattr(record, name, value)
        if not PLAIN.issuperset(before):
            derive(obj, record)
        record.version += 1
        record.updated_at, record.updated_by = ctx.now, ctx.member.id
        noted.append((record.id, record.version, now, {name: images.to_json(value) for name, value in before.items()}))
        if {"owner_id", "department_id", obj.customer} & set(before):
            carried.append(record.id)
    ctx.db.flush()
    for values, keys in alike.values():
        stamped = {**values, "version": obj.model.version + 1, "updated_at": ctx.now, "updated_by": ctx.member.id}
        statement = sql_update(obj.model).where(obj.model.id.in_(keys)).values(**stamped)
        ctx.db.execute(statement.execution_options(synchronize_session=False))
    journal.write_many(ctx, obj.name, "update", noted)
    _carry_to_children(ctx, obj, carried)
    return len(noted), rest


def _carry_to_children(ctx: Context, obj: ObjectDef, keys: Sequence[UUID]) -> None:
    """Give the child rows of these records what they repeat of them, from the rows as they are now."""
    if obj.parent or not keys:
        return
    subject: Any = obj.model
    values = {"parent_owner_id": subject.owner_id, "parent_department_id": subject.department_id}
    if obj.customer:
        values["customer_id"] = getattr(subject, obj.customer)
    for child in access.registered():
        if child.parent:
            link = getattr(child.model, child.parent[1])
            statement = sql_update(child.model).where(link == subject.id, subject.id.in_(keys)).values(**values)
            ctx.db.execute(statement.execution_options(synchronize_session=False))


def bring_back(
    ctx: Context, obj: ObjectDef, run: Sequence[JournalChange], returned: Sequence[tuple[str, UUID]]
) -> tuple[list[Any], list[JournalChange]]:
    """Put deleted rows back as their images say, under their old keys and codes; child rows only onto subjects that are there.

    `returned` are the rows this undo has brought back so far: what belonged to them comes with them. Returns the rows, and the
    changes that are left. As the system.
    """
    there = set(ctx.db.execute(select(obj.model.id).where(obj.model.id.in_([change.record_id for change in run]))).scalars())
    subjects = _subjects(ctx, obj, run)
    back = set(returned)
    rows, rest = [], []
    for change in run:
        image = change.before or {}
        ghost: Any = obj.model(**images.from_image(obj.model, image | {"version": change.version + 1}))
        customer, subject = subjects.get(image[obj.parent[1]], (None, None)) if obj.parent else (None, None)
        is_orphan = obj.parent is not None and bool(image.get(obj.parent[1])) and subject is None
        came_along = obj.parent is not None and subject is not None and (image[obj.parent[0]], subject.id) in back
        if change.record_id in there or is_orphan or not (came_along or may_today(ctx, obj, ghost, DELETE)):
            rest.append(change)
            continue
        if subject is not None:
            ghost.parent_owner_id, ghost.parent_department_id = subject.owner_id, subject.department_id
            ghost.customer_id = customer
        derive(obj, ghost)
        rows.append(ghost)
    ctx.db.add_all(rows)
    ctx.db.flush()
    journal.write_many(ctx, obj.name, "create", [(row.id, row.version, None, images.to_image(row)) for row in rows])
    return rows, rest


def _subjects(ctx: Context, obj: ObjectDef, run: Sequence[JournalChange]) -> dict[Any, tuple[UUID | None, Any]]:
    """Load the customers and subjects of child rows, by the subjects' keys as images hold them."""
    if obj.parent is None:
        return {}
    kind, key = obj.parent
    wanted: dict[str, set[UUID]] = {}
    for change in run:
        image = change.before or {}
        if image.get(key):
            wanted.setdefault(image[kind], set()).add(UUID(image[key]))
    found: dict[Any, tuple[UUID | None, Any]] = {}
    for other in access.registered():
        if other.name in wanted:
            rows = ctx.db.execute(select(other.model).where(other.model.id.in_(wanted[other.name]))).scalars()
            found.update({str(row.id): (getattr(row, other.customer) if other.customer else None, row) for row in rows})
    return found
