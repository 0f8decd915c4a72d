"""How the operator's command shows an upgrade of the fleet: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TextIO

from saas.tenants.fleet import Progress, Run
from saas.tenants.fleet_plan import Plan
from saas.tenants.fleet_record import Status

WIDTH = 30
TERMINAL_EVERY_S = 0.1
LOG_EVERY_S = 5.0


class Bar:
    """Writes progress to a stream; call `close` when the run has ended."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_terminal = stream, stream.isatty()
        self._written_at, self._last = 0.0, ""

    def __call__(self, seen: Progress) -> None:
        is_end = seen.done + seen.failed >= seen.total
        pause = TERMINAL_EVERY_S if self._is_terminal else LOG_EVERY_S
        if not is_end and time.monotonic() - self._written_at < pause:
            return
        self._written_at = time.monotonic()
        line = self._line(seen)
        if self._is_terminal:
            self._stream.write(f"\r{line:<{len(self._last)}}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()
        self._last = line

    def close(self) -> None:
        """Leave the bar's line."""
        if self._is_terminal and self._last:
            self._stream.write("\n")
            self._stream.flush()

    def _line(self, seen: Progress) -> str:
        over = seen.done + seen.failed
        full = WIDTH * over // max(seen.total, 1)
        rate = over / seen.elapsed_s if seen.elapsed_s else 0.0
        bar = f"[{'#' * full}{'.' * (WIDTH - full)}] " if self._is_terminal else ""
        aside = f", {seen.failed} set aside" if seen.failed else ""
        return f"{bar}{over:,}/{seen.total:,} workspaces, ring {seen.ring}, {rate:,.0f}/s{aside}"


def summary(run: Run) -> str:
    """Tell what a run did."""
    lines = [f"{run.done:,} workspaces are at {run.target} ({run.seconds:.1f} s)"]
    if not run.done and not run.failures:
        lines = [f"every {'other ' if run.waiting else ''}workspace is at {run.target}"]
    if run.stamped:
        lines.append(f"{run.stamped:,} of them had been upgraded by an interrupted run and were only recorded")
    lines += [f"set aside: {firm}: {problem}" for firm, problem in run.failures]
    lines += [_waiting(firm, until) for firm, until in run.waiting.items()]
    if run.stopped:
        lines.append(f"stopped early: {run.stopped}")
    return "\n".join(lines)


def _waiting(firm: str, until: datetime) -> str:
    return f"waiting for its window until {until:%Y-%m-%d %H:%M} UTC: {firm}"


def plan_text(plan: Plan) -> str:
    """Tell what a run would do, as SQL with comments."""
    total = sum(plan.firms.values())
    lines = [f"-- {total:,} workspaces would be taken to {plan.target}"]
    lines += [f"--   {count:,} are at {revision}" for revision, count in plan.firms.items()]
    lines += [f"-- {_waiting(firm.name, until)} ({firm.window})" for firm, until in plan.waiting]
    for start, end, script in plan.scripts:
        lines += ["", f"-- {start} -> {end}, in one transaction for each workspace", script.strip()]
    lines += [f"\n-- afterwards, one at a time\nCREATE INDEX CONCURRENTLY {index};" for index in plan.indexes]
    return "\n".join(lines)


def status_text(status: Status) -> str:
    """Tell how the fleet stands."""
    lines = [f"{'cell':<10}{'ring':<10}{'revision':<20}{'workspaces':>10}"]
    lines += [f"{cell:<10}{ring:<10}{revision:<20}{count:>10,}" for (cell, ring, revision), count in status.counts.items()]
    if status.last:
        run = status.last
        end = f"ended {run.finished_at:%Y-%m-%d %H:%M} UTC" if run.finished_at else "was interrupted or is still running"
        lines.append(f"last upgrade: to {run.revision}, began {run.started_at:%Y-%m-%d %H:%M} UTC, {end}")
        lines.append(f"  {run.done:,} done, {run.failed:,} set aside")
    lines += [f"{each.firm} (at {each.revision}): {each.problem}" for each in status.problems]
    lines += [f"{firm.name} (at {firm.revision}) is upgraded in its window: {firm.window}" for firm in status.windows]
    return "\n".join(lines)
