"""What the control plane knows about the fleet and its upgrades: who is due, who is done, what went wrong, and who is at it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from saas.core.clock import now
from saas.tenants import planes
from saas.tenants.cells import Databases, Owners
from saas.tenants.fleet_apply import Firm, Outcome, own_connection
from saas.tenants.models import FleetResult, FleetRun, TenantRow
from saas.tenants.session import control_session
from saas.tenants.windows import Window

RINGS = ("sandbox", "canary", "waves", "all")


class FleetBusy(Exception):
    """Somebody else is upgrading; the message is one line."""


@contextmanager
def exclusive(owners: Owners, what: str, wait_s: float = 0) -> Iterator[None]:
    """Hold an advisory lock of the control database while working. Raises FleetBusy when another process holds it for longer than `wait_s`.

    It ends with the connection, so a killed process leaves none behind.
    """
    with own_connection(owners.control) as connection:
        end = time.monotonic() + wait_s
        while True:
            row = connection.execute("SELECT pg_try_advisory_lock(hashtext('onebook'), hashtext(%s))", [what]).fetchone()
            if row and row[0]:
                break
            if time.monotonic() >= end:
                raise FleetBusy(f"Another process is busy with this ({what}): wait until it has ended, or end it.")
            time.sleep(0.2)
        yield


def due(databases: Databases, target: str, ring: str | None, slug: str | None, besides: Collection[UUID] = ()) -> list[Firm]:
    """List the schemas whose recorded revision is older than `target`: in one ring (None: in all), or one firm. Ready ones count too.

    A ring nobody planned for is upgraded with the last one. Revisions this release does not know are newer, and left alone.
    """
    older = planes.older("tenant", target)
    query = select(TenantRow).where(TenantRow.revision.in_(older)).order_by(TenantRow.created_at, TenantRow.id)
    if ring is not None:
        query = query.where(_in_ring(ring))
    if slug is not None:
        query = query.where(TenantRow.slug == slug)
    with control_session(databases) as control:
        return [_firm(row) for row in control.scalars(query) if row.id not in besides]


def everyone(databases: Databases, ring: str, slug: str | None) -> list[Firm]:
    """List all schemas of a ring."""
    query = select(TenantRow).where(_in_ring(ring))
    if slug is not None:
        query = query.where(TenantRow.slug == slug)
    with control_session(databases) as control:
        return [_firm(row) for row in control.scalars(query)]


def _in_ring(ring: str) -> ColumnElement[bool]:
    named = TenantRow.ring == ring
    return or_(named, TenantRow.ring.not_in(RINGS)) if ring == RINGS[-1] else named


def _firm(row: TenantRow) -> Firm:
    window = Window.read(row.upgrade_window) if row.upgrade_window else None
    return Firm(row.id, row.cell, row.schema_name, row.revision, row.slug or f"(ready) {row.schema_name}", window)


def begin(databases: Databases, target: str) -> int:
    """Note that an upgrade begins; return its key."""
    with control_session(databases) as control:
        run = FleetRun(revision=target)
        control.add(run)
        control.flush()
        return run.id


def note(databases: Databases, run_id: int, outcomes: Iterable[Outcome]) -> None:
    """Stamp the revisions that firms have reached and keep what went wrong, in one transaction. A firm goes on working as it was."""
    reached: dict[str, list[UUID]] = {}
    failures = []
    done = 0
    for outcome in outcomes:
        if outcome.revision != outcome.firm.revision:
            reached.setdefault(outcome.revision, []).append(outcome.firm.id)
        if outcome.problem is None:
            done += 1
        else:
            failures.append(FleetResult(run_id=run_id, tenant_id=outcome.firm.id, problem=outcome.problem))
    with control_session(databases) as control:
        for revision, keys in reached.items():
            control.execute(update(TenantRow).where(TenantRow.id.in_(keys)).values(revision=revision))
        known = set(control.scalars(select(TenantRow.id).where(TenantRow.id.in_([failure.tenant_id for failure in failures]))))
        control.add_all(failure for failure in failures if failure.tenant_id in known)
        counts = {"done": FleetRun.done + done, "failed": FleetRun.failed + len(failures)}
        control.execute(update(FleetRun).where(FleetRun.id == run_id).values(counts))


def finish(databases: Databases, run_id: int) -> None:
    """Note that an upgrade went through to its end."""
    with control_session(databases) as control:
        control.execute(update(FleetRun).where(FleetRun.id == run_id).values(finished_at=now()))


@dataclass(frozen=True)
class Problem:
    """The last thing that went wrong with a firm that is still behind, or in the last upgrade."""

    firm: str
    revision: str
    problem: str
    happened_at: datetime


@dataclass(frozen=True)
class Status:
    """How the fleet stands: schemas by (cell, ring, revision), the last upgrade, what was set aside, and who is behind and has a window."""

    counts: dict[tuple[str, str, str], int]
    last: FleetRun | None
    problems: list[Problem]
    windows: list[Firm] = field(default_factory=list)


def status(databases: Databases) -> Status:
    """Read how the fleet stands."""
    place = (TenantRow.cell, TenantRow.ring, TenantRow.revision)
    with control_session(databases) as control:
        rows = control.execute(select(*place, func.count()).group_by(*place).order_by(*place))
        counts = {(row[0], row[1], row[2]): row[3] for row in rows}
        last = control.scalars(select(FleetRun).order_by(FleetRun.id.desc()).limit(1)).first()
        is_behind = TenantRow.revision.in_(planes.older("tenant", planes.head("tenant")))
        query = (
            select(func.coalesce(TenantRow.slug, TenantRow.schema_name), TenantRow.revision, FleetResult.problem, FleetResult.happened_at)
            .ext(distinct_on(TenantRow.id))
            .join(FleetResult, FleetResult.tenant_id == TenantRow.id)
            .where(or_(is_behind, FleetResult.run_id == (last.id if last else 0)))
            .order_by(TenantRow.id, FleetResult.happened_at.desc())
        )
        patient = control.scalars(select(TenantRow).where(is_behind, TenantRow.upgrade_window.is_not(None)).order_by(TenantRow.slug))
        return Status(counts, last, [Problem(*row) for row in control.execute(query)], [_firm(row) for row in patient])
