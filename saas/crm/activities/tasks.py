"""Finishing what was planned, and seeing what is next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.activities.model import Activity
from saas.crm.objects import records
from saas.crm.objects.date_fields import has_time

# What an agenda shows of an activity; rights need the rest.
COLUMNS = (
    Activity.id, Activity.code, Activity.version, Activity.kind, Activity.title, Activity.due_at, Activity.ends_at, Activity.done_at,
    Activity.priority, Activity.place, Activity.owner_id, Activity.department_id, Activity.subject_object, Activity.subject_id,
    Activity.parent_owner_id, Activity.parent_department_id, Activity.participants, Activity.is_sample, Activity.created_at,
    Activity.happened_at, Activity.created_by, Activity.description,
)  # fmt: skip
MOST_AGENDA = 200


def finish(ctx: Context, activity_id: UUID | None) -> Any:
    """Mark an activity as done now; return it. Raises NotFound, Forbidden."""
    activity = records.for_edit(ctx, ACTIVITIES, activity_id)
    if activity.done_at is None:
        records.update(ctx, ACTIVITIES, activity, {"done_at": ctx.now})
    return activity


def reopen(ctx: Context, activity_id: UUID | None) -> Any:
    """Mark an activity as not done; return it. Raises NotFound, Forbidden."""
    activity = records.for_edit(ctx, ACTIVITIES, activity_id)
    if activity.done_at is not None:
        records.update(ctx, ACTIVITIES, activity, {"done_at": None})
    return activity


def next_steps(ctx: Context, subject_id: UUID, is_customer: bool, limit: int = 4) -> list[Any]:
    """List what is still open with a record, or with a customer and its people: what is due first, then what has no date."""
    belongs = Activity.customer_id == subject_id if is_customer else Activity.subject_id == subject_id
    query = select(*COLUMNS).where(belongs, Activity.done_at.is_(None), Activity.kind.in_(("task", "meeting", "call")))
    return list(ctx.db.execute(query.order_by(Activity.due_at.asc().nulls_last(), Activity.id).limit(limit)).all())


def agenda(ctx: Context) -> list[Any]:
    """List the member's own open activities due up to the end of today, meetings of others that the member takes part in included."""
    start, end = day_bounds(ctx)
    open_ones = select(*COLUMNS).where(Activity.done_at.is_(None), Activity.due_at < end).order_by(Activity.due_at, Activity.id)
    own = open_ones.where(Activity.owner_id == ctx.member.id)
    # The words of the partial index on participants, so that it serves.
    joined = open_ones.where(
        Activity.participants != [], Activity.participants.contains([ctx.member.id]), Activity.kind == "meeting", Activity.due_at >= start
    )
    found = {row.id: row for query in (own, joined) for row in ctx.db.execute(query.limit(MOST_AGENDA))}
    return sorted(found.values(), key=lambda row: (row.due_at, row.id))


def coming(ctx: Context, days: int = 7, limit: int = 5) -> list[Any]:
    """List the member's own next open activities after today."""
    _start, end = day_bounds(ctx)
    query = select(*COLUMNS).where(
        Activity.owner_id == ctx.member.id, Activity.done_at.is_(None), Activity.due_at >= end, Activity.due_at < end + timedelta(days=days)
    )
    return list(ctx.db.execute(query.order_by(Activity.due_at, Activity.id).limit(limit)).all())


def undated(ctx: Context) -> int:
    """Count the member's own open tasks that have no date."""
    query = select(func.count()).where(Activity.owner_id == ctx.member.id, Activity.done_at.is_(None), Activity.due_at.is_(None))
    return ctx.db.execute(query).scalar_one()


def day_bounds(ctx: Context) -> tuple[datetime, datetime]:
    """Return when today begins and ends for the member."""
    zone = ZoneInfo(ctx.timezone)
    day = ctx.now.astimezone(zone).date()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def is_overdue(ctx: Context, activity: Any) -> bool:
    """Tell whether an open activity should have happened by now; one without a time of day has until the day is over."""
    if activity.done_at is not None or activity.due_at is None:
        return False
    if not has_time(activity.due_at, ctx):
        return bool(activity.due_at < day_bounds(ctx)[0])
    return bool((activity.ends_at or activity.due_at) < ctx.now)


def overdue_among(ctx: Context, activities: Iterable[Any]) -> frozenset[UUID]:
    """Name those of some activities that are overdue."""
    return frozenset(activity.id for activity in activities if is_overdue(ctx, activity))
