"""Upgrading all firms to a revision: rings in order, failing firms set aside, resumable after a kill, two at once impossible."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from saas.core.clock import now
from saas.tenants import fleet_indexes, planes
from saas.tenants import fleet_record as record
from saas.tenants.cells import Databases, Owners
from saas.tenants.fleet_apply import Firm, Limits, Outcome, Waits, apply, never
from saas.tenants.fleet_record import RINGS

# A problem in an early ring ends the run after that ring: that is what the ring is for.
TRIAL_RINGS = RINGS[:2]
# So many firms set aside say that the migration is wrong, not the firms.
TOO_MANY_FAILURES = 20
BATCH = 50
BATCH_S = 0.5
Outcomes = Generator[Outcome, None, None]


@dataclass
class Progress:
    """How far a run is; handed to the progress callback after each firm. `elapsed_s` counts from the first firm."""

    ring: str = ""
    done: int = 0
    failed: int = 0
    total: int = 0
    elapsed_s: float = 0.0


@dataclass
class Run:
    """What a run did. `stamped` are those that a killed run had upgraded; `failures` are (firm, problem), `waiting` is firm → when its
    window opens.

    `stopped` says why it ended early; None when it did not.
    """

    target: str
    run_id: int | None = None
    done: int = 0
    stamped: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    waiting: dict[str, datetime] = field(default_factory=dict)
    stopped: str | None = None
    seconds: float = 0.0


def upgrade(
    databases: Databases,
    owners: Owners,
    *,
    target: str = "head",
    progress: Callable[[Progress], None] | None = None,
    rings: Iterable[str] = RINGS,
    slug: str | None = None,
    limits: Limits | None = None,
    ignores_windows: bool = False,
    clock: Callable[[], datetime] = now,
) -> Run:
    """Take every schema, ready ones included, to `target`, ring after ring. A firm that fails keeps working on the revision it has.

    So does one whose window is closed by `clock`: it waits for a later call, unless this release does not serve its revision any more.
    Raises FleetBusy when another run is under way, CellLost when a cell's database stopped answering; what was done then is recorded,
    and the next call goes on from there.
    """
    goal = planes.head("tenant") if target == "head" else target
    with record.exclusive(owners, "fleet upgrade"):
        work = _Upgrade(databases, owners, Run(goal), slug, progress)
        work.limits = limits or Limits()
        work.waits = never if ignores_windows else lambda firm: wait(firm, clock())
        return work.through([ring for ring in RINGS if ring in set(rings)])


def wait(firm: Firm, at: datetime) -> datetime | None:
    """Tell until when a firm waits for its window. One that is not served at its revision stands still already: it waits for nothing."""
    return firm.window.waits_until(at) if firm.window and planes.is_served(firm.revision) else None


class _Upgrade:
    """One run: its counters, and the firms it need not look at again."""

    def __init__(
        self, databases: Databases, owners: Owners, run: Run, slug: str | None, progress: Callable[[Progress], None] | None
    ) -> None:
        self.databases, self.owners, self.run, self.slug = databases, owners, run, slug
        self.target = run.target
        self.limits = Limits()
        self.waits: Waits = never
        self.seen = Progress()
        self.handled: set[UUID] = set()
        self._tell = progress or (lambda _: None)
        self._began = time.monotonic()

    def through(self, rings: list[str]) -> Run:
        """Do the rings in order until one says stop."""
        self.seen.total = sum(
            self.waits(firm) is None for ring in rings for firm in record.due(self.databases, self.target, ring, self.slug)
        )
        for ring in rings:
            self.seen.ring = ring
            self._ring(ring)
            if self._must_stop(ring, is_over=True):
                break
        if self.run.run_id is not None:
            record.finish(self.databases, self.run.run_id)
        self.run.seconds = time.monotonic() - self._began
        return self.run

    def _ring(self, ring: str) -> None:
        # Firms that sign up meanwhile may still get a schema of the old revision: look again until nobody is left.
        while firms := record.due(self.databases, self.target, ring, self.slug, self.handled):
            self._rounds(firms)
            if self._must_stop(ring):
                return
        if planes.slow_indexes("tenant"):
            everyone = record.everyone(self.databases, ring, self.slug)
            self._note(fleet_indexes.build(self.owners.cells, everyone, self.target, self.waits))

    def _rounds(self, firms: list[Firm]) -> None:
        """Try all; then, after a pause that grows, those again whose tables somebody held."""
        for round_number in range(1, self.limits.rounds + 1):
            is_last = round_number == self.limits.rounds
            busy: list[Firm] = []
            self._note(self._settled(apply(self.owners.cells, firms, self.target, self.limits, self.waits), busy, is_last))
            if not busy or self._must_stop(self.seen.ring):
                return
            time.sleep(self.limits.pause_s * round_number)
            firms = busy

    def _settled(self, outcomes: Outcomes, busy: list[Firm], is_last: bool) -> Outcomes:
        with closing(outcomes):
            for outcome in outcomes:
                if outcome.is_busy and not is_last:
                    busy.append(outcome.firm)
                else:
                    yield outcome

    def _note(self, outcomes: Outcomes) -> None:
        """Count outcomes, and record them in batches, so that the control plane is never far behind."""
        batch: list[Outcome] = []
        written_at = time.monotonic()
        try:
            with closing(outcomes):
                for outcome in outcomes:
                    if outcome.waits_until is None:
                        batch.append(outcome)
                    self._count(outcome)
                    if len(batch) >= BATCH or time.monotonic() - written_at > BATCH_S:
                        self._write(batch)
                        written_at = time.monotonic()
                    if self._must_stop(self.seen.ring):
                        break
        finally:
            self._write(batch)

    def _count(self, outcome: Outcome) -> None:
        self.handled.add(outcome.firm.id)
        if outcome.waits_until is not None:
            self.run.waiting[outcome.firm.name] = outcome.waits_until
            return
        if outcome.problem is not None:
            self.run.failures.append((outcome.firm.name, outcome.problem))
        else:
            self.run.done += 1
            self.run.stamped += not outcome.was_applied
        self.seen.done, self.seen.failed = self.run.done, len(self.run.failures)
        self.seen.total = max(self.seen.total, self.seen.done + self.seen.failed)
        self.seen.elapsed_s = time.monotonic() - self._began
        self._tell(self.seen)

    def _write(self, batch: list[Outcome]) -> None:
        if not batch:
            return
        if self.run.run_id is None:
            self.run.run_id = record.begin(self.databases, self.target)
        record.note(self.databases, self.run.run_id, batch)
        batch.clear()

    def _must_stop(self, ring: str, is_over: bool = False) -> bool:
        failed = len(self.run.failures)
        if failed >= TOO_MANY_FAILURES:
            self.run.stopped = f"{failed} firms were set aside: the revision itself needs a look"
        elif is_over and failed and ring in TRIAL_RINGS:
            self.run.stopped = f"a firm of ring {ring} was set aside, so the rings after it were not begun"
        return self.run.stopped is not None
