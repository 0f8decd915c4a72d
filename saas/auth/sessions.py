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

from sqlalchemy import ColumnElement, DateTime, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from saas.auth.factors.models import SignInRules
from saas.auth.identities import Identity, WebSession
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import Entitlements, TenantRow
from saas.tenants.resolve import TENANT_COLUMNS, from_row
from saas.tenants.session import Tenant

ABSOLUTE = timedelta(days=30)
IDLE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
# Where a firm ends idle sign-ins soon, use is noted more often, so that nobody is put out while working.
SEEN_OFTEN = timedelta(minutes=1)
SHORT_IDLE = timedelta(hours=1)
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
class Proof:
    """When a session's person last proved who they are, and whether with a second factor. `at` None is longer ago than anybody knows."""

    at: datetime | None
    is_two_factor: bool


NO_PROOF = Proof(None, False)


@dataclass(frozen=True)
class Found:
    """A live session: whose it is and, unless it is one of the public site, in which firm. `requires_factor` is the firm's rule."""

    session_id: UUID
    identity: Person
    tenant: Tenant | None
    proof: Proof
    requires_factor: bool


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
    control: Session,
    identity_id: UUID,
    tenant_id: UUID | None,
    address: str = "",
    agent: str = "",
    *,
    family_id: UUID | None = None,
    is_two_factor: bool = False,
) -> str:
    """Open a session on one host and return the token for its cookie, which is kept nowhere else.

    `family_id` is that of the session it was handed over from, whose age and proof it shares; a sign-in begins a family of its own.
    `is_two_factor` says that a second factor was proved just now.
    """
    token, at = secrets.token_urlsafe(TOKEN_BYTES), now()
    elder = _elder(control, family_id) if family_id else None
    proof = Proof(elder.proved_at, elder.is_two_factor) if elder and not is_two_factor else Proof(at, is_two_factor)
    fresh = WebSession(
        id=new_id(), token_hash=_hash(token), identity_id=identity_id, tenant_id=tenant_id, family_id=family_id or new_id(),
        created_at=at, last_seen_at=at, expires_at=at + ABSOLUTE, address=address, agent=agent[:MAX_AGENT],
        signed_in_at=(elder.signed_in_at or elder.created_at) if elder else at, proved_at=proof.at, is_two_factor=proof.is_two_factor,
    )  # fmt: skip
    control.add(fresh)
    control.flush()
    if elder and is_two_factor:
        prove(control, fresh.id, is_two_factor=True)
    return token


def _elder(control: Session, family_id: UUID) -> WebSession | None:
    query = select(WebSession).where(WebSession.family_id == family_id).order_by(WebSession.proved_at.desc().nulls_last(), WebSession.id)
    return control.execute(query.limit(1)).scalar_one_or_none()


def family_proof(control: Session, family_id: UUID) -> Proof | None:
    """Tell what the sessions of a sign-in have proved; None when none is left."""
    elder = _elder(control, family_id)
    return Proof(elder.proved_at, elder.is_two_factor) if elder else None


def prove(control: Session, session_id: UUID, *, is_two_factor: bool) -> None:
    """Note that a session's person proved who they are just now, for all sessions of the same sign-in."""
    family = select(WebSession.family_id).where(WebSession.id == session_id).scalar_subquery()
    values: dict[str, Any] = {"proved_at": now()}
    if is_two_factor:
        values["is_two_factor"] = True
    control.execute(update(WebSession).where(WebSession.family_id == family).values(**values).execution_options(synchronize_session=False))


def forget_factor(control: Session, identity_id: UUID) -> None:
    """Note that a person has no second factor any more, so that no session has proved one."""
    query = update(WebSession).where(WebSession.identity_id == identity_id).values(is_two_factor=False)
    control.execute(query.execution_options(synchronize_session=False))


def may_enter(control: Session, tenant_id: UUID, family_id: UUID) -> bool:
    """Tell whether a sign-in that began elsewhere is young and lively enough for the limits of a firm.

    Going to and fro must not outlive them: beyond the idle limit it counts only as long as one of its sessions in the firm lives.
    """
    rules, elder = control.get(SignInRules, tenant_id), _elder(control, family_id)
    if rules is None or elder is None:
        return True
    at, began = now(), elder.signed_in_at or elder.created_at
    if rules.absolute_limit is not None and at - began > rules.absolute_limit:
        return False
    if rules.idle_limit is None or (elder.proved_at is not None and at - elder.proved_at <= rules.idle_limit):
        return True
    own = select(WebSession.id).where(WebSession.family_id == family_id, WebSession.tenant_id == tenant_id)
    return control.execute(own.where(WebSession.last_seen_at > at - rules.idle_limit)).first() is not None


def _lives() -> tuple[ColumnElement[bool], ...]:
    """Say, with parameter `at` and the firm's rules joined, which sessions have not ended."""
    at: Any = bindparam("at", type_=DateTime(timezone=True))
    return (
        WebSession.expires_at > at,
        WebSession.last_seen_at > at - func.coalesce(SignInRules.idle_limit, IDLE),
        func.coalesce(WebSession.signed_in_at, WebSession.created_at) > at - func.coalesce(SignInRules.absolute_limit, ABSOLUTE),
    )


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
        WebSession.proved_at,
        WebSession.is_two_factor,
        func.coalesce(SignInRules.requires_factor, False),
        SignInRules.idle_limit,
    )
    .select_from(WebSession)
    .join(Identity, Identity.id == WebSession.identity_id)
    .outerjoin(TenantRow, TenantRow.id == WebSession.tenant_id)
    .outerjoin(Entitlements, Entitlements.tenant_id == TenantRow.id)
    .outerjoin(SignInRules, SignInRules.tenant_id == WebSession.tenant_id)
    .where(WebSession.token_hash == bindparam("token_hash"), *_lives())
)
_IN_WORKSPACE = _LIVE.where(TenantRow.slug == bindparam("slug"))
_ON_PUBLIC_SITE = _LIVE.where(WebSession.tenant_id.is_(None))


def find(control: Session, token: str, slug: str | None) -> Found | None:
    """Find the live session of a token on a host: a workspace's name, or None for the public site; one statement.

    A token of another host is nobody's. Use is noted at most every five minutes, every minute where the firm's idle limit is short.
    """
    at = now()
    given = {"token_hash": _hash(token), "at": at}
    found = control.execute(_ON_PUBLIC_SITE, given) if slug is None else control.execute(_IN_WORKSPACE, {**given, "slug": slug})
    row: Any = found.first()
    if row is None:
        return None
    session_id, last_seen_at, *person, proved_at, is_two_factor, requires_factor, idle_limit = row[len(TENANT_COLUMNS) :]
    if at - last_seen_at > (SEEN_EVERY if idle_limit is None or idle_limit > SHORT_IDLE else SEEN_OFTEN):
        control.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=at))
    proof = Proof(proved_at, is_two_factor)
    return Found(session_id, Person(*person), from_row(row) if slug is not None else None, proof, requires_factor)


def devices(control: Session, identity_id: UUID) -> list[Device]:
    """List a person's live sign-ins, the latest used first."""
    query = (
        select(WebSession, TenantRow.name)
        .outerjoin(TenantRow, TenantRow.id == WebSession.tenant_id)
        .outerjoin(SignInRules, SignInRules.tenant_id == WebSession.tenant_id)
        .where(WebSession.identity_id == identity_id, *_lives())
        .order_by(WebSession.last_seen_at.desc(), WebSession.id)
    )
    families: dict[UUID, list[tuple[WebSession, str | None]]] = {}
    for row, workspace in control.execute(query, {"at": now()}):
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
