"""The journal of settings, people and rights of one firm: append-only. What happens to records is journaled by the CRM."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from saas.core.clock import now
from saas.tenants.models import TenantBase


class SettingsEntry(TenantBase):
    """One change. `actor_id` is the member who made it, None for the product itself; `what` names it, such as `member.role`."""

    __tablename__ = "settings_journal"
    __table_args__ = (Index("settings_journal_at_idx", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[UUID | None]
    what: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


def note(db: Session, actor_id: UUID | None, what: str, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None) -> None:
    """Write down a change in the transaction that makes it; values are plain JSON, never secrets."""
    db.add(SettingsEntry(actor_id=actor_id, what=what, before=before or {}, after=after or {}))
