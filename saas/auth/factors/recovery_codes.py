"""Ten codes on paper for the day the phone is gone. Shown once, kept as keyed hashes, each works once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from saas.auth.codes import CROCKFORD
from saas.auth.factors.models import RecoveryCode
from saas.core.clock import now
from saas.core.ids import new_id

COUNT, LENGTH = 10, 10
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def renew(control: Session, identity_id: UUID, key: str) -> list[str]:
    """Make ten fresh codes, `K7QM2-XVD3A`, and return them; all older ones stop working."""
    remove(control, identity_id)
    plain = ["".join(secrets.choice(CROCKFORD) for _place in range(LENGTH)) for _number in range(COUNT)]
    control.add_all(RecoveryCode(id=new_id(), identity_id=identity_id, code_hash=_hash(key, identity_id, code)) for code in plain)
    control.flush()
    return [f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}" for code in plain]


def use(control: Session, identity_id: UUID, key: str, code: str) -> bool:
    """Use a code up; False when it is none of the open ones. Case, hyphens and misread letters do not matter."""
    plain = code.strip().upper().translate(_MISREAD)
    if len(plain) != LENGTH:
        return False
    fits = RecoveryCode.identity_id == identity_id, RecoveryCode.code_hash == _hash(key, identity_id, plain), RecoveryCode.used_at.is_(None)
    return control.execute(update(RecoveryCode).where(*fits).values(used_at=now()).returning(RecoveryCode.id)).first() is not None


def left(control: Session, identity_id: UUID) -> int:
    """Count the codes that still work."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.identity_id == identity_id, RecoveryCode.used_at.is_(None))
    return control.execute(query).scalar_one()


def remove(control: Session, identity_id: UUID) -> None:
    """Forget all codes of a person."""
    control.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))


def _hash(key: str, identity_id: UUID, plain: str) -> bytes:
    return hmac.new(key.encode(), f"recovery:{identity_id}:{plain}".encode(), hashlib.sha256).digest()
