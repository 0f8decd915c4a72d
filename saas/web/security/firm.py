"""A firm's rules of signing in: whether everybody needs a second factor, and how long a sign-in lasts."""

from __future__ import annotations

from datetime import timedelta

from saas.auth import audit, directory, sessions
from saas.auth.context import Context
from saas.auth.factors import enrolled, rules
from saas.auth.factors.rules import Rules
from saas.core.errors import Invalid
from saas.core.i18n import _, ngettext
from saas.tenants.session import control_session
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import workspace

MANAGE = "settings:manage"
PATH = "/settings/security"
IDLE_MINUTES = (15, 30, 60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60)
ABSOLUTE_MINUTES = (8 * 60, 12 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60, 14 * 24 * 60)
DAY_MINUTES, HOUR_MINUTES = 24 * 60, 60


@workspace.get(PATH, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, {})


@workspace.post(PATH, right=MANAGE, fresh=True)
def save(ctx: Context, req: Req) -> Reply:
    """Save the rules; they hold from everybody's next click on."""
    directory.touch(ctx.db)
    try:
        wanted = Rules(req.one("requires_factor") == "1", _limit(req, "idle", IDLE_MINUTES), _limit(req, "absolute", ABSOLUTE_MINUTES))
    except Invalid as error:
        return _page(ctx, req, error.fields, 422)
    with control_session(req.runtime.databases) as control:
        before = rules.load(control, ctx.tenant.id)
        rules.save(control, ctx.tenant.id, wanted)
    if wanted != before:
        audit.note(ctx.db, ctx.member.id, "workspace.sign_in_rules", _plain(before), _plain(wanted))
    return Reply.redirect(PATH).toast(_("Saved"))


def _limit(req: Req, field: str, allowed: tuple[int, ...]) -> timedelta | None:
    text = req.one(field)
    if text and text not in map(str, allowed):
        raise Invalid({field: _("Choose from the list.")})
    return timedelta(minutes=int(text)) if text else None


def _plain(found: Rules) -> dict[str, bool | int | None]:
    return {
        "requires_factor": found.requires_factor,
        "idle_minutes": _minutes(found.idle_limit),
        "absolute_minutes": _minutes(found.absolute_limit),
    }


def _minutes(limit: timedelta | None) -> int | None:
    return int(limit.total_seconds() // 60) if limit is not None else None


def _page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    with control_session(req.runtime.databases) as control:
        now_set, have = rules.load(control, ctx.tenant.id), enrolled.of_firm(control, ctx.tenant.id)
    active = [member for member in ctx.directory.members.values() if member.status == "active"]
    without = sum(member.identity_id not in have for member in active)
    return page(
        ctx, req, "security/firm.html", status=status, rules=now_set, errors=wrong, without=without, people=len(active),
        has_own=ctx.member.identity_id in have, idle=_minutes(now_set.idle_limit), absolute=_minutes(now_set.absolute_limit),
        idle_choices=[(minutes, span(minutes)) for minutes in IDLE_MINUTES], idle_default=span(_minutes(sessions.IDLE) or 0),
        absolute_choices=[(minutes, span(minutes)) for minutes in ABSOLUTE_MINUTES],
        absolute_default=span(_minutes(sessions.ABSOLUTE) or 0),
    )  # fmt: skip


def span(minutes: int) -> str:
    """Say a length of time in whole days, hours or minutes."""
    if minutes % DAY_MINUTES == 0:
        return ngettext("%(num)s day", "%(num)s days", minutes // DAY_MINUTES)
    if minutes % HOUR_MINUTES == 0:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // HOUR_MINUTES)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)
