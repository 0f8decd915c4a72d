"""The table of activities."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from saas.crm.objects.columns import RecordBase, record_indexes


class Activity(RecordBase):
    """A task, call or meeting. Its subject is one record (`subject_object`, `subject_id`); `customer_id` the customer behind it.

    `parent_owner_id` and `parent_department_id` repeat the subject's, kept by the engine, so that rights need no join (Rights 5).
    """

    __tablename__ = "activities"
    __table_args__ = (
        *record_indexes("activities"),
        CheckConstraint("kind IN ('task','call','meeting')", name="kind"),
        CheckConstraint("(subject_id IS NULL) = (subject_object IS NULL)", name="subject"),
        Index("activities_subject_idx", "subject_id", "happened_at"),
        Index("activities_customer_idx", "customer_id", "happened_at"),
        Index("activities_open_idx", "owner_id", "due_at", postgresql_where="done_at IS NULL"),
        Index(
            "activities_participants_idx",
            "participants",
            postgresql_using="gin",
            postgresql_where="done_at IS NULL AND participants <> '{}'",
        ),
        Index("activities_parent_owner_idx", "parent_owner_id"),
        Index("activities_parent_department_idx", "parent_department_id"),
    )

    kind: Mapped[str]
    title: Mapped[str]
    subject_object: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    participants: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    parent_owner_id: Mapped[UUID | None]
    parent_department_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    priority: Mapped[str | None]
    direction: Mapped[str | None]
    outcome: Mapped[str | None]
    place: Mapped[str | None]
    description: Mapped[str | None]
