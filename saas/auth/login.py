"""Proving who one is with a password, and what happens then. A wrong name, a wrong password and no account look and cost the same."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from redis import Redis
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from saas.auth import addresses, codes, passwords, sessions
from saas.auth.identities import Identity, Membership, Opening
from saas.auth.sessions import Person
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.throttle import forgive, throttle
from saas.tenants import resolve
from saas.tenants.cells import Databases
from saas.tenants.models import TenantRow
from saas.tenants.session import Tenant, control_session

WINDOW_S = 900
TRIES_OF_ADDRESS = 60
TRIES_OF_PAIR = 8
# Many addresses together may not go on for ever, but one of them cannot lock somebody out with a few tries.
TRIES_OF_ACCOUNT = 50


@dataclass(frozen=True)
class Place:
    """One of a person's workspaces."""

    slug: str
    name: str


def prove(databases: Databases, redis: Redis, handle: str, password: str, *, tenant: Tenant | None, address: str) -> Person:
    """Compare a handle (e-mail; a login name on a workspace's host) with its password.

    Raises Invalid({"": sentence}), the same for everything that is wrong, and TooMany. No transaction is open while hashing.
    """
    plain = _plain(handle)
    account = f"{tenant.id if tenant and '@' not in plain else ''}:{plain}"
    throttle(redis, "sign-in-from", address, TRIES_OF_ADDRESS, WINDOW_S)
    throttle(redis, "sign-in-pair", f"{address}:{account}", TRIES_OF_PAIR, WINDOW_S)
    throttle(redis, "sign-in-to", account, TRIES_OF_ACCOUNT, WINDOW_S)
    with control_session(databases) as control:
        row = _candidate(control, plain, tenant)
    verdict = passwords.compare(row.password_hash if row else None, password)
    if row is None or not verdict.is_right:
        raise Invalid({"": _("The name or the password is not right.")})
    forgive(redis, "sign-in-pair", f"{address}:{account}")
    if verdict.fresh_hash:
        with control_session(databases) as control:
            same = (Identity.id == row.id, Identity.password_hash == row.password_hash)
            control.execute(update(Identity).where(*same).values(password_hash=verdict.fresh_hash))
    return Person(row.id, row.name, row.email, row.login_name, row.language)


def has_account(control: Session, email: str) -> bool:
    """Tell whether an address can sign in. One whose only workspace is still being opened has not finished signing up."""
    unfinished = exists().where(Opening.identity_id == Identity.id, Opening.finished_at.is_(None))
    belongs = exists().where(Membership.identity_id == Identity.id)
    return control.execute(select(Identity.id).where(Identity.email == email, or_(belongs, ~unfinished))).first() is not None


def places(control: Session, identity_id: UUID) -> list[Place]:
    """List the workspaces somebody belongs to, by name."""
    query = (
        resolve.select_tenants()
        .join(Membership, Membership.tenant_id == TenantRow.id)
        .where(Membership.identity_id == identity_id, Membership.is_active, TenantRow.status != "failed")
        .order_by(TenantRow.name, TenantRow.slug)
    )
    return [Place(tenant.slug, tenant.name) for tenant in map(resolve.from_row, control.execute(query))]


def is_member(control: Session, identity_id: UUID, tenant_id: UUID, *, is_staff: bool = False) -> bool:
    """Tell whether somebody belongs to a firm, as far as the control plane knows; the firm itself has the last word.

    Staff with a login name belong to the firm that made it unless it ended their access.
    """
    row = control.get(Membership, (identity_id, tenant_id))
    return row.is_active if row is not None else is_staff


def hand_over(control: Session, identity_id: UUID, slug: str, family_id: UUID) -> tuple[Tenant, str] | None:
    """Make a hand-off to one of a person's own workspaces; None when it is not theirs."""
    tenant = resolve.by_slug(control, slug)
    if tenant is None or not is_member(control, identity_id, tenant.id):
        return None
    return tenant, codes.start_handoff(control, identity_id, tenant.id, family_id)


def change_password(control: Session, identity_id: UUID, password_hash: str, keep: UUID | None = None) -> None:
    """Set a new password and end all sessions of the person but those of the sign-in that session `keep` belongs to."""
    control.execute(update(Identity).where(Identity.id == identity_id).values(password_hash=password_hash))
    sessions.end_all(control, identity_id, keep=keep)


def _plain(handle: str) -> str:
    try:
        return addresses.email_address(handle) if "@" in handle else addresses.login_name(handle)
    except Invalid:
        return ""


def _candidate(control: Session, plain: str, tenant: Tenant | None) -> Identity | None:
    if "@" in plain:
        query = select(Identity).where(Identity.email == plain)
    else:
        query = select(Identity).where(Identity.login_tenant_id == (tenant.id if tenant else None), Identity.login_name == plain)
    return control.execute(query).scalar_one_or_none()
