"""The box above a record's timeline: write a note, log a call, plan a task or a meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import L_, LazyText, _
from saas.crm.activities import logging
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.notes import writing
from saas.crm.notes.definition import NOTES
from saas.crm.objects import forms, records
from saas.crm.objects.date_fields import DateTime
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.web.objects import controls
from saas.web.objects.controls import Control, Source

FOLLOW_UP = DateTime(name="follow_up", label=L_("Follow up on"))
Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Kind:
    """One thing to write: its name in addresses, what its tab and its button say, and the fields it asks for."""

    name: str
    label: LazyText
    verb: LazyText
    icon: str
    obj: ObjectDef
    fields: tuple[Field, ...]
    needed: tuple[str, ...] = ()


def _of(*names: str) -> tuple[Field, ...]:
    return tuple(ACTIVITIES.by_name[name] for name in names)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("note", L_("Note"), L_("Add note"), "sticky-note", NOTES, (NOTES.by_name["body"],), ("body",)),
        Kind("call", L_("Call"), L_("Log call"), "phone", ACTIVITIES, (*_of("outcome", "direction", "description"), FOLLOW_UP)),
        Kind("task", L_("Task"), L_("Add task"), "list-todo", ACTIVITIES, _of("title", "due_at", "priority", "owner_id"), ("title",)),
        Kind(
            "meeting", L_("Meeting"), L_("Add meeting"), "users", ACTIVITIES,
            _of("title", "due_at", "ends_at", "place", "participants", "description"), ("title", "due_at"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Composer:
    """What the box shows: the chosen kind, its controls, and the kinds that the member may write."""

    kind: Kind
    action: str
    controls: dict[str, Control]
    kinds: tuple[Kind, ...]
    errors: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False


def kinds(ctx: Context) -> tuple[Kind, ...]:
    """List what the member may write."""
    return tuple(kind for kind in KINDS.values() if ctx.rights.may(f"{kind.obj.name}:create"))


def composer(ctx: Context, base: str, wanted: str, source: Source | None = None) -> Composer | None:
    """Make the box for a record's address; None for who may write nothing."""
    offered = kinds(ctx)
    if not offered:
        return None
    kind = next((kind for kind in offered if kind.name == wanted), offered[0])
    blank = SimpleNamespace(**{name: None for f in kind.fields for name in f.columns} | {"owner_id": ctx.member.id, "direction": "out"})
    shown = source or Source(blank)
    asked = {f.name: controls.control(ctx, kind.obj, f, shown) for f in kind.fields if _is_asked(ctx, kind, f)}
    if kind.name == "meeting":
        asked["due_at"] = replace(asked["due_at"], label=_("When"), is_required=True)
    return Composer(kind, f"{base}/{kind.name}", asked, offered, shown.errors, bool(wanted))


def _is_asked(ctx: Context, kind: Kind, wanted: Field) -> bool:
    if wanted.name == "owner_id":
        return any(f.name == "owner_id" for f in controls.fields_of(ctx, kind.obj))
    return wanted.name not in ctx.rights.hides(kind.obj.name) | ctx.rights.closes(kind.obj.name)


def write(ctx: Context, kind: Kind, subject: tuple[ObjectDef, UUID] | None, form: Form) -> Any:
    """Read what was written and keep it; return the new record. Raises Invalid, NotFound, Forbidden."""
    form = forms.clean(form)
    typed = forms.read(ctx, kind.obj, [f for f in kind.fields if _is_asked(ctx, kind, f)], form, is_new=True)
    for name in kind.needed:
        if name not in typed.errors and not typed.values.get(name):
            typed.errors[name] = _("Fill this in.")
    if typed.errors:
        raise Invalid(typed.errors)
    said = typed.values
    if kind.name == "note":
        assert subject is not None
        return writing.write(ctx, *subject, said["body"])
    if kind.name == "call":
        return logging.log_call(
            ctx, subject, said.get("description") or "", said.get("outcome"), said.get("direction") or "out", said.get("follow_up")
        )
    values = {name: value for name, value in said.items() if value is not None or name == "owner_id"}
    belonging = {"subject_object": subject[0].name, "subject_id": subject[1]} if subject else {}
    return records.create(ctx, ACTIVITIES, values | belonging | {"kind": kind.name})


def words(kind: Kind) -> str:
    """Say that something was written."""
    return {"note": _("Note added"), "call": _("Call logged"), "task": _("Task added"), "meeting": _("Meeting added")}[kind.name]
