"""The life of an import run: uploaded, read, mapped, checked, run, reported, reverted. Slow steps are jobs (`imports.jobs`)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select

from saas.auth.context import Context
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.core.storage import Storage
from saas.crm import registry
from saas.crm.imports import owners, work
from saas.crm.objects import journal
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.limits import DEFAULT, MEGABYTE
from saas.crm.transfer.tables import ImportIssue, ImportRun
from saas.tenants.outbox import enqueue

IMPORTABLE = ("contacts", "accounts")
BUSY = ("uploaded", "preparing", "checking", "running", "reverting")
CANCELLABLE = ("uploaded", "preparing", "prepared", "checking", "checked", "running")
FILE_MEGABYTES = DEFAULT.file_bytes // MEGABYTE
LISTED = 200


def start(ctx: Context, storage: Storage, object_name: str, filename: str, path: Path) -> ImportRun:
    """Take in a file and begin to read it. Raises Invalid({"file": …}), NotFound, Forbidden."""
    obj = importable(ctx, object_name)
    size = path.stat().st_size
    if size == 0:
        raise Invalid({"file": _("The file is empty. Export it again and check that it has rows.")})
    if size > DEFAULT.file_bytes:
        raise Invalid({"file": too_large()})
    run_id = new_id()
    key = f"{ctx.tenant.id}/imports/{run_id}/file"
    storage.put(key, path)
    name = "".join(char for char in filename if char.isprintable())[:200] or "file"
    run = ImportRun(id=run_id, object=obj.name, filename=name, file_key=key, file_bytes=size, created_by=ctx.member.id)
    ctx.db.add(run)
    enqueue(ctx.db, "import.prepare", run_id=str(run_id))
    return run


def too_large() -> str:
    """Say that a file is too large, in the reader's language."""
    return _("The file is larger than %(limit)s MB. Split it into smaller files.", limit=FILE_MEGABYTES)


def importable(ctx: Context, object_name: str) -> ObjectDef:
    """Find an object that files can be imported into. Raises NotFound, Forbidden."""
    if object_name not in IMPORTABLE:
        raise NotFound(_("This page does not exist."))
    ctx.require(f"{object_name}:create")
    return registry.get(object_name)


def find(ctx: Context, run_id: UUID | None, *, is_locked: bool = False) -> ImportRun:
    """Get a run of the member's own, or anybody's for an admin. Raises NotFound."""
    query = select(ImportRun).where(ImportRun.id == run_id)
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    run = ctx.db.execute(query).scalar_one_or_none() if run_id else None
    if run is None or (run.created_by != ctx.member.id and not ctx.rights.is_admin):
        raise NotFound(_("There is no such import."))
    return run


def all_runs(ctx: Context) -> list[ImportRun]:
    """List the runs the member may see, newest first."""
    query = select(ImportRun).order_by(ImportRun.created_at.desc()).limit(LISTED)
    if not ctx.rights.is_admin:
        query = query.where(ImportRun.created_by == ctx.member.id)
    return list(ctx.db.execute(query).scalars())


def begin(ctx: Context, run: ImportRun) -> None:
    """Begin the real run. Raises Conflict unless the dry run is done; pressing twice begins once."""
    if run.state == "running":
        return
    if run.state != "checked":
        raise Conflict(_("This import cannot be started just now."))
    ctx.require(f"{run.object}:{'edit' if run.options['mode'] == 'update' else 'create'}")
    batch = journal.batch(ctx, "import", import_id=run.id)
    run.options = {**run.options, "batch": batch, "owners": owners.expect(ctx, run.options.get("owners", {}))}
    run.state, run.next_row, run.counts, run.started_at = "running", 0, {}, ctx.now
    ctx.db.execute(delete(ImportIssue).where(ImportIssue.run_id == run.id))
    enqueue(ctx.db, "import.run", run_id=str(run.id))


def cancel(ctx: Context, run: ImportRun) -> None:
    """Stop a run; what it has brought in so far stays and can be reverted. Raises Conflict when there is nothing to stop."""
    if run.state not in CANCELLABLE:
        raise Conflict(_("This import cannot be stopped any more."))
    run.state, run.finished_at = ("done" if run.started_at else "cancelled"), ctx.now
    enqueue(ctx.db, "import.tidy", keys=[run.file_key, work.rows_key(run)])


def revert(ctx: Context, run: ImportRun) -> None:
    """Begin to take out what a run brought in. Raises Forbidden for another's run, Conflict when there is nothing to revert."""
    if run.created_by != ctx.member.id and not ctx.rights.is_admin:
        raise Forbidden(_("Only an admin can revert somebody else's import."))
    if run.state in ("reverting", "reverted"):
        return
    if run.state != "done":
        raise Conflict(_("There is nothing to revert."))
    batch = journal.batch(ctx, "import.revert", undoes=run.options["batch"], import_id=run.id)
    run.undo_note = {**run.undo_note, "batch": batch, "member": str(ctx.member.id)}
    run.state = "reverting"
    enqueue(ctx.db, "import.revert", run_id=str(run.id))
