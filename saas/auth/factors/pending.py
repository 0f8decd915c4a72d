"""Sign-ins between the first factor and the second: no session yet, only a token that leads to one page."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from saas.auth.factors.models import PendingSignIn
from saas.core.clock import now
from saas.core.ids import new_id

LIFE = timedelta(minutes=10)
MAX_TRIES = 10


def cookie_name(is_secure: bool) -> str:
    """Name the cookie, bound to one host like the session's."""
    return "__Host-second-step" if is_secure else "second-step"


def begin(control: Session, identity_id: UUID, tenant_id: UUID | None, family_id: UUID | None, after: str) -> str:
    """Note that somebody proved the first factor on a host; return the token for the browser."""
    token, at = secrets.token_urlsafe(32), now()
    control.add(
        PendingSignIn(
            id=new_id(), token_hash=_hash(token), identity_id=identity_id, tenant_id=tenant_id, family_id=family_id, after=after,
            created_at=at, expires_at=at + LIFE,
        )
    )  # fmt: skip
    control.flush()
    return token


def find(control: Session, token: str, tenant_id: UUID | None) -> PendingSignIn | None:
    """Find the open sign-in of a token on the host it belongs to."""
    return control.execute(select(PendingSignIn).where(*_fits(token, tenant_id))).scalar_one_or_none()


def count_try(control: Session, row: PendingSignIn) -> None:
    """Count a try; the last one closes the sign-in, and the password has to be typed again."""
    control.execute(update(PendingSignIn).where(PendingSignIn.id == row.id).values(tries=PendingSignIn.tries + 1))


def finish(control: Session, token: str, tenant_id: UUID | None) -> PendingSignIn | None:
    """Take the sign-in away, to make a session of it; None when another request was faster."""
    return control.execute(delete(PendingSignIn).where(*_fits(token, tenant_id)).returning(PendingSignIn)).scalar_one_or_none()


def end_all(control: Session, identity_id: UUID) -> None:
    """Forget every unfinished sign-in of a person."""
    control.execute(delete(PendingSignIn).where(PendingSignIn.identity_id == identity_id))


def sweep(control: Session) -> int:
    """Forget what ran out; return how many."""
    return len(control.execute(delete(PendingSignIn).where(PendingSignIn.expires_at <= now()).returning(PendingSignIn.id)).all())


def _fits(token: str, tenant_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    belongs = PendingSignIn.tenant_id.is_(None) if tenant_id is None else PendingSignIn.tenant_id == tenant_id
    return PendingSignIn.token_hash == _hash(token), belongs, PendingSignIn.expires_at > now(), PendingSignIn.tries < MAX_TRIES


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
