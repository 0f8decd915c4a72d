"""The vocabulary of rights (PRODUCT, Rights): actions, scopes, fixed rights, and what one member holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from uuid import UUID


class Scope(IntEnum):
    """How far an action reaches; each scope includes every narrower one."""

    NONE = 0
    OWN = 1
    DEPARTMENT = 2
    SUBTREE = 3
    ALL = 4


READ, CREATE, EDIT, DELETE, EXPORT, BULK, ASSIGN = ACTIONS = (
    "read",
    "create",
    "edit",
    "delete",
    "export",
    "bulk",
    "assign",
)
# Actions that are yes or no, without a scope.
SWITCHES = frozenset((CREATE, BULK))
FIXED_RIGHTS = ("members:manage", "roles:manage", "billing:manage", "settings:manage", "audit:read", "data:export")
ADMIN_KEY, MEMBER_KEY = "admin", "member"
HIDDEN, READ_ONLY = "hidden", "read-only"
# What a viewer may add although a viewer only reads: a comment (Rights 13).
COMMENTS = frozenset(("notes",))


@dataclass(frozen=True)
class Opening:
    """What sharing rules of one shape open of an object for one member.

    `departments` own the records; with `through` they own the records of that object which these belong to (carried along).
    `field` and `choices` narrow them, on that same object.
    """

    object: str
    departments: frozenset[UUID]
    field: str = ""
    choices: tuple[str, ...] = ()
    through: str = ""
    may_edit: bool = False
    may_export: bool = False

    def gives(self, action: str) -> bool:
        """Tell whether an action is opened; delete and assign never are."""
        return action == READ or (action == EDIT and self.may_edit) or (action == EXPORT and self.may_export)


@dataclass(frozen=True)
class Rights:
    """What one member may do, combined over all roles, rules and shares. `is_admin` holds everything, named or not (Rights 11).

    `departments` are those the member belongs to, `subtree` those plus everything below them, `above` those plus everything above.
    `openings` come from sharing rules; `shared` names the objects of which single records may be shared with the member.
    `is_reader` reads everything: an admin on a viewer's seat. `hidden` and `read_only` name fields by object (Rights 6).
    `within`, while somebody looks as this member, are the onlooker's own rights, which bound everything.
    """

    member_id: UUID | None
    is_admin: bool
    departments: frozenset[UUID]
    subtree: frozenset[UUID]
    grants: Mapping[tuple[str, str], Scope]
    fixed: frozenset[str]
    above: frozenset[UUID] = frozenset()
    openings: tuple[Opening, ...] = ()
    shared: frozenset[str] = frozenset()
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    read_only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    within: Rights | None = None
    is_reader: bool = False

    def scope(self, object_name: str, action: str) -> Scope:
        """Tell how far an action reaches on an object; every action but create is bounded by read."""
        if self.within is not None and (action != READ or self.within.scope(object_name, READ) is Scope.NONE):
            # Whoever looks as somebody else changes nothing.
            return Scope.NONE
        if self.is_admin or (self.is_reader and action == READ):
            return Scope.ALL
        granted = self.grants.get((object_name, action), Scope.NONE)
        if action in (READ, CREATE):
            return granted
        reading = self.grants.get((object_name, READ), Scope.NONE)
        if action == BULK:
            return granted if reading else Scope.NONE
        return min(granted, reading)

    def may(self, right: str) -> bool:
        """Answer for a fixed right (`members:manage`) or an object's action (`contacts:read`: any rows at all)."""
        if self.within is not None and not self.within.may(right):
            return False
        if right in FIXED_RIGHTS:
            return self.is_admin or right in self.fixed
        object_name, _, action = right.partition(":")
        return self.scope(object_name, action) > Scope.NONE

    def hides(self, object_name: str) -> frozenset[str]:
        """Name the fields of an object that do not exist for the member."""
        own = self.hidden.get(object_name, frozenset()) if not self.is_admin else frozenset[str]()
        return own | self.within.hides(object_name) if self.within else own

    def closes(self, object_name: str) -> frozenset[str]:
        """Name the fields of an object that the member may read but not change."""
        own = self.read_only.get(object_name, frozenset()) if not self.is_admin else frozenset[str]()
        return own | self.within.closes(object_name) if self.within else own


NOBODY = Rights(None, False, frozenset(), frozenset(), {}, frozenset())


def combine(grants: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Scope]:
    """Combine the grants of several roles to the widest for each (object, action)."""
    widest: dict[tuple[str, str], Scope] = {}
    for role in grants:
        for object_name, actions in role.items():
            for action, name in actions.items():
                key, scope = (object_name, action), Scope[name.upper()]
                widest[key] = max(scope, widest.get(key, Scope.NONE))
    return widest


def combine_fields(
    roles: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Combine the field rights of roles, given as (grants, fields), to hidden and read-only fields by object.

    Only roles that give more than `none` on read of an object count for it; of these the widest wins, and a field no role
    restricts is open.
    """
    said: dict[str, list[Mapping[str, str]]] = {}
    for grants, fields in roles:
        for object_name, actions in grants.items():
            if actions.get(READ, "none") != "none":
                said.setdefault(object_name, []).append(fields.get(object_name, {}))
    hidden, read_only = {}, {}
    for object_name, restrictions in said.items():
        limited = set(restrictions[0]).intersection(*restrictions[1:])
        gone = frozenset(name for name in limited if all(each[name] == HIDDEN for each in restrictions))
        if gone:
            hidden[object_name] = gone
        if limited - gone:
            read_only[object_name] = frozenset(limited - gone)
    return hidden, read_only


def clamped(grants: Mapping[tuple[str, str], Scope]) -> dict[tuple[str, str], Scope]:
    """Keep of what roles give only what a viewer may have: reading, and comments (Rights 13)."""
    return {
        (object_name, action): scope
        for (object_name, action), scope in grants.items()
        if action == READ or (action == CREATE and object_name in COMMENTS)
    }
