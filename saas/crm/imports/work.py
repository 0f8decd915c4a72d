"""One run's file, mapping and decisions, ready to hand out batches of rows; kept in a worker's memory while it works on the run."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from saas.auth.context import Context
from saas.core.storage import Storage
from saas.crm import registry
from saas.crm.imports.built import Built, Column, Decisions
from saas.crm.imports.owners import fold
from saas.crm.imports.plan import Options, Planner
from saas.crm.imports.rows import RowBuilder
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.prepared import Prepared, prepared_from_json
from saas.crm.transfer.rowfile import rows
from saas.crm.transfer.tables import ImportFix, ImportRun
from saas.crm.transfer.values.dates import default_date_order
from saas.crm.transfer.values.outcome import Hints

BATCH_ROWS = 4_000
LOCAL_PREFIX = f"onebook-rows-{os.getuid()}-"
LOCAL_LIFE_S = 86_400


@dataclass(frozen=True)
class Batch:
    """Rows understood, and the line at which the next batch begins; None at the end of the file."""

    rows: list[Built]
    following: int | None


class Work:
    """What a run needs to go on. Building the next batch goes on in a thread while the database takes in the one before."""

    def __init__(self, ctx: Context, run: ImportRun, storage: Storage) -> None:
        self.obj: ObjectDef = registry.get(run.object)
        self.prepared = prepared_from_json(run.prepared)
        self._path = local_rows(storage, run)
        self._builder = RowBuilder(self.obj, registry.BY_NAME, columns_of(run, self.prepared), _hints(ctx, run), _decisions(run))
        self._fixes: dict[int, dict[int, str]] = {}
        for fix in ctx.db.execute(select(ImportFix).where(ImportFix.run_id == run.id)).scalars():
            self._fixes.setdefault(fix.row, {})[fix.column] = fix.text
        self.planner = Planner(self.obj, registry.BY_NAME, _options(run))
        self._ahead: tuple[int, Future[Batch]] | None = None
        self._thread = ThreadPoolExecutor(1, "import")

    def batch(self, start: int) -> Batch:
        """Read and understand the rows from line `start` on, and begin with those after them."""
        found = self._ahead[1].result() if self._ahead and self._ahead[0] == start else self._build(start)
        self._ahead = None
        if found.following is not None:
            self._ahead = (found.following, self._thread.submit(self._build, found.following))
        return found

    def batches(self) -> Iterator[Batch]:
        """Read the whole file in batches."""
        following: int | None = 0
        while following is not None:
            found = self._build(following)
            yield found
            following = found.following

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _build(self, start: int) -> Batch:
        found = list(islice(rows(self._path, start), BATCH_ROWS))
        none: dict[int, str] = {}
        built = [self._builder.build(number, cells, self._fixes.get(number, none)) for number, cells in found]
        return Batch(built, found[-1][0] + 1 if len(found) == BATCH_ROWS else None)


def columns_of(run: ImportRun, prepared: Prepared) -> list[Column]:
    """List where the columns of a run's file go."""
    return [
        Column(
            entry["index"], prepared.column_name(entry["index"]), entry["target"], entry.get("label", ""), bool(entry.get("invert")),
            entry.get("date_order"), entry.get("decimal"),
        )
        for entry in run.mapping["columns"]
    ]  # fmt: skip


def rows_key(run: ImportRun) -> str:
    """Name the canonical form of a run's file in the store."""
    return f"{run.file_key}.rows{run.options.get('reading', 0)}"


def local_rows(storage: Storage, run: ImportRun) -> Path:
    """Keep the canonical file of a run in this machine's temporary folder, whole or not at all."""
    path = _local_path(run)
    if not path.exists():
        _tidy(path.parent)
        part = path.with_suffix(f".{os.getpid()}")
        storage.fetch(rows_key(run), part)
        part.replace(path)
    return path


def forget_local(run: ImportRun) -> None:
    """Remove the local copy of a run that is over."""
    _local_path(run).unlink(missing_ok=True)


def _local_path(run: ImportRun) -> Path:
    return Path(tempfile.gettempdir()) / f"{LOCAL_PREFIX}{run.id}-{run.options.get('reading', 0)}.rows"


def _tidy(folder: Path) -> None:
    """Remove what runs that ended elsewhere, or killed workers, have left here."""
    for path in folder.glob(f"{LOCAL_PREFIX}*"):
        if path.stat().st_mtime < time.time() - LOCAL_LIFE_S:
            path.unlink(missing_ok=True)


def _hints(ctx: Context, run: ImportRun) -> Hints:
    settings, options = ctx.workspace, run.options
    return Hints(
        region=settings.region,
        timezone=settings.timezone,
        date_order=options.get("date_order") or default_date_order(settings.region),
        decimal=options.get("decimal"),
        currency=settings.currency,
    )


def _decisions(run: ImportRun) -> Decisions:
    accepted = frozenset((int(index), code) for index, _colon, code in (one.partition(":") for one in run.options.get("accepted", ())))
    return Decisions(run.options.get("choices", {}), accepted)


def _options(run: ImportRun) -> Options:
    obj = registry.get(run.object)
    naming = {obj.label_field, *obj.name_parts, "full_name"}
    names = [entry["index"] for entry in run.mapping["columns"] if entry["target"] in naming]
    return Options(
        import_id=run.id,
        mode=run.options["mode"],
        key=tuple(run.options.get("key", ())),
        owners={fold(text): chosen for text, chosen in run.options.get("owners", {}).items()},
        skips_refused_cells=bool(run.options.get("skips_refused_cells", True)),
        name_column=names[-1] if names else None,
        batch=run.options.get("batch"),
    )


_kept: dict[Any, Work] = {}


def kept(ctx: Context, run: ImportRun, storage: Storage) -> Work:
    """Return this process' work on a real run, made on first use; only the newest is kept."""
    key = (ctx.tenant.id, run.id, run.options["batch"])
    if key not in _kept:
        drop()
        _kept[key] = Work(ctx, run, storage)
    return _kept[key]


def drop() -> None:
    """Forget the work that was kept: the run is over, or something went wrong and its memory is not to be trusted."""
    while _kept:
        _kept.popitem()[1].close()
