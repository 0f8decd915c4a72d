"""Secrets that work once: sign-up codes, proofs of an address, reset links, sign-ins of staff, hand-offs between hosts.

Every function takes a control session, and no wrong try raises: a count of tries must be committed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from saas.auth.identities import OneTimeCode
from saas.core.clock import now
from saas.core.ids import new_id

LIVES = {
    "sign_up": timedelta(minutes=15),
    "proof": timedelta(hours=4),
    "reset": timedelta(hours=1),
    "staff": timedelta(days=7),
    "handoff": timedelta(seconds=30),
}
MAX_TRIES = 6
SIX_DIGITS = 10**6
# Crockford's alphabet (https://www.crockford.com/base32.html): nothing that can be misread, no I, L, O, U.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
STAFF_LENGTH = 8
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class Try(Enum):
    """What came of a try with a six-digit code."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


def start_attempt(control: Session, email: str) -> UUID:
    """Begin a sign-up of an address; return the key of this attempt, which the browser keeps. No code fits it until `set_code`.

    Tries are counted for the attempt, so nobody can use up somebody else's. Addresses that have an account get attempts too:
    their pages must not look different.
    """
    attempt = new_id()
    _add(control, "sign_up", email, secrets.token_bytes(32), id=attempt)
    return attempt


def set_code(control: Session, attempt: UUID, key: str) -> str:
    """Give an attempt a fresh six-digit code and return it, for the mail."""
    code = f"{secrets.randbelow(SIX_DIGITS):06d}"
    query = update(OneTimeCode).where(OneTimeCode.id == attempt, OneTimeCode.purpose == "sign_up")
    control.execute(query.values(secret_hash=_sealed(key, f"{attempt}:{code}")))
    return code


def attempt_email(control: Session, attempt: UUID) -> str | None:
    """Tell which address an attempt is for, None when it is over."""
    query = select(OneTimeCode.handle).where(OneTimeCode.id == attempt, OneTimeCode.purpose == "sign_up", *_open())
    return control.execute(query).scalar_one_or_none()


def try_sign_up(control: Session, attempt: UUID, code: str, key: str) -> tuple[Try, str]:
    """Count one try; return what came of it and, when right, the address it proves. Blanks inside the code do not count."""
    plain = "".join(code.split())
    query = (
        update(OneTimeCode)
        .where(OneTimeCode.id == attempt, OneTimeCode.purpose == "sign_up", OneTimeCode.tries < MAX_TRIES, *_open())
        .values(tries=OneTimeCode.tries + 1)
        .returning(OneTimeCode.handle, OneTimeCode.secret_hash)
    )
    row = control.execute(query).first()
    if row is None:
        return Try.OVER, ""
    if not hmac.compare_digest(row.secret_hash, _sealed(key, f"{attempt}:{plain}")):
        return Try.WRONG, ""
    control.execute(update(OneTimeCode).where(OneTimeCode.id == attempt).values(used_at=now()))
    return Try.RIGHT, row.handle


def prove(control: Session, email: str) -> str:
    """Give the browser that named the right code a token saying so."""
    token = secrets.token_urlsafe(32)
    _add(control, "proof", email, _digest(token))
    return token


def proven(control: Session, token: str, *, is_locked: bool = False) -> OneTimeCode | None:
    """Find a proof that has not run out, used or not; locked when it is about to be used."""
    query = select(OneTimeCode).where(
        OneTimeCode.secret_hash == _digest(token), OneTimeCode.purpose == "proof", OneTimeCode.expires_at > now()
    )
    return control.execute(query.with_for_update() if is_locked else query).scalar_one_or_none()


def start_reset(control: Session, identity_id: UUID) -> str:
    """Make the token of a reset link; older links of this person stop working."""
    _close(control, "reset", str(identity_id))
    token = secrets.token_urlsafe(32)
    _add(control, "reset", str(identity_id), _digest(token), identity_id=identity_id)
    return token


def start_staff(control: Session, identity_id: UUID, tenant_id: UUID, key: str) -> str:
    """Make a code for somebody without e-mail, `K7QM-2XVD`; older codes of this person stop working."""
    _close(control, "staff", str(identity_id))
    code = "".join(secrets.choice(CROCKFORD) for _place in range(STAFF_LENGTH))
    _add(control, "staff", str(identity_id), _staff_seal(key, tenant_id, code), identity_id=identity_id, tenant_id=tenant_id)
    return f"{code[:4]}-{code[4:]}"


