"""The life of an import run: uploaded, read, mapped, checked, run, reported, reverted. Slow steps are jobs (`imports.jobs`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.auth.members import Member
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.core.storage import Storage
from saas.crm import registry
from saas.crm.imports.offer import targets_of
from saas.crm.imports.plan import CREATE, MODES
from saas.crm.objects import journal
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.limits import DEFAULT
from saas.crm.transfer.tables import ImportFix, ImportIssue, ImportRun
from saas.tenants.outbox import enqueue

IMPORTABLE = ("contacts", "accounts")
EXPECTED = "expected"
BUSY = ("uploaded", "preparing", "checking", "running", "reverting")


def start(ctx: Context, storage: Storage, object_name: str, filename: str, path: Path) -> ImportRun:
    """Take in a file and begin to read it. Raises Invalid({"file": …}), Forbidden."""
    obj = importable(ctx, object_name)
    size = path.stat().st_size
    if size == 0:
        raise Invalid({"file": _("The file is empty. Export it again and check that it has rows.")})
    if size > DEFAULT.file_bytes:
        limit = DEFAULT.file_bytes // 1_000_000
        raise Invalid({"file": _("The file is larger than %(limit)s MB. Split it into smaller files.", limit=limit)})
    run_id = new_id()
    key = f"{ctx.tenant.id}/imports/{run_id}/file"
    storage.put(key, path)
    run = ImportRun(id=run_id, object=obj.name, filename=filename[:200], file_key=key, file_bytes=size, created_by=ctx.member.id)
    ctx.db.add(run)
    enqueue(ctx.db, "import.prepare", tenant_id=str(ctx.tenant.id), run_id=str(run_id))
    return run


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
    query = select(ImportRun).order_by(ImportRun.created_at.desc()).limit(200)
    if not ctx.rights.is_admin:
        query = query.where(ImportRun.created_by == ctx.member.id)
    return list(ctx.db.execute(query).scalars())


def set_mapping(ctx: Context, run: ImportRun, columns: dict[int, str], options: dict[str, Any]) -> None:
    """Say what goes where and begin the dry run. Raises Invalid({"mapping": …}), Conflict while the run is busy.

    `columns` is column index → target key; `options` has mode, key, date_order, decimal, owners (text → member key or "").
    """
    if run.state not in ("prepared", "checked", "failed") or not run.prepared:
        raise Conflict(_("This import cannot be changed just now."))
    known = {target.key: target for target in targets_of(registry.get(run.object))}
    chosen = {index: key for index, key in columns.items() if key}
    if any(key not in known for key in chosen.values()):
        raise Invalid({"mapping": _("Choose one of the list.")})
    single = [key for key in chosen.values() if not known[key].is_many]
    twice = next((key for key in single if single.count(key) > 1), None)
    if twice:
        raise Invalid({"mapping": _("Two columns go to %(field)s. Choose one of them.", field=str(known[twice].label))})
    if not chosen:
        raise Invalid({"mapping": _("Choose at least one column.")})
    if options.get("mode", CREATE) not in MODES:
        raise Invalid({"mode": _("Choose one of the list.")})
    if options["mode"] != CREATE and not options.get("key"):
        raise Invalid({"key": _("Choose by what a record is recognised.")})
    inverted = {entry["index"] for entry in run.mapping.get("columns", ()) if entry.get("invert")}
    run.mapping = {
        **run.mapping,
        "columns": [{"index": index, "target": key, "invert": index in inverted} for index, key in sorted(chosen.items())],
    }
    run.options = {**run.options, **options}
    _begin_check(ctx, run)


def fix_cell(ctx: Context, run: ImportRun, row: int, column: int, text: str) -> None:
    """Lay a person's text over one cell of the file. Raises Conflict once the run has begun."""
    if run.state != "checked":
        raise Conflict(_("This import cannot be changed just now."))
    ctx.db.merge(ImportFix(run_id=run.id, row=row, column=column, text=text.strip()[:5_000]))
    ctx.db.execute(delete(ImportIssue).where(ImportIssue.run_id == run.id, ImportIssue.row == row, ImportIssue.column == column))


def check_again(ctx: Context, run: ImportRun) -> None:
    """Repeat the dry run, after cells were mended."""
    if run.state != "checked":
        raise Conflict(_("This import cannot be changed just now."))
    _begin_check(ctx, run)


def _begin_check(ctx: Context, run: ImportRun) -> None:
    run.state, run.counts, run.next_row, run.problem = "checking", {}, 0, None
    enqueue(ctx.db, "import.check", tenant_id=str(ctx.tenant.id), run_id=str(run.id))


def begin(ctx: Context, run: ImportRun) -> None:
    """Begin the real run. Raises Conflict unless the dry run is done; pressing twice begins once."""
    if run.state == "running":
        return
    if run.state != "checked":
        raise Conflict(_("This import cannot be started just now."))
    batch = journal.batch(ctx, "import", import_id=run.id)
    run.options = {**run.options, "batch": batch, "owners": _owners(ctx, run.options.get("owners", {}))}
    run.state, run.next_row, run.counts, run.started_at = "running", 0, {}, ctx.now
    ctx.db.execute(delete(ImportIssue).where(ImportIssue.run_id == run.id))
    enqueue(ctx.db, "import.run", run_id=str(run.id))


def _owners(ctx: Context, chosen: dict[str, str]) -> dict[str, str]:
    """Make those people known who are named as owners and not invited yet: they own their records until they come."""
    found = dict(chosen)
    for text, key in chosen.items():
        if key == EXPECTED:
            ctx.require("members:manage")
            person = Member(name=text[:100], status="expected", department_id=ctx.member.department_id, language=ctx.workspace.language)
            ctx.db.add(person)
            ctx.db.flush()
            found[text] = str(person.id)
    if found != chosen:
        touch(ctx.db)
    return found


def cancel(ctx: Context, run: ImportRun) -> None:
    """Stop a run; what it has brought in so far stays and can be reverted."""
    if run.state not in BUSY and run.state not in ("prepared", "checked"):
        raise Conflict(_("This import cannot be stopped any more."))
    run.state, run.finished_at = ("done" if run.started_at else "cancelled"), ctx.now


def revert(ctx: Context, run: ImportRun) -> None:
    """Begin to take out what a run brought in. Raises Forbidden for another's run, Conflict when there is nothing to revert."""
    if run.created_by != ctx.member.id and not ctx.rights.is_admin:
        raise Forbidden(_("Only an admin can revert somebody else's import."))
    if run.state != "done":
        raise Conflict(_("There is nothing to revert."))
    batch = journal.batch(ctx, "import.revert", undoes=run.options["batch"], import_id=run.id)
    run.undo_note = {"batch": batch, "member": str(ctx.member.id)}
    run.state = "reverting"
    enqueue(ctx.db, "import.revert", run_id=str(run.id))
