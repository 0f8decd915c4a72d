"""What an upgrade of the fleet would do, without doing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from saas.core.clock import now
from saas.tenants import fleet, planes
from saas.tenants import fleet_record as record
from saas.tenants.cells import Databases
from saas.tenants.fleet_apply import Firm
from saas.tenants.fleet_record import RINGS


@dataclass(frozen=True)
class Plan:
    """What a run would do: the number of schemas for each revision they are at, the SQL of each step, the indexes built afterwards.

    `waiting` are firms that it would leave alone, and until when.
    """

    target: str
    firms: dict[str, int]
    scripts: list[tuple[str, str, str]]
    indexes: list[str]
    waiting: list[tuple[Firm, datetime]]


def plan(
    databases: Databases, target: str = "head", rings: Iterable[str] = RINGS, slug: str | None = None, *,
    ignores_windows: bool = False, at: datetime | None = None,
) -> Plan:  # fmt: skip
    """Say what `upgrade` would do, by the revisions that the control plane has on record; changes nothing."""
    goal = planes.head("tenant") if target == "head" else target
    at = at or now()
    firms: dict[str, int] = {}
    waiting = []
    for ring in rings:
        for firm in record.due(databases, goal, ring, slug):
            until = None if ignores_windows else fleet.wait(firm, at)
            if until:
                waiting.append((firm, until))
                continue
            firms[firm.revision] = firms.get(firm.revision, 0) + 1
    order = planes.revisions("tenant")
    known = [order.index(revision) for revision in firms if revision in order]
    pairs = planes.steps("tenant", order[min(known)], goal) if known else []
    scripts = [(start, end, planes.render("tenant", start, end)) for start, end in pairs]
    ends = {end for _, end in pairs}
    indexes = [f"{index.name} ON {index.table} {index.definition}" for at, index in planes.slow_indexes("tenant") if at in ends]
    return Plan(goal, dict(sorted(firms.items())), scripts, indexes, waiting)
