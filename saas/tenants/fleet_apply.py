"""Taking one schema to a revision, and many at once over a few connections per cell. Recording is fleet.py's business."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from saas.tenants import planes
from saas.tenants.windows import Window

# Put into a firm's outbox by the transaction that upgrades it: new defaults may break what its admins have pinned.
UPGRADED_JOB = "firm.upgraded"
_TELL = sql.SQL("INSERT INTO outbox (job, args, created_at, due_at, attempts) VALUES ({job}, '{{}}', now(), now(), 0)").format(
    job=sql.Literal(UPGRADED_JOB)
)
RECONNECTS = 5
RECONNECT_PAUSE_S = 1.0
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


@dataclass(frozen=True)
class Limits:
    """How an upgrade behaves towards the firms at work. A short lock time-out keeps readers from queueing behind a waiting ALTER."""

    connections_per_cell: int = 4
    lock_timeout_ms: int = 1_000
    statement_timeout_ms: int = 60_000
    rounds: int = 6
    pause_s: float = 0.5


@dataclass(frozen=True)
class Firm:
    """One schema of the fleet as the control plane knows it; `name` is for people, `window` the hours in which it may be upgraded."""

    id: UUID
    cell: str
    schema: str
    revision: str
    name: str
    window: Window | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one firm: the revision it is at now, what stopped it, and whether trying again soon makes sense.

    `waits_until` says when its window opens: until then it was not touched.
    """

    firm: Firm
    revision: str
    problem: str | None = None
    is_busy: bool = False
    was_applied: bool = False
    waits_until: datetime | None = None


# Says until when a firm has to be left alone; None: not at all.
Waits = Callable[[Firm], datetime | None]


def never(_firm: Firm) -> datetime | None:
    """Let no firm wait."""
    return None


class CellLost(Exception):
    """A cell's database stopped answering; the message names it."""


def bring(connection: psycopg.Connection[Any], firm: Firm, target: str, limits: Limits) -> Outcome:
    """Take one schema to `target`, one transaction for each revision, and say how far it came. `connection` is in autocommit mode.

    The schema's own version table decides where to start, so that what a killed run had done is not done twice.
    """
    reached = Outcome(firm, firm.revision)
    try:
        while True:
            at = _open(connection, firm, limits)
            reached = replace(reached, revision=at)
            pending = planes.steps("tenant", at, target)
            if not pending:
                connection.execute("ROLLBACK")
                return reached
            script = planes.render("tenant", *pending[0])
            connection.execute(f"{script}\n;{_TELL.as_string()};COMMIT".encode())
            reached = replace(reached, revision=pending[0][1], was_applied=True)
            if len(pending) == 1:
                return reached
    except (psycopg.Error, LookupError) as error:
        if connection.closed:
            raise
        connection.execute("ROLLBACK")
        return replace(reached, problem=_said(error), is_busy=isinstance(error, _BUSY))


def _open(connection: psycopg.Connection[Any], firm: Firm, limits: Limits) -> str:
    """Begin, and read the schema's revision under a lock, in one round trip."""
    script = sql.SQL(
        "BEGIN; SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}; SET LOCAL search_path = {schema}, extensions;"
        " SELECT version_num FROM {schema}.alembic_version FOR UPDATE"
    ).format(
        lock=sql.Literal(limits.lock_timeout_ms),
        statement=sql.Literal(limits.statement_timeout_ms),
        schema=sql.Identifier(firm.schema),
    )
    cursor = connection.execute(script)
    while cursor.nextset():
        pass
    row = cursor.fetchone()
    if row is None:
        raise LookupError("the schema's version table is empty")
    return str(row[0])


def _said(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return f"{error.diag.sqlstate}: {error.diag.message_primary or str(error).strip()}"
    return str(error)


def apply(
    owners: dict[str, Engine], firms: Iterable[Firm], target: str, limits: Limits, waits: Waits = never
) -> Generator[Outcome, None, None]:
    """Upgrade firms, all cells at once; yield outcomes as they come. Who stops reading stops the work. `waits` is asked at each one's turn.

    Raises CellLost when the other cells are done.
    """
    waiting: dict[str, queue.SimpleQueue[Firm]] = {}
    for firm in firms:
        waiting.setdefault(firm.cell, queue.SimpleQueue()).put(firm)
    hands = [
        _Hand(owners[cell], cell, work, target, limits, waits)
        for cell, work in waiting.items()
        for _ in range(min(limits.connections_per_cell, work.qsize()))
    ]
    stop, results, lost = threading.Event(), queue.SimpleQueue[Outcome | Exception | None](), None
    threads = [threading.Thread(target=hand.work, args=(results, stop), daemon=True) for hand in hands]
    try:
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            found = results.get()
            if found is None:
                running -= 1
            elif isinstance(found, Exception):
                lost = found
            else:
                yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if lost is not None:
        raise lost


@dataclass(frozen=True)
class _Hand:
    """One of the connections that upgrade a cell; it takes firms from the cell's queue until that is empty."""

    owner: Engine
    cell: str
    firms: queue.SimpleQueue[Firm]
    target: str
    limits: Limits
    waits: Waits

    def work(self, results: queue.SimpleQueue[Outcome | Exception | None], stop: threading.Event) -> None:
        """Put an outcome for each firm, the exception that ended the work if there was one, and None at last."""
        try:
            self._take_firms(results, stop)
        except Exception as error:  # It is raised where the outcomes are read.
            results.put(error)
        finally:
            results.put(None)

    def _take_firms(self, results: queue.SimpleQueue[Outcome | Exception | None], stop: threading.Event) -> None:
        firm: Firm | None = None
        broken = 0
        while not stop.is_set():
            try:
                with own_connection(self.owner) as connection:
                    while not stop.is_set():
                        firm = firm or self.firms.get_nowait()
                        results.put(self._bring(connection, firm))
                        firm, broken = None, 0
            except queue.Empty:
                return
            except (psycopg.OperationalError, DBAPIError) as error:
                broken += 1
                if broken > RECONNECTS:
                    raise CellLost(f"cell {self.cell}: {str(error).strip().splitlines()[0]}") from error
                stop.wait(RECONNECT_PAUSE_S)

    def _bring(self, connection: psycopg.Connection[Any], firm: Firm) -> Outcome:
        if until := self.waits(firm):
            return Outcome(firm, firm.revision, waits_until=until)
        return bring(connection, firm, self.target, self.limits)


@contextmanager
def own_connection(owner: Engine) -> Iterator[psycopg.Connection[Any]]:
    """Take a connection out of the pool for good, in autocommit mode: scripts say where their transactions begin and end."""
    pooled = owner.raw_connection()
    raw: Any = pooled.driver_connection
    pooled.detach()
    try:
        raw.autocommit = True
        yield raw
    finally:
        raw.close()
