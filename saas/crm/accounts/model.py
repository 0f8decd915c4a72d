"""The table of accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from saas.crm.objects.columns import RecordBase, record_indexes


class Account(RecordBase):
    """A customer firm or household, or one that may become a customer, a partner or a supplier."""

    __tablename__ = "accounts"
    __table_args__ = (*record_indexes("accounts", "kind", "tier"),)

    name: Mapped[str]
    legal_name: Mapped[str | None]
    kind: Mapped[str | None]
    tier: Mapped[str | None]
    industry: Mapped[str | None]
    size: Mapped[str | None]
    employees: Mapped[int | None]
    annual_revenue: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    annual_revenue_currency: Mapped[str | None]
    source: Mapped[str | None]
    territory: Mapped[str | None]
    tax_number: Mapped[str | None]
    website: Mapped[str | None]
    emails: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    phones: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    street: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    delivery_street: Mapped[str | None]
    delivery_city: Mapped[str | None]
    delivery_region: Mapped[str | None]
    delivery_postal_code: Mapped[str | None]
    delivery_country: Mapped[str | None]
    language: Mapped[str | None]
    founded_on: Mapped[date | None]
    customer_since: Mapped[date | None]
    parent_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id", deferrable=True, initially="DEFERRED"), index=True)
    description: Mapped[str | None]
    external_id: Mapped[str | None]
