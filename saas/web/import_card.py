"""The card in the corner that tells how an import is getting on, on whatever page its owner goes to."""

from __future__ import annotations

from saas.auth.context import Context
from saas.core.errors import NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm.imports import report, runs
from saas.crm.transfer.tables import ImportRun
from saas.web.exchange import Req

# Names the run. Only who carries it is asked about in the database, so that no other page pays for the card.
JOB_COOKIE = "import"


def cards(ctx: Context, req: Req) -> tuple[dict[str, object], ...]:
    """List the cards of a page. Each asks again after two seconds; an import that is over says so then, and the cookie goes."""
    run_id = parse_id(req.cookies.get(JOB_COOKIE, ""))
    if run_id is None or req.path.startswith("/imports/"):
        return ()
    try:
        run = runs.find(ctx, run_id)
    except NotFound:
        return ()
    return (job_card(ctx, run) | {"state": "running"},)


def job_card(ctx: Context, run: ImportRun) -> dict[str, object]:
    """Describe a run as a card in the corner."""
    pace = report.pace_of(ctx, run)
    state = "running" if report.is_busy(run) else "failed" if report.problem_of(run) else "done"
    detail = pace.left if state == "running" else report.problem_of(run) or _said_of(run)
    return {
        "id": "job-import", "title": run.filename, "state": state, "done": pace.done, "total": pace.total or None, "detail": detail,
        "href": f"/imports/{run.id}", "poll_url": f"/imports/{run.id}/card",
    }  # fmt: skip


def _said_of(run: ImportRun) -> str:
    texts = {
        "prepared": _("Say what goes where"),
        "checked": _("Ready to import"),
        "done": _("The import is done"),
        "reverted": _("The import was taken back"),
        "cancelled": _("Cancelled"),
    }
    return texts.get(run.state, "")