def start_handoff(control: Session, identity_id: UUID, tenant_id: UUID, family_id: UUID) -> str:
    """Make the token that carries a signed-in person to one firm's host within half a minute, and which sign-in it is."""
    token = secrets.token_urlsafe(32)
    _add(control, "handoff", str(family_id), _digest(token), identity_id=identity_id, tenant_id=tenant_id)
    return token


def reset_owner(control: Session, token: str) -> UUID | None:
    """Tell whose an open reset link is."""
    return _owner(control, "reset", _digest(token), None)


def staff_owner(control: Session, code: str, tenant_id: UUID, key: str) -> UUID | None:
    """Tell whose an open staff code is in this firm; case, hyphens and misread letters do not matter."""
    return _owner(control, "staff", _staff_seal(key, tenant_id, code), tenant_id)


def use_reset(control: Session, token: str) -> UUID | None:
    """Use up a reset link; None when it is used, too old or nobody's."""
    return _use(control, "reset", _digest(token), None)


def use_staff(control: Session, code: str, tenant_id: UUID, key: str) -> UUID | None:
    """Use up a staff code in this firm; None when it does not fit."""
    return _use(control, "staff", _staff_seal(key, tenant_id, code), tenant_id)


def use_handoff(control: Session, token: str, tenant_id: UUID) -> tuple[UUID, UUID] | None:
    """Use up a hand-off at the host of this firm; return person and sign-in. None when it is used, too old or meant for another."""
    query = update(OneTimeCode).where(*_fits("handoff", _digest(token), tenant_id)).values(used_at=now())
    row = control.execute(query.returning(OneTimeCode.identity_id, OneTimeCode.handle)).first()
    return (row.identity_id, UUID(row.handle)) if row is not None and row.identity_id is not None else None


def close_staff(control: Session, identity_id: UUID) -> None:
    """Make open codes of a member of staff worthless."""
    _close(control, "staff", str(identity_id))


def sweep(control: Session) -> int:
    """Forget what was used or ran out more than a day ago; return how many."""
    long_ago = now() - timedelta(days=1)
    query = delete(OneTimeCode).where(or_(OneTimeCode.expires_at < long_ago, OneTimeCode.used_at < long_ago)).returning(OneTimeCode.id)
    return len(control.execute(query).all())


def _add(control: Session, purpose: str, handle: str, secret_hash: bytes, **columns: Any) -> None:
    at = now()
    control.add(
        OneTimeCode(purpose=purpose, handle=handle, secret_hash=secret_hash, created_at=at, expires_at=at + LIVES[purpose], **columns)
    )
    control.flush()


def _open() -> tuple[Any, ...]:
    return OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > now()


def _close(control: Session, purpose: str, handle: str) -> None:
    query = update(OneTimeCode).where(OneTimeCode.purpose == purpose, OneTimeCode.handle == handle, OneTimeCode.used_at.is_(None))
    control.execute(query.values(used_at=now()))


def _fits(purpose: str, secret_hash: bytes, tenant_id: UUID | None) -> tuple[Any, ...]:
    belongs = OneTimeCode.tenant_id.is_(None) if tenant_id is None else OneTimeCode.tenant_id == tenant_id
    return OneTimeCode.purpose == purpose, OneTimeCode.secret_hash == secret_hash, belongs, *_open()


def _owner(control: Session, purpose: str, secret_hash: bytes, tenant_id: UUID | None) -> UUID | None:
    return control.execute(select(OneTimeCode.identity_id).where(*_fits(purpose, secret_hash, tenant_id))).scalar_one_or_none()


def _use(control: Session, purpose: str, secret_hash: bytes, tenant_id: UUID | None) -> UUID | None:
    query = update(OneTimeCode).where(*_fits(purpose, secret_hash, tenant_id)).values(used_at=now())
    return control.execute(query.returning(OneTimeCode.identity_id)).scalar_one_or_none()


def _staff_seal(key: str, tenant_id: UUID, code: str) -> bytes:
    return _sealed(key, f"staff:{tenant_id}:{code.upper().translate(_MISREAD)}")


def _sealed(key: str, text: str) -> bytes:
    """Hash a short secret so that whoever reads the table alone cannot try all of them out."""
    return hmac.new(key.encode(), b"code:" + text.encode(), hashlib.sha256).digest()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
