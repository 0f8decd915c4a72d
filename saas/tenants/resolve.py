"""From a host name to a firm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from saas.tenants.models import Entitlements, TenantRow
from saas.tenants.session import Tenant

TENANT_COLUMNS = (
    TenantRow.id,
    TenantRow.slug,
    TenantRow.name,
    TenantRow.cell,
    TenantRow.schema_name,
    TenantRow.status,
    TenantRow.revision,
    Entitlements.is_read_only,
    Entitlements.trial_ends_at,
)


def workspace_of(host: str, domain: str) -> str | None:
    """Take the workspace name out of a Host header; "" for the bare domain, None for a foreign host."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.lower().rstrip(".")
    if name in (domain, "127.0.0.1", "[::1]"):
        return ""
    suffix = f".{domain}"
    if not name.endswith(suffix):
        return None
    slug = name[: -len(suffix)]
    return slug if "." not in slug else None


def select_tenants() -> Select[*tuple[Any, ...]]:
    """Build the query behind every look-up of firms; rows fit `from_row`."""
    return select(*TENANT_COLUMNS).outerjoin(Entitlements, Entitlements.tenant_id == TenantRow.id)


def from_row(row: Row[Any]) -> Tenant:
    """Make a Tenant of the first columns of a row selected by TENANT_COLUMNS."""
    values = list(row[: len(TENANT_COLUMNS)])
    values[7] = bool(values[7])
    return Tenant(*values)


def by_slug(session: Session, slug: str) -> Tenant | None:
    """Find a firm by the name in its address."""
    row = session.execute(select_tenants().where(TenantRow.slug == slug)).first()
    return from_row(row) if row else None


def by_id(session: Session, tenant_id: UUID) -> Tenant | None:
    """Find a firm by its key."""
    row = session.execute(select_tenants().where(TenantRow.id == tenant_id, TenantRow.slug.is_not(None))).first()
    return from_row(row) if row else None
