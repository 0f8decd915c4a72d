"""From checked claims to a member of the firm whose provider made them: known, matched by e-mail, invited, or new within the ceiling.

Nothing here touches an identity that exists elsewhere: whoever arrives acts under an identity of this firm alone (decision 9).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import addresses, audit, directory
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Invitation, Member, MemberRole, Role
from saas.auth.permissions import ADMIN_KEY
from saas.auth.sso.provider import Claims
from saas.auth.sso.rules import MARK
from saas.auth.sso.tables import SsoLink, SsoSettings
from saas.core.clock import now
from saas.core.errors import Forbidden, Invalid
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.tenants.cells import Databases
from saas.tenants.session import Tenant, control_session, tenant_session

# What a token says about itself and not about the person.
_UNTOLD = frozenset(
    {"nonce", "at_hash", "c_hash", "s_hash", "iat", "exp", "nbf", "auth_time", "jti", "aud", "azp", "sid", "rh", "uti", "aio"}
)
MAX_TOLD, MAX_SHOWN = 60, 400


@dataclass(frozen=True)
class Arrival:
    """Somebody who has come in: the identity their session is opened for. `is_short` says that no full seat was left for them."""

    identity_id: UUID
    member_id: UUID
    is_new: bool = False
    is_short: bool = False


def arrive(databases: Databases, tenant: Tenant, claims: Claims, language: str) -> Arrival:
    """Let somebody in whom the firm's provider vouches for. Raises Forbidden with the reason when they may not come in.

    The identity is committed first, under a key that follows from issuer and subject: should the rest fail, the next try takes it up.
    """
    identity_id = identity_key(tenant, claims)
    with tenant_session(databases, tenant) as db:
        settings = db.execute(select(SsoSettings)).scalar_one_or_none()
        if settings is None or not settings.is_on:
            raise Forbidden(_("Single sign-on is switched off in this workspace."))
        email = proven_email(settings, claims)
        if _needs_change(db, settings, claims):
            # From here one change of people follows another, and what was read before is read again.
            directory.touch(db)
        arrival = _place(db, settings, claims, email, identity_id, language)
        member = db.get_one(Member, arrival.member_id)
        if member.status != "active":
            raise Forbidden(_("Your access to this workspace was ended. Ask an admin to let you in again."))
        _follow_groups(db, settings, member, claims)
        with control_session(databases) as control:
            _keep_identity(control, tenant, identity_id, member)
    with control_session(databases) as control:
        row = insert(Membership).values(identity_id=identity_id, tenant_id=tenant.id, is_active=True, created_at=now())
        control.execute(row.on_conflict_do_update(index_elements=["identity_id", "tenant_id"], set_={"is_active": True}))
    return arrival


def identity_key(tenant: Tenant, claims: Claims) -> UUID:
    """Derive the key of the identity that a person of a provider has in one firm."""
    return uuid5(tenant.id, f"{claims.issuer} {claims.subject}")


def proven_email(settings: SsoSettings, claims: Claims) -> str:
    """Return the e-mail address that the provider has verified and the firm accepts. Raises Forbidden."""
    try:
        email = addresses.email_address(claims.email)
    except Invalid as error:
        raise Forbidden(_("Your sign-in service did not tell your e-mail address. Ask an admin to let it send “email”.")) from error
    if not claims.is_email_verified:
        raise Forbidden(_("Your sign-in service has not verified %(email)s. Verify the address there, then sign in again.", email=email))
    domain = email.rpartition("@")[2]
    if domain not in settings.domains:
        raise Forbidden(_("Addresses at %(domain)s may not sign in here. Ask an admin of the workspace.", domain=domain))
    return email


def _link(db: Session, claims: Claims) -> UUID | None:
    query = select(SsoLink.member_id).where(SsoLink.issuer == claims.issuer, SsoLink.subject == claims.subject)
    return db.execute(query).scalar_one_or_none()


def _needs_change(db: Session, settings: SsoSettings, claims: Claims) -> bool:
    member_id = _link(db, claims)
    if member_id is None:
        return True
    wanted = _mapped(db, settings, claims)
    return wanted is not None and wanted != _held(db, member_id)


def _place(db: Session, settings: SsoSettings, claims: Claims, email: str, identity_id: UUID, language: str) -> Arrival:
    known = _link(db, claims)
    if known is not None:
        return Arrival(identity_id, known)
    member = db.execute(select(Member).where(Member.email == email).order_by(Member.status)).scalars().first()
    is_short = False
    is_new = member is None or member.status == "expected"
    if is_new:
        member, is_short = _newcomer(db, settings, claims, email, identity_id, language, member)
    assert member is not None
    if not is_new:
        _refuse_second_subject(db, claims, member, email)
    db.add(SsoLink(issuer=claims.issuer, subject=claims.subject, member_id=member.id, identity_id=identity_id, email=email))
    db.flush()
    audit.note(db, member.id, "sso.joined" if is_new else "sso.linked", after={"member": str(member.id), "email": email})
    return Arrival(identity_id, member.id, is_new, is_short)


def _refuse_second_subject(db: Session, claims: Claims, member: Member, email: str) -> None:
    """Refuse an address that was somebody else's at the same provider: addresses are given to new people, subjects never."""
    query = select(SsoLink.subject).where(SsoLink.issuer == claims.issuer, SsoLink.member_id == member.id)
    if db.execute(query).first() is not None:
        text = _("%(email)s belongs to another person of your sign-in service here. Ask an admin to forget the connections.", email=email)
        raise Forbidden(text)


