"""The slow steps of an import, as jobs: each survives the death of its worker and ends up done exactly once."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from saas.auth.acting import acting
from saas.auth.context import Context
from saas.core.clock import now
from saas.core.storage import Storage
from saas.crm import registry
from saas.crm.imports import proposals, reverting
from saas.crm.imports.plan import Options, Planner
from saas.crm.imports.rows import Built, Column, Issue, RowBuilder
from saas.crm.imports.writing import write
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.prepare import Reading, prepare
from saas.crm.transfer.prepared import Prepared, prepared_from_json
from saas.crm.transfer.rowfile import rows
from saas.crm.transfer.said import Unreadable
from saas.crm.transfer.tables import ImportFix, ImportIssue, ImportRun
from saas.crm.transfer.values.outcome import Hints
from saas.tenants import resolve
from saas.tenants.jobs import Again, outside_job, tenant_job
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, TenantSession, control_session, long_scope, tenant_session

BATCH_ROWS = 4_000
KEPT_ISSUES = 2_000


@outside_job("import.prepare")
def prepare_file(runtime: Runtime, tenant_id: str, run_id: str, reading: dict[str, Any] | None = None) -> None:
    """Read an uploaded file once, put its canonical form beside it, and propose a mapping."""
    tenant, key = _tenant(runtime, tenant_id), UUID(run_id)
    with _session(runtime, tenant) as session:
        run = _locked(session, key)
        if run is None or run.state not in ("uploaded", "preparing"):
            return
        run.state = "preparing"
        file_key, filename, size = run.file_key, run.filename, run.file_bytes
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        source = runtime.storage.fetch(file_key, Path(folder) / "file")
        target = Path(folder) / "rows"
        try:
            found = prepare(source, filename, target, reading=Reading(**(reading or {})))
        except Unreadable as problem:
            _fail(runtime, tenant, key, problem.said.as_json())
            return
        runtime.storage.put(_rows_key(file_key), target)
    with _session(runtime, tenant) as session:
        run = _locked(session, key)
        if run is None or run.state != "preparing":
            return
        with acting(session, run.created_by, "import") as ctx:
            run.prepared = found.as_json() | {"path": ""}
            run.total_rows, run.state, run.file_bytes = found.row_count, "prepared", size
            run.mapping, run.options = proposals.propose(ctx, registry.get(run.object), found)


@outside_job("import.check")
def check(runtime: Runtime, tenant_id: str, run_id: str) -> None:
    """Do the dry run: plan every row, write down what would come of it, change nothing in the book."""
    tenant, key = _tenant(runtime, tenant_id), UUID(run_id)
    counts: Counter[str] = Counter()
    issues: list[tuple[int, Issue]] = []
    with _session(runtime, tenant) as session:
        run = _locked(session, key)
        if run is None or run.state != "checking":
            return
        author = run.created_by
        with acting(session, author, "import") as ctx:
            work = _Work(ctx, run, runtime.storage)
    start: int | None = 0
    while start is not None:
        with _session(runtime, tenant) as session, acting(session, author, "import") as ctx:
            batch, following = work.batch(ctx, start)
            plan = work.planner(ctx).plan(batch, forgets=False)
            counts.update(plan.counts)
            issues.extend(plan.issues[: KEPT_ISSUES - len(issues)])
            run = _locked(session, key)
            if run is None or run.state != "checking":
                return
            run.next_row, run.counts = following if following is not None else run.total_rows, dict(counts)
        start = following
    with _session(runtime, tenant) as session:
        run = _locked(session, key)
        if run is not None and run.state == "checking":
            _keep_issues(session, key, issues)
            run.state, run.counts, run.next_row = "checked", dict(counts), 0


@tenant_job("import.run")
def run_batch(session: TenantSession, runtime: Runtime, run_id: str) -> Again | None:
    """Bring in the next batch of rows. The rows, their journal and the place to go on are one transaction: nothing twice, nothing lost."""
    run = _locked(session, UUID(run_id))
    if run is None or run.state != "running":
        return None
    with acting(session, run.created_by, "import") as ctx:
        ctx.state["batch"] = run.options["batch"]
        work = _Work(ctx, run, runtime.storage)
        batch, following = work.batch(ctx, run.next_row)
        plan = work.planner(ctx).plan(batch, forgets=True)
        write(ctx, plan, work.obj, work.objects)
    counts = Counter(run.counts)
    counts.update(plan.counts)
    run.counts = dict(counts)
    kept = session.execute(select(func.count()).select_from(ImportIssue).where(ImportIssue.run_id == run.id)).scalar_one()
    _add_issues(session, run.id, plan.issues[: max(0, KEPT_ISSUES - kept)])
    if following is None:
        run.state, run.finished_at, run.next_row = "done", now(), run.prepared["line_count"]
        return None
    run.next_row = following
    return Again({"run_id": run_id})


@tenant_job("import.revert")
def revert_batch(session: TenantSession, _runtime: Runtime, run_id: str) -> Again | None:
    """Take out the next part of what a run brought in."""
    run = _locked(session, UUID(run_id))
    if run is None or run.state != "reverting":
        return None
    with acting(session, UUID(run.undo_note["member"]), "import") as ctx:
        ctx.state["batch"] = run.undo_note["batch"]
        note = reverting.take_out(ctx, run.options["batch"], run.undo_note)
    run.undo_note = note
    if note.get("is_done"):
        run.state = "reverted"
        return None
    return Again({"run_id": run_id})


class _Work:
    """One run's file, mapping and options, ready to hand out batches."""

    def __init__(self, ctx: Context, run: ImportRun, storage: Storage) -> None:
        self.obj: ObjectDef = registry.get(run.object)
        self.objects = dict(registry.BY_NAME)
        self._run_id, self._options = run.id, run.options
        self._prepared: Prepared = prepared_from_json(run.prepared)
        self._path = _local_rows(storage, run)
        columns = [Column(entry["index"], entry["target"], bool(entry.get("invert"))) for entry in run.mapping["columns"]]
        settings = ctx.workspace
        hints = Hints(
            region=settings.region,
            timezone=run.options.get("timezone") or settings.timezone,
            date_order=run.options.get("date_order"),
            decimal=run.options.get("decimal"),
            currency=settings.currency,
        )
        self._builder = RowBuilder(self.obj, self.objects, columns, hints, settings.currency)
        self._fixes: dict[int, dict[int, str]] = {}
        for fix in ctx.db.execute(select(ImportFix).where(ImportFix.run_id == run.id)).scalars():
            self._fixes.setdefault(fix.row, {})[fix.column] = fix.text
        self._planner: Planner | None = None

    def batch(self, _ctx: Context, start: int) -> tuple[list[Built], int | None]:
        """Read the rows from `start` on; return them and where the next batch begins, None at the end of the file."""
        found = list(islice(rows(self._path, start), BATCH_ROWS))
        built = [self._builder.build(number, cells, self._fixes.get(number, {})) for number, cells in found]
        return built, (found[-1][0] + 1 if len(found) == BATCH_ROWS else None)

    def planner(self, ctx: Context) -> Planner:
        """Return the run's planner, bound to this transaction."""
        owners = {text.casefold(): UUID(key) for text, key in self._options.get("owners", {}).items() if key}
        options = Options(
            mode=self._options.get("mode", "create"),
            key=tuple(self._options.get("key", ())),
            owners=owners,
            owner_id=ctx.member.id,
            skips_refused_cells=bool(self._options.get("skips_refused_cells", True)),
        )
        if self._planner is None:
            self._planner = Planner(ctx, self.obj, self.objects, options, self._run_id)
        self._planner.bind(ctx)
        return self._planner


