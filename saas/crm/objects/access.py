"""The one predicate (Rights 14): which rows a member may read, edit, delete, export or assign. Everything that touches rows asks here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import LoaderCriteriaOption

from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.permissions import ASSIGN, EDIT, EXPORT, READ, Rights, Scope
from saas.core.errors import Forbidden
from saas.core.i18n import _
from saas.crm.objects.branches import Branch, Ground, branches, carried, know
from saas.crm.objects.definition import ObjectDef

SEEING = frozenset((READ, EXPORT))

_objects: dict[str, ObjectDef] = {}


def register(objects: Iterable[ObjectDef]) -> None:
    """Tell the predicate which objects exist. Called once by the composition roots; an object not registered is closed."""
    found = tuple(objects)
    _objects.update({obj.name: obj for obj in found})
    for obj in found:
        know(obj)


def registered() -> Sequence[ObjectDef]:
    """List the objects under the predicate."""
    return tuple(_objects.values())


def named(name: str) -> ObjectDef:
    """Get a registered object, whole. Raises KeyError."""
    return _objects[name]


def visible(rights: Rights, obj: ObjectDef, action: str = READ) -> ColumnElement[bool]:
    """Compile the rows of an object a member reaches for an action to one SQL condition; `false` when there are none."""
    if rights.within is None:
        return _reached(rights, obj, action)
    # Whoever looks as somebody else sees what both may see, each by their own ways, and changes nothing (Rights 11).
    if rights.scope(obj.name, action) is Scope.NONE:
        return false()
    return and_(_reached(replace(rights, within=None), obj, action), visible(rights.within, obj, action))


def _reached(rights: Rights, obj: ObjectDef, action: str) -> ColumnElement[bool]:
    model: Any = obj.model
    ways = branches(rights, obj.name, action)
    own = _any(ways, ground(obj))
    if obj.parent is None or not ways:
        return own
    kind, key = (getattr(model, column) for column in obj.parent)
    reached = [and_(kind.is_(None), own)] if kind.nullable is not False else []
    # Rows carried along with the customer they belong to are reached whatever their subject.
    reached.extend(way.condition(ground(obj)) for way in carried(rights, obj.name, action))
    for parent in _objects.values():
        if parent.parent is None:
            needed = _of_parent(action)
            there = Ground(parent, model, model.parent_owner_id, model.parent_department_id, key)
            reached.append(and_(kind == parent.name, _any(branches(rights, parent.name, needed), there)))
    if rights.member_id is not None:
        reached.append(model.owner_id == rights.member_id)
        if action not in SEEING:
            # Whoever wrote it may change it, as long as it can still be read.
            reached.append(and_(model.created_by == rights.member_id, _reached(rights, obj, READ)))
        elif action == READ and obj.open_to:
            reached.append(getattr(model, obj.open_to).contains([rights.member_id]))
    return or_(false(), *reached) if not _sees_all_parents(rights, obj, action) else true()


def _of_parent(action: str) -> str:
    """Tell what an action on a child row needs on its subject: seeing needs the same, changing needs edit (Rights 5)."""
    return action if action in SEEING else EDIT


def ground(obj: ObjectDef) -> Ground:
    """Say where an object's own columns are."""
    model: Any = obj.model
    return Ground(obj, model, model.owner_id, model.department_id)


def _sees_all_parents(rights: Rights, obj: ObjectDef, action: str) -> bool:
    """Tell whether no child row can be hidden, so that the condition can be left out."""
    return rights.scope(obj.name, action) is Scope.ALL and all(
        rights.scope(parent.name, _of_parent(action)) is Scope.ALL for parent in _objects.values() if parent.parent is None
    )


def _any(ways: Iterable[Branch], there: Ground) -> ColumnElement[bool]:
    found = list(ways)
    if any(way.is_all for way in found):
        return true()
    return or_(false(), *(way.condition(there) for way in found))


def allows(ctx: Context, obj: ObjectDef, record: Any, action: str) -> bool:
    """Decide for one loaded record, by the same branches as the SQL; where its columns do not tell, the database does."""
    if ctx.state.get("system"):
        return True
    known = _decided(ctx, obj, action)
    if record.id in known:
        return known[record.id]
    found = _told(ctx.rights, obj, record, action)
    if found is None:
        weigh(ctx, obj, [record], action)
        return _decided(ctx, obj, action)[record.id]
    return found


def weigh(ctx: Context, obj: ObjectDef, rows: Iterable[Any], action: str) -> None:
    """Decide for many rows in one statement, so that `allows` need not ask for each; nothing where their columns tell."""
    open_ones = [row.id for row in rows if _told(ctx.rights, obj, row, action) is None]
    known = _decided(ctx, obj, action)
    if open_ones:
        known.update(dict.fromkeys(open_ones, False))
        model: Any = obj.model
        query = select(model.id).where(model.id.in_(open_ones), visible(ctx.rights, obj, action))
        with ctx.as_system("weigh rows"):
            known.update(dict.fromkeys(ctx.db.execute(query).scalars(), True))


