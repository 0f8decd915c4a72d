"""Control-plane tables about persons: who can sign in, where they belong, which sessions and one-time codes are open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import ControlBase, TenantRow


class Identity(ControlBase):
    """A person who can sign in: by e-mail anywhere, or by a login name inside the one firm that made it."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("login_tenant_id", "login_name"),
        CheckConstraint("(email IS NULL) <> (login_name IS NULL)", name="one_handle"),
        CheckConstraint("(login_name IS NULL) = (login_tenant_id IS NULL)", name="login_name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(unique=True)
    login_name: Mapped[str | None]
    login_tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"))
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(ControlBase):
    """An identity's place in a firm, kept here only to list a person's workspaces; rights live with the firm."""

    __tablename__ = "memberships"

    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True, index=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebSession(ControlBase):
    """A signed-in browser, bound to one firm's host, or to the public site when `tenant_id` is empty. Only a hash of the token is kept."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index("web_sessions_identity_idx", "identity_id", "last_seen_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")


class OneTimeCode(ControlBase):
    """A secret that works once: a six-digit code by mail, a reset link, a staff sign-in, a hand-off between hosts.

    `purpose` says what for; `handle` is the e-mail address or key it belongs to; `payload` what the holder may do with it.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        CheckConstraint("purpose IN ('sign_up','reset','staff','handoff')", name="purpose"),
        Index("one_time_codes_handle_idx", "purpose", "handle"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str]
    handle: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
