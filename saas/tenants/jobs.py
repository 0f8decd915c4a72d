"""Jobs: functions that workers call for rows of an outbox, in the firm they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from saas.core import log
from saas.core.clock import now
from saas.tenants import resolve
from saas.tenants.outbox import CONTROL_PLANE, DIRTY, ControlOutbox, TenantOutbox
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, control_session, long_scope, tenant_session

MAX_ATTEMPTS = 8
LEASE_S = 300
DRAIN_S = 600

_log = log.get(__name__)


@dataclass(frozen=True)
class Again:
    """A job's wish to be called once more, in a new transaction, with these arguments."""

    args: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A registered job. `is_outside` jobs hold no transaction while they run, because they wait for a network."""

    name: str
    function: Callable[..., Any]
    is_outside: bool


JOBS: dict[str, Job] = {}


def tenant_job(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register `fn(session, runtime, **args) -> None | Again`: it and the removal of its outbox row are ONE transaction."""
    return _register(name, is_outside=False)


def outside_job(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register `fn(runtime, **args)`, called with no transaction open, at least once."""
    return _register(name, is_outside=True)


def _register(name: str, *, is_outside: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        JOBS[name] = Job(name, function, is_outside)
        return function

    return keep


@dataclass(frozen=True)
class Outbox:
    """One outbox to work through: a firm's, or the control plane's when `tenant` is None."""

    runtime: Runtime
    tenant: Tenant | None

    @property
    def table(self) -> Any:
        return TenantOutbox if self.tenant else ControlOutbox

    def session(self) -> Any:
        if self.tenant is None:
            return control_session(self.runtime.databases)
        return tenant_session(self.runtime.databases, self.tenant, long_scope(self.tenant))


def drain(runtime: Runtime, owner: str) -> int:
    """Work through one outbox until nothing is due or the time is up; return how many jobs were run."""
    outbox = _open(runtime, owner)
    if outbox is None:
        runtime.redis.srem(DIRTY, owner)
        return 0
    done, stop_at = 0, monotonic() + DRAIN_S
    while monotonic() < stop_at and _run_next(outbox):
        done += 1
    if _is_empty(outbox):
        runtime.redis.srem(DIRTY, owner)
        # A row committed between the look and the removal has its own ring; the sweep covers even a lost one.
    else:
        runtime.redis.sadd(DIRTY, owner)
    return done


def _open(runtime: Runtime, owner: str) -> Outbox | None:
    if owner == CONTROL_PLANE:
        return Outbox(runtime, None)
    with control_session(runtime.databases) as control:
        tenant = resolve.by_id(control, UUID(owner))
    return Outbox(runtime, tenant) if tenant and tenant.status in ("active", "opening") else None


def _due(outbox: Outbox) -> Any:
    table = outbox.table
    return select(table).where(table.dead_at.is_(None), table.due_at <= func.now()).order_by(table.due_at, table.id).limit(1)


def _is_empty(outbox: Outbox) -> bool:
    with outbox.session() as session:
        return session.execute(select(outbox.table.id).where(outbox.table.dead_at.is_(None)).limit(1)).first() is None


def _run_next(outbox: Outbox) -> bool:
    """Run the job that is due first; False when there is none, or another worker has it."""
    row: Any = None
    try:
        with outbox.session() as session:
            row = session.execute(_due(outbox).with_for_update(skip_locked=True)).scalar_one_or_none()
            if row is None:
                return False
            job = JOBS[row.job]
            if job.is_outside:
                row.due_at = func.clock_timestamp() + timedelta(seconds=LEASE_S)
            else:
                _finish(session, outbox, row, job.function(session, outbox.runtime, **row.args))
        if job.is_outside:
            again = job.function(outbox.runtime, **row.args)
            with outbox.session() as session:
                _finish(session, outbox, row, again)
    except Exception as error:
        if row is None:
            raise
        _log.exception("job failed", job=row.job, row=row.id)
        _postpone(outbox, row, error)
    return True


def _finish(session: Session, outbox: Outbox, row: Any, again: Again | None) -> None:
    table = outbox.table
    if again is None:
        session.execute(delete(table).where(table.id == row.id))
    else:
        session.execute(
            update(table).where(table.id == row.id).values(args=again.args, due_at=func.clock_timestamp(), attempts=0, error=None)
        )


def _postpone(outbox: Outbox, row: Any, error: Exception) -> None:
    attempts = row.attempts + 1
    wait = timedelta(seconds=min(5 * 3**attempts, 6 * 3600))
    values = {"attempts": attempts, "error": f"{type(error).__name__}: {error}"[:2000], "due_at": func.clock_timestamp() + wait}
    if attempts >= MAX_ATTEMPTS:
        values["dead_at"] = now()
    with outbox.session() as session:
        session.execute(update(outbox.table).where(outbox.table.id == row.id).values(**values))
