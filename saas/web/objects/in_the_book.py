"""Telling the writer of a form that a record is in the book already though not theirs to read, and what they may do then (Rights 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from saas.auth import audit
from saas.auth.context import Context
from saas.core.errors import Invalid, TooMany
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.forms import Typed
from saas.crm.sharing import telling
from saas.crm.sharing.telling import InTheBook
from saas.tenants.session import tenant_session
from saas.web.exchange import Req

# What the two further buttons send; `told` says what their writer was told about, so that nothing else is passed over.
BUTTON, SAVE, ASK = "in_the_book", "save", "ask"
TOLD = "told"


@dataclass(frozen=True)
class Told:
    """What the writer of a form was told about; `is_asked` once they have asked for access."""

    keys: tuple[str, ...]
    is_asked: bool = False


def settle(ctx: Context, req: Req, obj: ObjectDef, typed: Typed, record: Any = None) -> Told | None:
    """Look whether what was typed may be saved: None when it may, Told when its writer asked for access instead.

    Raises Invalid beside the field: InTheBook, which is written down in the audit log, or that there were too many tries. What is wrong
    in itself is left to the saving.
    """
    if typed.errors:
        return None
    redis, choice = req.runtime.redis, req.one(BUTTON)
    told = tuple(req.form.get(TOLD) or ())
    try:
        if choice == ASK:
            kept_by = telling.ask(ctx, redis, req.runtime.settings, obj, typed.values, record)
            if kept_by is not None:
                audit.note(ctx.db, ctx.member.id, "access.asked", after={"object": obj.name, "kept_by": kept_by})
            return Told(told, is_asked=True)
        telling.check(ctx, redis, obj, typed.values, record, told if choice == SAVE else ())
    except InTheBook as error:
        kept_by = error.department
        ctx.after_commit.append(lambda: _log(ctx, req, obj, kept_by))
        raise
    except TooMany as error:
        first = telling.brought(obj, typed.values, record)[0]
        raise _Waiting(*telling.place_of(obj, typed.values, first), error.message) from error
    return None


def told(error: Invalid) -> Told | None:
    """Give what a refusal told its writer about; None when it told of nothing."""
    return Told(error.keys) if isinstance(error, InTheBook) else None


def lines(error: Invalid) -> dict[str, int]:
    """Say which of a field's values a refusal is about."""
    return {error.field: error.line} if isinstance(error, InTheBook | _Waiting) else {}


class _Waiting(Invalid):
    """Too many answers already; it stands where the answer would have stood."""

    def __init__(self, field: str, line: int, message: str) -> None:
        super().__init__({field: message})
        self.field, self.line = field, line


def _log(ctx: Context, req: Req, obj: ObjectDef, kept_by: str) -> None:
    """Write down that somebody was told, in a transaction of its own: that of the refused form is taken back."""
    with tenant_session(req.runtime.databases, ctx.tenant) as db:
        audit.note(db, ctx.member.id, "match.told", after={"object": obj.name, "kept_by": kept_by})