def _newcomer(
    db: Session, settings: SsoSettings, claims: Claims, email: str, identity_id: UUID, language: str, expected: Member | None
) -> tuple[Member, bool]:
    """Make a member as the firm wants newcomers to be, or as an open invitation says; tell whether full seats have run out."""
    invited = _invitation(db, email)
    if invited is None and settings.newcomers == "nobody":
        raise Forbidden(_("You are not in this workspace yet. Ask an admin to invite %(email)s.", email=email))
    role_id = invited.role_id if invited else settings.role_id
    if role_id is None or db.get(Role, role_id) is None:
        raise Forbidden(_("The role that newcomers get does not exist any more. Ask an admin to choose another one."))
    wants_full = invited is not None or settings.newcomers == "full"
    is_short = invited is None and wants_full and _full_seats(db) >= settings.ceiling
    department_id = invited.department_id if invited else settings.department_id
    member = expected or Member(id=new_id(), email=email)
    member.identity_id, member.status, member.email = identity_id, "active", email
    member.name, member.language = _name(claims, email), language
    member.seat = "full" if wants_full and not is_short else "viewer"
    member.department_id = _department(db, department_id)
    db.add(member)
    db.flush()
    db.add(MemberRole(member_id=member.id, role_id=role_id))
    if invited is not None:
        invited.accepted_at = now()
    db.flush()
    return member, is_short


def _invitation(db: Session, email: str) -> Invitation | None:
    query = select(Invitation).where(
        Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now()
    )
    return db.execute(query).scalars().first()


def _full_seats(db: Session) -> int:
    return db.execute(select(func.count()).select_from(Member).where(Member.status == "active", Member.seat == "full")).scalar_one()


def _department(db: Session, key: UUID | None) -> UUID:
    if key is not None and db.get(Department, key) is not None:
        return key
    return db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar_one()


def _name(claims: Claims, email: str) -> str:
    try:
        return addresses.person_name(claims.name[: addresses.MAX_NAME])
    except Invalid:
        return email


def _held(db: Session, member_id: UUID) -> set[UUID]:
    return set(db.execute(select(MemberRole.role_id).where(MemberRole.member_id == member_id)).scalars())


def _mapped(db: Session, settings: SsoSettings, claims: Claims) -> set[UUID] | None:
    """Say which roles somebody's groups give; those of newcomers when no group does; None when groups decide nothing."""
    groups = claims.groups(settings.group_claim) if settings.group_claim else None
    if groups is None or not settings.group_roles:
        return None
    wanted = {UUID(line["role"]) for line in settings.group_roles if line["group"] in groups}
    if not wanted and settings.role_id is not None:
        wanted = {settings.role_id}
    return set(db.execute(select(Role.id).where(Role.id.in_(wanted))).scalars()) or None


def _follow_groups(db: Session, settings: SsoSettings, member: Member, claims: Claims) -> None:
    """Give a member the roles of their groups, no others. Break-glass admins and the last admin stay admins."""
    wanted, held = _mapped(db, settings, claims), _held(db, member.id)
    if wanted is None or wanted == held:
        return
    admin = db.execute(select(Role.id).where(Role.key == ADMIN_KEY)).scalar_one()
    if admin in held - wanted and (member.id in settings.break_glass or _is_last_admin(db, member.id)):
        wanted = wanted | {admin}
    if wanted == held:
        return
    db.execute(delete(MemberRole).where(MemberRole.member_id == member.id, MemberRole.role_id.not_in(wanted)))
    db.add_all(MemberRole(member_id=member.id, role_id=role) for role in sorted(wanted - held))
    db.flush()
    names = {row.id: row.name for row in db.execute(select(Role.id, Role.name).where(Role.id.in_(wanted | held)))}
    before, after = (sorted(names[key] for key in keys if key in names) for keys in (held, wanted))
    audit.note(db, None, "sso.roles", {"member": str(member.id), "roles": before}, {"roles": after})


def _is_last_admin(db: Session, member_id: UUID) -> bool:
    others = (
        select(Member.id)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .join(Role, Role.id == MemberRole.role_id)
        .where(Role.key == ADMIN_KEY, Member.status == "active", Member.seat == "full", Member.id != member_id)
    )
    return db.execute(others.limit(1)).first() is None


def _keep_identity(control: Session, tenant: Tenant, identity_id: UUID, member: Member) -> None:
    name = f"{MARK}{identity_id.hex}"
    row = insert(Identity).values(id=identity_id, login_name=name, login_tenant_id=tenant.id, name=member.name, language=member.language)
    control.execute(row.on_conflict_do_nothing())


def nothing_told(message: str = "", detail: str = "") -> dict[str, Any]:
    """Make the result of a trial that brought no claims: why, in a sentence and technically."""
    return {"is_good": False, "message": message, "detail": detail, "email": "", "member": "", "roles": None, "claims": []}


def rehearse(db: Session, settings: SsoSettings, claims: Claims) -> dict[str, Any]:
    """Say what would happen if these claims signed in, changing nothing: plain JSON for the settings page.

    `claims` are (name, text) pairs as they came; `member` names who it would be, empty for a newcomer; `roles` are names, or None
    when groups decide nothing.
    """
    told = {**nothing_told(), "email": claims.email}
    told["claims"] = [(name, _shown(value)) for name, value in sorted(claims.raw.items()) if name not in _UNTOLD][:MAX_TOLD]
    try:
        email = proven_email(settings, claims)
    except Forbidden as refusal:
        return {**told, "message": refusal.message}
    known = _link(db, claims) or db.execute(select(Member.id).where(Member.email == email).order_by(Member.status)).scalars().first()
    if known is not None:
        told["member"] = db.get_one(Member, known).name
    mapped = _mapped(db, settings, claims)
    if mapped is not None:
        told["roles"] = sorted(db.execute(select(Role.name).where(Role.id.in_(mapped))).scalars())
    return {**told, "is_good": True}


def _shown(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:MAX_SHOWN]
