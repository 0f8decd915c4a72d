"""The way back when phone, passkeys and codes are all lost: asked for, announced, waited for, opened by a link that works once.

Whoever asks has proved the password; the link goes to the address; and in between everybody concerned had days to object.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from saas.auth.factors import enrolled, pending
from saas.auth.factors.models import FactorRecovery
from saas.core.clock import now
from saas.core.ids import new_id, parse_id
from saas.tenants.outbox import enqueue

ANNOUNCE_JOB, OPEN_JOB = "factors.announce", "factors.open_recovery"
ASKED, CANCELLED, USED = "asked", "cancelled", "used"
# How long the link works once the waiting is over.
LINK_LIFE = timedelta(days=3)


def request(control: Session, identity_id: UUID, slug: str | None, wait: timedelta) -> FactorRecovery:
    """Begin the waiting time and tell everybody concerned; once more while one is under way changes nothing."""
    control.execute(delete(FactorRecovery).where(FactorRecovery.identity_id == identity_id, FactorRecovery.expires_at <= now(), *_open()))
    found = control.execute(select(FactorRecovery).where(FactorRecovery.identity_id == identity_id, *_open())).scalar_one_or_none()
    if found is not None:
        return found
    at = now()
    row = FactorRecovery(
        id=new_id(), identity_id=identity_id, slug=slug, created_at=at, ready_at=at + wait, expires_at=at + wait + LINK_LIFE
    )  # fmt: skip
    control.add(row)
    control.flush()
    enqueue(control, ANNOUNCE_JOB, recovery=str(row.id), step=ASKED)
    enqueue(control, OPEN_JOB, due_at=row.ready_at, recovery=str(row.id))
    return row


def load(control: Session, recovery_id: UUID) -> FactorRecovery | None:
    """Find a recovery, whatever its state."""
    return control.get(FactorRecovery, recovery_id)


def cancel_token(key: str, recovery_id: UUID) -> str:
    """Write the secret of the link that cancels; it can be made again for every letter, so it is kept nowhere."""
    return f"{recovery_id}.{hmac.new(key.encode(), f'recovery-cancel:{recovery_id}'.encode(), hashlib.sha256).hexdigest()}"


def to_cancel(control: Session, key: str, token: str) -> FactorRecovery | None:
    """Find the open recovery that a link cancels."""
    found = parse_id(token.partition(".")[0])
    if found is None or not hmac.compare_digest(cancel_token(key, found).encode(), token.encode()):
        return None
    query = select(FactorRecovery).where(FactorRecovery.id == found, FactorRecovery.expires_at > now(), *_open())
    return control.execute(query).scalar_one_or_none()


def cancel(control: Session, identity_id: UUID, by: str) -> bool:
    """Stop whatever recovery of a person is under way, and tell everybody concerned; False when there is none. `by` says how."""
    stopped = update(FactorRecovery).where(FactorRecovery.identity_id == identity_id, *_open())
    key = control.execute(stopped.values(cancelled_at=now(), cancelled_by=by).returning(FactorRecovery.id)).scalar_one_or_none()
    if key is not None:
        enqueue(control, ANNOUNCE_JOB, recovery=str(key), step=CANCELLED)
    return key is not None


def open_link(control: Session, recovery_id: UUID) -> str | None:
    """Make the link once the waiting is over, a fresh one each time; None when it was cancelled, used or is not due."""
    token = secrets.token_urlsafe(32)
    due = update(FactorRecovery).where(FactorRecovery.id == recovery_id, FactorRecovery.ready_at <= now(), *_open())
    values = {"link_hash": _hash(token), "expires_at": now() + LINK_LIFE}
    return token if control.execute(due.values(**values).returning(FactorRecovery.id)).first() is not None else None


def find(control: Session, token: str) -> FactorRecovery | None:
    """Find the recovery a link opens, without using it up."""
    return control.execute(select(FactorRecovery).where(*_fits(token))).scalar_one_or_none()


def use(control: Session, token: str) -> UUID | None:
    """Use the link up: every factor and every session of the person goes. Return whose it was; None when it works no more."""
    used = update(FactorRecovery).where(*_fits(token)).values(used_at=now())
    row = control.execute(used.returning(FactorRecovery.id, FactorRecovery.identity_id)).first()
    if row is None:
        return None
    enrolled.remove_all(control, row.identity_id)
    pending.end_all(control, row.identity_id)
    enqueue(control, ANNOUNCE_JOB, recovery=str(row.id), step=USED)
    return UUID(str(row.identity_id))


def _open() -> tuple[ColumnElement[bool], ...]:
    return FactorRecovery.used_at.is_(None), FactorRecovery.cancelled_at.is_(None)


def _fits(token: str) -> tuple[ColumnElement[bool], ...]:
    return FactorRecovery.link_hash == _hash(token), FactorRecovery.expires_at > now(), FactorRecovery.ready_at <= now(), *_open()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
