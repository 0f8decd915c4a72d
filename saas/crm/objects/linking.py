"""Choosing another record in a form: by its key, or by its name as typed without scripts; or making it by a new name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import CREATE
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.core.text.sorting import sort_key
from saas.crm.objects import access, listing, records, seen
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.rich_fields import Link

NEW = "new"
# What a form carries instead of the key of a record that its reader may not open: that name, as it is.
KEPT = "kept:"
SUBJECT = "subject"
MOST_OFFERS = 6
LIKE_NAMED = 50
Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Offer:
    """One record to choose: what is sent, its name, what tells it from others of that name, and whose kind it is."""

    value: str
    label: str
    hint: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Said:
    """What a form said about a link: a key, a name for a record to make, or an error with what to choose from."""

    key: UUID | None = None
    makes: str = ""
    error: str = ""
    offers: tuple[Offer, ...] = ()
    subject: tuple[str, UUID] | None = None


def target_of(link: Link) -> ObjectDef:
    """Find the object a link points to."""
    return next(obj for obj in access.registered() if obj.name == link.target)


def may_make(ctx: Context, target: ObjectDef) -> bool:
    """Tell whether a record can be made from its name alone, by this member."""
    needed = {field.name for field in target.fields if field.required}
    label = target.by_name.get(target.label_field)
    return ctx.rights.may(f"{target.name}:{CREATE}") and label is not None and label.is_editable and needed <= {target.label_field}


def make(ctx: Context, link: Link, name: str) -> Any:
    """Make the record a link shall point to, by its name."""
    target = target_of(link)
    return records.create(ctx, target, {target.label_field: name})


def read(ctx: Context, link: Link, form: Form) -> Said:
    """Read a link: the key that was chosen if it goes with the text beside it, else the text.

    Names in a form: `<name>` the key (or "new"), `<name>_text` what is shown, `<name>_pick` the choice among offers made for
    the text `<name>_pick_for`.
    """
    target = target_of(link)
    key = parse_id(_one(form, link.name))
    if f"{link.name}_text" not in form:
        return Said(key=key)
    text = _text(form, f"{link.name}_text")
    if not text:
        return Said()
    pick = _one(form, f"{link.name}_pick") if _text(form, f"{link.name}_pick_for") == text else ""
    if NEW in (pick, _one(form, link.name)) and may_make(ctx, target):
        return Said(makes=text)
    key = parse_id(pick) or key
    if key is not None:
        label = records.label(ctx, target, [key]).get(key, ("", False))[0]
        if pick or _same(label, text):
            return Said(key=key)
    return _by_name(ctx, target, text)


def read_subject(ctx: Context, form: Form) -> Said:
    """Read what a child row belongs to: `subject` is `<object>:<key>`, `subject_text` its name."""
    text = _text(form, f"{SUBJECT}_text")
    pick = _one(form, f"{SUBJECT}_pick") if _text(form, f"{SUBJECT}_pick_for") == text else ""
    chosen = subject_of(pick or _one(form, SUBJECT))
    if f"{SUBJECT}_text" not in form:
        return Said(subject=chosen)
    if not text:
        return Said()
    if chosen is not None:
        known = next(obj for obj in access.registered() if obj.name == chosen[0])
        label = records.label(ctx, known, [chosen[1]]).get(chosen[1], ("", False))[0]
        if pick or _same(label, text):
            return Said(subject=chosen)
    exact = [offer for target in subjects(ctx) for offer in _exact(ctx, target, text, f"{target.name}:")]
    if len(exact) == 1:
        return Said(subject=subject_of(exact[0].value))
    offers = exact or subject_offers(ctx, text)
    return Said(error=_not_found(text, bool(exact)), offers=tuple(offers))


def value_of(key: Any, label: str, *, is_open: bool) -> str:
    """Say in a form which record a link points to: by its key, or where the reader may not open it by its name alone (Rights 7)."""
    return str(key) if is_open else f"{KEPT}{label}"


def is_kept(form: Form, name: str) -> bool:
    """Tell whether a form leaves a link to what its reader may not open as it was."""
    kept = _one(form, name)
    is_picked = bool(_one(form, f"{name}_pick")) and _text(form, f"{name}_pick_for") == _text(form, f"{name}_text")
    said = [_text(form, f"{name}_text")] if f"{name}_text" in form else []
    return kept.startswith(KEPT) and not is_picked and all(_same(text, kept.removeprefix(KEPT)) for text in said)


def subject_of(text: str) -> tuple[str, UUID] | None:
    """Take `<object>:<key>` apart; None when it names nothing that rows can belong to."""
    name, _colon, raw = text.partition(":")
    key = parse_id(raw)
    known = {obj.name for obj in access.registered() if obj.parent is None}
    return (name, key) if key and name in known else None


def subjects(ctx: Context) -> tuple[ObjectDef, ...]:
    """List the objects a child row may belong to, of those the member may read."""
    return tuple(obj for obj in seen.everything(ctx) if obj.parent is None and ctx.rights.may(f"{obj.name}:read"))


def subject_offers(ctx: Context, text: str) -> list[Offer]:
    """Find records of all kinds that rows may belong to."""
    found = [offers(ctx, target, text, f"{target.name}:", MOST_OFFERS) for target in subjects(ctx)]
    mixed = [offer for rank in range(MOST_OFFERS) for kind in found for offer in kind[rank : rank + 1]]
    return mixed[: MOST_OFFERS + 2]


def offers(ctx: Context, target: ObjectDef, text: str, prefix: str = "", limit: int = MOST_OFFERS) -> list[Offer]:
    """Find records for a choice as they are searched for, or the last changed ones for no text at all; under the reader's rights."""
    columns = _hint_columns(ctx, target)
    if text.strip():
        query = listing.Query(search=text, columns=columns, limit=limit)
    else:
        query = listing.Query(sort="updated_at", is_descending=True, columns=columns, limit=limit)
    return [_offer(ctx, target, row, prefix) for row in listing.page(ctx, target, query).rows]


