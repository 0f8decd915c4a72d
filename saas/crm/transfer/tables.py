"""Tables of imports: a run, what was wrong in it, and what a person mended by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import TenantBase


class ImportRun(TenantBase):
    """One file on its way into the book.

    `state` runs uploaded → preparing → prepared → checking → checked → running → done, or failed, cancelled, reverting, reverted.
    `prepared` is what reading found, `mapping` what goes where, `counts` the figures shown; `next_row` is where
    a killed worker's successor goes on.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('uploaded','preparing','prepared','checking','checked','running','done',"
            "'failed','cancelled','reverting','reverted')",
            name="state",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object: Mapped[str]
    filename: Mapped[str]
    file_key: Mapped[str]
    file_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(default="uploaded")
    problem: Mapped[str | None]
    prepared: Mapped[dict[str, Any]] = mapped_column(default=dict)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    next_row: Mapped[int] = mapped_column(default=0)
    total_rows: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undo_note: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportIssue(TenantBase):
    """Something about one cell or row: mended, doubtful or refused. `row` counts data rows from 0; no `column` means the whole row."""

    __tablename__ = "import_issues"
    __table_args__ = (Index("import_issues_run_idx", "run_id", "row"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(ImportRun.id, ondelete="CASCADE"))
    row: Mapped[int]
    column: Mapped[int | None]
    level: Mapped[str]
    code: Mapped[str]
    said: Mapped[dict[str, Any]] = mapped_column(default=dict)
    text: Mapped[str] = mapped_column(default="")
    suggestion: Mapped[str | None]


class ImportFix(TenantBase):
    """A cell typed anew by a person, laid over the file's cell."""

    __tablename__ = "import_fixes"

    run_id: Mapped[UUID] = mapped_column(ForeignKey(ImportRun.id, ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
