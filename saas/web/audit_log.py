"""The audit log: who changed settings, people and rights, when, from what to what; filtered, paged, and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from saas.auth import audit, volumes
from saas.auth.audit import SettingsEntry
from saas.auth.context import Context
from saas.auth.directory import directory
from saas.auth.factors.letters import Notice
from saas.core import i18n
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.core.locale_format import format_exact
from saas.crm.objects.date_fields import parse_date
from saas.crm.objects.fields import FieldError
from saas.tenants.session import long_scope, tenant_session
from saas.web import spreadsheets
from saas.web.audit_words import KINDS, changes, sentence
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.routing import workspace

HERE = "/settings/audit"
RIGHT = "audit:read"
AT_ONCE, STEP = 50, 1_000
FILTERS = ("who", "kind", "from", "until")
# Cells that begin like this are formulas to spreadsheets.


@workspace.get(HERE, right=RIGHT)
def show(ctx: Context, req: Req) -> Reply:
    wanted = {name: req.one(name).strip() for name in FILTERS}
    where, wrong = _conditions(ctx, wanted)
    before = req.one("before")
    if before.isascii() and before.isdigit() and len(before) < 19:
        where.append(SettingsEntry.id < int(before))
    query = select(SettingsEntry).where(*where).order_by(SettingsEntry.id.desc()).limit(AT_ONCE + 1)
    entries = [] if wrong else list(ctx.db.execute(query).scalars())
    kept = {name: value for name, value in wanted.items() if value}
    brand = req.runtime.settings.brand
    rows = [(entry, sentence(ctx.directory, entry, brand), changes(ctx.directory, entry)) for entry in entries[:AT_ONCE]]
    following = f"{HERE}?{urlencode({**kept, 'before': entries[AT_ONCE - 1].id})}" if len(entries) > AT_ONCE else None
    return page(
        ctx, req, "audit/log.html", rows=rows, wanted=wanted, errors=wrong, next_href=following, is_filtered=bool(kept),
        kinds=list(KINDS.items()),
        first_href=f"{HERE}?{urlencode(kept)}" if before else None, export_href=f"{HERE}/export?{urlencode(kept)}",
        people=[(member.id, member.name) for member in ctx.directory.members.values()], tabs=settings_tabs(ctx, req.path),
        may_export=ctx.rights.may("data:export"),
    )  # fmt: skip


@workspace.get(f"{HERE}/export", right=RIGHT, fresh=True)
def export(ctx: Context, req: Req) -> Reply:
    """Send what the filters find as CSV, the newest first, read in steps while it is sent."""
    ctx.require("data:export")
    where, wrong = _conditions(ctx, {name: req.one(name).strip() for name in FILTERS})
    if wrong:
        return Reply.redirect(f"{HERE}?{req.raw_query}")
    audit.note(ctx.db, ctx.member.id, "audit.exported", after={name: req.one(name) for name in FILTERS if req.one(name)})
    # What `data:export` does is told to all admins (Rights 11).
    settings, url = req.runtime.settings, req.runtime.settings.url(ctx.tenant.slug, HERE)
    volumes.tell_admins(ctx.db, settings, ctx.directory, lambda: _told(ctx.member.name, url))
    return Reply.stream(_lines(ctx, req, where), "text/csv; charset=utf-8", _("audit-log.csv"))


def _told(name: str, url: str) -> Notice:
    text = _("%(name)s has exported the audit log. You get this letter because every export of this kind is told to all admins.", name=name)
    return Notice(_("The audit log was exported"), (text,), url, _("Look at the audit log"))


def _lines(ctx: Context, req: Req, where: Sequence[ColumnElement[bool]]) -> Iterator[bytes]:
    """Write the file step by step, each in a transaction of its own: the request's is over by then."""
    last: int | None = None
    yield spreadsheets.MARK
    while True:
        with i18n.use(req.locale, req.timezone):
            chunk, last = _chunk(ctx, req, where, last)
        yield chunk
        if last is None:
            return


def _chunk(ctx: Context, req: Req, where: Sequence[ColumnElement[bool]], last: int | None) -> tuple[bytes, int | None]:
    rows = [[_("When"), _("Who"), _("What happened"), _("Before"), _("After")]] if last is None else []
    with tenant_session(req.runtime.databases, ctx.tenant, long_scope(ctx.tenant)) as db:
        people = directory(db)
        query = select(SettingsEntry).where(*where).order_by(SettingsEntry.id.desc()).limit(STEP)
        entries = list(db.execute(query.where(SettingsEntry.id < last) if last is not None else query).scalars())
        for entry in entries:
            actor = people.members.get(entry.actor_id) if entry.actor_id else None
            said = changes(people, entry)
            cells = [
                format_exact(entry.at), actor.name if actor else "", sentence(people, entry, req.runtime.settings.brand),
                "; ".join(f"{what}: {old}" for what, old, _new in said if old),
                "; ".join(f"{what}: {new}" for what, _old, new in said if new),
            ]  # fmt: skip
            rows.append(cells)
    return spreadsheets.lines(rows), entries[-1].id if len(entries) == STEP else None


def _conditions(ctx: Context, wanted: dict[str, str]) -> tuple[list[ColumnElement[bool]], dict[str, str]]:
    """Turn what the filters say into conditions; days are the reader's. Returns them with what is wrong, by field."""
    where: list[ColumnElement[bool]] = []
    wrong: dict[str, str] = {}
    who = parse_id(wanted["who"])
    if who is not None:
        about = str(who)
        member = "member"
        where.append(
            or_(SettingsEntry.actor_id == who, SettingsEntry.before[member].astext == about, SettingsEntry.after[member].astext == about)
        )
    if wanted["kind"] in KINDS:
        where.append(SettingsEntry.what.startswith(f"{wanted['kind']}.", autoescape=True))
    for name, add in (("from", 0), ("until", 1)):
        if wanted[name]:
            try:
                at = _midnight(parse_date(wanted[name], ctx), ctx) + timedelta(days=add)
                where.append(SettingsEntry.at < at if add else SettingsEntry.at >= at)
            except FieldError as error:
                wrong[name] = str(error)
    return where, wrong


def _midnight(day: Any, ctx: Context) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(ctx.timezone))
