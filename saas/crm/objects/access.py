"""The one predicate (Rights 14): which rows a member may read, edit, delete, export or assign. Everything that touches rows asks here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import LoaderCriteriaOption

from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.permissions import ASSIGN, EDIT, READ, Rights, Scope
from saas.core.errors import Forbidden
from saas.core.i18n import _
from saas.crm.objects.definition import ObjectDef

_objects: dict[str, ObjectDef] = {}


def register(objects: Iterable[ObjectDef]) -> None:
    """Tell the predicate which objects exist. Called once by the composition roots; an object not registered is closed."""
    _objects.update({obj.name: obj for obj in objects})


def registered() -> Sequence[ObjectDef]:
    """List the objects under the predicate."""
    return tuple(_objects.values())


@dataclass(frozen=True)
class Branch:
    """One way to reach rows: everything, those of an owner, or those of departments. The pager walks branches, filters join them by OR."""

    is_all: bool = False
    owner: UUID | None = None
    departments: frozenset[UUID] = frozenset()

    def condition(self, owner_column: Any, department_column: Any) -> ColumnElement[bool]:
        """Compile to SQL over the given columns."""
        if self.is_all:
            return true()
        if self.owner is not None:
            return owner_column == self.owner  # type: ignore[no-any-return]
        return department_column.in_(sorted(self.departments))  # type: ignore[no-any-return]


def branches(rights: Rights, object_name: str, action: str) -> tuple[Branch, ...]:
    """List the ways in which a member reaches rows of an object for an action; empty means none at all."""
    scope = rights.scope(object_name, action)
    if scope is Scope.ALL:
        return (Branch(is_all=True),)
    found: list[Branch] = []
    if scope >= Scope.OWN and rights.member_id is not None:
        found.append(Branch(owner=rights.member_id))
    if scope is Scope.DEPARTMENT:
        found.append(Branch(departments=rights.departments))
    elif scope is Scope.SUBTREE:
        found.append(Branch(departments=rights.subtree))
    return tuple(found)


def visible(rights: Rights, obj: ObjectDef, action: str = READ) -> ColumnElement[bool]:
    """Compile the rows of an object a member reaches for an action to one SQL condition; `false` when there are none."""
    model: Any = obj.model
    own = _any(branches(rights, obj.name, action), model.owner_id, model.department_id)
    if obj.parent is None or rights.scope(obj.name, action) is Scope.NONE:
        return own
    kind, _key = (getattr(model, column) for column in obj.parent)
    reached = [and_(kind.is_(None), own)] if kind.nullable is not False else []
    for parent in _objects.values():
        if parent.parent is None:
            # Changing a child needs edit on its subject or authorship; reading needs read on it.
            needed = READ if action == READ else EDIT
            ways = branches(rights, parent.name, needed)
            reached.append(and_(kind == parent.name, _any(ways, model.parent_owner_id, model.parent_department_id)))
    if rights.member_id is not None:
        reached.append(model.owner_id == rights.member_id)
        if action != READ:
            # Whoever wrote it may change it, as long as it can still be read.
            reached.append(and_(model.created_by == rights.member_id, visible(rights, obj)))
        elif obj.open_to:
            reached.append(getattr(model, obj.open_to).contains([rights.member_id]))
    return or_(false(), *reached) if not _sees_all_parents(rights, obj, action) else true()


def _sees_all_parents(rights: Rights, obj: ObjectDef, action: str) -> bool:
    """Tell whether no child row can be hidden, so that the condition can be left out."""
    needed = READ if action == READ else EDIT
    return rights.scope(obj.name, action) is Scope.ALL and all(
        rights.scope(parent.name, needed) is Scope.ALL for parent in _objects.values() if parent.parent is None
    )


def _any(ways: Iterable[Branch], owner_column: Any, department_column: Any) -> ColumnElement[bool]:
    conditions = [way.condition(owner_column, department_column) for way in ways]
    if any(way.is_all for way in ways):
        return true()
    return or_(false(), *conditions)


def allows(ctx: Context, obj: ObjectDef, record: Any, action: str) -> bool:
    """Decide for one loaded record, by the same branches as the SQL."""
    rights = ctx.rights
    if ctx.state.get("system"):
        return True
    if obj.parent is None or rights.scope(obj.name, action) is Scope.NONE:
        return _reaches(branches(rights, obj.name, action), record.owner_id, record.department_id)
    if record.owner_id == rights.member_id:
        return True
    if action != READ and record.created_by == rights.member_id and allows(ctx, obj, record, READ):
        return True
    kind = getattr(record, obj.parent[0])
    if kind is None:
        return _reaches(branches(rights, obj.name, action), record.owner_id, record.department_id)
    needed = READ if action == READ else EDIT
    if action == READ and obj.open_to and rights.member_id in getattr(record, obj.open_to):
        return True
    return _reaches(branches(rights, kind, needed), record.parent_owner_id, record.parent_department_id)


def _reaches(ways: Iterable[Branch], owner_id: UUID | None, department_id: UUID | None) -> bool:
    return any(way.is_all or (way.owner is not None and way.owner == owner_id) or department_id in way.departments for way in ways)


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
    return people.keep(("criteria", rights.member_id), lambda: _build(rights))  # type: ignore[no-any-return]


def _build(rights: Rights) -> list[Any]:
    found = []
    for obj in _objects.values():
        condition = visible(rights, obj)
        if not _is_true(condition):
            found.append(Criteria(obj.model, condition, include_aliases=True))
    return found


def _is_true(condition: ColumnElement[bool]) -> bool:
    return condition.compare(true())
