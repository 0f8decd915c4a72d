"""What single sign-on ties a member to, for the verbs that change people: identities to end, and the last way in to keep."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from saas.auth.members import Member, MemberRole, Role
from saas.auth.permissions import ADMIN_KEY
from saas.auth.sso.rules import is_there
from saas.auth.sso.tables import SsoLink, SsoSettings
from saas.tenants.session import bound_tenant

# Keys of identities made here are derived from issuer and subject (RFC 9562, version 5); all others are version 7.
VOUCHED_VERSION = 5


def is_vouched(identity_id: UUID | None) -> bool:
    """Tell whether a member has no identity but the one that the firm's provider vouches for (`arrive.identity_key` makes such keys)."""
    return identity_id is not None and identity_id.version == VOUCHED_VERSION


def linked_identities(db: Session, member_id: UUID) -> list[UUID]:
    """List the identities under which the firm's provider lets a member in."""
    if not is_there(bound_tenant(db)):
        return []
    return list(db.execute(select(SsoLink.identity_id).where(SsoLink.member_id == member_id)).scalars())


def is_last_way_in(db: Session, member_id: UUID) -> bool:
    """Tell whether a member is the only break-glass admin left of a firm that insists on its provider. Ask behind `directory.touch`."""
    row = db.execute(select(SsoSettings)).scalar_one_or_none() if is_there(bound_tenant(db)) else None
    if row is None or not (row.is_on and row.is_required) or member_id not in row.break_glass:
        return False
    others = (
        select(Member.id)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .join(Role, Role.id == MemberRole.role_id)
        .where(Role.key == ADMIN_KEY, Member.status == "active", Member.seat == "full")
        .where(Member.id.in_([key for key in row.break_glass if key != member_id]))
    )
    return db.execute(others.limit(1)).first() is None
