"""Two people changed the same field of one record: the second sees both versions, field by field, and picks; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saas.auth.context import Context
from saas.core.errors import Conflict
from saas.core.i18n import _
from saas.crm.objects import history, linking, records, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import EMPTY_CELL, Cell, Field
from saas.crm.objects.forms import Typed
from saas.crm.objects.rich_fields import Link
from saas.web.exchange import Reply, Req
from saas.web.pages import page

THEIRS, MINE = "theirs", "mine"
PREFIX = "keep."
Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Clash:
    """One field that both changed: what is stored now, and what the writer typed."""

    name: str
    label: str
    theirs: Cell
    mine: Cell


def drop_decided(typed: Typed, form: Form) -> None:
    """Leave out the fields for which the writer has picked the other's version."""
    for name in list(typed.values):
        if (form.get(f"{PREFIX}{name}") or [MINE])[0] == THEIRS:
            typed.values.pop(name)
            typed.words.pop(name, None)
            typed.makes.pop(name, None)


def show(ctx: Context, req: Req, obj: ObjectDef, record: Any, typed: Typed, error: Conflict, form: Form, base: int) -> Reply:
    """Show both versions; the whole form goes along, so that picking sends everything again."""
    clashing = [f for f in obj.fields if set(f.columns) & set(error.theirs)]
    others = set(history.base_at(ctx, obj, record, base)) - set(error.theirs)
    merged = [str(f.label) for f in views.readable_fields(ctx, obj) if set(f.columns) & others]
    carried = [
        (name, value)
        for name, values in form.items()
        if name not in ("csrf_token", "seen_version", "row_version") and not any(name == f"{PREFIX}{f.name}" for f in clashing)
        for value in values
    ]
    return page(
        ctx,
        req,
        "objects/conflict.html",
        status=409,
        obj=obj,
        record=record,
        heading=obj.label_of(record),
        clashes=[_clash(ctx, record, f, typed.values.get(f.name)) for f in clashing],
        merged=merged,
        who=history.last_changer(ctx, record.id) or _("Somebody"),
        carried=[*carried, ("row_version", base), ("seen_version", record.version)],
        action=f"/{obj.name}/{record.id}/edit",
    )


def _clash(ctx: Context, record: Any, field: Field, mine: Any) -> Clash:
    return Clash(field.name, str(field.label), _cell(ctx, field, field.value_of(record)), _cell(ctx, field, mine))


def _cell(ctx: Context, field: Field, value: Any) -> Cell:
    if isinstance(field, Link):
        text = records.label(ctx, linking.target_of(field), [value]).get(value, ("", False))[0] if value else ""
        return Cell(text) if text else EMPTY_CELL
    return views.cell(ctx, field, value)
