"""Editing one value where it stands, on a record's page or in a list: the form, the saved value, or both versions where two people met."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from saas.auth.context import Context
from saas.auth.permissions import EDIT
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm.objects import access, forms, history, records, seen, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Cell, Field
from saas.web.exchange import Reply, Req
from saas.web.objects import controls, in_the_book
from saas.web.objects.controls import Source
from saas.web.objects.forms import locked, undo_path, version_of
from saas.web.objects.in_the_book import Told
from saas.web.pages import page
from saas.web.routing import workspace

TEMPLATE = "objects/inline.html"
FACT = "fact-"


@workspace.get("/{object:str}/{id:str}/edit/{field:str}", right="{object}:read")
def open_form(ctx: Context, req: Req) -> Reply:
    """Answer with the form of one value; without scripts with the whole form, at that field."""
    obj = seen.named(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    access.require(ctx, obj, record, EDIT)
    wanted = _field(ctx, obj, record, req.params["field"])
    if not req.is_htmx:
        return Reply.redirect(f"/{obj.name}/{record.id}/edit#field-{wanted.name}")
    return _form(ctx, req, obj, record, wanted, Source(record))


@workspace.post("/{object:str}/{id:str}/edit/{field:str}", right="{object}:read")
def save_value(ctx: Context, req: Req) -> Reply:
    """Save one value and answer with how it shows now; without scripts go back to the record."""
    obj, record = locked(ctx, req)
    wanted = _field(ctx, obj, record, req.params["field"])
    label_before = obj.label_of(record)
    form = forms.clean(req.form)
    typed = forms.read(ctx, obj, [wanted], form)
    try:
        told = in_the_book.settle(ctx, req, obj, typed, record)
        is_changed = told is None and forms.save(ctx, obj, record, typed, version_of(req, record))
    except Invalid as error:
        source = Source(form=form, errors=error.fields, offers=typed.offers, lines=in_the_book.lines(error))
        return _form(ctx, req, obj, record, wanted, source, status=422, told=in_the_book.told(error))
    except Conflict:
        return _both(ctx, req, obj, record, wanted, Source(form=form))
    if told is not None:
        return _form(ctx, req, obj, record, wanted, Source(form=form, offers=typed.offers), told=told)
    if not req.is_htmx:
        return Reply.redirect(f"/{obj.name}/{record.id}")
    cell = views.views(ctx, obj, [record], [wanted])[0].cells[wanted.name]
    reply = _answer(ctx, req, "value", obj, record, wanted, cell=cell)
    if not is_changed:
        return reply
    text = _("%(field)s changed", field=wanted.label)
    in_heading = wanted.name in (*obj.facts, "owner_id", "tag_ids") or obj.label_of(record) != label_before
    if in_heading and req.htmx_target.startswith(FACT):
        # The heading of the record's page shows the value too: the page is drawn again, and the message on it.
        said = Reply.redirect("").toast(text, undo_path(ctx))
        return Reply("", 200, headers={"HX-Refresh": "true"}, cookies=said.cookies)
    return reply.toast(text, undo_path(ctx)).trigger("record-changed", str(record.id))


def _field(ctx: Context, obj: ObjectDef, record: Any, name: str) -> Field:
    found = next((f for f in controls.fields_of(ctx, obj, record) if f.name == name), None)
    if found is None:
        raise NotFound(_("This page does not exist."))
    return found


def _form(
    ctx: Context, req: Req, obj: ObjectDef, record: Any, wanted: Field, source: Source, *, status: int = 200, told: Told | None = None
) -> Reply:
    control = replace(controls.control(ctx, obj, wanted, source), is_label_hidden=True)
    block = "form" if status == 200 and told is None else "refused"
    return _answer(ctx, req, block, obj, record, wanted, status=status, control=control, told=told)


def _both(ctx: Context, req: Req, obj: ObjectDef, record: Any, wanted: Field, source: Source) -> Reply:
    """Show what is stored beside what was typed; saving again keeps what was typed."""
    theirs = views.views(ctx, obj, [record], [wanted])[0].cells[wanted.name]
    who = history.last_changer(ctx, record.id) or _("Somebody")
    said = _("%(name)s changed this to “%(value)s” meanwhile. Save again to keep yours.", name=who, value=theirs.text or "–")
    control = replace(controls.control(ctx, obj, wanted, source), is_label_hidden=True)
    return _answer(ctx, req, "refused", obj, record, wanted, status=409, control=control, note=said)


def _answer(
    ctx: Context, req: Req, block: str, obj: ObjectDef, record: Any, wanted: Field, *, status: int = 200, cell: Cell | None = None,
    control: controls.Control | None = None, note: str = "", told: Told | None = None,
) -> Reply:  # fmt: skip
    target = req.htmx_target or f"{FACT}{wanted.name}"
    if not req.is_htmx:
        return page(
            ctx, req, "objects/inline_page.html", status=status, obj=obj, record=record, field=wanted, control=control, note=note, told=told
        )
    url = f"/{obj.name}/{record.id}/edit/{wanted.name}"
    shown = {"field": wanted, "target": target, "is_fact": target.startswith(FACT), "url": url, "version": record.version}
    return page(ctx, req, TEMPLATE, block=block, status=status, cell=cell, control=control, note=note, told=told, **shown)
