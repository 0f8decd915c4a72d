"""A field as a form shows it: which component, what is in it, what is wrong with it. What a form said is read by `crm.objects.forms`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN
from saas.core.i18n import L_, LazyText, _
from saas.core.locale_format import format_date
from saas.crm.objects import access, linking, records, views
from saas.crm.objects.date_fields import has_time
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field, FieldError
from saas.crm.objects.linking import Offer
from saas.crm.objects.rich_fields import DepartmentOf, Link, People, Person, Tags, ValueList

VALUE_LABELS: dict[str, LazyText] = {"work": L_("Work"), "mobile": L_("Mobile"), "home": L_("Home"), "other": L_("Other")}
CURRENCIES = ("EUR", "USD", "CNY", "GBP", "CHF", "JPY", "HKD", "SGD", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "CZK", "INR")
MOST_SUGGESTED = 200


@dataclass(frozen=True)
class Control:
    """One field of a form. `value` is text as typed; the lists are for components that take several.

    `iso` and `clock` feed the pickers of dates; `offers` are records to choose from after a name that fits none or several.
    """

    name: str
    kind: str
    label: str
    value: Any = ""
    text: str = ""
    error: str = ""
    help: str = ""
    is_required: bool = False
    span: str | None = None
    url: str = ""
    iso: str = ""
    clock: str = ""
    currency: str = ""
    options: tuple[tuple[str, str], ...] = ()
    empty_label: str | None = None
    values: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    value_labels: tuple[str, ...] = ()
    errors: tuple[str | None, ...] = ()
    offers: tuple[Offer, ...] = ()
    max_length: int | None = None
    new_label: str | None = None
    is_label_hidden: bool = False


@dataclass(frozen=True)
class Group:
    """A titled group of controls; folded where it is empty and seldom needed."""

    key: str
    label: str
    controls: tuple[Control, ...] = field(default=())
    is_folded: bool = False


@dataclass(frozen=True)
class Source:
    """Where a form's values come from: a record (or what carries its columns), or a form that was refused and keeps what was typed."""

    record: Any = None
    form: Mapping[str, Sequence[str]] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    offers: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    # Which of a field's values is wrong, where not all of it is.
    lines: Mapping[str, int] = field(default_factory=dict)


def fields_of(ctx: Context, obj: ObjectDef, record: Any = None) -> tuple[Field, ...]:
    """List the fields a form asks for; who may not assign is not asked for an owner."""
    unused = obj.unused(record) if obj.unused and record is not None else frozenset()
    return tuple(f for f in views.editable_fields(ctx, obj) if f.name not in unused and _is_asked(ctx, obj, f, record))


def _is_asked(ctx: Context, obj: ObjectDef, wanted: Field, record: Any) -> bool:
    if wanted.name == "owner_id":
        is_own = record is None or record.id is None or access.allows(ctx, obj, record, ASSIGN)
        return is_own and len(access.assignees(ctx, obj)) > 1
    return wanted.name != "department_id" or len(ctx.directory.departments) > 1


def groups(ctx: Context, obj: ObjectDef, fields: Iterable[Field], source: Source, is_new: bool) -> tuple[Group, ...]:
    """Put controls into the object's groups, in its order; groups with nothing in them and nothing wrong are folded."""
    made: dict[str, list[Control]] = {}
    by_name = {f.name: f for f in fields}
    for wanted in by_name.values():
        made.setdefault(wanted.group, []).append(control(ctx, obj, wanted, source))
    opened = [key for key, _label in obj.groups[:2]]
    return tuple(
        Group(key, str(label), tuple(made[key]), key not in opened and not _is_used(made[key], is_new))
        for key, label in obj.groups
        if key in made
    )


def _is_used(controls: Iterable[Control], is_new: bool) -> bool:
    said = [c for c in controls if c.error or (c.kind not in ("person", "department") and (c.value or c.values or c.text))]
    return any(c.error for c in said) or (bool(said) and not is_new)


def control(ctx: Context, obj: ObjectDef, wanted: Field, source: Source) -> Control:
    """Make the control of one field."""
    common: dict[str, Any] = {
        "name": wanted.name,
        "kind": wanted.kind,
        "label": str(wanted.label),
        "help": str(wanted.help or ""),
        "error": source.errors.get(wanted.name, ""),
        "is_required": wanted.required,
        "offers": source.offers.get(wanted.name, ()),
    }
    made = _from_form(ctx, wanted, source.form) if source.form is not None else _from_record(ctx, wanted, source.record)
    if common["error"] and wanted.name in source.lines and not any(made.get("errors", ())):
        before = (None,) * source.lines[wanted.name]
        made["errors"] = (*before, common["error"])
    return Control(**common | _choices(ctx, obj, wanted, made) | made)


