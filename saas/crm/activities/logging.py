"""What people write down about a customer in passing: a call that was made, a task to come, a meeting."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef

TITLE_LENGTH = 80
Subject = tuple[ObjectDef, UUID]


def log_call(
    ctx: Context,
    subject: Subject | None,
    text: str,
    outcome: str | None = None,
    direction: str | None = "out",
    follow_up: datetime | None = None,
) -> Any:
    """Note a call that has just been made, and with `follow_up` the task that comes of it, in one batch; return the call.

    Adding needs no more than read on the subject (Rights 5). Raises NotFound.
    """
    name = _name(ctx, subject)
    title = _first_words(text) or (_("Call with %(name)s", name=name) if name else _("Call"))
    call = records.create(
        ctx,
        ACTIVITIES,
        {
            "kind": "call",
            "title": title,
            "description": text if len(" ".join(text.split())) > len(title) or "\n" in text else None,
            "outcome": outcome,
            "direction": direction,
            "done_at": ctx.now,
            **_belonging(subject),
        },
    )
    if follow_up is not None:
        plan_task(ctx, subject, _("Follow up with %(name)s", name=name) if name else _("Follow up"), follow_up)
    return call


def plan_task(ctx: Context, subject: Subject | None, title: str, due_at: datetime | None, owner_id: UUID | None = None) -> Any:
    """Note something to do. Without an owner it is the member's own. Raises Invalid({"title": …}), Forbidden."""
    if not title.strip():
        raise Invalid({"title": _("Say in a few words what is to be done.")})
    values = {"kind": "task", "title": title, "due_at": due_at, **_belonging(subject)}
    return records.create(ctx, ACTIVITIES, values | ({"owner_id": owner_id} if owner_id else {}))


def _belonging(subject: Subject | None) -> dict[str, Any]:
    return {"subject_object": subject[0].name, "subject_id": subject[1]} if subject else {}


def _name(ctx: Context, subject: Subject | None) -> str:
    return subject[0].label_of(records.find(ctx, *subject)) if subject else ""


def _first_words(text: str) -> str:
    line = " ".join(text.strip().split("\n", 1)[0].split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1].rstrip()}…"
