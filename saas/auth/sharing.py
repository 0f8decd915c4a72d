"""Tenant tables of what opens records beyond roles: sharing rules between departments (Rights 3), shares of one record (Rights 4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from saas.auth.members import Department, Member, Role
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import TenantBase


class SharingRule(TenantBase):
    """Opens the records of one department of one object to another department or to a role, to read, or to read and edit.

    `field` and `choices` are its condition (`=` or `in` on one indexed choice field); without a field all records are meant.
    `carries` names the objects whose records come along with an account: those that belong to it.
    """

    __tablename__ = "sharing_rules"
    __table_args__ = (
        CheckConstraint("(to_department_id IS NULL) <> (to_role_id IS NULL)", name="one_target"),
        CheckConstraint("(field IS NULL) = (choices = '{}')", name="condition"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object: Mapped[str]
    from_department_id: Mapped[UUID] = mapped_column(ForeignKey(Department.id))
    from_subtree: Mapped[bool] = mapped_column(default=False)
    to_department_id: Mapped[UUID | None] = mapped_column(ForeignKey(Department.id))
    to_subtree: Mapped[bool] = mapped_column(default=False)
    to_role_id: Mapped[UUID | None] = mapped_column(ForeignKey(Role.id))
    may_edit: Mapped[bool] = mapped_column(default=False)
    may_export: Mapped[bool] = mapped_column(default=False)
    field: Mapped[str | None]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    carries: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]


class RecordShare(TenantBase):
    """Opens one record to a member or a department until it expires. `reason` is what its giver said, `created_by` who gave it."""

    __tablename__ = "record_shares"
    __table_args__ = (
        CheckConstraint("(to_department_id IS NULL) <> (to_member_id IS NULL)", name="one_target"),
        Index("record_shares_member_idx", "to_member_id", "object", "record_id", postgresql_where="to_member_id IS NOT NULL"),
        Index("record_shares_department_idx", "to_department_id", "object", "record_id", postgresql_where="to_department_id IS NOT NULL"),
        Index("record_shares_record_idx", "record_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object: Mapped[str]
    record_id: Mapped[UUID]
    to_member_id: Mapped[UUID | None] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"))
    to_department_id: Mapped[UUID | None] = mapped_column(ForeignKey(Department.id))
    to_subtree: Mapped[bool] = mapped_column(default=False)
    may_edit: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]


class AccessCheck(TenantBase):
    """A sentence an admin pinned: somebody never, or always, reaches something. A change of rights that breaks it is refused.

    `who` is `role`, `department` or `member`, `who_id` its key; `department_id` narrows it to the records of one department.
    """

    __tablename__ = "access_checks"
    __table_args__ = (CheckConstraint("who IN ('role','department','member')", name="who"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    who: Mapped[str]
    who_id: Mapped[UUID]
    is_always: Mapped[bool] = mapped_column(default=False)
    action: Mapped[str]
    object: Mapped[str]
    field: Mapped[str | None]
    department_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
