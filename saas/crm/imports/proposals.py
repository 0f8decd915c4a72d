"""What is proposed for a file that has just been read: a mapping of its columns, how dates and numbers are written, who its owners are."""

from __future__ import annotations

from typing import Any

from saas.auth.context import Context
from saas.crm.imports.offer import targets_of
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.mapping import suggest
from saas.crm.transfer.prepared import Prepared
from saas.crm.transfer.presets import detect
from saas.crm.transfer.values.dates import infer_date_order
from saas.crm.transfer.values.numbers import infer_decimal

MAX_OWNERS = 200


def propose(ctx: Context, obj: ObjectDef, prepared: Prepared) -> tuple[dict[str, Any], dict[str, Any]]:
    """Propose (mapping, options) for a file, both plain JSON."""
    preset = detect(prepared.headers, prepared.filename)
    targets = targets_of(obj)
    found = suggest(prepared.headers, prepared.sample_rows, targets, preset)
    columns = [
        {"index": one.column_index, "target": one.target_key, "invert": one.invert, "confidence": one.confidence, "why": one.why.as_json()}
        for one in found
        if one.target_key
    ]
    kinds = {target.key: target.kind for target in targets}
    mapping = {"columns": columns, "preset": preset.name if preset else None, "system": preset.system if preset else None}
    chosen = {entry["target"] for entry in columns}
    options = {
        "mode": "create",
        "key": default_key(obj, chosen),
        "date_order": (preset.date_order if preset else None) or infer_date_order(_cells(prepared, columns, kinds, ("date", "datetime"))),
        "decimal": infer_decimal(_cells(prepared, columns, kinds, ("number", "money"))),
        "timezone": None,
        "owners": _owners(ctx, _cells(prepared, columns, kinds, ("member",))),
        "skips_refused_cells": True,
    }
    return mapping, options


def default_key(obj: ObjectDef, chosen: set[Any]) -> list[str]:
    """Choose the surest way of recognising a record that the mapped columns allow: one way only, so that nothing is taken for the same
    on weak grounds (a group's companies share a web host)."""
    order = ("id", "tax", "email", "name")
    return [nature for nature in order if chosen.intersection(obj.recognised.get(nature, ()))][:1]


def _cells(prepared: Prepared, columns: list[dict[str, Any]], kinds: dict[str, str], wanted: tuple[str, ...]) -> list[str]:
    places = [entry["index"] for entry in columns if kinds.get(entry["target"]) in wanted]
    return [row[place] for row in prepared.sample_rows for place in places if place < len(row) and row[place].strip()]


def _owners(ctx: Context, texts: list[str]) -> dict[str, str]:
    """Map owner texts to members by e-mail, name or login name; "" where nobody fits yet."""
    known: dict[str, str] = {}
    for member in ctx.directory.members.values():
        for name in (member.email, member.name, member.login_name):
            if name:
                known.setdefault(name.casefold(), str(member.id))
    distinct = list(dict.fromkeys(text.strip() for text in texts if text.strip()))[:MAX_OWNERS]
    return {text: known.get(text.casefold(), "") for text in distinct}
