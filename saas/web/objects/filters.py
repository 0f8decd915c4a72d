"""Filters for reading and for changing: chips that are sentences, and one small form for each kind of field, made from its operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from saas.auth.context import Context
from saas.core.i18n import L_, LazyText, _
from saas.core.ids import parse_id
from saas.core.locale_format import format_date
from saas.crm.objects import access, listing, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field, FieldError
from saas.crm.objects.listing import Filter
from saas.crm.objects.rich_fields import DepartmentOf, Link, People, Person
from saas.crm.objects.views import readable_fields, tag_cells
from saas.crm.search import find
from saas.web.exchange import Req
from saas.web.objects.state import ListState

VALUELESS = ("empty", "filled")
RANGE = "range"
WORDS: dict[str, LazyText] = {
    "is": L_("is"),
    "any": L_("is"),
    "none": L_("is not"),
    "has": L_("contains"),
    "min": L_("at least"),
    "max": L_("at most"),
    "empty": L_("is empty"),
    "filled": L_("is filled in"),
    RANGE: L_("is between"),
}
MOMENT_WORDS: dict[str, LazyText] = {"min": L_("from"), "max": L_("until")}
ME = "me"


@dataclass(frozen=True)
class Chip:
    """What one field is restricted to: "Industry" "is" "Machinery or Retail"."""

    name: str
    label: str
    operator: str
    value: str
    problem: str = ""


@dataclass(frozen=True)
class FilterForm:
    """The form that changes one field's filter. `control` is choices, range, link, text or yes_no; `operators` are (name, words).

    `chosen` are the values now set, `low` and `high` the ends of a range, `link` the (key, name) shown in a search box.
    """

    field: Field
    control: str
    operators: tuple[tuple[str, str], ...]
    operator: str
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    low: str = ""
    high: str = ""
    link: tuple[str, str] = ("", "")
    error: str = ""


def filterable(ctx: Context, obj: ObjectDef) -> tuple[Field, ...]:
    """List the fields the reader can filter by."""
    return tuple(f for f in readable_fields(ctx, obj) if f.is_filterable)


def chips(ctx: Context, state: ListState, problems: dict[str, str]) -> list[Chip]:
    """Say the filters in words, one chip for each field."""
    found = []
    for name in dict.fromkeys(wanted.field for wanted in state.filters):
        field = state.obj.by_name.get(name)
        if field is None:
            found.append(Chip(name, name, "", "", problems.get(name, _("This filter is not available."))))
            continue
        first, *others = [_phrase(ctx, field, wanted) for wanted in state.filters_on(name)]
        value = f" {_('and')} ".join([first[1], *(f"{operator} {value}".strip() for operator, value in others)])
        found.append(Chip(name, str(field.label), first[0], value, problems.get(name, "")))
    return found


def form(ctx: Context, state: ListState, error: str = "", typed: Req | None = None) -> FilterForm | None:
    """Make the form of the field being changed, with what was `typed` before a refusal; None when none is."""
    field = state.obj.by_name.get(state.editing)
    if field is None or not field.is_filterable:
        return None
    now = state.filters_on(field.name)
    operators = _operators(field)
    operator = next((RANGE if wanted.operator in ("min", "max") else wanted.operator for wanted in now), operators[0][0])
    values = {wanted.operator: wanted.values for wanted in now}
    made = FilterForm(
        field=field,
        control=_control(field),
        operators=operators,
        operator=operator,
        chosen=tuple(value for wanted in now for value in wanted.values),
        options=_chosen_first(_options(ctx, field), now),
        low=" ".join(values.get("min", ())),
        high=" ".join(values.get("max", ())),
        link=_link(ctx, field, now),
        error=error,
    )
    if typed is None:
        return made
    kept = {"operator": typed.one("op"), "low": typed.one("min"), "high": typed.one("max"), "chosen": tuple(typed.query.get("v") or ())}
    return replace(made, **kept, link=(typed.one("v"), typed.one("v_text")))  # type: ignore[arg-type]


def submitted(ctx: Context, state: ListState, req: Req) -> ListState:
    """Read the small form into the state it asks for; empty values take the filter away. Raises FieldError."""
    field = state.obj.by_name[state.editing]
    operator = req.one("op")
    if operator == RANGE:
        ends = [Filter(field.name, end, (req.one(end).strip(),)) for end in ("min", "max") if req.one(end).strip()]
        wanted = [_checked(ctx, state.obj, end) for end in ends]
    elif operator in VALUELESS:
        wanted = [_checked(ctx, state.obj, Filter(field.name, operator))]
    else:
        values = tuple(value for value in dict.fromkeys(_values(ctx, field, req)) if value.strip())
        wanted = [_checked(ctx, state.obj, Filter(field.name, operator, values))] if values else []
    return state.with_filters(field.name, wanted)


def _checked(ctx: Context, obj: ObjectDef, wanted: Filter) -> Filter:
    _conditions, problems = listing.conditions_of(ctx, obj, [wanted])
    if problems:
        raise FieldError(problems[wanted.field])
    return wanted


def _values(ctx: Context, field: Field, req: Req) -> Sequence[str]:
    """Take the values sent; a link typed without JavaScript comes as text and is looked up."""
    values = req.query.get("v") or []
    typed = req.one("v_text").strip()
    if not isinstance(field, Link) or any(values) or not typed:
        return values
    found = find.named(ctx, _target(field), typed)
    if not found:
        raise FieldError(_("Nothing of that name was found."))
    return [str(found[0][0])]


def _operators(field: Field) -> tuple[tuple[str, str], ...]:
    names = [name for name in field.operators if name != "max"]
    return tuple((RANGE, str(WORDS[RANGE])) if name == "min" else (name, str(WORDS[name])) for name in names)


def _control(field: Field) -> str:
    if isinstance(field, Link):
        return "link"
    if field.kind == "yes_no":
        return "yes_no"
    if "min" in field.operators:
        return "range"
    return "choices" if "any" in field.operators else "text"


def _options(ctx: Context, field: Field) -> tuple[tuple[str, str], ...]:
    if isinstance(field, Choice):
        return tuple((option.value, str(option.label)) for option in field.options)
    if isinstance(field, Person | People):
        people = [(str(member.id), member.name) for member in ctx.directory.members.values() if member.id != ctx.member.id]
        return ((ME, _("Me")), *people)
    if isinstance(field, DepartmentOf):
        return tuple((str(department.id), department.name) for department in ctx.directory.departments.values())
    if field.kind == "tags":
        return tuple((str(key), cell.text) for key, cell in tag_cells(ctx).items())
    return ()


def _chosen_first(options: Sequence[tuple[str, str]], now: Sequence[Filter]) -> tuple[tuple[str, str], ...]:
    """Put what is chosen where it is seen, above a long list."""
    chosen = {value for wanted in now for value in wanted.values}
    return tuple(sorted(options, key=lambda option: option[0] not in chosen))


def _phrase(ctx: Context, field: Field, wanted: Filter) -> tuple[str, str]:
    """Say one filter: the operator's words, and its values joined by "or"."""
    is_moment = field.kind in ("date", "datetime")
    words = MOMENT_WORDS.get(wanted.operator, WORDS.get(wanted.operator)) if is_moment else WORDS.get(wanted.operator)
    said = str(words) if words else wanted.operator
    if wanted.operator in VALUELESS:
        return said, ""
    return said, f" {_('or')} ".join(_said(ctx, field, wanted.values))


