"""Browsers somebody has signed in with before: a key in a long-lived signed cookie, and a row for each person who used it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth.factors.models import KnownDevice
from saas.core.clock import now
from saas.core.ids import new_id, parse_id

COOKIE = "device"
# The longest that browsers keep a cookie (RFC 6265bis §5.5).
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Seen:
    """A browser at a sign-in: whether this person used it before, and whether they ever signed in anywhere."""

    device_id: UUID
    is_new: bool
    is_first: bool


def note(control: Session, identity_id: UUID, device_id: UUID | None) -> Seen:
    """Remember that a person signed in with a browser; one without a key gets one."""
    is_first = not control.execute(select(exists().where(KnownDevice.identity_id == identity_id))).scalar_one()
    key, at = device_id or new_id(), now()
    is_new = control.get(KnownDevice, (identity_id, key)) is None
    row = insert(KnownDevice).values(identity_id=identity_id, device_id=key, created_at=at, last_seen_at=at)
    control.execute(row.on_conflict_do_update(index_elements=["identity_id", "device_id"], set_={"last_seen_at": at}))
    return Seen(key, is_new, is_first)


def write(secret_key: str, device_id: UUID) -> str:
    """Write the cookie."""
    return f"{device_id}.{_sign(secret_key, device_id)}"


def read(secret_key: str, cookie: str) -> UUID | None:
    """Read the cookie; None for one that is not ours."""
    text, _dot, signature = cookie.partition(".")
    found = parse_id(text)
    return found if found and hmac.compare_digest(_sign(secret_key, found).encode(), signature.encode()) else None


def sweep(control: Session) -> int:
    """Forget browsers whose cookie has run out; return how many."""
    query = delete(KnownDevice).where(KnownDevice.last_seen_at < now() - KEPT)
    return len(control.execute(query.returning(KnownDevice.device_id)).all())


def _sign(secret_key: str, device_id: UUID) -> str:
    return hmac.new(secret_key.encode(), f"device:{device_id}".encode(), hashlib.sha256).hexdigest()[:40]
