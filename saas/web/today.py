"""The page on which the day is lived: what is due, who was seen last, and for a new workspace what to do first."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.auth.members import Member
from saas.core.i18n import _
from saas.crm.activities import tasks
from saas.crm.objects import linking
from saas.crm.samples.verbs import has_samples
from saas.web.exchange import Reply, Req
from saas.web.objects import agenda, recent
from saas.web.objects.agenda import Item
from saas.web.objects.linked import subject_control
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace
from saas.web.security.resets import is_second_admin_missing


@dataclass(frozen=True)
class Step:
    """One of the first things to do in a new workspace."""

    title: str
    text: str
    label: str
    href: str = ""
    action: str = ""
    icon: str = "circle-check"
    is_done: bool = False


@dataclass
class Day:
    """All that the page draws."""

    overdue: list[Item] = field(default_factory=list)
    today: list[Item] = field(default_factory=list)
    coming: list[Item] = field(default_factory=list)
    undated: int = 0
    steps: list[Step] = field(default_factory=list)


@workspace.get("/", right=SIGNED_IN, looking=True)
def start(_ctx: Context, _req: Req) -> Reply:
    """Begin the day."""
    return Reply.redirect("/today")


@workspace.get("/today", right=SIGNED_IN, looking=True)
def today(ctx: Context, req: Req) -> Reply:
    """Show the member's day."""
    day = _day(ctx)
    opened = recent.opened(ctx, req)
    has_sample_data = has_samples(ctx) if opened else False
    day.steps = _steps(ctx, bool(opened), has_sample_data)
    return page(
        ctx,
        req,
        "today/today.html",
        day=day,
        opened=opened,
        has_samples=has_sample_data,
        is_second_admin_missing=is_second_admin_missing(ctx),
        may_log=ctx.rights.may("activities:create"),
        with_whom=subject_control(),
        now=ctx.now,
    )


def _day(ctx: Context) -> Day:
    if not ctx.rights.may("activities:read"):
        return Day()
    due = agenda.items(ctx, tasks.agenda(ctx), with_phones=True)
    start_of_day, _end = tasks.day_bounds(ctx)
    late = [item for item in due if item.is_overdue and item.due_at is not None and item.due_at < start_of_day]
    return Day(
        overdue=late,
        today=[item for item in due if item not in late],
        coming=agenda.items(ctx, tasks.coming(ctx)),
        undated=tasks.undated(ctx),
    )


def _steps(ctx: Context, has_records: bool, has_sample_data: bool) -> list[Step]:
    """List what is left to do at first; nothing once customers are in and colleagues are there."""
    if not ctx.rights.may("settings:manage"):
        return []
    has_own = has_records and not has_sample_data
    has_colleagues = ctx.db.execute(select(func.count()).select_from(Member).where(Member.identity_id.is_not(None))).scalar_one() > 1
    if has_own and (has_colleagues or _is_in_use(ctx)):
        return []
    steps = [
        Step(
            _("Bring your customers in"),
            _("From Excel, a CSV file, or what your last system exported. You see everything before it is kept."),
            _("Import a file"), href="/imports", icon="file-up", is_done=has_own,
        ),
        Step(
            _("Invite your colleagues"), _("Each sees what their role allows."), _("Invite somebody"),
            href="/people", icon="users", is_done=has_colleagues,
        ),
    ]  # fmt: skip
    if not has_records:
        text = _("A small made-up book to look around in. One click takes it out again.")
        steps.append(Step(_("Look around first"), text, _("Add sample data"), action="/samples/add", icon="sparkles"))
    return steps


def _is_in_use(ctx: Context) -> bool:
    """Tell whether more than a first try is in the book."""
    return any(len(ctx.db.execute(select(obj.model.id).limit(20)).all()) == 20 for obj in linking.subjects(ctx))