def _decided(ctx: Context, obj: ObjectDef, action: str) -> dict[UUID, bool]:
    """Keep what was decided in this transaction until it changes a record."""
    found: dict[UUID, bool] = ctx.state.setdefault("weighed", {}).setdefault((obj.name, action), {})
    return found


def _told(rights: Rights, obj: ObjectDef, record: Any, action: str) -> bool | None:
    """Decide by owner and department as far as that goes: yes, no, or None where a rule or a share may open it."""
    if rights.within is not None:
        if rights.scope(obj.name, action) is Scope.NONE:
            return False
        both = [_told(each, obj, record, action) for each in (replace(rights, within=None), rights.within)]
        return False if False in both else None if None in both else True
    ways = branches(rights, obj.name, action)
    if obj.parent is None or not ways:
        return _reaches(ways, record.owner_id, record.department_id)
    return _told_of_child(rights, obj, record, action, ways)


def _told_of_child(rights: Rights, obj: ObjectDef, record: Any, action: str, ways: Sequence[Branch]) -> bool | None:
    assert obj.parent is not None
    if rights.is_admin or record.owner_id == rights.member_id:
        return True
    is_author = action not in SEEING and record.created_by == rights.member_id
    if is_author and _told(rights, obj, record, READ):
        return True
    if action == READ and obj.open_to and rights.member_id in getattr(record, obj.open_to):
        return True
    kind = getattr(record, obj.parent[0])
    if kind is None:
        found = _reaches(ways, record.owner_id, record.department_id)
    else:
        found = _reaches(branches(rights, kind, _of_parent(action)), record.parent_owner_id, record.parent_department_id)
    if not found and (is_author or carried(rights, obj.name, action)):
        return None
    return found


def _reaches(ways: Iterable[Branch], owner_id: UUID | None, department_id: UUID | None) -> bool | None:
    said = [way.tells(owner_id, department_id) for way in ways]
    return True if True in said else None if None in said else False


def require(ctx: Context, obj: ObjectDef, record: Any, action: str) -> None:
    """Insist on an action on a record the member can read. Raises Forbidden with a sentence saying who can (Rights 8)."""
    if allows(ctx, obj, record, action):
        return
    owner = ctx.directory.members.get(record.owner_id) if record.owner_id else None
    if owner:
        raise Forbidden(_("Only %(name)s, their department's managers and admins can do this.", name=owner.name))
    raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))


def assignees(ctx: Context, obj: ObjectDef) -> tuple[MemberInfo, ...]:
    """List the members to whom the member may assign records of an object, oneself included, by name.

    `assign` bounds members as well as rows (Rights 1), and nobody gets what they could not read (Rights 12).
    """
    scope = ctx.rights.scope(obj.name, ASSIGN)
    near = {Scope.DEPARTMENT: ctx.rights.departments, Scope.SUBTREE: ctx.rights.subtree}.get(scope, frozenset())
    return tuple(
        member
        for member in ctx.directory.members.values()
        if member.id == ctx.member.id or ((scope is Scope.ALL or member.department_id in near) and _could_read(ctx, obj, member))
    )


def _could_read(ctx: Context, obj: ObjectDef, member: MemberInfo) -> bool:
    # Somebody named by an import and not yet invited has no rights yet, but is meant to own records.
    return member.status == "expected" or ctx.directory.rights(member).scope(obj.name, READ) is not Scope.NONE


def may_orphan(ctx: Context, obj: ObjectDef) -> bool:
    """Tell whether the member may give records to nobody: that takes them out of everybody's own, and needs the widest reach."""
    return ctx.rights.scope(obj.name, ASSIGN) is Scope.ALL


class Criteria(LoaderCriteriaOption):
    """`with_loader_criteria`, also right for an alias that is joined: there SQLAlchemy 2.1 leaves the condition on the table itself.

    A private door of a pinned release; tests/contract/test_session_rights.py holds it to its promise.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        found = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(found) if ext_info.is_aliased_class else found


def criteria(session: Session) -> list[Any]:
    """Build the loader criteria of a session's actor for EVERY registered entity, once per rights version. No actor: nothing is visible."""
    rights = session.info.get("rights")
    if rights is None:
        return [Criteria(obj.model, false(), include_aliases=True) for obj in _objects.values()]
    people = session.info["directory"]
    onlooker = rights.within.member_id if rights.within else None
    return people.keep(("criteria", rights.member_id, onlooker), lambda: _build(rights))  # type: ignore[no-any-return]


def _build(rights: Rights) -> list[Any]:
    found = []
    for obj in _objects.values():
        condition = visible(rights, obj)
        if not _is_true(condition):
            found.append(Criteria(obj.model, condition, include_aliases=True))
    return found


def _is_true(condition: ColumnElement[bool]) -> bool:
    return condition.compare(true())
