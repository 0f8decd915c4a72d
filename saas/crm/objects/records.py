"""The only doors to a record: find, create, for_edit, update, delete. Each checks the rights and writes the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy import update as sql_update

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN, CREATE, DELETE, EDIT
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.crm.objects import access, codes, images, journal
from saas.crm.objects.columns import ENGINE_COLUMNS, RecordBase
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.words import learn

# Columns of a child row that repeat its subject's, and are therefore never a change of their own.
CARRIED = ("parent_owner_id", "parent_department_id")


def find(ctx: Context, obj: ObjectDef, record_id: UUID | None) -> Any:
    """Get a record the member may read. Raises NotFound, also for one that is there but hidden (Rights 8)."""
    found = ctx.db.execute(select(obj.model).where(obj.model.id == record_id)).scalar_one_or_none() if record_id else None
    if found is None:
        raise NotFound(_("This record does not exist, or is not yours to see."))
    if not ctx.state.get("system"):
        ctx.state.setdefault("labels", {}).setdefault(obj.name, {})[found.id] = (obj.label_of(found), True)
    return found


def for_edit(ctx: Context, obj: ObjectDef, record_id: UUID | None, action: str = EDIT) -> Any:
    """Get a record locked for a change. Raises NotFound when it cannot be read, Forbidden when it can but not changed."""
    query = select(obj.model).where(obj.model.id == record_id).with_for_update().execution_options(populate_existing=True)
    found = ctx.db.execute(query).scalar_one_or_none() if record_id else None
    if found is None:
        raise NotFound(_("This record does not exist, or is not yours to see."))
    access.require(ctx, obj, found, action)
    _sanction(ctx, found)
    return found


def create(ctx: Context, obj: ObjectDef, values: Mapping[str, Any], **engine: Any) -> Any:
    """Make a record of column values. Raises Forbidden, or Invalid when the subject or a link cannot be read or a rule is broken.

    New: owner = creator, department = the creator's home (Rights 2), unless given. `engine` sets is_sample or import_id.
    """
    if not ctx.rights.may(f"{obj.name}:{CREATE}"):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))
    given = {name: value for name, value in values.items() if name not in ENGINE_COLUMNS}
    given.setdefault("owner_id", ctx.member.id)
    owner = ctx.directory.members.get(given["owner_id"]) if given["owner_id"] else None
    given["department_id"] = given.get("department_id") or (owner or ctx.member).department_id
    if given["owner_id"] != ctx.member.id:
        ctx.require(f"{obj.name}:{ASSIGN}")
        _check_assignee(ctx, obj, given["owner_id"])
    _check_links(ctx, obj, given)
    number = codes.take(ctx.db, obj.prefix)[0]
    record = _new(ctx, obj, number, engine)
    for name, value in given.items():
        setattr(record, name, value)
    _check_rules(ctx, obj, record, given)
    _carry_subject(ctx, obj, record)
    derive(access.named(obj.name), record)
    ctx.db.add(record)
    _sanction(ctx, record)
    journal.write(ctx, obj.name, "create", record, after=images.to_image(record))
    ctx.db.flush()
    learn(ctx.db, access.named(obj.name), [record])
    return record


def update(ctx: Context, obj: ObjectDef, record: Any, values: Mapping[str, Any], version: int | None = None) -> bool:
    """Change a record obtained by `for_edit`; True when anything changed.

    `version` is the one the editor saw. Raises Conflict with the stored values where somebody else changed *the same* columns since,
    and Invalid as `create` does.
    """
    if values.get("department_id", record) is None:
        # Never empty: whoever leaves it open means the owner's own.
        owner = ctx.directory.members.get(values.get("owner_id", record.owner_id))
        values = {**values, "department_id": (owner or ctx.member).department_id}
    changed = {name: value for name, value in values.items() if name not in ENGINE_COLUMNS and getattr(record, name) != value}
    if not changed:
        return False
    if version is not None and version != record.version:
        _check_conflict(ctx, record, changed, version)
    if "owner_id" in changed:
        _reassign(ctx, obj, record, changed)
    _check_links(ctx, obj, changed)
    _check_rules(ctx, obj, _Changed(record, changed), changed)
    before = {name: images.to_json(getattr(record, name)) for name in changed}
    for name, value in changed.items():
        setattr(record, name, value)
    if obj.parent and set(obj.parent) & set(changed):
        _carry_subject(ctx, obj, record)
    derive(access.named(obj.name), record)
    record.version += 1
    record.updated_at, record.updated_by = ctx.now, ctx.member.id
    journal.write(ctx, obj.name, "update", record, before=before, after={name: images.to_json(value) for name, value in changed.items()})
    ctx.db.flush()
    _forget(ctx)
    learn(ctx.db, access.named(obj.name), [record])
    carry_to_children(ctx, obj, record, changed)
    return True


def delete(ctx: Context, obj: ObjectDef, record: Any) -> None:
    """Remove a record obtained by `for_edit(…, DELETE)` and its child rows; links to it are emptied. All of it can be undone."""
    access.require(ctx, obj, record, DELETE)
    with ctx.as_system(f"delete {obj.name}"):
        for child in _children(ctx, obj, record.id):
            _remove(ctx, child[0], child[1])
        for other in access.registered():
            for link in other.links:
                if link.target == obj.name:
                    _empty_link(ctx, other, link.name, record.id)
        ctx.db.flush()
        _remove(ctx, obj, record)
        ctx.db.flush()


def restore(ctx: Context, obj: ObjectDef, image: dict[str, Any]) -> Any:
    """Put a deleted record back as its image says, under its old key and code. Only `undo` calls this, as the system."""
    record: Any = obj.model(**images.from_image(obj.model, image))
    record.version += 1
    _carry_subject(ctx, obj, record)
    derive(access.named(obj.name), record)
    ctx.db.add(record)
    journal.write(ctx, obj.name, "create", record, after=images.to_image(record))
    ctx.db.flush()
    return record


def label(ctx: Context, obj: ObjectDef, ids: Iterable[UUID]) -> dict[UUID, tuple[str, bool]]:
    """Name records for links: key → (label, may the member open it). Unreadable ones give their name only (Rights 7).

    What was named once is remembered until this transaction changes a record.
    """
    wanted = set(ids)
    known: dict[UUID, tuple[str, bool]] = ctx.state.setdefault("labels", {}).setdefault(obj.name, {})
    missing = sorted(wanted - known.keys())
    if missing:
        query = select(obj.model.id, obj.label_column, access.visible(ctx.rights, obj).label("is_open")).where(obj.model.id.in_(missing))
        with ctx.as_system("label"):
            known.update({row[0]: (row[1], bool(row[2])) for row in ctx.db.execute(query)})
    return {key: known[key] for key in wanted & known.keys()}


def _new(ctx: Context, obj: ObjectDef, number: int, engine: Mapping[str, Any]) -> Any:
    stamps = {"created_at": ctx.now, "updated_at": ctx.now, "created_by": ctx.member.id, "updated_by": ctx.member.id}
    plain: dict[str, Any] = {"tag_ids": [], "custom": {}, "is_sample": False, "import_id": None, "version": 1}
    for field in obj.fields:
        if field.kind in ("emails", "phones", "multi_choice"):
            plain[field.name] = []
        elif field.kind == "yes_no":
            plain[field.name] = False
    if obj.open_to:
        plain[obj.open_to] = []
    return obj.model(id=new_id(), code=codes.code(obj.prefix, number), **stamps, **plain | dict(engine))


def _sanction(ctx: Context, record: RecordBase) -> None:
    _forget(ctx)
    ctx.db.info.setdefault("sanctioned", set()).add(record.id)


def _forget(ctx: Context) -> None:
    """Drop what this transaction remembers of names and rights, because a record changes."""
    ctx.state.pop("labels", None)
    ctx.state.pop("weighed", None)


def _check_links(ctx: Context, obj: ObjectDef, values: Mapping[str, Any]) -> None:
    """A link may only be set to a record the member can read. Raises Invalid."""
    known = {other.name: other for other in access.registered()}
    for link in obj.links:
        key = values.get(link.name)
        if key is not None and not label(ctx, known[link.target], [key]).get(key, ("", False))[1] and not ctx.state.get("system"):
            raise Invalid({link.name: _("Choose one of the list.")})


class _Changed:
    """A record as it would be after a change, which is not made yet."""

    def __init__(self, record: Any, changed: Mapping[str, Any]) -> None:
        self._record, self._changed = record, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed[name] if name in self._changed else getattr(self._record, name)


def _check_rules(ctx: Context, obj: ObjectDef, record: Any, written: Mapping[str, Any]) -> None:
    """Raises Invalid beside the written field that breaks a rule. What was wrong before is no hindrance to writing other fields.

    To who does not see one of a rule's fields the refusal would tell what it holds: for them the rule rests (Rights 6).
    """
    hidden = ctx.rights.hides(obj.name)
    for rule in obj.rules:
        place = next((name for name in rule.fields if name in written), None) if hidden.isdisjoint(rule.fields) else None
        if place and (said := rule.broken(ctx, record)):
            raise Invalid({place: said})


def _check_conflict(ctx: Context, record: Any, changed: Mapping[str, Any], version: int) -> None:
    touched = journal.columns_since(ctx.db, record.id, version)
    theirs = {name: getattr(record, name) for name in changed if name in touched}
    if theirs:
        raise Conflict(_("Somebody changed this record while you were editing it."), theirs)


def _reassign(ctx: Context, obj: ObjectDef, record: Any, changed: dict[str, Any]) -> None:
    """Assigning needs its right, and moves the record to the new owner's home department unless told not to (Rights 2)."""
    access.require(ctx, obj, record, ASSIGN)
    _check_assignee(ctx, obj, changed["owner_id"])
    owner = ctx.directory.members.get(changed["owner_id"]) if changed["owner_id"] else None
    if owner and "department_id" not in changed and record.department_id != owner.department_id:
        changed["department_id"] = owner.department_id


