"""The vocabulary of rights (PRODUCT, Rights 1): actions, scopes, fixed rights, and what one member holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
FIXED_RIGHTS = ("members:manage", "roles:manage", "billing:manage", "settings:manage", "audit:read", "data:export")
ADMIN_KEY, MEMBER_KEY = "admin", "member"


@dataclass(frozen=True)
class Rights:
    """What one member may do, combined over all roles. `is_admin` holds everything, named or not (Rights 11).

    `departments` are those the member belongs to; `subtree` those plus everything below them.
    """

    member_id: UUID | None
    is_admin: bool
    departments: frozenset[UUID]
    subtree: frozenset[UUID]
    grants: Mapping[tuple[str, str], Scope]
    fixed: frozenset[str]

    def scope(self, object_name: str, action: str) -> Scope:
        """Tell how far an action reaches on an object; every action but create is bounded by read."""
        if self.is_admin:
            return Scope.ALL
        granted = self.grants.get((object_name, action), Scope.NONE)
        if action in (READ, CREATE, BULK):
            return granted
        return min(granted, self.grants.get((object_name, READ), Scope.NONE))

    def may(self, right: str) -> bool:
        """Answer for a fixed right (`members:manage`) or an object's action (`contacts:read`: any rows at all)."""
        if self.is_admin:
            return True
        if right in FIXED_RIGHTS:
            return right in self.fixed
        object_name, _, action = right.partition(":")
        return self.scope(object_name, action) > Scope.NONE


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