def _exact(ctx: Context, target: ObjectDef, text: str, prefix: str = "") -> list[Offer]:
    model: Any = target.model
    columns = [getattr(model, name) for name in ("id", "code", target.label_field, *_hint_columns(ctx, target))]
    query = select(*columns).where(model.sort_key == sort_key(text, is_person_name=target.is_person)).limit(LIKE_NAMED)
    like = [row for row in ctx.db.execute(query) if _same(getattr(row, target.label_field), text)]
    return [_offer(ctx, target, row, prefix) for row in like[:MOST_OFFERS]]


def _by_name(ctx: Context, target: ObjectDef, text: str) -> Said:
    exact = _exact(ctx, target, text)
    if len(exact) == 1:
        return Said(key=parse_id(exact[0].value))
    found = exact or offers(ctx, target, text)
    if may_make(ctx, target):
        found = [*found, Offer(NEW, text)]
    return Said(error=_not_found(text, bool(exact)), offers=tuple(found))


def _not_found(text: str, is_ambiguous: bool) -> str:
    if is_ambiguous:
        return _("Several are called “%(name)s”. Choose one.", name=text[:80])
    return _("Nothing is called “%(name)s” yet. Choose what you mean.", name=text[:80])


def _hint_columns(ctx: Context, target: ObjectDef) -> tuple[str, ...]:
    """Name the columns that tell like-named records apart, of those the reader may see."""
    known = seen.seen(ctx, target).by_name
    return tuple(name for name in ("city", "job_title") if name in known)


def _offer(ctx: Context, target: ObjectDef, row: Any, prefix: str) -> Offer:
    parts = [getattr(row, name) for name in _hint_columns(ctx, target)]
    code = [row.code] if "code" not in ctx.rights.hides(target.name) else []
    hint = " · ".join([*[part for part in parts if part][:1], *code])
    return Offer(f"{prefix}{row.id}", target.label_of(row), hint, target.icon)


def _one(form: Form, name: str) -> str:
    return (form.get(name) or [""])[0].strip()


def _text(form: Form, name: str) -> str:
    return " ".join(_one(form, name).split())


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
