"""Deleting one record: asked once, with what goes and what stays in numbers; undone by the message that follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.auth.permissions import DELETE
from saas.core.i18n import _, ngettext
from saas.core.ids import parse_id
from saas.crm.objects import access, records, seen
from saas.crm.objects.definition import ObjectDef
from saas.web.exchange import Reply, Req
from saas.web.objects.forms import page_of, subject_page, undo_path
from saas.web.objects.sheets import own_path, sheet
from saas.web.routing import workspace


@workspace.get("/{object:str}/{id:str}/delete", right="{object}:read")
def ask(ctx: Context, req: Req) -> Reply:
    """Say what deleting this would do."""
    obj = seen.named(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    access.require(ctx, obj, record, DELETE)
    name = obj.label_of(record)
    return sheet(
        ctx,
        req,
        "objects/_delete.html",
        title=_("Delete %(name)s?", name=name),
        close_href=page_of(ctx, obj, record),
        sentences=consequences(ctx, obj, record),
        action=f"/{obj.name}/{record.id}/delete",
        obj=obj,
    )


@workspace.post("/{object:str}/{id:str}/delete", right="{object}:read")
def delete(ctx: Context, req: Req) -> Reply:
    """Delete the record and what belongs to it."""
    obj = seen.named(ctx, req.params["object"])
    record = records.for_edit(ctx, obj, parse_id(req.params["id"]), DELETE)
    name, back = obj.label_of(record), f"/{obj.name}"
    if obj.parent:
        back = subject_page(ctx, obj, record) or (back if obj.has_page else "/today")
    records.delete(ctx, obj, record)
    return Reply.redirect(own_path(req.one("next"), back)).toast(_("%(name)s deleted", name=name), undo_path(ctx))


def consequences(ctx: Context, obj: ObjectDef, record: Any) -> list[str]:
    """Say in numbers what goes with a record and what stays without it; rows the member may not read are not counted (Rights 8)."""
    found: list[str] = []
    for other in access.registered():
        if other.parent and obj.parent is None:
            number = _count(ctx, other, getattr(other.model, other.parent[1]), record)
            if number:
                found.append(_going(other, number))
    for other in access.registered():
        number = sum(_count(ctx, other, getattr(other.model, link.name), record) for link in other.links if link.target == obj.name)
        if number:
            found.append(_staying(other, number))
    return found


def _count(ctx: Context, other: ObjectDef, column: Any, record: Any) -> int:
    return int(ctx.db.execute(select(func.count()).select_from(other.model).where(column == record.id)).scalar_one())


def _going(other: ObjectDef, number: int) -> str:
    words = str(other.singular if number == 1 else other.plural).lower()
    return ngettext("%(num)s %(objects)s goes with it.", "%(num)s %(objects)s go with it.", number, objects=words)


def _staying(other: ObjectDef, number: int) -> str:
    words = str(other.singular if number == 1 else other.plural).lower()
    return ngettext("%(num)s %(objects)s stays, without this link.", "%(num)s %(objects)s stay, without this link.", number, objects=words)
