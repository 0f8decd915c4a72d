"""Inviting colleagues by e-mail: open doors for one address each, and what happens when somebody walks through."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from saas.auth import addresses, audit, departments, directory, membership
from saas.auth.context import Context
from saas.auth.members import Invitation, Member, MemberRole, Workspace
from saas.auth.sessions import Person
from saas.auth.sso import ties
from saas.core import i18n, mail
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.core.settings import Settings
from saas.tenants.outbox import enqueue

LIFE = timedelta(days=14)


@dataclass(frozen=True)
class Invited:
    """What the form says. Empty role and department mean what the actor's firm normally gives."""

    email: str
    name: str
    role_id: UUID | None
    department_id: UUID | None
    language: str


@dataclass(frozen=True)
class Pending:
    """An open invitation as the people page shows it."""

    id: UUID
    email: str
    name: str
    role_id: UUID
    invited_by: UUID
    expires_at: datetime


def invite(ctx: Context, settings: Settings, who: Invited) -> Invitation:
    """Invite an address, or once more if it is invited already (the older link stops working). Raises Invalid, Forbidden."""
    ctx.require(membership.MANAGE)
    email = addresses.email_address(who.email)
    role, department = membership.role_to_give(ctx, who.role_id), membership.department_to_join(ctx, who.department_id)
    departments.require_place(ctx, [role], [department])
    directory.touch(ctx.db)
    known = ctx.db.execute(select(Member).where(Member.email == email, Member.status != "expected")).scalars().first()
    if known is not None and not (known.status == "active" and ties.is_vouched(known.identity_id)):
        raise Invalid({"email": _already(known)})
    open_door = ctx.db.execute(select(Invitation).where(Invitation.email == email, *_is_open())).scalars().first()
    row = open_door or Invitation(id=new_id(), email=email, created_at=now(), accepted_at=None, revoked_at=None)
    row.name = addresses.person_name(who.name) if who.name.strip() else ""
    row.role_id, row.department_id, row.invited_by = role.id, department, ctx.member.id
    row.language = who.language if who.language in i18n.LOCALES else ctx.workspace.language
    audit.note(ctx.db, ctx.member.id, "invitation.sent", after={"email": email, "role": role.name})
    _send(ctx, settings, row)
    return row


def resend(ctx: Context, settings: Settings, invitation_id: UUID | None) -> Invitation:
    """Send an open or run-out invitation again with a fresh link. Raises NotFound."""
    row = _managed(ctx, invitation_id)
    departments.require_place(ctx, [membership.role_to_give(ctx, row.role_id)], [row.department_id])
    _send(ctx, settings, row)
    return row


def revoke(ctx: Context, invitation_id: UUID | None) -> None:
    """Close the door. Raises NotFound."""
    row = _managed(ctx, invitation_id)
    row.revoked_at = now()
    audit.note(ctx.db, ctx.member.id, "invitation.revoked", {"email": row.email})


def pending(db: Session) -> list[Pending]:
    """List invitations that were neither accepted nor revoked, run-out ones too, the newest first."""
    query = select(Invitation).where(*_is_open()).order_by(Invitation.created_at.desc())
    return [Pending(i.id, i.email, i.name, i.role_id, i.invited_by, i.expires_at) for i in db.execute(query).scalars()]


def find(db: Session, token: str, *, is_locked: bool = False) -> Invitation:
    """Find the open invitation of a link. Raises NotFound for a link that is used, revoked, replaced, run out or made up."""
    query = select(Invitation).where(Invitation.secret_hash == _hash(token), Invitation.expires_at > now(), *_is_open())
    row = db.execute(query.with_for_update() if is_locked else query).scalar_one_or_none()
    if row is None:
        raise NotFound(_("This invitation is not open any more. Ask whoever invited you to send it again."))
    return row


def accept(db: Session, token: str, person: Person) -> Member:
    """Make the person who holds the link and has proven its address a member. Raises NotFound, Conflict."""
    directory.touch(db)
    row = find(db, token, is_locked=True)
    if person.email != row.email:
        raise Conflict(_("This invitation is for %(email)s. Sign in with that address.", email=row.email))
    member = _place_for(db, row, person)
    row.accepted_at = now()
    audit.note(db, member.id, "invitation.accepted", after={"email": row.email, "member": str(member.id)})
    membership.follow_later(db, member)
    return member


def _place_for(db: Session, row: Invitation, person: Person) -> Member:
    """Take the member that an import expected under this address, or make a new one; somebody who was sent away stays away."""
    member = db.execute(select(Member).where(Member.identity_id == person.id)).scalar_one_or_none()
    if member is not None:
        if member.status != "active":
            raise Conflict(_("Your access to this workspace was ended. Ask an admin to let you in again."))
        return member
    vouched = db.execute(select(Member).where(Member.email == row.email, Member.status == "active")).scalars().first()
    if vouched is not None and ties.is_vouched(vouched.identity_id):
        # In by single sign-on only so far: from now on by password too, in the same place with the same roles.
        vouched.identity_id = person.id
        return vouched
    member = db.execute(select(Member).where(Member.email == row.email, Member.status == "expected")).scalars().first()
    if member is None:
        member = Member(id=new_id(), email=row.email)
        db.add(member)
    member.identity_id, member.name, member.email, member.status = person.id, person.name, row.email, "active"
    member.department_id, member.language = row.department_id, person.language
    db.flush()
    db.add(MemberRole(member_id=member.id, role_id=row.role_id))
    return member


def _send(ctx: Context, settings: Settings, row: Invitation) -> None:
    token = secrets.token_urlsafe(32)
    row.secret_hash, row.expires_at = _hash(token), now() + LIFE
    ctx.db.add(row)
    firm = ctx.db.execute(select(Workspace.name)).scalar_one()
    words: dict[str, Any] = {
        "firm": firm,
        "inviter": ctx.member.name,
        "invitee": row.name,
        "url": settings.url(ctx.tenant.slug, f"/invitation/{token}"),
        "days": LIFE.days,
        "brand": settings.brand,
    }
    letter = mail.compose("invitation", to=row.email, locale=row.language, **words)
    enqueue(ctx.db, "mail.send", **msgspec.to_builtins(letter))


def _managed(ctx: Context, invitation_id: UUID | None) -> Invitation:
    ctx.require(membership.MANAGE)
    query = select(Invitation).where(Invitation.id == invitation_id, *_is_open()).with_for_update()
    row = ctx.db.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound(_("This invitation was accepted or withdrawn already."))
    return row


def _already(member: Member) -> str:
    if member.status == "active":
        return _("%(name)s is in this workspace already.", name=member.name)
    return _("%(name)s was here before. Let them in again in the list of people instead.", name=member.name)


def _is_open() -> tuple[Any, ...]:
    return Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
