"""The ways in which a member reaches rows: everything, one's own, those of departments, what rules open, what is shared one by one.

The pager walks them one after the other, filters join them by OR, a loaded row is decided by the first two kinds alone where it can be.
Subqueries here are on plain tables: they say rights, and must not be narrowed by rights again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from saas.auth.permissions import EDIT, READ, Rights, Scope
from saas.auth.sharing import RecordShare
from saas.crm.objects.definition import ObjectDef

_SHARES: Any = RecordShare.__table__.c
_KNOWN: dict[str, ObjectDef] = {}


@dataclass(frozen=True)
class Ground:
    """Where the columns are that a branch speaks of: a table of the object's own, or a child's, which carries some of its parent's.

    `key` is the child's column that names the parent; None on the object's own table.
    """

    obj: ObjectDef
    columns: Any
    owner: Any
    department: Any
    key: Any = None

    @property
    def row(self) -> Any:
        """The column with the key of the object's row."""
        return self.columns.id if self.key is None else self.key


@dataclass(frozen=True)
class Shared:
    """To whom records are shared: a member, their departments, and for shares that go down the tree all above these too."""

    member: UUID
    departments: frozenset[UUID]
    above: frozenset[UUID]
    is_to_edit: bool

    def keys(self, object_name: str) -> Select[Any]:
        """Select the keys of the records of an object that are shared so, at this moment."""
        targets = [
            _SHARES.to_member_id == self.member,
            _SHARES.to_department_id.in_(sorted(self.departments)),
            and_(_SHARES.to_subtree, _SHARES.to_department_id.in_(sorted(self.above))),
        ]
        found = select(_SHARES.record_id).where(_SHARES.object == object_name, or_(*targets))
        found = found.where(or_(_SHARES.expires_at.is_(None), _SHARES.expires_at > func.now()))
        return found.where(_SHARES.may_edit) if self.is_to_edit else found


@dataclass(frozen=True)
class Branch:
    """One way to reach rows: everything, those of an owner, those of departments, or those shared one by one.

    Those of departments may be narrowed by a condition (`field` in `choices`), and with `through` the departments and the condition are
    those of the customer record of that object to which the rows belong.
    """

    is_all: bool = False
    owner: UUID | None = None
    departments: frozenset[UUID] = frozenset()
    field: str = ""
    choices: tuple[str, ...] = ()
    through: ObjectDef | None = None
    shared: Shared | None = None

    @property
    def is_plain(self) -> bool:
        """Whether owner and department of a row tell all."""
        return not (self.field or self.through or self.shared)

    def tells(self, owner_id: UUID | None, department_id: UUID | None) -> bool | None:
        """Decide for a row by its owner and department: yes, no, or None where that is not enough."""
        if self.is_all or (self.owner is not None and self.owner == owner_id):
            return True
        if self.shared or self.through:
            return None
        if department_id not in self.departments:
            return False
        return None if self.field else True

    def condition(self, ground: Ground) -> ColumnElement[bool]:
        """Compile to SQL."""
        if self.is_all:
            return true()
        if self.owner is not None:
            return ground.owner == self.owner  # type: ignore[no-any-return]
        if self.shared:
            return ground.row.in_(self.shared.keys(ground.obj.name))  # type: ignore[no-any-return]
        if self.through:
            return self._carried(ground, self.through)
        if not self.field:
            return ground.department.in_(sorted(self.departments))  # type: ignore[no-any-return]
        if ground.key is None:
            return self._narrowed(ground.columns)
        own: Any = ground.obj.model.__table__.c
        return ground.key.in_(select(own.id).where(self._narrowed(own)))  # type: ignore[no-any-return]

    def _narrowed(self, columns: Any) -> ColumnElement[bool]:
        place = columns.department_id.in_(sorted(self.departments))
        return and_(place, getattr(columns, self.field).in_(self.choices)) if self.field else place

    def _carried(self, ground: Ground, through: ObjectDef) -> ColumnElement[bool]:
        of: Any = through.model.__table__.c
        customers = select(of.id).where(self._narrowed(of))
        link = ground.obj.customer or ""
        if ground.key is None:
            return getattr(ground.columns, link).in_(customers)  # type: ignore[no-any-return]
        own: Any = ground.obj.model.__table__.c
        return ground.key.in_(select(own.id).where(getattr(own, link).in_(customers)))  # type: ignore[no-any-return]


def know(obj: ObjectDef) -> None:
    """Tell which object a name in a rule means."""
    _KNOWN[obj.name] = obj


def branches(rights: Rights, object_name: str, action: str) -> tuple[Branch, ...]:
    """List the ways in which a member reaches rows of an object for an action; empty means none at all.

    Rules and shares add rows only where a role gives that action on that object more than none (Rights 3 and 4).
    """
    scope = rights.scope(object_name, action)
    if scope is Scope.NONE:
        return ()
    if scope is Scope.ALL:
        return (Branch(is_all=True),)
    departments = {Scope.DEPARTMENT: rights.departments, Scope.SUBTREE: rights.subtree}.get(scope, frozenset())
    openings = [one for one in rights.openings if one.object == object_name and one.gives(action)]
    departments = departments.union(*(one.departments for one in openings if not one.field and not one.through))
    found: list[Branch] = []
    if rights.member_id is not None:
        found.append(Branch(owner=rights.member_id))
    if departments:
        found.append(Branch(departments=departments))
    shapes: dict[tuple[str, tuple[str, ...]], frozenset[UUID]] = {}
    for one in openings:
        if one.field and not one.through and one.departments - departments:
            shape = (one.field, one.choices)
            shapes[shape] = shapes.get(shape, frozenset()) | (one.departments - departments)
    found.extend(Branch(departments=places, field=field, choices=choices) for (field, choices), places in shapes.items())
    found.extend(carried(rights, object_name, action))
    if object_name in rights.shared and action in (READ, EDIT) and rights.member_id is not None:
        found.append(Branch(shared=Shared(rights.member_id, rights.departments, rights.above, action == EDIT)))
    return tuple(found)


def carried(rights: Rights, object_name: str, action: str) -> tuple[Branch, ...]:
    """List the ways by which rows come along with the customer they belong to.

    A child row may be reached so even where its own scope is all, because it is seen as its subject is.
    """
    if rights.scope(object_name, action) is Scope.NONE:
        return ()
    shapes: dict[tuple[str, str, tuple[str, ...]], frozenset[UUID]] = {}
    for one in rights.openings:
        if one.object == object_name and one.through and one.gives(action):
            shape = (one.through, one.field, one.choices)
            shapes[shape] = shapes.get(shape, frozenset()) | one.departments
    return tuple(
        Branch(departments=places, field=field, choices=choices, through=_KNOWN[through])
        for (through, field, choices), places in shapes.items()
    )
