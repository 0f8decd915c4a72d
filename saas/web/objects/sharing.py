"""Who can see a record and why, and sharing it with a colleague or a department for a while."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from saas.auth.context import Context
from saas.core.clock import today
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm.objects import records, seen, typed
from saas.crm.objects.definition import ObjectDef
from saas.crm.sharing import explain, shares
from saas.crm.sharing.shares import Offer
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.place_choices import places
from saas.web.routing import workspace

MEMBER, DEPARTMENT = "member", "department"


@workspace.get("/{object:str}/{id:str}/access", right="{object}:read")
def show(ctx: Context, req: Req) -> Reply:
    obj = seen.with_page(ctx, req.params["object"])
    return _page(ctx, req, obj, records.find(ctx, obj, parse_id(req.params["id"])), {})


@workspace.post("/{object:str}/{id:str}/share", right="{object}:read")
def share(ctx: Context, req: Req) -> Reply:
    obj = seen.with_page(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    try:
        shares.give(ctx, obj, record.id, _offer(ctx, req))
    except Invalid as error:
        return _page(ctx, req, obj, record, error.fields, 422)
    return Reply.redirect(f"/{obj.name}/{record.id}/access").toast(_("Shared"))


@workspace.post("/{object:str}/{id:str}/shares/{share:str}/end", right="{object}:read")
def end(ctx: Context, req: Req) -> Reply:
    obj = seen.with_page(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    shares.end(ctx, obj, record.id, parse_id(req.params["share"]))
    return Reply.redirect(f"/{obj.name}/{record.id}/access").toast(_("No longer shared"))


def _offer(ctx: Context, req: Req) -> Offer:
    kind, _colon, raw = req.one("to").partition(":")
    to = parse_id(raw)
    if to is None or kind not in (MEMBER, DEPARTMENT):
        raise Invalid({"to": _("Choose who may see it.")})
    return Offer(
        to=to,
        is_department=kind == DEPARTMENT,
        to_subtree=bool(req.one("subtree")),
        may_edit=req.one("level") == "edit",
        expires_at=_until(ctx, req.one("until").strip()),
        reason=req.one("reason"),
    )


def _until(ctx: Context, text: str) -> datetime | None:
    """Read the last day of a share: it ends with that day, where its giver is. Raises Invalid."""
    if not text:
        return None
    try:
        day = typed.parse_day(text, today(ctx.timezone), ctx.workspace.region)
    except ValueError as error:
        raise Invalid({"until": _("Choose a day in the future.")}) from error
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(ctx.timezone))


def _page(ctx: Context, req: Req, obj: ObjectDef, record: Any, errors: dict[str, str], status: int = 200) -> Reply:
    people = [one for one in ctx.directory.members.values() if one.status == "active" and one.id != ctx.member.id]
    targets = [(f"{MEMBER}:{one.id}", one.name) for one in people] + [(f"{DEPARTMENT}:{key}", name) for key, name in places(ctx)]
    values = {name: req.one(name) for name in ("to", "subtree", "level", "until", "reason")}
    return page(
        ctx, req, "sharing/record.html", status=status, obj=obj, label=obj.label_of(record), href=f"/{obj.name}/{record.id}", errors=errors,
        mine=explain.mine(ctx, obj, record), seers=explain.everybody(ctx, obj, record) if ctx.rights.may(explain.OTHERS) else None,
        shares=shares.of(ctx, obj, record.id), may_share=shares.can_share(ctx, obj, record), targets=targets, values=values,
    )  # fmt: skip
