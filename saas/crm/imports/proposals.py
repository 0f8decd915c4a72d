"""What is proposed for a file that has just been read: a mapping of its columns, how dates and numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saas.crm import registry
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.cells import column_hints
from saas.crm.transfer.mapping import suggest
from saas.crm.transfer.offers import targets_for
from saas.crm.transfer.prepared import Prepared
from saas.crm.transfer.presets import detect
from saas.crm.transfer.targets import Target
from saas.crm.transfer.values.dates import infer_date_order
from saas.crm.transfer.values.outcome import Hints

DATES = ("date", "datetime")


def targets_of(obj: ObjectDef, objects: Sequence[ObjectDef] = registry.OBJECTS) -> list[Target]:
    """List what columns of a file can fill; with `objects` as somebody sees them (`seen.everything`), what that person may fill."""
    return targets_for(obj, objects)


def propose(obj: ObjectDef, prepared: Prepared) -> tuple[dict[str, Any], dict[str, Any]]:
    """Propose (mapping, options) for a file, both plain JSON."""
    preset = detect(prepared.headers, prepared.filename)
    found = suggest(prepared.headers, prepared.sample_rows, targets_of(obj), preset)
    columns = [
        {
            "index": one.column_index, "target": one.target.key, "label": one.label, "invert": one.invert,
            "confidence": one.confidence, "why": one.why.as_json(),
        }
        for one in found
        if one.target
    ]  # fmt: skip
    reasons = {str(one.column_index): one.why.as_json() for one in found if not one.target}
    order = preset.date_order if preset else None
    complete(obj, prepared, columns, order)
    known = {"system": preset.system, "object": preset.object} if preset else {}
    mapping = {"columns": columns, "reasons": reasons, **known}
    options = {
        "mode": "create",
        "key": default_key(obj, {entry["target"] for entry in columns}),
        "date_order": order,
        "decimal": None,
        "skips_refused_cells": True,
    }
    return mapping, options


def complete(obj: ObjectDef, prepared: Prepared, columns: list[dict[str, Any]], date_order: str | None) -> None:
    """Add to the columns of a mapping what their cells show: the order of dates (unless given for all) and the decimal sign."""
    kinds = {target.key: target.kind for target in targets_of(obj)}
    for entry in columns:
        kind, cells = kinds[entry["target"]], cells_of(prepared, entry["index"])
        found = column_hints(kind, cells, Hints(date_order=date_order))
        entry["date_order"] = None if date_order else found.date_order
        entry["decimal"] = found.decimal


def unsure_dates(obj: ObjectDef, prepared: Prepared, columns: list[Mapping[str, Any]]) -> list[str]:
    """List examples of dates whose day and month could be either way round, because nothing in their column tells."""
    kinds = {target.key: target.kind for target in targets_of(obj)}
    found: list[str] = []
    for entry in columns:
        if kinds.get(entry["target"]) in DATES and not entry.get("date_order"):
            found += [cell for cell in cells_of(prepared, entry["index"]) if _is_ambiguous(cell)][:3]
    return found


def _is_ambiguous(cell: str) -> bool:
    """Tell whether a date of digits alone may begin with the day or the month: its parts say it only when one is above 12."""
    digits = "".join(char if char.isdigit() else " " for char in cell).split()
    is_short = len(digits) >= 3 and all(len(part) <= 2 for part in digits[:2])
    return is_short and infer_date_order([cell]) is None and digits[0] != digits[1]


def default_key(obj: ObjectDef, chosen: set[Any]) -> list[str]:
    """Choose the surest way of recognising a record that the mapped columns allow: one way only, so that nothing is taken for the same
    on weak grounds (a group's companies share a web host)."""
    order = ("id", "tax", "email", "name")
    return [nature for nature in order if chosen.intersection(obj.recognised.get(nature, ()))][:1]


def cells_of(prepared: Prepared, index: int) -> list[str]:
    """List the cells of a column among the samples, without the empty ones."""
    return [row[index] for row in prepared.sample_rows if index < len(row) and row[index].strip()]
