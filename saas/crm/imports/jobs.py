"""The slow steps of an import, as jobs: each survives the death of its worker and ends up done exactly once.

All are jobs with a transaction, because the lock on their outbox row keeps a second worker away and falls with the first one: nobody
waits for a lease. Where a step is long, what people see of it is written in short transactions beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from saas.auth.acting import acting
from saas.auth.context import Context
from saas.core import log
from saas.core.clock import now
from saas.core.errors import Forbidden
from saas.crm import registry
from saas.crm.imports import proposals, reverting, work
from saas.crm.imports.built import REFUSED, Built, Issue
from saas.crm.imports.tally import Tally, tally_from_json
from saas.crm.imports.work import Work
from saas.crm.imports.writing import TakeCodes, write
from saas.crm.objects import codes
from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.prepared import Reading
from saas.crm.transfer.said import Said, Unreadable, said
from saas.crm.transfer.tables import ImportIssue, ImportRun
from saas.tenants.jobs import Again, outside_job, tenant_job
from saas.tenants.outbox import enqueue
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession, bound_tenant, tenant_session

_REFUSED_BY_DATABASE = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)

_log = log.get(__name__)


@tenant_job("import.prepare")
def prepare_file(session: TenantSession, runtime: Runtime, run_id: str, reading: int = 0) -> None:
    """Read an uploaded file once, put its canonical form beside it, and propose a mapping."""
    run = _run(session, run_id)
    if run is None or run.state not in ("uploaded", "preparing") or run.options.get("reading", 0) != reading:
        return
    with _beside(session, runtime) as beside:
        beside.execute(update(ImportRun).where(ImportRun.id == run.id, ImportRun.state == "uploaded").values(state="preparing"))
    chosen = Reading(**run.options.get("chosen_reading", {}))
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        target = Path(folder) / "rows"
        try:
            source = runtime.storage.fetch(run.file_key, Path(folder) / "file")
            found = prepare(source, run.filename, target, reading=chosen)
        except (Unreadable, FileNotFoundError) as problem:
            _cannot_read(session, _run(session, run_id, is_locked=True), problem)
            return
        key = work.rows_key(run)
        runtime.storage.put(key, target)
    run = _run(session, run_id, is_locked=True)
    if run is None or run.state != "preparing":
        runtime.storage.delete(key)
        return
    if not _is_allowed(session, run):
        return
    run.prepared = found.as_json() | {"path": ""}
    run.total_rows, run.state, run.counts = found.row_count, "prepared", {}
    run.mapping, options = proposals.propose(registry.get(run.object), found)
    run.options = {**run.options, **options}


def _cannot_read(session: TenantSession, run: ImportRun | None, problem: Unreadable | FileNotFoundError) -> None:
    """Refuse a file; where a person has only chosen a reading that does not fit, the reading before stays."""
    if run is None or run.state != "preparing":
        return
    sentence = problem.said if isinstance(problem, Unreadable) else said("file_gone")
    if run.prepared:
        earlier = {**run.options, "chosen_reading": run.options.get("earlier_reading", {}), "reading": run.options["reading"] - 1}
        run.state, run.counts, run.options = "prepared", {"problem": sentence.as_json()}, earlier
    else:
        _fail(session, run, sentence)


@tenant_job("import.check")
def check(session: TenantSession, runtime: Runtime, run_id: str, turn: int) -> None:
    """Do the dry run: plan every row, write down what would come of it, change nothing in the book. `turn` counts the dry runs."""
    run = _run(session, run_id)
    if run is None or run.state != "checking" or run.options["turn"] != turn or not _is_allowed(session, run):
        return
    tally = Tally()
    try:
        with acting(session, run.created_by, "import") as ctx:
            trial = work.Work(ctx, run, runtime.storage)
            for batch in trial.batches():
                trial.planner.plan(ctx, batch.rows, tally)
                session.expunge_all()
                if not _report_progress(session, runtime, run, batch.following, tally):
                    return
    except FileNotFoundError:
        _fail(session, _run(session, run_id, is_locked=True), said("file_gone"))
        return
    run = _run(session, run_id, is_locked=True)
    if run is not None and run.state == "checking" and run.options["turn"] == turn:
        session.execute(delete(ImportIssue).where(ImportIssue.run_id == run.id))
        _add_issues(session, run.id, tally)
        run.state, run.counts, run.next_row = "checked", tally.as_json(), 0


def _report_progress(session: TenantSession, runtime: Runtime, run: ImportRun, following: int | None, tally: Tally) -> bool:
    """Show how far a dry run is; False when it is not wanted any more."""
    here = (ImportRun.id == run.id, ImportRun.state == "checking", ImportRun.options["turn"].as_integer() == run.options["turn"])
    values = {"next_row": run.prepared["line_count"] if following is None else following, "counts": dict(tally.counts)}
    with _beside(session, runtime) as beside:
        return beside.execute(update(ImportRun).where(*here).values(**values).returning(ImportRun.id)).first() is not None


@tenant_job("import.run")
def run_batch(session: TenantSession, runtime: Runtime, run_id: str) -> Again | None:
    """Bring in the next batch of rows. The rows, their journal and the place to go on are one transaction: nothing twice, nothing lost.

    The run itself is locked only at the end, so that stopping it waits for nobody.
    """
    # One batch at a time in a firm: two files that name one new company make it once, and a revert waits for the last batch.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("import"), func.hashtext(bound_tenant(session).schema_name))))
    run = _run(session, run_id)
    if run is None or run.state != "running" or not _is_allowed(session, run):
        return None
    try:
        with acting(session, run.created_by, "import") as ctx:
            ctx.state["batch"] = run.options["batch"]
            own = work.kept(ctx, run, runtime.storage)
            batch = own.batch(run.next_row)
            tally = _bring_in(ctx, own, batch.rows, tally_from_json(run.counts), _codes(session, runtime))
    except FileNotFoundError:
        _fail(session, _run(session, run_id, is_locked=True), said("file_gone"))
        return None
    except Exception:
        work.drop()
        raise
    return _note_batch(session, run_id, batch.following, tally)


def _note_batch(session: TenantSession, run_id: str, following: int | None, tally: Tally) -> Again | None:
    """Write down how far a run is now, whatever became of it meanwhile."""
    run = _run(session, run_id, is_locked=True)
    assert run is not None
    _add_issues(session, run.id, tally)
    run.counts = tally.as_json()
    run.next_row = run.prepared["line_count"] if following is None else following
    if run.state == "running" and following is not None:
        return Again({"run_id": run_id})
    if run.state == "running":
        run.state, run.finished_at = "done", now()
        enqueue(session, "import.tidy", keys=[run.file_key, work.rows_key(run)])
    work.forget_local(run)
    work.drop()
    return None


def _bring_in(ctx: Context, own: Work, rows: list[Built], before: Tally, take: TakeCodes) -> Tally:
    """Plan and write some rows; when the database refuses one of them, find it by halves and leave it out. Return the new figures."""
    tally = before.copy()
    try:
        with ctx.db.begin_nested():
            write(ctx, own.planner.plan(ctx, rows, tally), own.obj, own.planner.objects, take)
    except _REFUSED_BY_DATABASE as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            return _bring_in(ctx, own, rows[middle:], _bring_in(ctx, own, rows[:middle], before, take), take)
        _log.warning("row refused", row=rows[0].row, error=str(error)[:500])
        tally = before.copy()
        tally.counts["left_out"] += 1
        tally.note(rows[0].row, Issue(REFUSED, None, said("refused_by_book")))
    return tally


def _codes(session: TenantSession, runtime: Runtime) -> TakeCodes:
    def take(prefix: str, count: int) -> range:
        with _beside(session, runtime) as beside:
            return codes.take(beside, prefix, count)

    return take


@tenant_job("import.revert")
def revert_batch(session: TenantSession, _runtime: Runtime, run_id: str) -> Again | None:
    """Take out the next part of what a run brought in."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("import"), func.hashtext(bound_tenant(session).schema_name))))
    run = _run(session, run_id)
    if run is None or run.state != "reverting":
        return None
    try:
        with acting(session, UUID(run.undo_note["member"]), "import") as ctx:
            ctx.state["batch"] = run.undo_note["batch"]
            note = reverting.take_out(ctx, run.options["batch"], run.undo_note)
    except Forbidden:
        # Whoever asked has left: the rest stays, and an admin may ask again.
        run.state = "done"
        return None
    run.undo_note = note
    if note.get("is_done"):
        run.state = "reverted"
        return None
    return Again({"run_id": run_id})


