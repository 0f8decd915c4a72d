"""The table of notes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from saas.crm.objects.columns import RecordBase, record_indexes


class Note(RecordBase):
    """Plain text on a record, seen exactly as that record is (Rights 5). The author is `created_by`; `title` is its first words."""

    __tablename__ = "notes"
    __table_args__ = (
        *record_indexes("notes"),
        Index("notes_subject_idx", "subject_id", "created_at"),
        Index("notes_customer_idx", "customer_id", "created_at"),
        Index("notes_parent_owner_idx", "parent_owner_id"),
        Index("notes_parent_department_idx", "parent_department_id"),
    )

    title: Mapped[str]
    body: Mapped[str]
    subject_object: Mapped[str]
    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    parent_owner_id: Mapped[UUID | None]
    parent_department_id: Mapped[UUID | None]
