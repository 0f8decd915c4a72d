"""Work that keeps the fleet going: finding outboxes whose bell was lost, and refilling the pool of ready schemas."""

from __future__ import annotations

from sqlalchemy import func, select

from saas.core import log
from saas.tenants import provision, resolve
from saas.tenants.jobs import outside_job
from saas.tenants.models import TenantRow
from saas.tenants.outbox import CONTROL_PLANE, DIRTY, ControlOutbox, TenantOutbox
from saas.tenants.runtime import Runtime
from saas.tenants.session import control_session, tenant_session

_log = log.get(__name__)


@outside_job("pool.fill")
def fill_pool(runtime: Runtime) -> None:
    """Bring every cell's pool of ready schemas up to its target."""
    provision.fill_pool(runtime.databases, runtime.owners)


def sweep(runtime: Runtime) -> int:
    """Ring for every outbox marked as having work: rows that were due later, and rows whose bell or worker was lost."""
    owners = {owner.decode() if isinstance(owner, bytes) else owner for owner in runtime.redis.smembers(DIRTY)}
    for owner in owners:
        runtime.databases.bell.ring(owner)
    return len(owners)


def sweep_all(runtime: Runtime) -> int:
    """Look into every outbox, as after a loss of Redis; mark and ring those with work. Return how many had some."""
    found = 0
    with control_session(runtime.databases) as control:
        rows = control.execute(resolve.select_tenants().where(TenantRow.status.in_(("active", "opening")))).all()
        has_own = control.execute(select(ControlOutbox.id).where(ControlOutbox.dead_at.is_(None)).limit(1)).first() is not None
    if has_own:
        _wake(runtime, CONTROL_PLANE)
        found += 1
    for tenant in map(resolve.from_row, rows):
        with tenant_session(runtime.databases, tenant) as session:
            query = select(TenantOutbox.id).where(TenantOutbox.dead_at.is_(None), TenantOutbox.due_at <= func.now()).limit(1)
            has_work = session.execute(query).first() is not None
        if has_work:
            _wake(runtime, str(tenant.id))
            found += 1
    _log.info("outboxes looked into", tenants=len(rows), with_work=found)
    return found


def _wake(runtime: Runtime, owner: str) -> None:
    runtime.databases.bell.mark(owner)
    runtime.databases.bell.ring(owner)
