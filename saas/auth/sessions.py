"""Signed-in browsers: rows in the control plane, found by the hash of a random token that only the browser holds.

A session belongs to one host: a workspace, or the public site (no tenant). How somebody proves who they are is in `login`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from saas.auth.identities import Identity, WebSession
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import Entitlements, TenantRow
from saas.tenants.resolve import TENANT_COLUMNS, from_row
from saas.tenants.session import Tenant

ABSOLUTE = timedelta(days=30)
IDLE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
TOKEN_BYTES = 32
MAX_AGENT = 300


@dataclass(frozen=True)
class Person:
    """An identity as a request knows it, detached from any session. `login_name` belongs to the firm that made it."""

    id: UUID
    name: str
    email: str | None
    login_name: str | None
    language: str


@dataclass(frozen=True)
class Found:
    """A live session: whose it is and, unless it is one of the public site, in which firm."""

    session_id: UUID
    identity: Person
    tenant: Tenant | None


@dataclass(frozen=True)
class Device:
    """One sign-in of a person as they see it in a list: a browser, with the workspaces it is in. `id` is the family's key."""

    id: UUID
    workspaces: tuple[str, ...]
    address: str
    agent: str
    last_seen_at: datetime
    session_ids: frozenset[UUID]


def cookie_name(is_secure: bool) -> str:
    """Name the cookie. The prefix binds it to one host by the browser's own rule, which needs HTTPS (RFC 6265bis §4.1.3)."""
    return "__Host-session" if is_secure else "session"


def create(
    control: Session, identity_id: UUID, tenant_id: UUID | None, address: str = "", agent: str = "", *, family_id: UUID | None = None
) -> str:
    """Open a session on one host and return the token for its cookie, which is kept nowhere else.

    `family_id` is that of the session it was handed over from; a sign-in begins a family of its own.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    at = now()
    control.add(
        WebSession(
            token_hash=_hash(token),
            identity_id=identity_id,
            tenant_id=tenant_id,
            family_id=family_id or new_id(),
            created_at=at,
            last_seen_at=at,
            expires_at=at + ABSOLUTE,
            address=address,
            agent=agent[:MAX_AGENT],
        )
    )
    control.flush()
    return token


# Asked on every request: built once.
_LIVE = (
    select(
        *TENANT_COLUMNS,
        WebSession.id,
        WebSession.last_seen_at,
        Identity.id,
        Identity.name,
        Identity.email,
        Identity.login_name,
        Identity.language,
    )
    .select_from(WebSession)
    .join(Identity, Identity.id == WebSession.identity_id)
    .outerjoin(TenantRow, TenantRow.id == WebSession.tenant_id)
    .outerjoin(Entitlements, Entitlements.tenant_id == TenantRow.id)
    .where(WebSession.token_hash == bindparam("token_hash"))
    .where(WebSession.expires_at > bindparam("at"), WebSession.last_seen_at > bindparam("idle_since"))
)
_IN_WORKSPACE = _LIVE.where(TenantRow.slug == bindparam("slug"))
_ON_PUBLIC_SITE = _LIVE.where(WebSession.tenant_id.is_(None))


def find(control: Session, token: str, slug: str | None) -> Found | None:
    """Find the live session of a token on a host: a workspace's name, or None for the public site; one statement.

    A token of another host is nobody's. Use is noted at most every five minutes.
    """
    at = now()
    given = {"token_hash": _hash(token), "at": at, "idle_since": at - IDLE}
    found = control.execute(_ON_PUBLIC_SITE, given) if slug is None else control.execute(_IN_WORKSPACE, {**given, "slug": slug})
    row: Any = found.first()
    if row is None:
        return None
    session_id, last_seen_at, *person = row[len(TENANT_COLUMNS) :]
    if at - last_seen_at > SEEN_EVERY:
        control.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=at))
    return Found(session_id, Person(*person), from_row(row) if slug is not None else None)


def devices(control: Session, identity_id: UUID) -> list[Device]:
    """List a person's live sign-ins, the latest used first."""
    at = now()
    query = (
        select(WebSession, TenantRow.name)
        .outerjoin(TenantRow, TenantRow.id == WebSession.tenant_id)
        .where(WebSession.identity_id == identity_id, WebSession.expires_at > at, WebSession.last_seen_at > at - IDLE)
        .order_by(WebSession.last_seen_at.desc(), WebSession.id)
    )
    families: dict[UUID, list[tuple[WebSession, str | None]]] = {}
    for row, workspace in control.execute(query):
        families.setdefault(row.family_id, []).append((row, workspace))
    return [_device(family_id, rows) for family_id, rows in families.items()]


def _device(family_id: UUID, rows: list[tuple[WebSession, str | None]]) -> Device:
    latest = rows[0][0]
    names = tuple(dict.fromkeys(name for _row, name in rows if name))
    return Device(family_id, names, latest.address, latest.agent, latest.last_seen_at, frozenset(row.id for row, _name in rows))


def family_of(control: Session, session_id: UUID | None) -> UUID | None:
    """Tell which sign-in a session came from."""
    return control.execute(select(WebSession.family_id).where(WebSession.id == session_id)).scalar_one_or_none()


def end(control: Session, identity_id: UUID, session_id: UUID) -> None:
    """Sign out: end a session of this person and all that were handed over from the same sign-in."""
    family = select(WebSession.family_id).where(WebSession.id == session_id).scalar_subquery()
    control.execute(delete(WebSession).where(WebSession.identity_id == identity_id, WebSession.family_id == family))


def end_device(control: Session, identity_id: UUID, family_id: UUID) -> None:
    """End one of a person's own sign-ins on all hosts; nothing when it is somebody else's."""
    control.execute(delete(WebSession).where(WebSession.identity_id == identity_id, WebSession.family_id == family_id))


def end_all(control: Session, identity_id: UUID, tenant_id: UUID | None = None, keep: UUID | None = None) -> None:
    """End a person's sessions: only those in one firm when it is named, and not the sign-in that session `keep` belongs to."""
    query = delete(WebSession).where(WebSession.identity_id == identity_id)
    if tenant_id is not None:
        query = query.where(WebSession.tenant_id == tenant_id)
    if keep is not None:
        query = query.where(WebSession.family_id.is_distinct_from(family_of(control, keep)))
    control.execute(query)


def sweep(control: Session) -> int:
    """Forget sessions that have ended; return how many."""
    at = now()
    query = delete(WebSession).where((WebSession.expires_at <= at) | (WebSession.last_seen_at <= at - IDLE))
    return len(control.execute(query.returning(WebSession.id)).all())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
