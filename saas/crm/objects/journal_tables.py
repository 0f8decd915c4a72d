"""Tables of the journal: what happened, in batches, with images before and after. Append-only for the firm's run-time role."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.tenants.models import TenantBase


class JournalBatch(TenantBase):
    """One act of one actor. `label` says what it was; `undoes` points to the batch it took back; `import_id` joins the batches of a run."""

    __tablename__ = "journal_batches"
    __table_args__ = (
        Index("journal_batches_undoes_idx", "undoes", postgresql_where="undoes IS NOT NULL"),
        Index("journal_batches_import_idx", "import_id", postgresql_where="import_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor_id: Mapped[UUID | None]
    via: Mapped[str]
    label: Mapped[str]
    reason: Mapped[str | None]
    undoes: Mapped[int | None] = mapped_column(BigInteger)
    import_id: Mapped[UUID | None]


class JournalChange(TenantBase):
    """One row's change. create: `after` is the image; update: changed columns in both, `version` the row's new one; delete: `before`."""

    __tablename__ = "journal_changes"
    __table_args__ = (
        CheckConstraint("action IN ('create','update','delete')", name="action"),
        Index("journal_changes_record_idx", "record_id", "id"),
        Index("journal_changes_batch_idx", "batch_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(JournalBatch.id))
    object: Mapped[str]
    record_id: Mapped[UUID]
    action: Mapped[str]
    version: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
