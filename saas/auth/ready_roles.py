"""The roles every firm starts with, and the three starting points of rights: everyone, by department, own records only.

A ready-made role says for each action how near somebody must be to a record; the starting point says what that means in scopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saas.auth import audit
from saas.auth.audit import SettingsEntry
from saas.auth.members import Role
from saas.auth.permissions import ADMIN_KEY, ASSIGN, BULK, COMMENTS, CREATE, DELETE, EDIT, EXPORT, FIXED_RIGHTS, MEMBER_KEY, READ
from saas.core.i18n import L_, LazyText
from saas.core.ids import new_id

EVERYONE, DEPARTMENT, OWN = PLANS = ("everyone", "department", "own")
PLANTED = "roles.planted"

# How near: `team` is what colleagues share, `lead` what somebody answers for, `book` the whole book whatever the starting point.
WIDTHS: Mapping[str, Mapping[str, str]] = {
    EVERYONE: {"team": "all", "lead": "all", "book": "all"},
    DEPARTMENT: {"team": "department", "lead": "subtree", "book": "all"},
    OWN: {"team": "own", "lead": "subtree", "book": "all"},
}
YES = "all"


@dataclass(frozen=True)
class ReadyRole:
    """A role of the product's own. `actions` is action → how near, or a scope, or yes; what is not named is closed."""

    key: str
    name: LazyText
    description: LazyText
    actions: Mapping[str, str]
    fixed: tuple[str, ...] = ()
    only_comments: bool = False

    def grants(self, objects: Iterable[str], plan: str) -> dict[str, Any]:
        """Write out what it may do with these objects: object → action → scope name."""
        widths = WIDTHS[plan]
        written = {action: widths.get(near, near) for action, near in self.actions.items()}
        if not self.only_comments:
            return {name: dict(written) for name in objects}
        return {name: written | ({CREATE: YES} if name in COMMENTS else {}) for name in objects}


_LEADS = {READ: "lead", CREATE: YES, EDIT: "lead", DELETE: "lead", EXPORT: "lead", BULK: YES, ASSIGN: "lead"}
_WORKS = {READ: "team", CREATE: YES, EDIT: "team", DELETE: "own", EXPORT: "own", BULK: YES, ASSIGN: "team"}

ADMIN = ReadyRole(ADMIN_KEY, L_("Admin"), L_("Holds every right, also over people, roles and settings."), {}, FIXED_RIGHTS)
MEMBER = ReadyRole(MEMBER_KEY, L_("Member"), L_("Works with the customers of the firm. Deletes and exports only their own."), _WORKS)
OTHERS: tuple[ReadyRole, ...] = (
    ReadyRole(
        "sales_manager", L_("Sales manager"), L_("Answers for the sales of their departments: sees, changes and assigns it all."), _LEADS
    ),
    ReadyRole(
        "salesperson", L_("Salesperson"), L_("Looks after customers and deals. Deletes and exports only their own."),
        {**_WORKS, ASSIGN: "own"},
    ),
    ReadyRole(
        "marketing", L_("Marketing"), L_("Keeps customers and contacts for campaigns and exports lists. Deletes nothing."),
        {READ: "team", CREATE: YES, EDIT: "team", EXPORT: "team", BULK: YES, ASSIGN: "own"},
    ),
    ReadyRole(
        "service_agent", L_("Service agent"), L_("Helps customers: sees them and writes down what was done. Deletes and exports nothing."),
        {READ: "team", CREATE: YES, EDIT: "team", ASSIGN: "team"},
    ),
    ReadyRole(
        "service_manager", L_("Service manager"), L_("Answers for the service of their departments: sees, changes and assigns it all."),
        _LEADS,
    ),
    ReadyRole(
        "finance", L_("Finance"), L_("Sees and exports the whole book and pays for the workspace. Deletes nothing."),
        {READ: "book", CREATE: YES, EDIT: "team", EXPORT: "book"}, ("billing:manage",),
    ),
    ReadyRole("viewer", L_("Viewer"), L_("Looks and comments, changes nothing."), {READ: "team"}, only_comments=True),
)  # fmt: skip
ALL = (ADMIN, MEMBER, *OTHERS)
BY_KEY = {role.key: role for role in ALL}


def is_untouched(key: str | None, grants: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Tell whether a ready-made role still says what one of the starting points made it say; objects it does not name do not count."""
    ready = BY_KEY.get(key or "")
    if ready is None or any(fields.values()):
        return False
    return any(ready.grants(grants, plan) == grants for plan in PLANS)


def plant(db: Session, objects: Iterable[str], plan: str = EVERYONE) -> bool:
    """Make the ready-made roles once in a firm's life, in the language in use; those removed later do not come back."""
    if db.execute(select(SettingsEntry.id).where(SettingsEntry.what == PLANTED).limit(1)).first() is not None:
        return False
    names = tuple(objects)
    there = set(db.execute(select(Role.key)).scalars())
    for ready in ALL:
        if ready.key not in there:
            grants = ready.grants(names, plan) if ready.key != ADMIN_KEY else {}
            made = Role(id=new_id(), key=ready.key, name=str(ready.name), grants=grants, fixed=list(ready.fixed))
            made.description = str(ready.description)
            db.add(made)
    audit.note(db, None, PLANTED, after={"plan": plan})
    db.flush()
    return True
