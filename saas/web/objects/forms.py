"""Making and changing a record: the form of any object, with what is wrong beside its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from saas.auth.context import Context
from saas.auth.permissions import EDIT
from saas.core.errors import Conflict, Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.objects import access, forms, linking, records, seen
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, FieldError
from saas.crm.objects.rich_fields import Link, ValueList
from saas.web.exchange import Reply, Req
from saas.web.objects import conflict, controls, in_the_book
from saas.web.objects.controls import Control, Source
from saas.web.objects.in_the_book import Told
from saas.web.objects.linked import subject_control
from saas.web.objects.sheets import own_path
from saas.web.pages import page
from saas.web.routing import workspace

TEMPLATE = "objects/form.html"
KIND = "kind"
Form = Mapping[str, Sequence[str]]


@workspace.get("/{object:str}/new", right="{object}:create")
def new(ctx: Context, req: Req) -> Reply:
    """Show an empty form; the address may fill fields in (`?account_id=…&subject=contacts:…`)."""
    obj = seen.named(ctx, req.params["object"])
    record = _blank(ctx, obj, req.query)
    return _show(ctx, req, obj, record, Source(record), _subject_of(ctx, obj, record, req.query))


@workspace.post("/{object:str}/new", right="{object}:create")
def create(ctx: Context, req: Req) -> Reply:
    """Make the record, or show the form again with what is wrong beside the fields."""
    obj = seen.named(ctx, req.params["object"])
    form = forms.clean(req.form)
    record = _blank(ctx, obj, form)
    typed = forms.read(ctx, obj, controls.fields_of(ctx, obj, record), form, is_new=True)
    try:
        told = in_the_book.settle(ctx, req, obj, typed)
        made = forms.create(ctx, obj, typed) if told is None else None
    except Invalid as error:
        return _refuse(ctx, req, obj, record, typed, form, error)
    if told is not None:
        return _show(ctx, req, obj, record, Source(form=form, offers=typed.offers), _subject_typed(obj, form, typed), told=told)
    text = _("%(name)s created", name=obj.label_of(made))
    back = own_path(req.one("next"), page_of(ctx, obj, made))
    return Reply.redirect(back).toast(text, undo_path(ctx))


@workspace.get("/{object:str}/{id:str}/edit", right="{object}:read")
def edit(ctx: Context, req: Req) -> Reply:
    """Show a record in its form. Who may read but not change it is told who can."""
    obj = seen.named(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    access.require(ctx, obj, record, EDIT)
    return _show(ctx, req, obj, record, Source(record), _subject_of(ctx, obj, record, {}))


@workspace.post("/{object:str}/{id:str}/edit", right="{object}:read")
def save(ctx: Context, req: Req) -> Reply:
    """Save what the writer touched; where somebody else changed the same meanwhile, show both versions."""
    obj, record = locked(ctx, req)
    form = forms.clean(req.form)
    fields = controls.fields_of(ctx, obj, record)
    typed = forms.read(ctx, obj, fields, form)
    conflict.drop_decided(typed, form)
    base, seen = version_of(req, record), parse_version(req.one("seen_version"))
    try:
        told = in_the_book.settle(ctx, req, obj, typed, record)
        is_changed = told is None and forms.save(ctx, obj, record, typed, base, seen)
    except Invalid as error:
        return _refuse(ctx, req, obj, record, typed, form, error)
    except Conflict as error:
        return conflict.show(ctx, req, obj, record, typed, error, form, base)
    if told is not None:
        return _show(ctx, req, obj, record, Source(form=form, offers=typed.offers), _subject_typed(obj, form, typed), told=told)
    reply = Reply.redirect(own_path(req.one("next"), page_of(ctx, obj, record)))
    return reply.toast(_("%(name)s saved", name=obj.label_of(record)), undo_path(ctx)) if is_changed else reply


def locked(ctx: Context, req: Req) -> tuple[ObjectDef, Any]:
    """Find the object and the record of an address, locked for a change."""
    obj = seen.named(ctx, req.params["object"])
    return obj, records.for_edit(ctx, obj, parse_id(req.params["id"]), EDIT)


def page_of(ctx: Context, obj: ObjectDef, record: Any) -> str:
    """Address the page on which a record shows: its own, or that of what it belongs to, if the reader may open that."""
    if obj.has_page or obj.parent is None:
        return f"/{obj.name}/{record.id}"
    return subject_page(ctx, obj, record) or "/today"


def subject_page(ctx: Context, obj: ObjectDef, record: Any) -> str:
    """Address the page of what a child row belongs to; empty where that is nothing, or nothing the reader may open (Rights 7)."""
    kind, key = (getattr(record, column) for column in obj.parent or ())
    if not key or not records.label(ctx, access.named(kind), [key]).get(key, ("", False))[1]:
        return ""
    return f"/{kind}/{key}"


def undo_path(ctx: Context) -> str | None:
    """Address what takes this request's changes back; None when it made none."""
    return f"/undo/{ctx.state['batch']}" if "batch" in ctx.state else None


