"""Tables of single sign-on: a firm's settings and whom its provider vouched for; beside them, whom Google or Microsoft vouched for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.core.clock import now
from saas.tenants.models import ControlBase, TenantBase


class SsoSettings(TenantBase):
    """A firm's own provider: at most one row. Roles and departments named here may be gone; whoever reads them looks.

    `secret` is sealed (`factors.sealing`). `group_roles` lists {"group": text, "role": key}.
    `tested` fingerprints what the last good trial used.
    """

    __tablename__ = "sso_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("newcomers IN ('nobody','viewer','full')", name="newcomers"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    is_on: Mapped[bool] = mapped_column(default=False)
    is_required: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str] = mapped_column(default="")
    issuer: Mapped[str] = mapped_column(default="")
    client_id: Mapped[str] = mapped_column(default="")
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    domains: Mapped[list[str]] = mapped_column(default=list)
    newcomers: Mapped[str] = mapped_column(default="nobody")
    ceiling: Mapped[int] = mapped_column(default=0)
    role_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    group_claim: Mapped[str] = mapped_column(default="")
    group_roles: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    break_glass: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)
    tested: Mapped[str] = mapped_column(default="")


class SsoLink(TenantBase):
    """A person of the firm's provider and the member they are here. `identity_id` is an identity of this firm alone (decision 9)."""

    __tablename__ = "sso_links"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    identity_id: Mapped[UUID] = mapped_column(unique=True)
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ExternalLogin(ControlBase):
    """A Google or Microsoft account that proved to be an identity's. The provider is the operator's choice, so it is good everywhere."""

    __tablename__ = "external_logins"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"), index=True)
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
