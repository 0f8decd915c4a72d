"""What a change of rights would do, counted before it is saved (Rights 15): who would read or edit how many more or fewer records.

Records are counted once for each object by all that rights look at (department, owner, the choices of rules, the same of their customer);
members are then evaluated in Python against the directory as it is and as it would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, true

from saas.auth.context import Context
from saas.auth.directory import Directory, MemberInfo
from saas.auth.permissions import EDIT, READ, Rights
from saas.auth.sharing import RecordShare
from saas.core.i18n import _, ngettext
from saas.core.locale_format import format_number
from saas.crm.objects import access
from saas.crm.objects.branches import Branch, branches
from saas.crm.objects.definition import ObjectDef
from saas.crm.search.estimate import expected_rows

COUNTED = (READ, EDIT)
# Lines said of people one by one.
MOST_NAMED = 50


class TooLarge(Exception):
    """There is more to count than the bound allows."""


@dataclass(frozen=True)
class Bound:
    """How much may be counted at once: rows read (by the planner's estimate), and members looked at for each kind of record."""

    rows: int
    pairs: int


@dataclass(frozen=True)
class Kind:
    """Records alike in all that rights look at. `customer` is the kind of the customer record they belong to, None without one."""

    department: UUID | None
    owner: UUID | None
    choices: tuple[tuple[str, str | None], ...] = ()
    customer: Kind | None = None


@dataclass(frozen=True)
class Line:
    """What one member gains and loses of one object by one action."""

    member: MemberInfo
    object: ObjectDef
    action: str
    gained: int
    lost: int


@dataclass
class Effect:
    """All lines in which anything changes, and for each department (by its key) how many records of an object somebody there gains.

    `is_of_people` says that only people's own roles and places change: then each is called by name.
    """

    is_of_people: bool = False
    lines: list[Line] = field(default_factory=list)
    gained: dict[tuple[UUID, str, str], int] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        return not self.lines

    def sentences(self, ctx: Context) -> list[str]:
        """Say it in a few words: what departments gain, then what members lose, then everybody who gains or loses most."""
        if self.is_of_people:
            return [said for line in self.lines[:MOST_NAMED] for said in _of_one(line)]
        known = {obj.name: obj for obj in access.registered()}
        said = []
        for (place, name, action), number in sorted(self.gained.items(), key=lambda item: -item[1]):
            where = ctx.directory.departments[place].name if place in ctx.directory.departments else ""
            values = {"department": where, "number": format_number(number), "objects": _noun(known[name], number)}
            if action == READ:
                said.append(_("%(department)s will read %(number)s more %(objects)s.", **values))
            else:
                said.append(_("%(department)s will be able to change %(number)s more %(objects)s.", **values))
        losses: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            if line.lost:
                losses.setdefault((line.object.name, line.action), []).append(line)
        for (name, action), lines in losses.items():
            most = max(line.lost for line in lines)
            values = {"most": format_number(most), "objects": _noun(known[name], most)}
            if action == READ:
                said.append(
                    ngettext(
                        "%(num)s member will no longer see up to %(most)s %(objects)s.",
                        "%(num)s members will no longer see up to %(most)s %(objects)s.",
                        len(lines), **values,
                    )
                )  # fmt: skip
            else:
                said.append(
                    ngettext(
                        "%(num)s member will no longer be able to change up to %(most)s %(objects)s.",
                        "%(num)s members will no longer be able to change up to %(most)s %(objects)s.",
                        len(lines), **values,
                    )
                )  # fmt: skip
        return said


def _of_one(line: Line) -> list[str]:
    """Say what one member gains and loses of one object by one action."""
    said, is_read = [], line.action == READ
    if line.gained:
        values = {"name": line.member.name, "number": format_number(line.gained), "objects": _noun(line.object, line.gained)}
        if is_read:
            said.append(_("%(name)s will read %(number)s more %(objects)s.", **values))
        else:
            said.append(_("%(name)s will be able to change %(number)s more %(objects)s.", **values))
    if line.lost:
        values = {"name": line.member.name, "number": format_number(line.lost), "objects": _noun(line.object, line.lost)}
        if is_read:
            said.append(_("%(name)s will no longer see %(number)s %(objects)s.", **values))
        else:
            said.append(_("%(name)s will no longer be able to change %(number)s %(objects)s.", **values))
    return said


def _noun(obj: ObjectDef, number: int) -> str:
    """Name an object as it stands after a number."""
    return str(obj.singular if number == 1 else obj.plural).lower()


def changed(directory: Directory, **parts: Any) -> Directory:
    """Make the directory as it would be, with other `roles`, `rules`, `members`, `departments` or `extra_departments`."""
    return replace(directory, **parts, _kept={})


def preview(ctx: Context, after: Directory, bound: Bound | None = None) -> Effect:
    """Count what would change for every member of either directory if `after` were saved. Reads all rows, whoever asks.

    Raises TooLarge where that is more than `bound` allows.
    """
    before = ctx.directory
    is_of_people = (before.roles, before.rules, before.departments) == (after.roles, after.rules, after.departments)
    effect = Effect(is_of_people)
    people = {**before.members, **after.members}
    moved = [member for key, member in people.items() if _rights(before, key) != _rights(after, key)]
    if not moved:
        return effect
    objects = [obj for obj in access.registered() if obj.parent is None and obj.has_page]
    if bound is not None:
        with ctx.as_system("how much there is to count"):
            rows = sum(expected_rows(lambda query: ctx.db.execute(query).all(), obj.model.__table__, true()) for obj in objects)
        if rows > bound.rows:
            raise TooLarge
    for obj in objects:
        _object(ctx, obj, after, moved, effect, bound)
    return effect


def _rights(directory: Directory, key: UUID) -> Rights | None:
    member = directory.members.get(key)
    return directory.rights(member) if member else None


def _object(
    ctx: Context, obj: ObjectDef, after: Directory, moved: Sequence[MemberInfo], effect: Effect, bound: Bound | None
) -> None:  # fmt: skip
    with ctx.as_system("effect of a change of rights"):
        kinds = _kinds(ctx, obj, (ctx.directory, after))
        shared = _shared(ctx, obj, (ctx.directory, after))
    if bound is not None and len(moved) * (len(kinds) + len(shared)) > bound.pairs:
        raise TooLarge
    gains: dict[tuple[UUID, str], set[Any]] = {}
    for member in moved:
        own, new = _rights(ctx.directory, member.id), _rights(after, member.id)
        singles = {key: kind for key, kind, targets in shared if targets & _targets(own, new)}
        for action in COUNTED:
            ways = [branches(rights, obj.name, action) if rights else () for rights in (own, new)]
            gained = lost = 0
            alone: dict[Kind, int] = {}
            for key, kind in singles.items():
                alone[kind] = alone.get(kind, 0) + 1
                was, will = (_reaches(way, kind) or any(one.shared for one in way) for way in ways)
                gained, lost = gained + (will and not was), lost + (was and not will)
                if will and not was:
                    gains.setdefault((member.department_id, action), set()).add(key)
            for kind, number in kinds.items():
                was, will = (_reaches(way, kind) for way in ways)
                rest = number - alone.get(kind, 0)
                gained, lost = gained + rest * (will and not was), lost + rest * (was and not will)
                if will and not was:
                    gains.setdefault((member.department_id, action), set()).add(kind)
            if gained or lost:
                effect.lines.append(Line(member, obj, action, gained, lost))
    for (place, action), found in gains.items():
        number = sum(kinds[one] if isinstance(one, Kind) else 1 for one in found)
        if number:
            effect.gained[(place, obj.name, action)] = number


def _targets(*all_rights: Rights | None) -> set[UUID]:
    found: set[UUID] = set()
    for rights in all_rights:
        if rights is not None and rights.member_id is not None:
            found |= {rights.member_id, *rights.above}
    return found


def _reaches(ways: Iterable[Branch], kind: Kind) -> bool:
    for way in ways:
        place: Kind | None = kind.customer if way.through else kind
        if way.is_all or (way.owner is not None and way.owner == kind.owner):
            return True
        if place is None or way.shared or way.owner or place.department not in way.departments:
            continue
        if not way.field or dict(place.choices).get(way.field) in way.choices:
            return True
    return False


def _fields(directories: Iterable[Directory], object_name: str) -> list[str]:
    """Name the fields by which rules on an object are narrowed."""
    return sorted({rule.field for one in directories for rule in one.rules.values() if rule.object == object_name and rule.field})


def _kinds(ctx: Context, obj: ObjectDef, directories: Sequence[Directory]) -> dict[Kind, int]:
    """Count the records of an object by their kinds."""
    found: dict[Kind, int] = {}
    for kind, number in _read(ctx, obj, directories, func.count(), is_counted=True):
        found[kind] = found.get(kind, 0) + number
    return found


def _shared(ctx: Context, obj: ObjectDef, directories: Sequence[Directory]) -> list[tuple[UUID, Kind, set[UUID]]]:
    """List the records of an object that are shared one by one: key, kind, and with whom."""
    target = func.coalesce(RecordShare.to_member_id, RecordShare.to_department_id)
    query = select(RecordShare.record_id, target).where(
        RecordShare.object == obj.name, or_(RecordShare.expires_at.is_(None), RecordShare.expires_at > ctx.now)
    )
    targets: dict[UUID, set[UUID]] = {}
    for key, to in ctx.db.execute(query):
        targets.setdefault(key, set()).add(to)
    if not targets:
        return []
    table: Any = obj.model.__table__
    singles = select(RecordShare.record_id).where(RecordShare.object == obj.name)
    found = _read(ctx, obj, directories, table.c.id, table.c.id.in_(singles))
    return [(key, kind, targets[key]) for kind, key in found if key in targets]


def _read(
    ctx: Context, obj: ObjectDef, directories: Sequence[Directory], value: Any, *where: Any, is_counted: bool = False
) -> Iterator[tuple[Kind, Any]]:
    """Read records, or groups of them, as (kind, value)."""
    table: Any = obj.model.__table__
    own = _fields(directories, obj.name)
    through = next((access.named(rule.object) for one in directories for rule in one.rules.values() if obj.name in rule.carries), None)
    columns = [table.c.department_id, table.c.owner_id, *(table.c[name] for name in own)]
    source: Any = table
    others: list[str] = []
    if through is not None:
        of: Any = through.model.__table__.alias("customer")
        others = _fields(directories, through.name)
        columns += [of.c.department_id.label("customer_department"), *(of.c[name].label(f"customer_{name}") for name in others)]
        source = table.outerjoin(of, table.c[obj.customer or "id"] == of.c.id)
    query = select(*columns, value.label("value")).select_from(source).where(*where)
    for row in ctx.db.execute(query.group_by(*columns) if is_counted else query):
        department, owner, *rest = row
        customer = None
        if through is not None and rest[len(own)] is not None:
            customer = Kind(rest[len(own)], None, tuple(zip(others, rest[len(own) + 1 : -1], strict=True)))
        yield Kind(department, owner, tuple(zip(own, rest[: len(own)], strict=True)), customer), rest[-1]