def _said(ctx: Context, field: Field, values: Sequence[str]) -> list[str]:
    if isinstance(field, Link):
        names = records.label(ctx, _target(field), [key for value in values if (key := parse_id(value))])
        return [names[key][0] if (key := parse_id(value)) in names and names[key][1] else _("unknown") for value in values]
    if field.kind == "yes_no":
        return [_("Yes") if field.parse(value, ctx) else _("No") for value in values]
    options = dict(_options(ctx, field))
    if options:
        own = {str(ctx.member.id): _("Me")} if isinstance(field, Person | People) else {}
        return [options.get(value) or own.get(value) or _("unknown") for value in values]
    if field.kind in ("date", "datetime", "number"):
        return [_shown(ctx, field, value) for value in values]
    return list(values)


def _shown(ctx: Context, field: Field, value: str) -> str:
    try:
        read = field.parse(value, ctx)
    except FieldError:
        return value
    return format_date(read) if field.kind == "datetime" and ":" not in value else field.show(read, ctx).text


def _link(ctx: Context, field: Field, now: Sequence[Filter]) -> tuple[str, str]:
    if not isinstance(field, Link):
        return "", ""
    value = next((value for wanted in now for value in wanted.values), "")
    return value, _said(ctx, field, [value])[0] if value else ""


def _target(field: Link) -> ObjectDef:
    return next(obj for obj in access.registered() if obj.name == field.target)
