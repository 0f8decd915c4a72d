"""Reading a submitted form by an object's declaration, and saving what its writer touched. How a form looks is `web.objects.controls`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.objects import history, linking, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field, FieldError
from saas.crm.objects.linking import Offer
from saas.crm.objects.rich_fields import Link, Tags, ValueList
from saas.crm.tags import verbs as tags

Form = Mapping[str, Sequence[str]]


@dataclass
class Typed:
    """What a form said: values by field, what is wrong by field, and for links what the writer may choose instead.

    `makes` are links to records that do not exist yet, by the name they shall get; `words` the tags, by name.
    `subject` is (object, key) of what a child row shall belong to, None for nothing, when the form asked for it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    offers: dict[str, tuple[Offer, ...]] = field(default_factory=dict)
    makes: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    has_subject: bool = False
    subject: tuple[str, UUID] | None = None

    def columns(self, obj: ObjectDef) -> dict[str, Any]:
        """Spread the values over the model's columns."""
        found: dict[str, Any] = {}
        for name, value in self.values.items():
            found.update(obj.by_name[name].stored(value))
        if self.has_subject and obj.parent:
            found.update(zip(obj.parent, self.subject or (None, None), strict=True))
        return found


def clean(form: Form) -> dict[str, list[str]]:
    """Take out what no database keeps."""
    return {name: [value.replace("\x00", "") for value in values] for name, values in form.items()}


def read(ctx: Context, obj: ObjectDef, fields: Iterable[Field], form: Form, is_new: bool = False) -> Typed:
    """Read fields from a form. Nothing is raised and nothing saved: look into `errors`.

    A field the form does not send at all stays as it is; of a new record it must be there when it is required.
    """
    found = Typed()
    form = clean(form)
    for wanted in fields:
        if not {wanted.name, f"{wanted.name}_text", f"{wanted.name}_time"} & set(form) and not (is_new and wanted.required):
            continue
        if isinstance(wanted, Link) and not is_new and linking.is_kept(form, wanted.name):
            continue
        try:
            _read_field(ctx, wanted, form, found)
        except FieldError as error:
            found.errors[wanted.name] = str(error)
    if obj.parent and linking.SUBJECT in form and (is_new or not linking.is_kept(form, linking.SUBJECT)):
        _read_subject(ctx, obj, form, found)
    return found


def _read_field(ctx: Context, wanted: Field, form: Form, found: Typed) -> None:
    if isinstance(wanted, Link):
        said = linking.read(ctx, wanted, form)
        if said.offers:
            found.offers[wanted.name] = said.offers
        if said.makes:
            found.makes[wanted.name] = said.makes
        if said.error:
            raise FieldError(said.error)
        value: Any = said.key
    elif isinstance(wanted, Tags):
        value, found.words[wanted.name] = [], tags.words(form.get(wanted.name) or [])
        if any(len(word) > tags.MAX_LENGTH for word in found.words[wanted.name]):
            raise FieldError(_("Use at most %(number)d characters for a tag.", number=tags.MAX_LENGTH))
    else:
        value = wanted.read(form, ctx)
    if wanted.required and wanted.is_empty(value) and wanted.name not in found.makes:
        raise FieldError(_("Fill this in."))
    found.values[wanted.name] = value


def _read_subject(ctx: Context, obj: ObjectDef, form: Form, found: Typed) -> None:
    said = linking.read_subject(ctx, form)
    if said.error:
        found.errors[linking.SUBJECT] = said.error
        found.offers[linking.SUBJECT] = said.offers
        return
    if said.subject is None and obj.parent and not getattr(obj.model, obj.parent[0]).property.columns[0].nullable:
        found.errors[linking.SUBJECT] = _("Choose what this belongs to.")
        return
    found.has_subject, found.subject = True, said.subject


def create(ctx: Context, obj: ObjectDef, typed: Typed, fixed: Mapping[str, Any] | None = None) -> Any:
    """Make a record of what was typed, and the records it links to by a new name, in one batch. `fixed` are further columns.

    Raises Invalid with the errors of `typed`, or Forbidden.
    """
    if typed.errors:
        raise Invalid(typed.errors)
    _make_others(ctx, obj, typed)
    values = typed.columns(obj) | dict(fixed or {})
    return records.create(ctx, obj, {name: value for name, value in values.items() if value is not None or name == "owner_id"})


def save(ctx: Context, obj: ObjectDef, record: Any, typed: Typed, base_version: int, seen_version: int | None = None) -> bool:
    """Change a record (from `records.for_edit`) in what the writer touched, compared with the version the form was made from.

    What others changed meanwhile in other fields stays. `seen_version` is a newer version whose conflicts the writer has decided.
    Raises Invalid, Forbidden, or Conflict with the stored values of columns that both changed. True when anything changed.
    """
    if typed.errors:
        raise Invalid(typed.errors)
    base = Base(ctx, obj, record, base_version)
    typed.values = {name: value for name, value in typed.values.items() if name in typed.words or base.is_touched(obj.by_name[name], value)}
    _make_others(ctx, obj, typed)
    typed.values = {name: value for name, value in typed.values.items() if base.is_touched(obj.by_name[name], value)}
    return records.update(ctx, obj, record, typed.columns(obj), seen_version or base_version)


def _make_others(ctx: Context, obj: ObjectDef, typed: Typed) -> None:
    for name, words in typed.words.items():
        typed.values[name] = [tags.make(ctx, word) for word in words]
    for name, label in typed.makes.items():
        link = obj.by_name[name]
        assert isinstance(link, Link)
        typed.values[name] = linking.make(ctx, link, label).id


class Base:
    """A record as it was when a form was made from it."""

    def __init__(self, ctx: Context, obj: ObjectDef, record: Any, version: int) -> None:
        self._ctx, self._record = ctx, record
        self.changed = history.base_at(ctx, obj, record, version) if version < record.version else {}

    def __getattr__(self, name: str) -> Any:
        return self.changed[name] if name in self.changed else getattr(self._record, name)

    def is_touched(self, wanted: Field, value: Any) -> bool:
        """Tell whether a typed value is another one than the form showed."""
        before = wanted.value_of(self)
        if isinstance(wanted, ValueList):
            return _entries(wanted, before) != _entries(wanted, value)
        if isinstance(wanted, Tags):
            return set(before or []) != set(value or [])
        if wanted.kind == "datetime":
            return wanted.typed(before, self._ctx) != wanted.typed(value, self._ctx)
        return bool(before != value) and not (wanted.is_empty(before) and wanted.is_empty(value))


def _entries(wanted: ValueList, value: Any) -> list[tuple[str, str]]:
    return [(entry["value"], entry.get("label") or wanted.labels[0]) for entry in value or []]