def parse_version(text: str) -> int | None:
    """Read a row version; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def version_of(req: Req, record: Any) -> int:
    """Read the version a form was made from; a form without one is taken to know the newest."""
    found = parse_version(req.one("row_version"))
    return min(found, int(record.version)) if found is not None else int(record.version)


def _blank(ctx: Context, obj: ObjectDef, given: Form) -> Any:
    """Stand in for a record that is not there yet, with what the address gives and what new records start with."""
    values: dict[str, Any] = {name: None for wanted in obj.fields for name in wanted.columns}
    values |= {"id": None, "owner_id": ctx.member.id}
    for wanted in obj.fields:
        if wanted.name not in given or not wanted.is_editable or isinstance(wanted, Link):
            continue
        try:
            values.update(wanted.stored(wanted.read(given, ctx)))
        except FieldError:
            continue
    for link in obj.links:
        key = parse_id((given.get(link.name) or [""])[0])
        target = linking.target_of(link)
        if key and records.label(ctx, target, [key]).get(key, ("", False))[1]:
            values[link.name] = key
    for wanted in obj.fields:
        if isinstance(wanted, Choice) and wanted.required and not values[wanted.name]:
            values[wanted.name] = wanted.options[0].value
    return SimpleNamespace(**values)


def _subject_of(ctx: Context, obj: ObjectDef, record: Any, given: Form) -> Control | None:
    """Make the control that says what a child row belongs to; None for other objects."""
    if obj.parent is None:
        return None
    named = linking.subject_of((given.get(linking.SUBJECT) or [""])[0])
    stored = (getattr(record, obj.parent[0], None), getattr(record, obj.parent[1], None))
    subject = named or (stored if stored[1] else None)
    text, value = "", ""
    if subject and subject[0] and subject[1]:
        label, is_open = records.label(ctx, registry.get(subject[0]), [subject[1]]).get(subject[1], ("", False))
        if is_open or not named:
            text, value = label, linking.value_of(f"{subject[0]}:{subject[1]}", label, is_open=is_open)
    return _subject_control(obj, value, text)


def _subject_typed(obj: ObjectDef, form: Form, typed: forms.Typed) -> Control | None:
    if obj.parent is None:
        return None
    value, text = ((form.get(name) or [""])[0] for name in (linking.SUBJECT, f"{linking.SUBJECT}_text"))
    return _subject_control(obj, value, text, typed)


def _subject_control(obj: ObjectDef, value: str, text: str, typed: forms.Typed | None = None) -> Control:
    assert obj.parent is not None
    return subject_control(
        value,
        text,
        is_required=not getattr(obj.model, obj.parent[0]).property.columns[0].nullable,
        error=typed.errors.get(linking.SUBJECT, "") if typed else "",
        offers=typed.offers.get(linking.SUBJECT, ()) if typed else (),
    )


def _kinds(req: Req, obj: ObjectDef, record: Any) -> list[tuple[str, str, bool]]:
    """Offer the kinds of an object whose fields depend on its kind, each as a form of its own."""
    wanted = obj.by_name.get(KIND)
    if obj.unused is None or not isinstance(wanted, Choice):
        return []
    kept = [(name, req.one(name)) for name in (linking.SUBJECT, "next") if req.one(name)]
    addresses = [(option, f"/{obj.name}/new?{urlencode([(KIND, option.value), *kept])}") for option in wanted.options]
    return [(str(option.label), href, option.value == getattr(record, KIND)) for option, href in addresses]


def _summary(obj: ObjectDef, source: Source) -> dict[str, str]:
    """Say above the form what is wrong, by the id of the control it concerns."""
    found = {}
    for name, text in source.errors.items():
        wanted = obj.by_name.get(name)
        if name:
            found[f"{name}-1" if isinstance(wanted, ValueList) else name] = f"{wanted.label}: {text}" if wanted else text
    return found


def _refuse(ctx: Context, req: Req, obj: ObjectDef, record: Any, typed: forms.Typed, form: Form, error: Invalid) -> Reply:
    source = Source(form=form, errors=error.fields, offers=typed.offers, lines=in_the_book.lines(error))
    return _show(ctx, req, obj, record, source, _subject_typed(obj, form, typed), status=422, told=in_the_book.told(error))


def _show(
    ctx: Context, req: Req, obj: ObjectDef, record: Any, source: Source, subject: Control | None, *, status: int = 200,
    told: Told | None = None,
) -> Reply:  # fmt: skip
    fields = controls.fields_of(ctx, obj, record)
    is_new = record.id is None
    kinds = _kinds(req, obj, record) if is_new else []
    if kinds:
        fields = tuple(f for f in fields if f.name != KIND)
    # That the customer is in the book is said above the form too: the field it stands beside may be far below.
    general = next(iter(source.errors.values()), "") if told else source.errors.get("", "")
    return page(
        ctx,
        req,
        TEMPLATE,
        status=status,
        obj=obj,
        record=None if is_new else record,
        heading=_("New %(object)s", object=str(obj.singular).lower()) if is_new else obj.label_of(record),
        groups=controls.groups(ctx, obj, fields, source, is_new),
        subject=subject,
        kinds=kinds,
        kind=getattr(record, KIND, "") if kinds else "",
        errors=_summary(obj, source),
        general=general,
        told=told,
        action=f"/{obj.name}/new" if is_new else f"/{obj.name}/{record.id}/edit",
        version=None if is_new else parse_version(req.one("row_version")) or record.version,
        next=own_path(req.one("next"), ""),
        cancel_href=own_path(req.one("next"), f"/{obj.name}" if is_new else page_of(ctx, obj, record)),
    )
