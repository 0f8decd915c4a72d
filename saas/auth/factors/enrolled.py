"""Which second factors people have, and what it means for their sessions when the first comes or the last goes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, union
from sqlalchemy.orm import Session

from saas.auth import sessions
from saas.auth.factors import recovery_codes, totp
from saas.auth.factors.models import Passkey, Totp
from saas.auth.identities import Membership


@dataclass(frozen=True)
class Factors:
    """The second factors of one person, passkeys by age."""

    has_app: bool
    passkeys: tuple[Passkey, ...]
    codes_left: int

    @property
    def has_any(self) -> bool:
        return self.has_app or bool(self.passkeys)

    @property
    def count(self) -> int:
        return int(self.has_app) + len(self.passkeys)


def load(control: Session, identity_id: UUID) -> Factors:
    """Read what a person has."""
    app = select(Totp.id).where(Totp.identity_id == identity_id, Totp.confirmed_at.is_not(None))
    keys = select(Passkey).where(Passkey.identity_id == identity_id).order_by(Passkey.created_at, Passkey.id)
    return Factors(
        control.execute(app).first() is not None, tuple(control.execute(keys).scalars()), recovery_codes.left(control, identity_id)
    )


def has_any(control: Session, identity_id: UUID) -> bool:
    """Tell whether a second factor must be asked for."""
    app = exists().where(Totp.identity_id == identity_id, Totp.confirmed_at.is_not(None))
    return bool(control.execute(select(or_(app, exists().where(Passkey.identity_id == identity_id)))).scalar_one())


def of_firm(control: Session, tenant_id: UUID) -> frozenset[UUID]:
    """List the identities in a firm that have a second factor."""
    here = select(Membership.identity_id).where(Membership.tenant_id == tenant_id)
    apps = select(Totp.identity_id).where(Totp.confirmed_at.is_not(None), Totp.identity_id.in_(here))
    return frozenset(control.execute(union(apps, select(Passkey.identity_id).where(Passkey.identity_id.in_(here)))).scalars())


def begin(control: Session, identity_id: UUID, session_id: UUID, key: str) -> list[str]:
    """Do what the first factor brings: recovery codes, which are returned, and no session left that did not prove it."""
    sessions.end_all(control, identity_id, keep=session_id)
    sessions.prove(control, session_id, is_two_factor=True)
    return recovery_codes.renew(control, identity_id, key)


def remove_app(control: Session, identity_id: UUID) -> None:
    """Remove the authenticator app."""
    totp.remove(control, identity_id)
    _tidy(control, identity_id)


def remove_passkey(control: Session, identity_id: UUID, passkey_id: UUID) -> Passkey | None:
    """Remove one of a person's passkeys and return it; None when it is not theirs."""
    mine = delete(Passkey).where(Passkey.identity_id == identity_id, Passkey.id == passkey_id).returning(Passkey)
    removed = control.execute(mine).scalar_one_or_none()
    _tidy(control, identity_id)
    return removed


def remove_all(control: Session, identity_id: UUID) -> None:
    """Remove every factor and end every session: the person begins again with the password alone."""
    totp.remove(control, identity_id)
    control.execute(delete(Passkey).where(Passkey.identity_id == identity_id))
    _tidy(control, identity_id)
    sessions.end_all(control, identity_id)


def _tidy(control: Session, identity_id: UUID) -> None:
    """Without a factor there is nothing that recovery codes could stand in for, and no session has proved one."""
    if not has_any(control, identity_id):
        recovery_codes.remove(control, identity_id)
        sessions.forget_factor(control, identity_id)
