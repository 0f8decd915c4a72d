"""THE scoping point: every transaction of the product is opened here, bound to the control plane or to exactly one firm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from saas.core.db import Scope, scoped
from saas.tenants.cells import Databases
from saas.tenants.outbox import CONTROL_PLANE

CONTROL_ROLE = "onebook_control"
CONTROL = Scope(role=CONTROL_ROLE, schemas=("control",))


@dataclass(frozen=True)
class Tenant:
    """A firm as a request or job knows it; immutable, so it can be passed between threads."""

    id: UUID
    slug: str
    name: str
    cell: str
    schema_name: str
    status: str
    revision: str
    is_read_only: bool = False
    trial_ends_at: datetime | None = None
    scope: Scope = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", Scope(role=self.schema_name, schemas=(self.schema_name, "extensions")))


class TenantSession(Session):
    """A session bound to one firm. The composition roots attach the rights criteria and the write guard to this class."""


class ControlSession(Session):
    """A session on the control plane; it reaches no firm's table."""


@contextmanager
def control_session(databases: Databases) -> Iterator[ControlSession]:
    """Open a transaction on the control plane; commit on success, roll back on any exception."""
    with (
        scoped(databases.control, CONTROL) as connection,
        ControlSession(bind=connection, expire_on_commit=False) as session,
    ):
        yield session
        _commit(databases, session, CONTROL_PLANE)


@contextmanager
def tenant_session(databases: Databases, tenant: Tenant, scope: Scope | None = None) -> Iterator[TenantSession]:
    """Open a transaction inside one firm; commit on success, roll back on any exception.

    `scope` may tighten or widen the time-outs of the firm's own scope (long jobs); its role and schemas must be the firm's.
    """
    used = scope or tenant.scope
    if used.role != tenant.schema_name or used.schemas != tenant.scope.schemas:
        raise ValueError("a scope of another firm")
    with (
        scoped(databases.cells[tenant.cell], used) as connection,
        TenantSession(bind=connection, expire_on_commit=False, info={"tenant": tenant}) as session,
    ):
        yield session
        _commit(databases, session, str(tenant.id))


def _commit(databases: Databases, session: Session, owner: str) -> None:
    """Commit; when the transaction put work into the outbox, say so before (so that nothing is missed) and after (so that it is prompt)."""
    session.flush()
    has_work = session.info.pop("rang", False)
    if has_work:
        databases.bell.mark(owner)
    session.commit()
    if has_work:
        databases.bell.ring(owner)


def long_scope(tenant: Tenant, statement_timeout_ms: int = 600_000) -> Scope:
    """Widen the time-outs for a job of this firm."""
    return Scope(
        role=tenant.schema_name,
        schemas=tenant.scope.schemas,
        statement_timeout_ms=statement_timeout_ms,
        idle_timeout_ms=600_000,
    )


def reading_scope(tenant: Tenant) -> Scope:
    """Let a transaction of this firm only read: the server refuses every write in it."""
    return Scope(role=tenant.schema_name, schemas=tenant.scope.schemas, is_read_only=True)


def bound_tenant(session: Session) -> Tenant:
    """Tell which firm a session is bound to. Raises KeyError for a session with none."""
    tenant: Any = session.info["tenant"]
    assert isinstance(tenant, Tenant)
    return tenant
