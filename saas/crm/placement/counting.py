"""How many records are in a department or in somebody's care: all there are, or those the acting member may give away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN, EDIT, Rights
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.activities.model import Activity
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef


def kept() -> tuple[ObjectDef, ...]:
    """List the objects whose records somebody looks after; what only shows on another record stays with who wrote it."""
    return tuple(obj for obj in access.registered() if obj.has_page)


def held(obj: ObjectDef, member_id: UUID) -> ColumnElement[bool]:
    """Say which records are in somebody's care: those owned, and of activities those still open."""
    model: Any = obj.model
    own: ColumnElement[bool] = model.owner_id == member_id
    return own & Activity.done_at.is_(None) if obj is ACTIVITIES else own


def inside(obj: ObjectDef, department_id: UUID) -> ColumnElement[bool]:
    """Say which records are in a department itself."""
    model: Any = obj.model
    return model.department_id == department_id  # type: ignore[no-any-return]


def movable(rights: Rights, obj: ObjectDef) -> list[ColumnElement[bool]]:
    """Say which records a member may give away: those they may edit and assign."""
    return [access.visible(rights, obj, EDIT), access.visible(rights, obj, ASSIGN)]


def of_member(ctx: Context, member_id: UUID) -> dict[str, int]:
    """Count, by object, the records in somebody's care that the acting member may give away; objects with none are left out."""
    return _counts(ctx, [(obj, [held(obj, member_id), *movable(ctx.rights, obj)]) for obj in kept()])


def total_of_member(ctx: Context, member_id: UUID) -> int:
    """Count ALL records in somebody's care, also those out of the acting member's reach."""
    return sum(_counts(ctx, [(obj, [held(obj, member_id)]) for obj in kept()]).values())


def of_department(ctx: Context, department_id: UUID) -> dict[str, int]:
    """Count, by object, ALL records in a department, notes and the like included; objects with none are left out."""
    return _counts(ctx, [(obj, [inside(obj, department_id)]) for obj in access.registered()])


def movable_of_department(ctx: Context, department_id: UUID) -> dict[str, int]:
    """Count, by object, the records of a department that the acting member may give away."""
    return _counts(ctx, [(obj, [inside(obj, department_id), *movable(ctx.rights, obj)]) for obj in access.registered()])


def _counts(ctx: Context, conditions: list[tuple[ObjectDef, list[ColumnElement[bool]]]]) -> dict[str, int]:
    found: dict[str, int] = {}
    with ctx.as_system("count records to move"):
        for obj, where in conditions:
            number = ctx.db.execute(select(func.count(obj.model.id)).where(*where)).scalar_one()
            if number:
                found[obj.name] = number
    return found
