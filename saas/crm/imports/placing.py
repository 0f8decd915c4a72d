"""Where a typed value goes in a record: one small function for each kind of cell, made once for each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from saas.core.i18n import LOCALES, use
from saas.crm.imports.built import Built, Column
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field, LongText, Option, Text
from saas.crm.objects.number_fields import Number
from saas.crm.objects.rich_fields import MAX_VALUES
from saas.crm.tags.verbs import MAX_LENGTH as TAG_CHARS
from saas.crm.transfer.choices import LIKELY, Chooser
from saas.crm.transfer.choices import Choice as Offered
from saas.crm.transfer.offers import WHOLE_NAME
from saas.crm.transfer.said import Said, said

# Puts a value into what a row becomes; says why when (part of) it has no place there.
Place = Callable[[Built, Any], Said | None]

MOST_MONEY = 10**15


def placer(obj: ObjectDef, column: Column, kind: str, currency: str, chosen: Mapping[str, str], linked: ObjectDef | None) -> Place:
    """Return what places the typed values of a column. `chosen` maps texts to choices, as a person decided.

    `linked` is the object that a link leads to: its name is what the column holds.
    """
    name = column.target.rpartition(".")[2]
    field = obj.by_name.get(name)
    if name == WHOLE_NAME:
        return _whole_name(obj, column)
    if linked is not None:
        return _link(name, _plain(linked.by_name[linked.label_field], linked.label_field))
    if kind == "member":
        return _owner
    if kind == "tags":
        return _tags
    if kind in ("email", "phone"):
        return _list(name, kind, column.label or "work")
    if isinstance(field, Choice):
        return _choice(field, name, kind, chosen)
    if kind == "money":
        return _money(name, currency)
    if isinstance(field, Number):
        return _number(field)
    return _plain(field, name)


def _plain(field: Field | None, name: str) -> Place:
    limit = field.max_length if isinstance(field, Text | LongText) else None

    def put(built: Built, value: Any) -> Said | None:
        if limit is not None and len(value) > limit:
            built.values[name] = value[:limit].rstrip()
            return said("too_long", limit=limit)
        built.values[name] = value
        return None

    return put


def _whole_name(obj: ObjectDef, column: Column) -> Place:
    given, family = obj.name_parts
    has_salutation = "salutation" in obj.by_name

    def put(built: Built, value: Any) -> Said | None:
        built.values.setdefault(given, value.given or None)
        built.values.setdefault(family, value.family or None)
        if value.prefix and has_salutation:
            built.values.setdefault("salutation", value.prefix)
        if value.suffix:
            built.leftovers[column.name] = value.suffix
        return None

    return put


def _link(name: str, place: Place) -> Place:
    return lambda built, value: place(built.linked.setdefault(name, Built(built.row)), value)


def _owner(built: Built, value: str) -> None:
    built.owner = value


def _tags(built: Built, value: list[str]) -> Said | None:
    built.tags.extend(tag for tag in value if len(tag) <= TAG_CHARS)
    return said("tag_too_long", limit=TAG_CHARS) if any(len(tag) > TAG_CHARS for tag in value) else None


def _list(name: str, kind: str, label: str) -> Place:
    def put(built: Built, found: Any) -> Said | None:
        kept = built.values.setdefault(name, [])
        for one in found:
            text = one.kept if kind == "phone" else one
            if not any(entry["value"] == text for entry in kept):
                if len(kept) == MAX_VALUES:
                    return said("too_many_values", limit=MAX_VALUES)
                kept.append({"value": text, "label": label})
        return None

    return put


def _money(name: str, currency: str) -> Place:
    def put(built: Built, value: Any) -> Said | None:
        amount = round(value.amount, 4)
        if abs(amount) >= MOST_MONEY:
            return said("number_too_large")
        built.values[name], built.values[f"{name}_currency"] = amount, value.currency or currency
        return None

    return put


def _number(field: Number) -> Place:
    def put(built: Built, value: Decimal) -> Said | None:
        if value > field.high or value < (-field.high if field.low is None else field.low):
            return said("number_too_large")
        kept = round(value, field.digits)
        built.values[field.name] = kept if field.digits else int(kept)
        return None if kept == value else said("number_rounded")

    return put


def _choice(field: Choice, name: str, kind: str, chosen: Mapping[str, str]) -> Place:
    known = {option.value: option.value for option in field.options} | dict(chosen)
    chooser = chooser_of(field) if kind != "address.country" else None

    def find(text: str) -> str | None:
        """Return the choice a text means, "" where the field is to stay empty, None where nobody knows."""
        if text not in known and chooser is not None:
            match = chooser.match(text)
            if match is None or match.confidence < LIKELY:
                return None
            known[text] = match.value
        return known.get(text)

    def put_one(built: Built, value: str) -> Said | None:
        found = find(value)
        if found:
            built.values[name] = found
        return said("not_a_choice", text=value[:200]) if found is None else None

    def put_many(built: Built, value: list[str]) -> Said | None:
        found = [find(text) for text in value]
        built.values[name] = list(dict.fromkeys(filter(None, found)))
        return said("not_a_choice", text=value[found.index(None)][:200]) if None in found else None

    return put_many if kind == "multi_choice" else put_one


def chooser_of(field: Choice) -> Chooser:
    """Prepare a field's choices for look-ups, under their names in every language of the product."""
    return Chooser(tuple(Offered(option.value, _labels(option), option.synonyms) for option in field.options))


def _labels(option: Option) -> tuple[str, ...]:
    labels = []
    for locale in LOCALES:
        with use(locale):
            labels.append(str(option.label))
    return tuple(labels)
