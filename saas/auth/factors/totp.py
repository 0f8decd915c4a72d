"""Authenticator apps: six digits from a shared secret and the clock (RFC 6238), each accepted once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

import pyotp
from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from saas.auth.factors.models import Totp
from saas.auth.factors.sealing import seal, unseal
from saas.core.clock import now
from saas.core.ids import new_id

PERIOD_S = 30
# A phone's clock may be half a minute off either way.
STEPS_AROUND = (-1, 0, 1)
PURPOSE = "totp"


@dataclass(frozen=True)
class Setup:
    """An app on its way: the secret to type by hand, and the address that its QR code holds."""

    secret: str
    uri: str


def set_up(control: Session, identity_id: UUID, key: str, account: str, issuer: str) -> Setup:
    """Begin to add an app, or show once more what was begun; nothing counts until `confirm`."""
    row = control.execute(_rows(identity_id, is_confirmed=False)).scalar_one_or_none()
    secret = _secret(row, key) if row else None
    if secret is None:
        if row is not None:
            control.delete(row)
            control.flush()
        secret = pyotp.random_base32()
        control.add(Totp(id=new_id(), identity_id=identity_id, secret_sealed=seal(key, PURPOSE, str(identity_id), secret.encode())))
        control.flush()
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def confirm(control: Session, identity_id: UUID, key: str, code: str) -> bool:
    """Take the app into use, in place of an older one, when the code is right; that code is used up."""
    row = control.execute(_rows(identity_id, is_confirmed=False).with_for_update()).scalar_one_or_none()
    step = _step(row, key, code) if row else None
    if row is None or step is None:
        return False
    control.execute(delete(Totp).where(Totp.identity_id == identity_id, Totp.confirmed_at.is_not(None)))
    row.confirmed_at, row.last_step = now(), step
    control.flush()
    return True


def use(control: Session, identity_id: UUID, key: str, code: str) -> bool:
    """Tell whether a code is right now, and make it and all older ones worthless."""
    row = control.execute(_rows(identity_id, is_confirmed=True)).scalar_one_or_none()
    step = _step(row, key, code) if row else None
    if row is None or step is None:
        return False
    # Two requests with one code: the second finds its step taken.
    is_fresh = or_(Totp.last_step.is_(None), Totp.last_step < step)
    taken = control.execute(update(Totp).where(Totp.id == row.id, is_fresh).values(last_step=step).returning(Totp.id))
    return taken.first() is not None


def remove(control: Session, identity_id: UUID) -> None:
    """Forget a person's app, also one on its way."""
    control.execute(delete(Totp).where(Totp.identity_id == identity_id))


def _rows(identity_id: UUID, *, is_confirmed: bool) -> Select[Totp]:
    state = Totp.confirmed_at.is_not(None) if is_confirmed else Totp.confirmed_at.is_(None)
    return select(Totp).where(Totp.identity_id == identity_id, state)


def _secret(row: Totp, key: str) -> str | None:
    plain = unseal(key, PURPOSE, str(row.identity_id), row.secret_sealed)
    return plain.decode() if plain is not None else None


def _step(row: Totp, key: str, code: str) -> int | None:
    """Find the time step a code belongs to; all are compared, so that the clock tells nothing."""
    plain, secret = "".join(code.split()), _secret(row, key)
    if secret is None or not (plain.isascii() and plain.isdigit()):
        return None
    app, present = pyotp.TOTP(secret, interval=PERIOD_S), int(now().timestamp()) // PERIOD_S
    found = [present + around for around in STEPS_AROUND if hmac.compare_digest(app.generate_otp(present + around), plain)]
    return max(found, default=None)
