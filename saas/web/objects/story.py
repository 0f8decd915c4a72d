"""A record's timeline and its history, as pages and as pieces of the record's page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from saas.auth.context import Context
from saas.core.i18n import L_, LazyText, _
from saas.core.ids import parse_id
from saas.core.locale_format import format_date, format_weekday
from saas.crm.activities.tasks import overdue_among
from saas.crm.objects import history, records, seen, timeline
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.timeline import CHANGES, Entry, Only
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import workspace

TEMPLATE = "objects/timeline.html"
MORE = "timeline-more"

# What a story can be narrowed to: the word in addresses, what is read, what the link says.
KINDS: dict[str, tuple[Only, LazyText]] = {
    "notes": (Only("notes"), L_("Notes")),
    "calls": (Only("activities", "kind", "call"), L_("Calls")),
    "tasks": (Only("activities", "kind", "task"), L_("Tasks")),
    "meetings": (Only("activities", "kind", "meeting"), L_("Meetings")),
    "changes": (Only(CHANGES), L_("Changes")),
}


@dataclass(frozen=True)
class Day:
    """The entries of one day under its heading."""

    label: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Telling:
    """A page of a story, ready to draw. `kinds` are (label, address, is chosen)."""

    base: str
    days: list[Day]
    kinds: list[tuple[str, str, bool]]
    kind: str
    next_href: str
    overdue: frozenset[Any]
    is_first: bool
    last_day: str = ""


def tell(ctx: Context, obj: ObjectDef, record: Any, kind: str = "", cursor: str = "", last_day: str = "") -> Telling:
    """Read a page of a record's story. `last_day` is the heading under which the page before ended."""
    chosen = kind if kind in KINDS else ""
    found = timeline.page(ctx, obj, record, KINDS[chosen][0] if chosen else None, cursor)
    base = f"/{obj.name}/{record.id}"
    days = _days(ctx, found.entries)
    kinds = [(str(label), f"{base}?kind={name}", name == chosen) for name, (_only, label) in KINDS.items()]
    said = {"kind": chosen, "after": found.next_cursor, "day": days[-1].label if days else ""}
    return Telling(
        base=base,
        days=days,
        kinds=[(_("Everything"), base, not chosen), *kinds],
        kind=chosen,
        next_href=f"{base}/timeline?{urlencode({name: value for name, value in said.items() if value})}" if found.next_cursor else "",
        overdue=overdue_among(ctx, [entry.row for entry in found.entries if entry.source == "activities"]),
        is_first=not cursor,
        last_day=last_day,
    )


def _days(ctx: Context, entries: list[Entry]) -> list[Day]:
    zone = ZoneInfo(ctx.timezone)
    today = ctx.now.astimezone(zone).date()
    found: list[Day] = []
    for entry in entries:
        label = _day_label(entry.at.astimezone(zone).date(), today)
        if not found or found[-1].label != label:
            found.append(Day(label))
        found[-1].entries.append(entry)
    return found


def _day_label(day: date, today: date) -> str:
    if day > today:
        return _("Coming up")
    near = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    return near.get(day) or (format_weekday(day) if day.year == today.year else format_date(day))


@workspace.get("/{object:str}/{id:str}/timeline", right="{object}:read")
def story_page(ctx: Context, req: Req) -> Reply:
    """Show a page of a record's story; to htmx only the entries, or the whole region after a change."""
    obj = seen.with_page(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    told = tell(ctx, obj, record, req.one("kind"), req.one("after"), req.one("day"))
    block = {MORE: "entries", "timeline": "story"}.get(req.htmx_target)
    return page(ctx, req, TEMPLATE, block=block, obj=obj, record=record, heading=obj.label_of(record), story=told)


@workspace.get("/{object:str}/{id:str}/history", right="{object}:read")
def history_page(ctx: Context, req: Req) -> Reply:
    """Show who changed which field from what to what, when and through what."""
    obj = seen.named(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    raw = req.one("before")
    before = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None
    changes, following = history.page(ctx, record, before)
    return page(
        ctx,
        req,
        "objects/history.html",
        obj=obj,
        record=record,
        heading=obj.label_of(record),
        changes=changes,
        next_href=f"{req.path}?before={following}" if following else "",
        is_first=before is None,
    )
