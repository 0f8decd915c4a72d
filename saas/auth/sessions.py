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

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from saas.auth.identities import Identity, WebSession
from saas.core.clock import now
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
class Seen:
    """A session as its owner sees it in a list. `slug` is None for the public site."""

    id: UUID
    slug: str | None
    workspace: str
    address: str
    agent: str
    created_at: datetime
    last_seen_at: datetime


def cookie_name(is_secure: bool) -> str:
    """Name the cookie. The prefix binds it to one host by the browser's own rule, which needs HTTPS (RFC 6265bis §4.1.3)."""
    return "__Host-session" if is_secure else "session"


def create(control: Session, identity_id: UUID, tenant_id: UUID | None, address: str = "", agent: str = "") -> str:
    """Open a session on one host and return the token for its cookie, which is kept nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    at = now()
    control.add(
        WebSession(
            token_hash=_hash(token),
            identity_id=identity_id,
            tenant_id=tenant_id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + ABSOLUTE,
            address=address,
            agent=agent[:MAX_AGENT],
        )
    )
    control.flush()
    return token


def find(control: Session, token: str, slug: str | None) -> Found | None:
    """Find the live session of a token on a host: a workspace's name, or None for the public site; one statement.

    A token of another host is nobody's. Use is noted at most every five minutes.
    """
    at = now()
    query = (
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
        .where(WebSession.token_hash == _hash(token), WebSession.expires_at > at, WebSession.last_seen_at > at - IDLE)
        .where(WebSession.tenant_id.is_(None) if slug is None else TenantRow.slug == slug)
    )
    row: Any = control.execute(query).first()
    if row is None:
        return None
    session_id, last_seen_at, *person = row[len(TENANT_COLUMNS) :]
    if at - last_seen_at > SEEN_EVERY:
        control.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=at))
    return Found(session_id, Person(*person), from_row(row) if slug is not None else None)


def of_identity(control: Session, identity_id: UUID) -> list[Seen]:
    """List a person's live sessions on all hosts, the latest used first."""
    at = now()
    query = (
        select(
            WebSession.id,
            TenantRow.slug,
            TenantRow.name,
            WebSession.address,
            WebSession.agent,
            WebSession.created_at,
            WebSession.last_seen_at,
        )
        .outerjoin(TenantRow, TenantRow.id == WebSession.tenant_id)
        .where(WebSession.identity_id == identity_id, WebSession.expires_at > at, WebSession.last_seen_at > at - IDLE)
        .order_by(WebSession.last_seen_at.desc(), WebSession.id)
    )
    rows: Any = control.execute(query)
    return [Seen(row[0], row[1], row[2] or "", *row[3:]) for row in rows]


def revoke(control: Session, identity_id: UUID, session_id: UUID) -> bool:
    """End one of a person's own sessions; False when it is not theirs or already gone."""
    query = delete(WebSession).where(WebSession.id == session_id, WebSession.identity_id == identity_id).returning(WebSession.id)
    return control.execute(query).first() is not None


def revoke_all(control: Session, identity_id: UUID, tenant_id: UUID | None = None, keep: UUID | None = None) -> int:
    """End a person's sessions, only those of one firm when it is named, all but `keep`; return how many."""
    query = delete(WebSession).where(WebSession.identity_id == identity_id)
    if tenant_id is not None:
        query = query.where(WebSession.tenant_id == tenant_id)
    if keep is not None:
        query = query.where(WebSession.id != keep)
    return len(control.execute(query.returning(WebSession.id)).all())


def sweep(control: Session) -> int:
    """Forget sessions that have ended; return how many."""
    at = now()
    query = delete(WebSession).where((WebSession.expires_at <= at) | (WebSession.last_seen_at <= at - IDLE))
    return len(control.execute(query.returning(WebSession.id)).all())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
