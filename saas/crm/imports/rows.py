"""From the cells of one row to the values of one record, with everything worth saying about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.core.i18n import LOCALES, catalogue
from saas.crm.imports.offer import FULL_NAME, targets_of
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field
from saas.crm.transfer import cells
from saas.crm.transfer.choices import LIKELY, Chooser
from saas.crm.transfer.choices import Choice as Offered
from saas.crm.transfer.said import Said
from saas.crm.transfer.values.numbers import Amount
from saas.crm.transfer.values.outcome import Hints, Problem
from saas.crm.transfer.values.places import mend_postcode

ADDRESS_PREFIXES = ("", "delivery_")
MENDED, DOUBTFUL, REFUSED = LEVELS = ("mended", "doubtful", "refused")


@dataclass(frozen=True)
class Column:
    """A column of the file that goes somewhere: its place, the target's key, and whether yes means no."""

    index: int
    target: str
    invert: bool = False


@dataclass(frozen=True)
class Issue:
    """Something about a cell (or, without a column, the row): how bad, what, and what the cell could say instead."""

    level: str
    column: int | None
    said: Said
    suggestion: str | None = None
    text: str = ""


@dataclass
class Built:
    """One row understood: the record's values, those of linked records by link name, the owner and tags as texts."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, dict[str, Any]] = field(default_factory=dict)
    owner: str = ""
    tags: list[str] = field(default_factory=list)
    leftovers: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


Setter = Callable[[Built, str, int], None]


class RowBuilder:
    """Reads rows of one file for one object, by one mapping."""

    def __init__(self, obj: ObjectDef, objects: Mapping[str, ObjectDef], columns: Sequence[Column], hints: Hints, currency: str) -> None:
        self._obj, self._objects, self._currency, self._region = obj, objects, currency, hints.region
        targets = {target.key: target for target in targets_of(obj)}
        self._steps: list[tuple[int, Setter]] = []
        for column in columns:
            target = targets.get(column.target)
            if target is not None:
                own_hints = Hints(
                    "" if target.kind == "address.postal" else hints.region,
                    hints.timezone,
                    hints.date_order,
                    hints.decimal,
                    hints.currency,
                    column.invert,
                    hints.today,
                )
                self._steps.append((column.index, self._setter(column.target, target.kind, own_hints)))

    def build(self, number: int, row: Sequence[str], fixes: Mapping[int, str]) -> Built:
        """Understand one row; `fixes` are cells that a person has typed anew, by column."""
        built = Built(number)
        for index, put in self._steps:
            text = fixes.get(index, row[index] if index < len(row) else "")
            if text:
                put(built, text, index)
        for values in (built.values, *built.linked.values()):
            self._mend_postcodes(built, values)
        return built

    def _mend_postcodes(self, built: Built, values: dict[str, Any]) -> None:
        """Give postal codes back the zeros a spreadsheet took, by the country of the row, else of the workspace."""
        for prefix in ADDRESS_PREFIXES:
            code = values.get(f"{prefix}postal_code")
            if code:
                whole = mend_postcode(code, values.get(f"{prefix}country") or self._region)
                if whole != code:
                    values[f"{prefix}postal_code"] = whole
                    built.issues.append(Issue(MENDED, None, Said("zero_restored", {"text": code, "whole": whole})))

    def _setter(self, key: str, kind: str, hints: Hints) -> Setter:
        link_name, _dot, name = key.rpartition(".")
        obj = self._obj
        if link_name:
            link = next(link for link in obj.links if link.name == link_name)
            obj = self._objects[link.target]
        read = cells.parser(kind, hints)
        place = _placer(obj, obj.by_name.get(name), name, kind, self._currency)

        def put(built: Built, text: str, index: int) -> None:
            outcome = read(text.strip())
            if isinstance(outcome, Problem):
                built.issues.append(Issue(REFUSED, index, outcome.said, outcome.suggestion, text[:300]))
                return
            built.issues.extend(Issue(MENDED, index, note, None, text[:300]) for note in outcome.notes)
            if outcome.value in (None, "", []):
                return
            values = built.linked.setdefault(link_name, {}) if link_name else built.values
            problem = place(built, values, outcome.value)
            if problem:
                built.leftovers[str(index)] = text
                built.issues.append(Issue(DOUBTFUL, index, problem, None, text[:300]))

        return put


def _placer(
    obj: ObjectDef, field_def: Field | None, name: str, kind: str, currency: str
) -> Callable[[Built, dict[str, Any], Any], Said | None]:
    """Return what puts a typed value into a record's values; it says when the value has no place."""
    if name == FULL_NAME:
        return lambda _built, values, value: _put_name(obj, values, value)
    if kind == "member":
        return lambda built, _values, value: setattr(built, "owner", value)
    if kind == "tags":
        return lambda built, _values, value: built.tags.extend(value)
    if kind in ("email", "phone"):
        return lambda _built, values, value: _put_list(values, name, value, kind)
    if kind in ("choice", "multi_choice") and isinstance(field_def, Choice):
        return _choice_placer(field_def, name, kind)
    if kind == "money":
        return lambda _built, values, value: _put_money(values, name, value, currency)
    if kind == "number":
        return lambda _built, values, value: values.__setitem__(name, int(value) if value == int(value) else None)
    return lambda _built, values, value: values.__setitem__(name, value[:20_000] if isinstance(value, str) else value)


def _put_name(obj: ObjectDef, values: dict[str, Any], value: Any) -> None:
    given, family = obj.name_parts
    values.setdefault(given, value.given or None)
    values.setdefault(family, value.family or None)
    if value.prefix and "salutation" in obj.by_name:
        values.setdefault("salutation", value.prefix)


def _put_list(values: dict[str, Any], name: str, found: Any, kind: str) -> None:
    kept = values.setdefault(name, [])
    known = {entry["value"] for entry in kept}
    for one in found:
        text = one.kept if kind == "phone" else one
        if text not in known:
            kept.append({"value": text, "label": "work"})
            known.add(text)


def _put_money(values: dict[str, Any], name: str, value: Amount, currency: str) -> None:
    values[name], values[f"{name}_currency"] = value.amount, value.currency or currency


def _choice_placer(field_def: Choice, name: str, kind: str) -> Callable[[Built, dict[str, Any], Any], Said | None]:
    chooser = Chooser(tuple(Offered(option.value, _labels(option.label), option.synonyms) for option in field_def.options))
    values_of_options = {option.value for option in field_def.options}

    def find(text: str) -> str | None:
        if text in values_of_options:
            return text
        found = chooser.match(text)
        return found.value if found and found.confidence >= LIKELY else None

    def put(_built: Built, values: dict[str, Any], value: Any) -> Said | None:
        texts = value if kind == "multi_choice" else [value]
        found = [choice for text in texts if (choice := find(text))]
        if found:
            values[name] = found if kind == "multi_choice" else found[0]
        return None if len(found) == len(texts) else Said("not_a_choice", {})

    return put


def _labels(label: Any) -> tuple[str, ...]:
    """List a choice's label in every language of the product."""
    texts = [label.message]
    texts += [catalogue(locale).texts.get(label.message, label.message) for locale in LOCALES if locale != "en"]
    return tuple(texts)
