"""Control-plane tables about firms, and the declarative bases of both planes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
COLUMN_TYPES = {
    datetime: DateTime(timezone=True),
    str: Text(),
    dict[str, Any]: JSONB(),
    list[dict[str, Any]]: JSONB(),
    list[str]: ARRAY(Text()),
}


class ControlBase(DeclarativeBase):
    """Tables of the vendor, in schema `control`, said explicitly so that no search path decides where they are."""

    metadata = MetaData(schema="control", naming_convention=NAMING)
    type_annotation_map = COLUMN_TYPES


class TenantBase(DeclarativeBase):
    """Tables of one firm. They carry no schema: the transaction's search path is the firm."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = COLUMN_TYPES


class TenantRow(ControlBase):
    """A firm, or a ready and still nameless schema waiting for one (status `pooled`)."""

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint("status IN ('pooled','opening','active','upgrading','suspended','failed')", name="status"),
        CheckConstraint("(status = 'pooled') = (slug IS NULL)", name="slug"),
        Index("tenants_pooled_idx", "cell", "created_at", postgresql_where=text("status = 'pooled'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    cell: Mapped[str]
    schema_name: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    revision: Mapped[str]
    ring: Mapped[str] = mapped_column(default="all")
    # As saas.tenants.windows writes it; none: upgraded at any time.
    upgrade_window: Mapped[str | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    activated_at: Mapped[datetime | None]


class Entitlements(ControlBase):
    """What a firm's plan allows. Billing writes it; everything else only reads."""

    __tablename__ = "entitlements"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True)
    plan: Mapped[str] = mapped_column(default="trial")
    is_read_only: Mapped[bool] = mapped_column(default=False)
    trial_ends_at: Mapped[datetime | None]
    storage_bytes: Mapped[int] = mapped_column(BigInteger, default=5 * 1024**3)


class FleetRun(ControlBase):
    """One upgrade of the fleet to a revision; `fleet_results` holds what came of each firm."""

    __tablename__ = "fleet_runs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    revision: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)


class FleetResult(ControlBase):
    """What became of one firm in one run that did not go well."""

    __tablename__ = "fleet_results"

    run_id: Mapped[int] = mapped_column(ForeignKey(FleetRun.id, ondelete="CASCADE"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True)
    problem: Mapped[str]
    happened_at: Mapped[datetime] = mapped_column(default=now)