def _check_assignee(ctx: Context, obj: ObjectDef, owner_id: UUID | None) -> None:
    """`assign` also bounds the members one may assign to (Rights 1). Raises Invalid."""
    is_within = access.may_orphan(ctx, obj) if owner_id is None else owner_id in {member.id for member in access.assignees(ctx, obj)}
    if not is_within:
        raise Invalid({"owner_id": _("Choose one of the list.")})


def _carry_subject(ctx: Context, obj: ObjectDef, record: Any) -> None:
    """Copy the subject's owner, department and customer onto a child row, so that rights and timelines need no join."""
    if obj.parent is None:
        return
    kind, key = (getattr(record, column) for column in obj.parent)
    if kind is None:
        return
    parent_obj = next((other for other in access.registered() if other.name == kind and other.parent is None), None)
    if parent_obj is None:
        raise Invalid({"": _("Choose what this belongs to.")})
    parent = find(ctx, parent_obj, key)
    record.parent_owner_id, record.parent_department_id = parent.owner_id, parent.department_id
    record.customer_id = getattr(parent, parent_obj.customer) if parent_obj.customer else None


def carry_to_children(ctx: Context, obj: ObjectDef, record: Any, changed: Iterable[str]) -> None:
    """Give the child rows of a record its owner, department and customer again, where one of these columns changed."""
    if obj.parent or not {"owner_id", "department_id", obj.customer} & set(changed):
        return
    values = {"parent_owner_id": record.owner_id, "parent_department_id": record.department_id}
    if obj.customer:
        values["customer_id"] = getattr(record, obj.customer)
    with ctx.as_system("carry rights to children"):
        for child in access.registered():
            if child.parent:
                subject = getattr(child.model, child.parent[1]) == record.id
                ctx.db.execute(sql_update(child.model).where(subject).values(**values).execution_options(synchronize_session=False))