def _local_rows(storage: Storage, run: ImportRun) -> Path:
    """Keep the canonical file of a run in this machine's temporary folder, whole or not at all."""
    path = Path(tempfile.gettempdir()) / f"onebook-rows-{os.getuid()}-{run.id}"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        storage.fetch(_rows_key(run.file_key), part)
        part.replace(path)
    return path


def _rows_key(file_key: str) -> str:
    return f"{file_key}.rows"


def _tenant(runtime: Runtime, tenant_id: str) -> Tenant:
    with control_session(runtime.databases) as control:
        found = resolve.by_id(control, UUID(tenant_id))
    if found is None:
        raise LookupError(tenant_id)
    return found


def _session(runtime: Runtime, tenant: Tenant) -> Any:
    return tenant_session(runtime.databases, tenant, long_scope(tenant))


def _locked(session: TenantSession, run_id: UUID) -> ImportRun | None:
    query = select(ImportRun).where(ImportRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    return session.execute(query).scalar_one_or_none()


def _fail(runtime: Runtime, tenant: Tenant, run_id: UUID, problem: Any) -> None:
    with _session(runtime, tenant) as session:
        run = _locked(session, run_id)
        if run is not None:
            run.state, run.counts, run.finished_at = "failed", {"problem": problem}, now()


def _keep_issues(session: TenantSession, run_id: UUID, issues: list[tuple[int, Issue]]) -> None:
    session.execute(delete(ImportIssue).where(ImportIssue.run_id == run_id))
    _add_issues(session, run_id, issues)


def _add_issues(session: TenantSession, run_id: UUID, issues: list[tuple[int, Issue]]) -> None:
    if issues:
        values = [
            {
                "run_id": run_id, "row": row, "column": issue.column, "level": issue.level, "code": issue.said.code,
                "said": issue.said.as_json(), "text": issue.text, "suggestion": issue.suggestion,
            }
            for row, issue in issues
        ]  # fmt: skip
        session.execute(insert(ImportIssue), values)
