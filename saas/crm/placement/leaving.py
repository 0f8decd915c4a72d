"""Seeing somebody off (Rights 16): access ends at once, what they looked after goes to others; the firm keeps its customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select

from saas.auth import audit, departments, directory, membership
from saas.auth.audit import SettingsEntry
from saas.auth.context import Context
from saas.auth.directory import DepartmentInfo, MemberInfo
from saas.auth.sharing import RecordShare
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.objects import access
from saas.crm.objects.assigning import assignees
from saas.crm.objects.definition import ObjectDef
from saas.crm.placement import counting, moving
from saas.crm.placement.moving import Order


@dataclass(frozen=True)
class Outlook:
    """What somebody leaves behind: records the acting member may give away, by object; how many more there are; shares; departments led."""

    records: Mapping[str, int]
    out_of_reach: int
    shares: int
    heads: tuple[DepartmentInfo, ...]


@dataclass(frozen=True)
class Wish:
    """Who gets what: by object the key of a member (objects not named stay), and who leads the departments; None for nobody."""

    to: Mapping[str, UUID]
    head: UUID | None = None
    is_department_kept: bool = False


@dataclass(frozen=True)
class Report:
    """What a leaver wizard did: the entry it wrote, and that about the records, which a job may write later."""

    left: SettingsEntry
    moved: SettingsEntry | None


def outlook(ctx: Context, member_id: UUID) -> Outlook:
    """Foresee what there is to hand on."""
    ctx.require(membership.MANAGE)
    records = counting.of_member(ctx, member_id)
    shares = select(func.count(RecordShare.id)).where(RecordShare.to_member_id == member_id)
    heads = tuple(one for one in departments.in_order(ctx.directory.departments) if one.head_id == member_id)
    out_of_reach = counting.total_of_member(ctx, member_id) - sum(records.values())
    return Outlook(records, out_of_reach, ctx.db.execute(shares).scalar_one(), heads)


def successors(ctx: Context, obj: ObjectDef, member_id: UUID) -> list[MemberInfo]:
    """List to whom the acting member may give somebody's records of an object: active members who may read such records."""
    return [one for one in assignees(ctx, obj) if one.id != member_id and one.status == "active"]


def leave(ctx: Context, member_id: UUID, wish: Wish) -> bool:
    """End somebody's access and hand on what they looked after; True when a job does the rest. Raises Invalid, Forbidden, NotFound."""
    member = membership.find(ctx, member_id)
    about = {"member": str(member_id)}
    if moving.under_way(ctx.db, about) is not None:
        raise Invalid({"": _("Their records are being moved just now. Wait until that is done.")})
    orders = []
    for name, to in wish.to.items():
        obj = access.named(name)
        successor = next((one for one in successors(ctx, obj, member_id) if one.id == to), None)
        if successor is None:
            raise Invalid({f"to.{name}": _("Choose one of the list.")})
        home = None if wish.is_department_kept else successor.department_id
        orders.append(Order(name, member_id, owner_id=successor.id, department_id=home))
    membership.deactivate(ctx, member_id)
    led = [one for one in ctx.directory.departments.values() if one.head_id == member_id]
    for place in led:
        departments.lead(ctx, place.id, wish.head)
    ended = ctx.db.execute(delete(RecordShare).where(RecordShare.to_member_id == member_id).returning(RecordShare.id)).all()
    directory.touch(ctx.db)
    said = {"shares": len(ended), "heads": [one.name for one in led]}
    audit.note(ctx.db, ctx.member.id, "member.left", {**about, "name": member.name}, said)
    return moving.start(ctx, orders, about) is None


def report(ctx: Context, member_id: UUID) -> Report | None:
    """Find what the wizard did for somebody, the last time."""
    about = str(member_id)
    last = select(SettingsEntry).order_by(SettingsEntry.id.desc()).limit(1)
    left = ctx.db.execute(
        last.where(SettingsEntry.what == "member.left", SettingsEntry.before["member"].astext == about)
    ).scalar_one_or_none()
    if left is None:
        return None
    moved = last.where(SettingsEntry.what == "records.moved", SettingsEntry.before["member"].astext == about, SettingsEntry.id > left.id)
    return Report(left, ctx.db.execute(moved).scalar_one_or_none())