@outside_job("import.tidy")
def tidy(runtime: Runtime, keys: list[str]) -> None:
    """Remove the file of a run that is over: what was in it is in the book, in its journal and in the report."""
    for key in keys:
        runtime.storage.delete(key)


def _run(session: TenantSession, run_id: str, *, is_locked: bool = False) -> ImportRun | None:
    query = select(ImportRun).where(ImportRun.id == UUID(run_id)).execution_options(populate_existing=True)
    return session.execute(query.with_for_update() if is_locked else query).scalar_one_or_none()


@contextmanager
def _beside(session: TenantSession, runtime: Runtime) -> Iterator[TenantSession]:
    """Open a short transaction of the same firm beside the job's own."""
    with tenant_session(runtime.databases, bound_tenant(session)) as beside:
        yield beside


def _is_allowed(session: TenantSession, run: ImportRun) -> bool:
    """Tell whether whoever started a run may import today; if not, the run has failed."""
    try:
        with acting(session, run.created_by, "import") as ctx:
            ctx.require(f"{run.object}:{'edit' if run.options.get('mode') == 'update' else 'create'}")
    except Forbidden:
        _fail(session, _run(session, str(run.id), is_locked=True), said("not_allowed_now"))
        return False
    return True


def _fail(session: TenantSession, run: ImportRun | None, problem: Said) -> None:
    """End a run with a sentence; what it has brought in stays, and can be reverted."""
    if run is None:
        return
    run.counts, run.finished_at = {**run.counts, "problem": problem.as_json()}, now()
    run.state = "done" if run.started_at else "failed"
    enqueue(session, "import.tidy", keys=[run.file_key, work.rows_key(run)])


def _add_issues(session: TenantSession, run_id: UUID, tally: Tally) -> None:
    values = [
        {
            "run_id": run_id, "row": row, "column": issue.column, "level": issue.level, "code": issue.said.code,
            "said": issue.said.as_json(), "text": issue.text, "suggestion": issue.suggestion,
        }
        for row, issue in tally.take_examples()
    ]  # fmt: skip
    if values:
        session.execute(insert(ImportIssue), values)