def _from_form(ctx: Context, wanted: Field, form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Keep what was typed, letter by letter."""
    typed = list(form.get(wanted.name) or [])
    first = typed[0] if typed else ""
    if isinstance(wanted, ValueList):
        labels = list(form.get(f"{wanted.name}_label") or [])
        kept = [(text, labels[i] if i < len(labels) else "") for i, text in enumerate(typed) if text.strip()]
        return {
            "values": tuple(text for text, _label in kept),
            "value_labels": tuple(label for _text, label in kept),
            "errors": tuple(_line_error(ctx, wanted, text) for text, _label in kept),
        }
    if isinstance(wanted, Link):
        return {"value": first, "text": (form.get(f"{wanted.name}_text") or [""])[0]}
    if isinstance(wanted, Tags | People):
        return {"values": tuple(word.strip() for text in typed for word in text.replace("，", ",").split(",") if word.strip())}
    if wanted.kind == "multi_choice":
        return {"values": tuple(typed)}
    if wanted.kind == "yes_no":
        return {"value": bool(wanted.read(form, ctx))}
    if wanted.kind == "money":
        return {"value": first, "currency": (form.get(f"{wanted.name}_currency") or [ctx.workspace.currency])[0]}
    if wanted.kind == "datetime":
        return {"value": first, "clock": (form.get(f"{wanted.name}_time") or [""])[0]}
    return {"value": first}


def _line_error(ctx: Context, wanted: ValueList, text: str) -> str | None:
    try:
        wanted.one(text.strip(), ctx)
    except FieldError as error:
        return str(error)
    return None


def _from_record(ctx: Context, wanted: Field, record: Any) -> dict[str, Any]:
    value = wanted.value_of(record) if record is not None else None
    if isinstance(wanted, ValueList):
        shown = wanted.show(value, ctx).parts
        return {"values": tuple(cell.text for cell in shown), "value_labels": tuple(cell.title or "" for cell in shown)}
    if isinstance(wanted, Link):
        if not value:
            return {"text": ""}
        label, is_open = records.label(ctx, linking.target_of(wanted), [value]).get(value, ("", False))
        return {"value": linking.value_of(value, label, is_open=is_open), "text": label}
    if isinstance(wanted, Tags):
        known = views.tag_cells(ctx)
        return {"values": tuple(known[key].text for key in value or [] if key in known)}
    if isinstance(wanted, People):
        return {"values": tuple(cell.text for cell in wanted.show(value, ctx).parts)}
    if wanted.kind == "multi_choice":
        return {"values": tuple(value or ())}
    if wanted.kind == "yes_no":
        return {"value": bool(value)}
    if wanted.kind == "money":
        return {"value": wanted.typed(value, ctx), "currency": value[1] if value and value[1] else ctx.workspace.currency}
    if wanted.kind == "date":
        return {"value": format_date(value), "iso": wanted.typed(value, ctx)}
    if wanted.kind == "datetime":
        return _moment(ctx, value)
    return {"value": wanted.typed(value, ctx)}


def _moment(ctx: Context, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    local = value.astimezone(ZoneInfo(ctx.timezone))
    clock = local.strftime("%H:%M") if has_time(value, ctx) else ""
    return {"value": format_date(local.date()), "iso": local.date().isoformat(), "clock": clock}


def _choices(ctx: Context, obj: ObjectDef, wanted: Field, made: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a control offers to choose from."""
    if isinstance(wanted, Choice):
        return {"options": tuple((option.value, str(option.label)) for option in wanted.options), "empty_label": "–"}
    if isinstance(wanted, ValueList):
        return {"labels": tuple((name, str(VALUE_LABELS.get(name, name))) for name in wanted.labels)}
    if isinstance(wanted, Link):
        target = linking.target_of(wanted)
        if not linking.may_make(ctx, target):
            return {"url": f"/{wanted.target}/choices"}
        new_label = _("New %(object)s, made when you save", object=str(target.singular).lower())
        return {"url": f"/{wanted.target}/choices?make=1", "new_label": new_label}
    if isinstance(wanted, Person):
        return _people_options(ctx, obj, made)
    if isinstance(wanted, DepartmentOf):
        own = ctx.directory.departments[ctx.member.department_id]
        options = tuple((str(each.id), each.name) for each in ctx.directory.departments.values())
        return {"options": options, **({} if made.get("value") else {"empty_label": _("As the owner’s (%(name)s)", name=own.name)})}
    if isinstance(wanted, Tags):
        return {"options": tuple((cell.text, cell.text) for cell in list(views.tag_cells(ctx).values())[:MOST_SUGGESTED])}
    if isinstance(wanted, People):
        active = [m.name for m in ctx.directory.members.values() if m.status == "active"]
        return {"options": tuple((name, name) for name in active[:MOST_SUGGESTED])}
    if wanted.kind == "money":
        own_first = (str(made.get("currency") or ctx.workspace.currency), ctx.workspace.currency, *CURRENCIES)
        return {"options": tuple((code, code) for code in dict.fromkeys(own_first))}
    if wanted.kind == "long_text":
        return {"span": "full"}
    return {"max_length": getattr(wanted, "max_length", None)}


def _people_options(ctx: Context, obj: ObjectDef, made: Mapping[str, Any]) -> dict[str, Any]:
    people = [(str(member.id), member.name) for member in access.assignees(ctx, obj)]
    now = str(made.get("value") or "")
    if now and now not in dict(people):
        found = next((member for member in ctx.directory.members.values() if str(member.id) == now), None)
        people = [*people, (now, found.name if found else "?")]
    is_offered = access.may_orphan(ctx, obj) or not now
    return {"options": tuple(people), "empty_label": _("Nobody") if is_offered else None}
