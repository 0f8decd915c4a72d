"""Open and finished activities as lines to act on: on Today, on a record, after a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import EDIT
from saas.crm.activities import tasks
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.objects import access, linking, views
from saas.crm.objects.date_fields import has_time
from saas.crm.objects.fields import EMPTY_CELL, Cell


@dataclass(frozen=True)
class Item:
    """One activity. `has_time` tells whether its moment has a time of day; `phone` reaches its customer; `owner` names somebody else."""

    id: UUID
    kind: str
    title: str
    href: str
    due_at: datetime | None
    ends_at: datetime | None
    done_at: datetime | None
    has_time: bool
    is_overdue: bool
    may_edit: bool
    priority: str
    place: str
    owner: str
    subject: Cell = EMPTY_CELL
    phone: Cell = EMPTY_CELL


def items(ctx: Context, rows: Sequence[Any], subject_id: UUID | None = None, with_phones: bool = False) -> list[Item]:
    """Make lines of activities; the subject is left out where it is the page's own (`subject_id`)."""
    subjects = [view.subject for view in views.views(ctx, ACTIVITIES, rows, ())]
    phones = _phones(ctx, rows) if with_phones else {}
    access.weigh(ctx, ACTIVITIES, rows, EDIT)
    return [_item(ctx, row, subject, phones, subject_id) for row, subject in zip(rows, subjects, strict=True)]


def _item(ctx: Context, row: Any, subject: Cell, phones: dict[UUID, Cell], subject_id: UUID | None) -> Item:
    hidden = ctx.rights.hides(ACTIVITIES.name)
    is_named = row.owner_id and row.owner_id != ctx.member.id and "owner_id" not in hidden
    owner = ctx.directory.members.get(row.owner_id) if is_named else None
    return Item(
        id=row.id,
        kind=row.kind,
        title=row.title,
        href=f"/{ACTIVITIES.name}/{row.id}",
        due_at=row.due_at,
        ends_at=row.ends_at,
        done_at=row.done_at,
        has_time=row.due_at is not None and has_time(row.due_at, ctx),
        is_overdue=tasks.is_overdue(ctx, row),
        may_edit=access.allows(ctx, ACTIVITIES, row, EDIT),
        priority="" if "priority" in hidden else row.priority or "",
        place="" if "place" in hidden else row.place or "",
        owner=owner.name if owner else "",
        subject=EMPTY_CELL if row.subject_id == subject_id else subject,
        phone=phones.get(row.subject_id, EMPTY_CELL),
    )


def _phones(ctx: Context, rows: Sequence[Any]) -> dict[UUID, Cell]:
    """Find the main telephone number of the subjects the reader may open."""
    found: dict[UUID, Cell] = {}
    for obj in linking.subjects(ctx):
        wanted = {row.subject_id for row in rows if row.subject_object == obj.name}
        numbers = obj.by_name.get("phones")
        if not wanted or numbers is None:
            continue
        model: Any = obj.model
        for key, value in ctx.db.execute(select(model.id, model.phones).where(model.id.in_(sorted(wanted)))):
            shown = numbers.show(value, ctx)
            if shown.parts:
                found[key] = shown.parts[0]
    return found
