"""Importing a file, page by page: upload, what goes where, dry run, progress, report, revert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saas.core.errors import Forbidden, Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.imports import choosing, issue_report, proposals, report, runs
from saas.crm.transfer.encoding import NAMES
from saas.crm.transfer.limits import MEGABYTE
from saas.crm.transfer.prepared import prepared_from_json
from saas.crm.transfer.tables import ImportRun
from saas.crm.transfer.values.dates import default_date_order
from saas.web.import_card import JOB_COOKIE, job_card
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, Context, Reply, Req, workspace

# Beside the file itself, a form is small. A body beyond this is not read to its end.
UPLOAD_BYTES = (runs.FILE_MEGABYTES + 20) * MEGABYTE
FORM_BYTES = 8 * MEGABYTE


@workspace.get("/imports", right=SIGNED_IN)
def list_runs(ctx: Context, req: Req) -> Reply:
    """List the imports of the member, all of them for an admin."""
    _insist(ctx)
    return page(ctx, req, "imports/list.html", runs=runs.all_runs(ctx), registry=registry)


@workspace.get("/imports/new", right=SIGNED_IN)
def new(ctx: Context, req: Req) -> Reply:
    """Ask for a file."""
    _insist(ctx)
    return _upload_page(ctx, req, {})


@workspace.post("/imports/new", right=SIGNED_IN, body_bytes=UPLOAD_BYTES)
def upload(ctx: Context, req: Req) -> Reply:
    """Take a file in and begin to read it."""
    _insist(ctx)
    file = req.files.get("file")
    try:
        if file is None:
            raise Invalid({"file": _("Choose a CSV or XLSX file.")})
        run = runs.start(ctx, req.runtime.storage, req.one("object", "contacts"), file.filename, file.path)
    except Invalid as error:
        return _upload_page(ctx, req, error.fields, 422)
    return _to(run).set_cookie(JOB_COOKIE, str(run.id), max_age_s=86_400)


@workspace.get("/imports/{id:str}", right=SIGNED_IN)
def show(ctx: Context, req: Req) -> Reply:
    """Show where an import is; asked by htmx, only the part that moves."""
    run = _run(ctx, req)
    if req.htmx_target == "import-state":
        if not report.is_busy(run):
            return Reply("", 200, headers={"HX-Redirect": f"/imports/{run.id}"})
        return page(ctx, req, "imports/run.html", block="state", **_context(ctx, run))
    return _run_page(ctx, req, run)


@workspace.get("/imports/{id:str}/card", right=SIGNED_IN)
def card(ctx: Context, req: Req) -> Reply:
    """Show the card in the corner of other pages."""
    run = _run(ctx, req)
    reply = page(ctx, req, "imports/card.html", block="card", card=job_card(ctx, run))
    return reply if report.is_busy(run) else reply.delete_cookie(JOB_COOKIE)


@workspace.get("/imports/{id:str}/mapping", right=SIGNED_IN)
def change_mapping(ctx: Context, req: Req) -> Reply:
    """Go back to what goes where, after a dry run."""
    run = _run(ctx, req)
    return _mapping_page(ctx, req, run) if run.state in ("prepared", "checked") else _to(run)


@workspace.post("/imports/{id:str}/mapping", right=SIGNED_IN)
def set_mapping(ctx: Context, req: Req) -> Reply:
    """Take what goes where, and begin the dry run."""
    run = _run(ctx, req, is_locked=True)
    columns = {int(name[7:]): values[0] for name, values in req.form.items() if name.startswith("column-") and _is_number(name[7:])}
    options = {
        "mode": req.one("mode", "create"),
        "key": [one for one in req.one("key").split(",") if one],
        "date_order": req.one("date_order") or None,
        "decimal": req.one("decimal") or None,
        "skips_refused_cells": req.one("refused") != "row",
    }
    try:
        choosing.set_mapping(ctx, run, columns, options)
    except Invalid as error:
        return _mapping_page(ctx, req, run, error.fields, 422, columns, options)
    return _to(run)


@workspace.post("/imports/{id:str}/read", right=SIGNED_IN)
def read_again(ctx: Context, req: Req) -> Reply:
    """Read the file in another way: encoding, delimiter, sheet, row of column names."""
    run = _run(ctx, req, is_locked=True)
    row = req.one("header_row").strip()
    reading = {
        "encoding": req.one("encoding") or None,
        "delimiter": {"tab": "\t"}.get(req.one("delimiter"), req.one("delimiter")) or None,
        "sheet": req.one("sheet") or None,
        "header_row": int(row) if _is_number(row) else None,
    }
    try:
        choosing.read_again(ctx, run, reading)
    except Invalid as error:
        return _mapping_page(ctx, req, run, error.fields, 422)
    return _to(run)


@workspace.post("/imports/{id:str}/object", right=SIGNED_IN)
def take_as(ctx: Context, req: Req) -> Reply:
    """Import the file as another object than was said when it was uploaded."""
    run = _run(ctx, req, is_locked=True)
    choosing.take_as(run, runs.importable(ctx, req.one("object")))
    return _to(run)


@workspace.post("/imports/{id:str}/decide", right=SIGNED_IN, body_bytes=FORM_BYTES)
def decide(ctx: Context, req: Req) -> Reply:
    """Take what a person says after the dry run; then begin, or check again."""
    run = _run(ctx, req, is_locked=True)
    if run.state == "running" and req.one("then") == "begin":
        return _to(run)
    try:
        choosing.decide(
            ctx,
            run,
            choices=_choices(req),
            forgotten=_forgotten(req),
            owners=_owners(req),
            accepted=req.form.get("accept", []),
            fixes=_fixes(req),
        )
    except Invalid as error:
        return _run_page(ctx, req, run, error.fields, 422)
    if req.one("then") == "begin":
        runs.begin(ctx, run)
        return _to(run).set_cookie(JOB_COOKIE, str(run.id), max_age_s=86_400)
    choosing.check_again(ctx, run)
    return _to(run)


def _verb(verb: Callable[[Context, ImportRun], Any]) -> Callable[[Context, Req], Reply]:
    def act(ctx: Context, req: Req) -> Reply:
        run = _run(ctx, req, is_locked=True)
        verb(ctx, run)
        return _to(run).set_cookie(JOB_COOKIE, str(run.id), max_age_s=86_400)

    return act


@workspace.get("/imports/{id:str}/revert", right=SIGNED_IN)
def ask_revert(ctx: Context, req: Req) -> Reply:
    """Ask before an import is taken back."""
    run = _run(ctx, req)
    return page(ctx, req, "imports/revert.html", run=run, revert_text=report.revert_text(run)) if run.state == "done" else _to(run)


workspace.post("/imports/{id:str}/cancel", right=SIGNED_IN)(_verb(runs.cancel))
workspace.post("/imports/{id:str}/revert", right=SIGNED_IN)(_verb(runs.revert))


@workspace.get("/imports/{id:str}/issues.csv", right=SIGNED_IN)
def issues_file(ctx: Context, req: Req) -> Reply:
    """Download what was wrong, to mend it in the file."""
    run = _run(ctx, req)
    return Reply.stream(iter(list(issue_report.issues_file(ctx, run))), "text/csv; charset=utf-8", _("problems.csv"))


def _choices(req: Req) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, text in _texts(req, "choice"):
        column = name.split("-")[1]
        if _is_number(column) and req.one(name):
            found.setdefault(int(column), {})[text] = req.one(name)
    return found


def _forgotten(req: Req) -> dict[int, list[str]]:
    """List the texts for which a person has taken an earlier choice back."""
    found: dict[int, list[str]] = {}
    for name, text in _texts(req, "choice"):
        column = name.split("-")[1]
        if _is_number(column) and not req.one(name):
            found.setdefault(int(column), []).append(text)
    return found


def _owners(req: Req) -> dict[str, str]:
    return {text: req.one(name) for name, text in _texts(req, "owner") if req.one(name)}


def _texts(req: Req, kind: str) -> list[tuple[str, str]]:
    """List (name of the select, text) of one kind: each select stands beside a hidden field with its text."""
    prefix = f"{kind}-text-"
    return [(f"{kind}-{name.removeprefix(prefix)}", values[0]) for name, values in req.form.items() if name.startswith(prefix)]


def _fixes(req: Req) -> dict[tuple[int, int], str]:
    """Read the cells that a person has typed anew: those that differ from what was shown."""
    found = {}
    for name, values in req.form.items():
        kind, _dash, place = name.partition("-")
        row, _dash, column = place.partition("-")
        if kind == "fix" and _is_number(row) and _is_number(column) and values[0] != req.one(f"was-{place}"):
            found[int(row), int(column)] = values[0]
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _insist(ctx: Context) -> None:
    if not any(ctx.rights.may(f"{name}:create") for name in runs.IMPORTABLE):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))


def _run(ctx: Context, req: Req, *, is_locked: bool = False) -> ImportRun:
    _insist(ctx)
    return runs.find(ctx, parse_id(req.params["id"]), is_locked=is_locked)


def _to(run: ImportRun) -> Reply:
    return Reply.redirect(f"/imports/{run.id}")


def _upload_page(ctx: Context, req: Req, errors: dict[str, str], status: int = 200) -> Reply:
    objects = [(name, str(registry.get(name).plural)) for name in runs.IMPORTABLE if ctx.rights.may(f"{name}:create")]
    chosen = req.one("object", objects[0][0])
    return page(
        ctx, req, "imports/new.html", status=status, errors=errors, objects=objects, chosen=chosen, limit=runs.FILE_MEGABYTES,
        too_large=runs.too_large(),
    )  # fmt: skip


def _run_page(ctx: Context, req: Req, run: ImportRun, errors: dict[str, str] | None = None, status: int = 200) -> Reply:
    if run.state == "prepared":
        return _mapping_page(ctx, req, run, errors, status)
    reply = page(ctx, req, "imports/run.html", status=status, errors=errors or {}, **_context(ctx, run))
    return reply if report.is_busy(run) or req.cookies.get(JOB_COOKIE) != str(run.id) else reply.delete_cookie(JOB_COOKIE)


def _context(ctx: Context, run: ImportRun) -> dict[str, Any]:
    is_checked = run.state == "checked"
    return {
        "run": run,
        "obj": registry.get(run.object),
        "is_busy": report.is_busy(run),
        "pace": report.pace_of(ctx, run),
        "problem": report.problem_of(run),
        "reverted_text": report.reverted_text(run),
        "revert_text": report.revert_text(run),
        "groups": issue_report.groups_of(ctx, run) if run.state in ("checked", "done") else [],
        "choices": report.choices_to_make(run) if is_checked else [],
        "owners": report.owners_to_make(ctx, run) if is_checked else [],
        "members": report.owner_choices(ctx, run) if is_checked else [],
        "may_expect": ctx.rights.may("members:manage"),
    }


def _mapping_page(
    ctx: Context, req: Req, run: ImportRun, errors: dict[str, str] | None = None, status: int = 200,
    typed: dict[int, str] | None = None, options: dict[str, Any] | None = None,
) -> Reply:  # fmt: skip
    obj, prepared = registry.get(run.object), prepared_from_json(run.prepared)
    grave, notes = report.notes_of(run)
    other = run.mapping.get("object")
    return page(
        ctx, req, "imports/mapping.html", status=status, run=run, errors=errors or {}, grave=grave, notes=notes, typed=typed,
        options=options or run.options, problem=report.problem_of(run), facts=report.file_facts(run), columns=report.columns_of(run),
        targets=report.target_choices(ctx, run), keys=_keys(obj),
        unsure_dates=proposals.unsure_dates(obj, prepared, run.mapping["columns"]),
        encodings=list(NAMES.items()), sheets=[(name, name) for name in prepared.sheets], prepared=prepared,
        other=registry.get(other) if other in runs.IMPORTABLE and other != obj.name and ctx.rights.may(f"{other}:create") else None,
        usual_order=default_date_order(ctx.workspace.region), may_edit=ctx.rights.may(f"{obj.name}:edit"),
    )  # fmt: skip


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
    found = [(nature, names[nature]) for nature in every]
    found += [(",".join(every), _("Anything that identifies it"))] if len(every) > 1 else []
    return [*found, ("", _("Nothing: every row is new"))]
