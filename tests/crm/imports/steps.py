"""An import done step by step below the web, and looks at what came of it. No assertions here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.crm import registry
from saas.crm.imports import choosing, runs
from saas.crm.imports.jobs import run_batch
from saas.crm.objects.journal_tables import JournalBatch, JournalChange
from saas.crm.transfer.tables import ImportIssue, ImportRun
from saas.tenants.jobs import Again
from tests.worlds import World

Row = Mapping[str, str]


def as_csv(rows: Sequence[Row]) -> bytes:
    """Write rows of the same columns as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@dataclass
class Import:
    """One run of somebody in a world."""

    world: World
    who: str
    id: UUID

    @contextmanager
    def acting(self) -> Iterator[tuple[Context, ImportRun]]:
        """Act for whoever imports, with the run at hand."""
        with self.world.acting(self.who) as ctx:
            yield ctx, runs.find(ctx, self.id)

    @property
    def run(self) -> ImportRun:
        """The run as it is now."""
        with self.acting() as (_ctx, run):
            return run

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the run, without groups and texts."""
        return {name: value for name, value in self.run.counts.items() if isinstance(value, int)}

    def proposed(self) -> dict[int, str]:
        """What the mapping proposes."""
        return {entry["index"]: entry["target"] for entry in self.run.mapping["columns"]}

    def check(self, columns: Mapping[int, str] | None = None, **options: Any) -> Import:
        """Say what goes where (what is proposed, unless given) and do the dry run."""
        with self.acting() as (ctx, run):
            chosen = {entry["index"]: entry["target"] for entry in run.mapping["columns"]} | dict(columns or {})
            choosing.set_mapping(ctx, run, chosen, {**run.options, **options})
        self.world.work()
        return self

    def decide(self, **decisions: Any) -> Import:
        """Decide something after the dry run, and repeat it."""
        with self.acting() as (ctx, run):
            choosing.decide(ctx, run, **decisions)
            choosing.check_again(ctx, run)
        self.world.work()
        return self

    def begin(self) -> Import:
        """Begin the run, without doing it."""
        with self.acting() as (ctx, run):
            runs.begin(ctx, run)
        return self

    def finish(self) -> Import:
        """Begin the run and do it."""
        self.begin()
        self.world.work()
        return self

    def one_batch(self) -> bool:
        """Do the next batch; False when it was the last."""
        with self.world.db() as db:
            return isinstance(run_batch(db, self.world.runtime, str(self.id)), Again)

    def revert(self, who: str | None = None) -> Import:
        """Take the run back."""
        with self.world.acting(who or self.who) as ctx:
            runs.revert(ctx, runs.find(ctx, self.id))
        self.world.work()
        return self

    def issues(self, code: str | None = None) -> list[ImportIssue]:
        """List the kept issues, of one code, in the order of the file."""
        with self.world.db() as db:
            query = select(ImportIssue).where(ImportIssue.run_id == self.id).order_by(ImportIssue.row)
            return [issue for issue in db.execute(query).scalars() if code in (None, issue.code)]


def upload(world: World, content: bytes | Sequence[Row], kind: str = "contacts", who: str = "admin", filename: str = "list.csv") -> Import:
    """Upload a file and read it."""
    with TemporaryDirectory() as folder, world.acting(who) as ctx:
        path = Path(folder) / "file"
        path.write_bytes(content if isinstance(content, bytes) else as_csv(content))
        run = runs.start(ctx, world.runtime.storage, kind, filename, path)
    world.work()
    return Import(world, who, run.id)


def bring_in(world: World, content: bytes | Sequence[Row], kind: str = "contacts", who: str = "admin", **options: Any) -> Import:
    """Do a whole import with what is proposed."""
    return upload(world, content, kind, who).check(**options).finish()


def records(world: World, kind: str) -> list[Any]:
    """List all records of an object, by code."""
    model: Any = registry.get(kind).model
    with world.acting("admin") as ctx:
        return list(ctx.db.execute(select(model).order_by(model.code)).scalars())


def journal_of(world: World, run_id: UUID) -> list[JournalChange]:
    """List what the journal says of a run, in order."""
    with world.db() as db:
        query = select(JournalChange).join(JournalBatch, JournalBatch.id == JournalChange.batch_id)
        return list(db.execute(query.where(JournalBatch.import_id == run_id).order_by(JournalChange.id)).scalars())
