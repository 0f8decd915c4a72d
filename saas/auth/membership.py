"""Changing people's places in a firm: role, department, coming and going. The tables are in `members`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import audit, codes, departments, directory, sessions
from saas.auth.context import Context
from saas.auth.directory import RoleInfo
from saas.auth.identities import Membership
from saas.auth.members import Invitation, Member, MemberDepartment, MemberRole, Role
from saas.auth.permissions import ADMIN_KEY, CREATE, EDIT, HIDDEN, READ, Scope
from saas.auth.sso import ties
from saas.core.clock import now
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.tenants.cells import Databases
from saas.tenants.outbox import enqueue
from saas.tenants.session import control_session

MANAGE = "members:manage"
FOLLOW_JOB = "people.follow"
SEATS = ("full", "viewer")


def may_grant(ctx: Context, role: RoleInfo) -> bool:
    """Tell whether the actor holds everything that a role gives: nobody grants more than they hold (Rights 11)."""
    if ctx.rights.is_admin:
        return True
    if role.key == ADMIN_KEY or not ctx.rights.fixed.issuperset(role.fixed):
        return False
    given = ((obj, action, Scope[name.upper()]) for obj, actions in role.grants.items() for action, name in actions.items())
    return all(ctx.rights.scope(obj, action) >= scope for obj, action, scope in given) and not _opens_fields(ctx, role)


def _opens_fields(ctx: Context, role: RoleInfo) -> bool:
    """Tell whether a role shows a field that is hidden from the actor, or lets somebody write one the actor only reads."""
    for name, actions in role.grants.items():
        if actions.get(READ, "none") == "none":
            continue
        said = role.fields.get(name, {})
        if any(said.get(one) != HIDDEN for one in ctx.rights.hides(name)):
            return True
        writes = any(actions.get(action, "none") != "none" for action in (CREATE, EDIT))
        if writes and any(one not in said for one in ctx.rights.read_only.get(name, ())):
            return True
    return False


def role_to_give(ctx: Context, role_id: UUID | None) -> RoleInfo:
    """Find a role the actor may give. Raises Invalid, Forbidden."""
    role = ctx.directory.roles.get(role_id) if role_id else None
    if role is None:
        raise Invalid({"role": _("Choose a role.")})
    if not may_grant(ctx, role):
        raise Forbidden(_("You can only give rights that you have yourself. Ask an admin."))
    return role


def department_to_join(ctx: Context, department_id: UUID | None) -> UUID:
    """Find a department; the firm's root when none is named. Raises Invalid."""
    if department_id is None:
        return next(d.id for d in ctx.directory.departments.values() if d.parent_id is None)
    if department_id not in ctx.directory.departments:
        raise Invalid({"department": _("Choose a department.")})
    return department_id


def find(ctx: Context, member_id: UUID | None) -> Member:
    """Find a member somebody may manage, locked behind all other changes of people. Raises NotFound, Forbidden."""
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    member = ctx.db.get(Member, member_id) if member_id else None
    if member is None:
        raise NotFound(_("There is no such person in this workspace."))
    if any(not may_grant(ctx, ctx.directory.roles[role_id]) for role_id in _held(ctx.db, member)):
        raise Forbidden(_("Only an admin can change an admin."))
    return member


def change_role(ctx: Context, member_id: UUID | None, role_id: UUID | None) -> None:
    """Give a member one role in place of those held. Raises Invalid for the last admin."""
    change_roles(ctx, member_id, [role_id])


