"""Shares of one record (Rights 4): given by whoever may edit it, to a member or a department, to read or to edit, with an optional end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from saas.auth import audit, directory
from saas.auth.context import Context
from saas.auth.permissions import EDIT, Scope
from saas.auth.sharing import RecordShare
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.crm.objects import access, records
from saas.crm.objects.branches import branches
from saas.crm.objects.definition import ObjectDef

LONGEST_REASON = 300


@dataclass(frozen=True)
class Given:
    """One share for reading. `to` is a name; `is_over` once it has expired."""

    id: UUID
    to: str
    is_department: bool
    may_edit: bool
    reason: str
    expires_at: datetime | None
    given_by: str
    is_over: bool


@dataclass(frozen=True)
class Offer:
    """To whom a record is to be opened: the key of a member, or of a department with or without all below it."""

    to: UUID
    is_department: bool
    to_subtree: bool = False
    may_edit: bool = False
    expires_at: datetime | None = None
    reason: str = ""


def can_share(ctx: Context, obj: ObjectDef, record: Any) -> bool:
    """Tell whether the member may share a record: who may edit it, but not by a share alone, which is not passed on."""
    if obj.parent is not None or not obj.has_page:
        return False
    ways = [way for way in branches(ctx.rights, obj.name, EDIT) if way.shared is None]
    said = [way.tells(record.owner_id, record.department_id) for way in ways]
    if True in said:
        return True
    if None not in said:
        return False
    model: Any = obj.model
    there = access.ground(obj)
    query = select(model.id).where(model.id == record.id, or_(*(way.condition(there) for way in ways)))
    with ctx.as_system("who may share"):
        return ctx.db.execute(query).first() is not None


def of(ctx: Context, obj: ObjectDef, record_id: UUID) -> list[Given]:
    """List the shares of a record the member can read, the newest first."""
    records.find(ctx, obj, record_id)
    query = select(RecordShare).where(RecordShare.object == obj.name, RecordShare.record_id == record_id)
    people, departments = ctx.directory.members, ctx.directory.departments
    found = []
    for row in ctx.db.execute(query.order_by(RecordShare.created_at.desc(), RecordShare.id)).scalars():
        target = (
            people.get(row.to_member_id) if row.to_member_id else departments.get(row.to_department_id) if row.to_department_id else None
        )
        giver = people.get(row.created_by) if row.created_by else None
        is_over = row.expires_at is not None and row.expires_at <= ctx.now
        found.append(
            Given(
                row.id, target.name if target else "", row.to_department_id is not None, row.may_edit, row.reason, row.expires_at,
                giver.name if giver else "", is_over,
            )
        )  # fmt: skip
    return found


def give(ctx: Context, obj: ObjectDef, record_id: UUID, offer: Offer) -> UUID:
    """Share a record; one to the same target is replaced. Return the share's key. Raises NotFound, Forbidden, Invalid."""
    record = records.find(ctx, obj, record_id)
    _require(ctx, obj, record)
    _check(ctx, obj, offer)
    directory.touch(ctx.db)
    column = RecordShare.to_department_id if offer.is_department else RecordShare.to_member_id
    ctx.db.execute(delete(RecordShare).where(RecordShare.object == obj.name, RecordShare.record_id == record.id, column == offer.to))
    row = RecordShare(
        object=obj.name, record_id=record.id, to_subtree=offer.to_subtree and offer.is_department, may_edit=offer.may_edit,
        reason=offer.reason.strip()[:LONGEST_REASON], expires_at=offer.expires_at, created_by=ctx.member.id,
        to_department_id=offer.to if offer.is_department else None, to_member_id=None if offer.is_department else offer.to,
    )  # fmt: skip
    ctx.db.add(row)
    ctx.db.flush()
    audit.note(ctx.db, ctx.member.id, "share.given", None, _image(row))
    return row.id


def end(ctx: Context, obj: ObjectDef, record_id: UUID, share_id: UUID | None) -> None:
    """Take a share back: whoever may share the record, whoever gave it, and admins. Raises NotFound, Forbidden."""
    record = records.find(ctx, obj, record_id)
    query = select(RecordShare).where(RecordShare.id == share_id, RecordShare.object == obj.name, RecordShare.record_id == record.id)
    row = ctx.db.execute(query).scalar_one_or_none() if share_id else None
    if row is None:
        raise NotFound(_("This share is no longer there."))
    if row.created_by != ctx.member.id:
        _require(ctx, obj, record)
    directory.touch(ctx.db)
    audit.note(ctx.db, ctx.member.id, "share.ended", _image(row), None)
    ctx.db.delete(row)


def sweep(db: Any) -> int:
    """Forget shares that ended more than 90 days ago; return how many."""
    query = delete(RecordShare).where(RecordShare.expires_at < func.now() - func.make_interval(0, 0, 0, 90))
    return len(db.execute(query.returning(RecordShare.id)).all())


def _require(ctx: Context, obj: ObjectDef, record: Any) -> None:
    if not can_share(ctx, obj, record):
        raise Forbidden(_("Only who may change this record can share it."))


def _check(ctx: Context, obj: ObjectDef, offer: Offer) -> None:
    if offer.is_department:
        if offer.to not in ctx.directory.departments:
            raise Invalid({"to": _("Choose who may see it.")})
    else:
        member = ctx.directory.members.get(offer.to)
        if member is None or member.status != "active" or member.id == ctx.member.id:
            raise Invalid({"to": _("Choose who may see it.")})
        if ctx.directory.rights(member).scope(obj.name, "read") is Scope.NONE:
            raise Invalid(
                {"to": _("%(name)s has no role that lets them see such records, so sharing would change nothing.", name=member.name)}
            )
    if offer.expires_at is not None and offer.expires_at <= ctx.now:
        raise Invalid({"until": _("Choose a day in the future.")})


def _image(row: RecordShare) -> dict[str, Any]:
    return {
        "object": row.object,
        "record": str(row.record_id),
        "member": str(row.to_member_id or ""),
        "department": str(row.to_department_id or ""),
        "may_edit": row.may_edit,
        "until": row.expires_at.isoformat() if row.expires_at else "",
    }
