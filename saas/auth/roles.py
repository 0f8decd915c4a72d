"""Roles: made, changed, copied, removed, and moved to another starting point. Nobody grants more than they hold (Rights 11).

What an object and its fields are is told by the caller (`Shape`); every verb takes the lock of `directory.touch` first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from saas.auth import audit, departments, directory, membership, ready_roles
from saas.auth.context import Context
from saas.auth.directory import Directory, RoleInfo
from saas.auth.members import Invitation, MemberRole, Role, Workspace
from saas.auth.permissions import ACTIONS, ADMIN_KEY, CREATE, FIXED_RIGHTS, HIDDEN, READ_ONLY, SWITCHES, Scope
from saas.auth.sharing import AccessCheck, SharingRule
from saas.core.clock import now
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.core.i18n import _, ngettext
from saas.core.ids import new_id

MANAGE = "roles:manage"
LONGEST_NAME, LONGEST_DESCRIPTION = 80, 300
SCOPES = tuple(scope.name.lower() for scope in Scope)


@dataclass(frozen=True)
class Shape:
    """What a role may say about an object: its fields, those that are required, and those that name a record and cannot be hidden."""

    name: str
    fields: tuple[str, ...]
    required: frozenset[str]
    naming: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """What a role is to say: `grants` object → action → scope name, `fields` object → field → `hidden` or `read-only`."""

    name: str
    description: str = ""
    grants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def fingerprint(role: RoleInfo) -> str:
    """Sum up what a role says, so that a form can tell whether somebody changed it meanwhile."""
    said = [role.name, role.description, role.grants, sorted(role.fixed), role.fields]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]


def info_of(draft: Draft, key: UUID, ready_key: str | None = None) -> RoleInfo:
    """Make of a draft what the directory holds of a role; what says nothing is left out."""
    grants = {name: {a: s for a, s in actions.items() if s != "none"} for name, actions in draft.grants.items()}
    fields = {name: dict(said) for name, said in draft.fields.items() if said}
    kept = {name: actions for name, actions in grants.items() if actions}
    return RoleInfo(key, ready_key, draft.name, kept, tuple(r for r in FIXED_RIGHTS if r in draft.fixed), fields, draft.description)


def save(ctx: Context, shapes: Sequence[Shape], draft: Draft, role_id: UUID | None = None, seen: str = "") -> UUID:
    """Make a role, or change one that is as the form saw it (`seen`); return its key.

    Raises Invalid by field, Forbidden, NotFound, and Conflict with what the role says now.
    """
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    rows = _rows(ctx)
    row = rows.get(role_id) if role_id else None
    if role_id is not None:
        if row is None:
            raise NotFound(_("This role is no longer there."))
        if row.key == ADMIN_KEY:
            raise Forbidden(_("The Admin role holds every right and cannot be changed."))
        if fingerprint(_info(row)) != seen:
            raise Conflict(_("Somebody changed this role while you were at it."), vars(_info(row)))
    clean = tidy(draft)
    _check(clean, shapes, [other.name for other in rows.values() if other is not row])
    key = row.id if row else new_id()
    wanted = info_of(clean, key, row.key if row else None)
    _require_held(ctx, wanted)
    before = _info(row) if row else None
    if before == wanted:
        return key
    if row is None:
        row = Role(id=key, key=None, name=wanted.name, grants={}, fixed=[], fields={}, description="")
        ctx.db.add(row)
    row.name, row.description, row.fixed = wanted.name, wanted.description, list(wanted.fixed)
    row.grants, row.fields = wanted.grants, wanted.fields
    ctx.db.flush()
    changed = image(wanted)
    if before is None:
        audit.note(ctx.db, ctx.member.id, "role.made", None, changed)
    else:
        was = image(before)
        different = {name for name in changed if changed[name] != was[name]} | {"role", "name"}
        audit.note(ctx.db, ctx.member.id, "role.changed", _only(was, different), _only(changed, different))
        if before.grants != wanted.grants or before.fields != wanted.fields:
            ctx.db.execute(update(Workspace).values(rights_plan=""))
    return key


def tidy(draft: Draft) -> Draft:
    """Take needless blanks and what no text holds out of the words of a draft."""
    return replace(draft, name=" ".join(draft.name.replace("\x00", "").split()), description=draft.description.replace("\x00", "").strip())


def foresee(ctx: Context, shapes: Sequence[Shape], draft: Draft, role_id: UUID) -> Directory:
    """Say what the directory would be with a role changed like this. Raises Invalid for what no role can say."""
    role, clean = ctx.directory.roles[role_id], tidy(draft)
    _check(clean, shapes, [other.name for key, other in ctx.directory.roles.items() if key != role_id])
    return replace(ctx.directory, roles={**ctx.directory.roles, role_id: info_of(clean, role_id, role.key)}, _kept={})


def remove(ctx: Context, role_id: UUID | None) -> None:
    """Remove a role that nobody holds and nothing names. Raises NotFound, Forbidden, Invalid."""
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    row = _rows(ctx).get(role_id) if role_id else None
    if row is None:
        raise NotFound(_("This role is no longer there."))
    in_the_way = obstacles(ctx, row.id)
    if in_the_way:
        raise Invalid({"": " ".join(in_the_way)})
    ctx.db.execute(delete(Invitation).where(Invitation.role_id == row.id))
    audit.note(ctx.db, ctx.member.id, "role.removed", image(_info(row)))
    ctx.db.delete(row)
    ctx.db.flush()


def obstacles(ctx: Context, role_id: UUID) -> list[str]:
    """Say, each in a sentence, why a role cannot be removed."""
    db, found = ctx.db, list[str]()
    role = ctx.directory.roles.get(role_id)
    if role is not None and role.key == ADMIN_KEY:
        found.append(_("The Admin role holds every right and cannot be changed."))
    people = db.execute(select(func.count()).where(MemberRole.role_id == role_id)).scalar_one()
    if people:
        found.append(ngettext("One person holds it.", "%(num)s people hold it.", people))
    is_open = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now())
    doors = db.execute(select(func.count(Invitation.id)).where(Invitation.role_id == role_id, *is_open)).scalar_one()
    if doors:
        found.append(ngettext("An open invitation gives it.", "%(num)s open invitations give it.", doors))
    rules = db.execute(select(func.count(SharingRule.id)).where(SharingRule.to_role_id == role_id)).scalar_one()
    if rules:
        found.append(ngettext("A sharing rule names it: change it first.", "%(num)s sharing rules name it: change them first.", rules))
    if db.execute(select(func.count(AccessCheck.id)).where(AccessCheck.who_id == role_id)).scalar_one():
        found.append(_("A pinned access check names it: change the check first."))
    return found


def planned(ctx: Context, plan: str, objects: Iterable[str]) -> dict[UUID, RoleInfo]:
    """Say what the ready-made roles that nobody changed by hand would be under a starting point; only those that differ."""
    names = tuple(objects)
    found = {}
    for role in ctx.directory.roles.values():
        if role.key not in (None, ADMIN_KEY) and ready_roles.is_untouched(role.key, role.grants, role.fields):
            grants = ready_roles.BY_KEY[role.key].grants(names, plan)
            if grants != role.grants:
                found[role.id] = replace(role, grants=grants)
    return found


def choose_plan(ctx: Context, plan: str, objects: Iterable[str]) -> int:
    """Give the ready-made roles that nobody changed by hand the scopes of a starting point; return how many changed. Raises Invalid."""
    ctx.require(MANAGE)
    if plan not in ready_roles.PLANS:
        raise Invalid({"plan": _("Choose one of the list.")})
    directory.touch(ctx.db)
    changed = planned(ctx, plan, objects)
    for role in changed.values():
        _require_held(ctx, role)
    rows = _rows(ctx)
    for key, role in changed.items():
        if key in rows and rows[key].grants == ctx.directory.roles[key].grants:
            rows[key].grants = role.grants
    before = ctx.workspace.rights_plan
    ctx.db.execute(update(Workspace).values(rights_plan=plan))
    audit.note(ctx.db, ctx.member.id, "roles.plan", {"plan": before}, {"plan": plan, "roles": [role.name for role in changed.values()]})
    return len(changed)


def image(role: RoleInfo) -> dict[str, Any]:
    """Write a role for the audit log."""
    return {
        "role": str(role.id), "name": role.name, "description": role.description, "grants": role.grants, "fixed": list(role.fixed),
        "fields": role.fields,
    }  # fmt: skip


def _only(said: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: said[name] for name in said if name in names}


def all_of(db: Session) -> list[RoleInfo]:
    """Read the roles as this transaction has them, past the directory."""
    return [_info(row) for row in db.execute(select(Role).order_by(Role.name)).scalars()]


def _rows(ctx: Context) -> dict[UUID, Role]:
    """Read the roles as they are once all other changes of rights are through."""
    return {row.id: row for row in ctx.db.execute(select(Role).execution_options(populate_existing=True)).scalars()}


def _info(row: Role) -> RoleInfo:
    return RoleInfo(row.id, row.key, row.name, row.grants, tuple(row.fixed), row.fields, row.description)


def _require_held(ctx: Context, role: RoleInfo) -> None:
    """Insist that the actor holds all a role gives, wherever those are who hold it."""
    if not membership.may_grant(ctx, role):
        raise Forbidden(_("You can only give rights that you have yourself. Ask an admin."))
    for member in ctx.directory.members.values():
        if role.id in member.role_ids:
            further = ctx.directory.extra_departments.get(member.id, frozenset())
            departments.require_place(ctx, [role], {member.department_id, *further})


def _check(draft: Draft, shapes: Sequence[Shape], taken: Iterable[str]) -> None:
    wrong: dict[str, str] = {}
    if not draft.name:
        wrong["name"] = _("Give the role a name.")
    elif len(draft.name) > LONGEST_NAME:
        wrong["name"] = _("Use at most %(number)d characters.", number=LONGEST_NAME)
    elif draft.name.casefold() in {name.casefold() for name in taken}:
        wrong["name"] = _("There is a role of this name already.")
    if len(draft.description) > LONGEST_DESCRIPTION:
        wrong["description"] = _("Use at most %(number)d characters.", number=LONGEST_DESCRIPTION)
    known = {shape.name: shape for shape in shapes}
    if set(draft.fixed) - set(FIXED_RIGHTS) or (set(draft.grants) | set(draft.fields)) - set(known):
        wrong[""] = _("Choose from the list.")
    for name, actions in draft.grants.items():
        for action, scope in actions.items():
            allowed = ("none", "all") if action in SWITCHES else SCOPES
            if action not in ACTIONS or scope not in allowed:
                wrong[f"grant.{name}.{action}"] = _("Choose from the list.")
    for name, fields in draft.fields.items():
        if name in known:
            creates = draft.grants.get(name, {}).get(CREATE, "none") != "none"
            wrong.update({f"field.{name}.{one}": said for one, said in _wrong_fields(known[name], fields, creates=creates).items()})
    if wrong:
        raise Invalid(wrong)


def _wrong_fields(shape: Shape, fields: Mapping[str, str], *, creates: bool) -> dict[str, str]:
    wrong = {}
    for name, said in fields.items():
        if name not in shape.fields or said not in (HIDDEN, READ_ONLY):
            wrong[name] = _("Choose from the list.")
        elif said == HIDDEN and name in shape.naming:
            wrong[name] = _("This names the record and cannot be hidden.")
        elif creates and name in shape.required:
            wrong[name] = _("Whoever makes new records has to fill this in.")
    return wrong
