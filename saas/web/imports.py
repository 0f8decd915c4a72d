"""Importing a file, page by page: upload, what goes where, dry run, progress, report, revert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.imports import report, runs
from saas.crm.transfer.limits import DEFAULT
from saas.crm.transfer.tables import ImportRun
from saas.web.pages import page
from saas.web.routing import Context, Reply, Req, workspace

UPLOAD_BYTES = DEFAULT.file_bytes + 1_000_000
IMPORTING = "contacts:create"


@workspace.get("/imports", right=IMPORTING)
def list_runs(ctx: Context, req: Req) -> Reply:
    """List the imports of the member, all of them for an admin."""
    return page(ctx, req, "imports/list.html", runs=runs.all_runs(ctx), registry=registry)


@workspace.get("/imports/new", right=IMPORTING)
def new(ctx: Context, req: Req) -> Reply:
    """Ask for a file."""
    return _upload_page(ctx, req, {})


@workspace.post("/imports/new", right=IMPORTING, body_bytes=UPLOAD_BYTES)
def upload(ctx: Context, req: Req) -> Reply:
    """Take a file in and begin to read it."""
    file = req.files.get("file")
    try:
        if file is None:
            raise Invalid({"file": _("Choose a CSV or XLSX file.")})
        run = runs.start(ctx, req.runtime.storage, req.one("object", "contacts"), file.filename, file.path)
    except Invalid as error:
        return _upload_page(ctx, req, error.fields, 422)
    return Reply.redirect(f"/imports/{run.id}")


@workspace.get("/imports/{id:str}", right=IMPORTING)
def show(ctx: Context, req: Req) -> Reply:
    """Show where an import is; asked by htmx, only the part that moves."""
    return _run_page(ctx, req, _run(ctx, req))


@workspace.post("/imports/{id:str}/mapping", right=IMPORTING)
def set_mapping(ctx: Context, req: Req) -> Reply:
    """Take what goes where, and begin the dry run."""
    run = _run(ctx, req, is_locked=True)
    columns = {int(name[7:]): values[0] for name, values in req.form.items() if name.startswith("column-") and name[7:].isdigit()}
    owners = {text: req.one(f"owner-{place}") for place, text in enumerate(run.options.get("owners", {}))}
    options = {
        "mode": req.one("mode", "create"),
        "key": [one for one in req.one("key").split(",") if one],
        "date_order": req.one("date_order") or None,
        "decimal": req.one("decimal") or None,
        "owners": owners,
        "skips_refused_cells": req.one("refused") != "row",
    }
    try:
        runs.set_mapping(ctx, run, columns, options)
    except Invalid as error:
        return _run_page(ctx, req, run, error.fields, 422)
    return Reply.redirect(f"/imports/{run.id}")


@workspace.get("/imports/{id:str}/mapping", right=IMPORTING)
def change_mapping(ctx: Context, req: Req) -> Reply:
    """Go back to what goes where, after a dry run."""
    run = _run(ctx, req)
    template = "imports/mapping.html" if run.state in ("prepared", "checked") else "imports/run.html"
    return page(ctx, req, template, **_context(ctx, run, {}))


@workspace.post("/imports/{id:str}/fix", right=IMPORTING)
def fix(ctx: Context, req: Req) -> Reply:
    """Take the cells that a person has typed anew, and check again."""
    run = _run(ctx, req, is_locked=True)
    for name, values in req.form.items():
        parts = name.split("-")
        if (
            parts[0] == "fix"
            and len(parts) == 3
            and parts[1].isdigit()
            and parts[2].isdigit()
            and values[0] != req.one(f"was-{parts[1]}-{parts[2]}")
        ):
            runs.fix_cell(ctx, run, int(parts[1]), int(parts[2]), values[0])
    runs.check_again(ctx, run)
    return Reply.redirect(f"/imports/{run.id}")


def _verb(verb: Callable[[Context, ImportRun], Any]) -> Callable[[Context, Req], Reply]:
    def act(ctx: Context, req: Req) -> Reply:
        run = _run(ctx, req, is_locked=True)
        verb(ctx, run)
        return Reply.redirect(f"/imports/{run.id}")

    return act


workspace.post("/imports/{id:str}/begin", right=IMPORTING)(_verb(runs.begin))
workspace.post("/imports/{id:str}/cancel", right=IMPORTING)(_verb(runs.cancel))
workspace.post("/imports/{id:str}/revert", right=IMPORTING)(_verb(runs.revert))


@workspace.get("/imports/{id:str}/issues.csv", right=IMPORTING)
def issues_file(ctx: Context, req: Req) -> Reply:
    """Download what was wrong, to mend it in the file."""
    run = _run(ctx, req)
    return Reply.stream(iter(list(report.issues_file(ctx, run))), "text/csv; charset=utf-8", _("problems.csv"))


def _run(ctx: Context, req: Req, *, is_locked: bool = False) -> ImportRun:
    return runs.find(ctx, parse_id(req.params["id"]), is_locked=is_locked)


def _upload_page(ctx: Context, req: Req, errors: dict[str, str], status: int = 200) -> Reply:
    objects = [(name, str(registry.get(name).plural)) for name in runs.IMPORTABLE if ctx.rights.may(f"{name}:create")]
    chosen = req.one("object", "contacts")
    return page(
        ctx, req, "imports/new.html", status=status, errors=errors, objects=objects, chosen=chosen, limit=DEFAULT.file_bytes // 1_000_000
    )


def _run_page(ctx: Context, req: Req, run: ImportRun, errors: dict[str, str] | None = None, status: int = 200) -> Reply:
    is_mapping = run.state == "prepared" or (errors and run.state in ("prepared", "checked"))
    template = "imports/mapping.html" if is_mapping else "imports/run.html"
    if req.htmx_target == "import-state":
        if not report.is_busy(run):
            return Reply("", 200, headers={"HX-Redirect": f"/imports/{run.id}"})
        return page(ctx, req, "imports/run.html", block="state", **_context(ctx, run, errors or {}))
    return page(ctx, req, template, status=status, **_context(ctx, run, errors or {}))


def _context(ctx: Context, run: ImportRun, errors: dict[str, str]) -> dict[str, Any]:
    obj = registry.get(run.object)
    is_read = bool(run.prepared)
    return {
        "run": run,
        "obj": obj,
        "errors": errors,
        "is_busy": report.is_busy(run),
        "notes": report.notes_of(run),
        "problem": report.problem_of(run),
        "columns": report.columns_of(run) if is_read else [],
        "choices": report.choices_of(obj),
        "issues": report.issues_of(ctx, run) if is_read else [],
        "owners": list(run.options.get("owners", {}).items()),
        "members": report.owner_choices(ctx),
        "may_expect": ctx.rights.may("members:manage"),
        "keys": _keys(obj),
    }


def _keys(obj: Any) -> list[tuple[str, str]]:
    """Offer the ways of recognising a record that make sense for an object."""
    names = {
        "id": _("External ID"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "tax": _("Tax number"),
        "host": _("Website"),
        "name": _("Name"),
    }
    every = [nature for nature in ("id", "tax", "email", "host", "name", "phone") if nature in obj.recognised]
    found = [(",".join(every), _("Anything that identifies it"))] if len(every) > 1 else []
    found += [(nature, names[nature]) for nature in every]
    return [*found, ("", _("Nothing: every row is new"))]
