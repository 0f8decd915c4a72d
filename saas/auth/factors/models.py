"""Control-plane tables of second factors, unfinished sign-ins, recoveries, known devices and each firm's rules of signing in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Interval, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from saas.auth.identities import Identity
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import ControlBase, TenantRow


class Totp(ControlBase):
    """An authenticator app (RFC 6238), or one on its way: `confirmed_at` is empty until a first code was right.

    `secret_sealed` can be read with the process' secret key only. `last_step` is the time step of the last code taken.
    """

    __tablename__ = "totp_factors"
    __table_args__ = (
        Index("totp_factors_confirmed_idx", "identity_id", unique=True, postgresql_where=text("confirmed_at IS NOT NULL")),
        Index("totp_factors_waiting_idx", "identity_id", unique=True, postgresql_where=text("confirmed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(ControlBase):
    """One of the codes on paper; only a keyed hash is kept, and each works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Passkey(ControlBase):
    """A WebAuthn credential. `rp_id` is the domain it was made for; `sign_count` is what its authenticator counted last."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    rp_id: Mapped[str]
    name: Mapped[str]
    transports: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class Challenge(ControlBase):
    """A challenge that one browser was given for one purpose; taking it removes it. `browser_hash` says which browser."""

    __tablename__ = "passkey_challenges"
    __table_args__ = (CheckConstraint("purpose IN ('enrol','sign_in','prove')", name="purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str]
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class PendingSignIn(ControlBase):
    """Somebody who proved the first factor and not yet the second: no session. Only a hash of the browser's token is kept.

    `tenant_id` is the host, `family_id` the sign-in it continues when it was handed over, `after` the path to go to.
    """

    __tablename__ = "pending_sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), index=True)
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"))
    family_id: Mapped[UUID | None]
    after: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class FactorRecovery(ControlBase):
    """A way back in after all factors are lost: asked for, announced, waited for, opened by a link, used once or cancelled."""

    __tablename__ = "factor_recoveries"
    __table_args__ = (
        Index(
            "factor_recoveries_open_idx", "identity_id", unique=True, postgresql_where=text("used_at IS NULL AND cancelled_at IS NULL")
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    slug: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime]
    link_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    used_at: Mapped[datetime | None]


class KnownDevice(ControlBase):
    """A browser somebody has signed in with; its key is in a signed cookie of that browser."""

    __tablename__ = "known_devices"

    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)


class SignInRules(ControlBase):
    """What one firm asks of those who sign in. An empty limit means that of the product."""

    __tablename__ = "sign_in_rules"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True)
    requires_factor: Mapped[bool] = mapped_column(default=False)
    idle_limit: Mapped[timedelta | None] = mapped_column(Interval)
    absolute_limit: Mapped[timedelta | None] = mapped_column(Interval)