def _children(ctx: Context, obj: ObjectDef, record_id: UUID) -> list[tuple[ObjectDef, Any]]:
    found: list[tuple[ObjectDef, Any]] = []
    if obj.parent is None:
        for child in access.registered():
            if child.parent:
                query = select(child.model).where(getattr(child.model, child.parent[1]) == record_id)
                found.extend((child, row) for row in ctx.db.execute(query).scalars())
    return found


def is_needed(ctx: Context, obj: ObjectDef, record_id: UUID) -> bool:
    """Tell whether anything belongs to a record or points to it. Only for the system."""
    for other in access.registered():
        columns = [getattr(other.model, link.name) for link in other.links if link.target == obj.name]
        if other.parent and obj.parent is None:
            columns.append(getattr(other.model, other.parent[1]))
        for column in columns:
            if ctx.db.execute(select(other.model.id).where(column == record_id).limit(1)).first():
                return True
    return False


def _empty_link(ctx: Context, obj: ObjectDef, name: str, target_id: UUID) -> None:
    for record in ctx.db.execute(select(obj.model).where(getattr(obj.model, name) == target_id)).scalars():
        before = {name: images.to_json(target_id)}
        setattr(record, name, None)
        record.version += 1
        journal.write(ctx, obj.name, "update", record, before=before, after={name: None})
        carry_to_children(ctx, obj, record, [name])


def _remove(ctx: Context, obj: ObjectDef, record: Any) -> None:
    _forget(ctx)
    journal.write(ctx, obj.name, "delete", record, before=images.to_image(record))
    ctx.db.delete(record)
