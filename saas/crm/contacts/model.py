"""The table of contacts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.crm.objects.columns import RecordBase, record_indexes


class Contact(RecordBase):
    """A person. `name` is the whole name in the order its own script asks for, kept by the engine from its parts."""

    __tablename__ = "contacts"
    __table_args__ = (
        *record_indexes("contacts", "tier"),
        Index("contacts_account_idx", "account_id", "sort_key", "id"),
    )

    name: Mapped[str]
    salutation: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id", deferrable=True, initially="DEFERRED"))
    job_title: Mapped[str | None]
    occupation: Mapped[str | None]
    job_department: Mapped[str | None]
    role: Mapped[str | None]
    emails: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    phones: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    wechat: Mapped[str | None]
    website: Mapped[str | None]
    street: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    birth_date: Mapped[date | None]
    gender: Mapped[str | None]
    language: Mapped[str | None]
    source: Mapped[str | None]
    tier: Mapped[str | None]
    preferred_channel: Mapped[str | None]
    no_calls: Mapped[bool] = mapped_column(default=False)
    no_marketing: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None]
    external_id: Mapped[str | None]