def change_roles(ctx: Context, member_id: UUID | None, role_ids: Sequence[UUID | None]) -> None:
    """Let a member hold exactly these roles. Raises Invalid for none and for the last admin, Forbidden for more than the actor holds."""
    member = find(ctx, member_id)
    held, wanted = _held(ctx.db, member), list(dict.fromkeys(role_ids))
    if not wanted:
        raise Invalid({"role": _("Choose a role.")})
    roles = [_known_role(ctx, key) if key in held else role_to_give(ctx, key) for key in wanted]
    if set(held) == set(wanted):
        return
    if not any(role.key == ADMIN_KEY for role in roles):
        _keep_an_admin(ctx.db, member)
    departments.require_place(ctx, [role for role in roles if role.id not in held], [member.department_id, *_further(ctx.db, member)])
    ctx.db.execute(delete(MemberRole).where(MemberRole.member_id == member.id))
    ctx.db.add_all(MemberRole(member_id=member.id, role_id=role.id) for role in roles)
    names = [ctx.directory.roles[key].name for key in held if key in ctx.directory.roles]
    before = {"member": str(member.id), "name": member.name, "roles": names}
    audit.note(ctx.db, ctx.member.id, "member.role", before, {"roles": [role.name for role in roles]})


def foresee(
    ctx: Context, member_id: UUID, role_ids: Sequence[UUID | None], home: UUID | None, further: Iterable[UUID] | None, seat: str
) -> directory.Directory:
    """Say what the directory would be with a member's roles, departments and seat as given; None and "" leave them as they are.

    Raises Invalid and Forbidden as saving them would, but for the last admin, who is looked for under the lock.
    """
    ctx.require(MANAGE)
    known, member = ctx.directory, ctx.directory.members[member_id]
    had = {member.department_id, *known.extra_departments.get(member_id, ())}
    wanted = list(dict.fromkeys(role_ids))
    if not wanted:
        raise Invalid({"role": _("Choose a role.")})
    roles = [_known_role(ctx, key) if key in member.role_ids else role_to_give(ctx, key) for key in wanted]
    target = department_to_join(ctx, home) if home else member.department_id
    others = had - {member.department_id} if further is None else {key for key in further if key in known.departments}
    places = {target} | others
    departments.require_place(ctx, [role for role in roles if role.id not in member.role_ids], places)
    departments.require_place(ctx, roles, places - had)
    if seat and seat not in SEATS:
        raise Invalid({"seat": _("Choose from the list.")})
    after = replace(member, role_ids=tuple(sorted(role.id for role in roles)), department_id=target, seat=seat or member.seat)
    extra = {**known.extra_departments, member_id: frozenset(others - {target})}
    return replace(known, members={**known.members, member_id: after}, extra_departments=extra, _kept={})


def move(ctx: Context, member_id: UUID | None, department_id: UUID | None) -> None:
    """Give a member another home department; their records stay where they are (Rights 2)."""
    member = find(ctx, member_id)
    place(ctx, member.id, department_to_join(ctx, department_id), _further(ctx.db, member))


def place(ctx: Context, member_id: UUID | None, home: UUID | None, further: Iterable[UUID]) -> None:
    """Say to which departments a member belongs; records stay where they are. Raises Invalid({"department": …}), Forbidden."""
    member = find(ctx, member_id)
    target = department_to_join(ctx, home)
    known, had = ctx.directory.departments, {member.department_id, *_further(ctx.db, member)}
    wanted = {key for key in further if key in known} - {target}
    if target == member.department_id and wanted == had - {target}:
        return
    departments.require_place(ctx, [_known_role(ctx, key) for key in _held(ctx.db, member)], ({target} | wanted) - had)
    before = {"member": str(member.id), "name": member.name, **_places(ctx, member.department_id, had)}
    ctx.db.execute(delete(MemberDepartment).where(MemberDepartment.member_id == member.id))
    ctx.db.add_all(MemberDepartment(member_id=member.id, department_id=key) for key in wanted)
    member.department_id = target
    ctx.db.flush()
    audit.note(ctx.db, ctx.member.id, "member.department", before, _places(ctx, target, wanted))


def change_seat(ctx: Context, member_id: UUID | None, seat: str) -> None:
    """Give a member a full seat, or a viewer's, who only looks and comments. Raises Invalid for the last admin."""
    member = find(ctx, member_id)
    if seat not in SEATS:
        raise Invalid({"seat": _("Choose from the list.")})
    if seat == member.seat:
        return
    if seat != "full":
        _keep_an_admin(ctx.db, member)
    audit.note(ctx.db, ctx.member.id, "member.seat", {"member": str(member.id), "name": member.name, "seat": member.seat}, {"seat": seat})
    member.seat = seat


