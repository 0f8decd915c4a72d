"""Control-plane tables about persons: who can sign in, where they belong, which sessions, one-time codes and sign-ups are open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
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
    """A signed-in browser, bound to one firm's host, or to the public site when `tenant_id` is empty. Only a hash of the token is kept.

    `family_id` is the sign-in it came from: hand-offs carry it from host to host, and signing out ends all of a family.
    `signed_in_at` is when the family began; `proved_at` when the person last proved who they are in it, and `is_two_factor`
    whether with a second factor. The last three are empty or false in rows older than second factors.
    """

    __tablename__ = "web_sessions"
    __table_args__ = (Index("web_sessions_identity_idx", "identity_id", "last_seen_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), index=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    signed_in_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    is_two_factor: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class OneTimeCode(ControlBase):
    """A secret that works once: a six-digit code by mail, the proof of an address it gave, a reset link, a staff sign-in, a hand-off.

    `purpose` says what for; `handle` is the e-mail address or key it belongs to. Only a hash of the secret is kept.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        CheckConstraint("purpose IN ('sign_up','proof','reset','staff','handoff')", name="purpose"),
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


class Opening(ControlBase):
    """A workspace on its way from a form to its first page. It outlives a crash, so that the next try, or the sweep, finishes it.

    `key` comes from the form: the same form sent twice opens one workspace. The other columns are what the seeds are made from.
    """

    __tablename__ = "openings"
    __table_args__ = (Index("openings_unfinished_idx", "identity_id", postgresql_where=text("finished_at IS NULL")),)

    key: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), unique=True)
    company: Mapped[str]
    language: Mapped[str]
    currency: Mapped[str]
    timezone: Mapped[str]
    region: Mapped[str]
    rights_plan: Mapped[str] = mapped_column(default="everyone", server_default="everyone")
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
