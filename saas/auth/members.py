"""Tenant tables about the firm itself and its people: settings, departments, roles, members, invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import TenantBase

TELLS_OF = ("accounts", "contacts", "leads")


class Workspace(TenantBase):
    """The firm's own settings: exactly one row. `version` grows with every change of settings, people, rights or tags."""

    __tablename__ = "workspace"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    name: Mapped[str]
    logo_key: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="EUR")
    timezone: Mapped[str] = mapped_column(default="UTC")
    region: Mapped[str] = mapped_column(default="US")
    language: Mapped[str] = mapped_column(default="en")
    accent: Mapped[str | None]
    # The starting point of rights chosen last: `everyone`, `department` or `own`; empty once roles were changed by hand.
    rights_plan: Mapped[str] = mapped_column(default="everyone", server_default="everyone")
    # Objects of which a member is told that a record they may not read is in the book (Rights 8).
    tells_of: Mapped[list[str]] = mapped_column(ARRAY(Text), default=lambda: list(TELLS_OF), server_default="{accounts,contacts,leads}")


class Department(TenantBase):
    """A node of the firm's tree. `path` lists the keys from the root to this node, itself included; `head_id` is who leads it."""

    __tablename__ = "departments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    name: Mapped[str]
    path: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    head_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL", use_alter=True))


class Role(TenantBase):
    """A named set of rights. `key` marks ready-made roles.

    `grants` is object → action → scope name; `fields` object → field → `hidden` or `read-only`; `fixed` the rights beside objects.
    """

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    grants: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fixed: Mapped[list[str]] = mapped_column(default=list)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    description: Mapped[str] = mapped_column(default="", server_default="")


class Member(TenantBase):
    """A person inside this firm. `identity_id` is empty for somebody named by an import and not yet invited."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("seat IN ('full','viewer')", name="seat"),
        CheckConstraint("status IN ('active','inactive','expected')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID | None] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    login_name: Mapped[str | None]
    seat: Mapped[str] = mapped_column(default="full")
    status: Mapped[str] = mapped_column(default="active")
    department_id: Mapped[UUID] = mapped_column(ForeignKey(Department.id))
    language: Mapped[str] = mapped_column(default="en")
    timezone: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="system")
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)


class MemberRole(TenantBase):
    """Which roles a member holds."""

    __tablename__ = "member_roles"

    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id), primary_key=True, index=True)


class MemberDepartment(TenantBase):
    """Departments a member belongs to beside the home department."""

    __tablename__ = "member_departments"

    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey(Department.id), primary_key=True, index=True)


class Invitation(TenantBase):
    """An open door for one address. Only a hash of the link's secret is kept."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id))
    department_id: Mapped[UUID] = mapped_column(ForeignKey(Department.id))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey(Member.id))
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