def deactivate(ctx: Context, member_id: UUID | None) -> None:
    """End somebody's access at once: sessions, open codes and invitations too. Raises Invalid for oneself and for the last admin."""
    member = find(ctx, member_id)
    if member.status != "active":
        return
    if member.id == ctx.member.id:
        raise Invalid({"": _("You cannot end your own access. Ask another admin.")})
    _keep_an_admin(ctx.db, member)
    member.status = "inactive"
    if member.email:
        open_doors = update(Invitation).where(
            Invitation.email == member.email, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
        )
        ctx.db.execute(open_doors.values(revoked_at=now()))
    audit.note(ctx.db, ctx.member.id, "member.deactivated", {"member": str(member.id), "name": member.name})
    follow_later(ctx.db, member)


def reactivate(ctx: Context, member_id: UUID | None) -> None:
    """Let somebody in again, with the role held before."""
    member = find(ctx, member_id)
    if member.status != "inactive" or member.identity_id is None:
        return
    member.status = "active"
    audit.note(ctx.db, ctx.member.id, "member.reactivated", {"member": str(member.id), "name": member.name})
    follow_later(ctx.db, member)


def follow_later(db: Session, member: Member) -> None:
    """Leave word in the firm's outbox that the control plane has to follow what this transaction says about a member."""
    for identity_id in {member.identity_id, *ties.linked_identities(db, member.id)} - {None}:
        enqueue(db, FOLLOW_JOB, identity_id=str(identity_id))


def follow(databases: Databases, tenant_id: UUID, identity_id: UUID, *, is_active: bool) -> None:
    """Bring the control plane in line with the firm: the list of a person's workspaces, and no session where they have no place."""
    with control_session(databases) as control:
        row = insert(Membership).values(identity_id=identity_id, tenant_id=tenant_id, is_active=is_active, created_at=now())
        control.execute(row.on_conflict_do_update(index_elements=["identity_id", "tenant_id"], set_={"is_active": is_active}))
        if not is_active:
            sessions.end_all(control, identity_id, tenant_id=tenant_id)
            codes.close_staff(control, identity_id)


def status_of(db: Session, identity_id: UUID) -> bool:
    """Tell whether an identity is an active member of this session's firm."""
    return db.execute(select(Member.status).where(Member.identity_id == identity_id)).scalar_one_or_none() == "active"


def _known_role(ctx: Context, role_id: UUID | None) -> RoleInfo:
    role = ctx.directory.roles.get(role_id) if role_id else None
    if role is None:
        raise Invalid({"role": _("Choose a role.")})
    return role


def _further(db: Session, member: Member) -> list[UUID]:
    return list(db.execute(select(MemberDepartment.department_id).where(MemberDepartment.member_id == member.id)).scalars())


def _places(ctx: Context, home: UUID, further: Iterable[UUID]) -> dict[str, Any]:
    known = ctx.directory.departments
    return {"department": known[home].name, "further": sorted(known[key].name for key in further if key != home and key in known)}


def _held(db: Session, member: Member) -> list[UUID]:
    return list(db.execute(select(MemberRole.role_id).where(MemberRole.member_id == member.id)).scalars())


def _keep_an_admin(db: Session, member: Member) -> None:
    """Refuse to take the last admin away. The caller holds the lock of `directory.touch`."""
    admins = (
        select(func.count(), func.bool_or(Member.id == member.id))
        .select_from(Member)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .join(Role, Role.id == MemberRole.role_id)
        .where(Role.key == ADMIN_KEY, Member.status == "active", Member.seat == "full")
    )
    count, is_one = db.execute(admins).one()
    if is_one and count == 1:
        raise Invalid({"": _("%(name)s is the only admin. Make somebody else an admin first.", name=member.name)})
    if ties.is_last_way_in(db, member.id):
        text = _(
            "Only %(name)s could come in when the sign-in service is down. First choose another admin under “Single sign-on”.",
            name=member.name,
        )
        raise Invalid({"": text})
