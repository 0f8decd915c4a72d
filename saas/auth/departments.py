"""The firm's tree of departments: made, renamed, moved with everything below, led by somebody, removed when nothing is left in them.

Every verb takes the lock of `directory.touch` first, so that two changes of the tree follow one another. The table is in `members`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Uuid, cast, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from saas.auth import audit, directory
from saas.auth.context import Context
from saas.auth.directory import DepartmentInfo, RoleInfo
from saas.auth.members import Department, Invitation, Member, MemberDepartment
from saas.auth.permissions import ADMIN_KEY, Scope
from saas.auth.sharing import AccessCheck, RecordShare, SharingRule
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _, ngettext
from saas.core.ids import new_id

MANAGE = "members:manage"
LONGEST_NAME = 120
DEEPEST = 20


def make(ctx: Context, name: str, parent_id: UUID | None) -> UUID:
    """Make a department below another; return its key. Raises Invalid by field `name` or `parent`."""
    tree = _locked(ctx)
    parent = tree.get(parent_id) if parent_id else None
    if parent is None:
        raise Invalid({"parent": _("Choose a department.")})
    clean = _free_name(tree, name, parent.id)
    _check_depth(len(parent.path) + 1)
    key = new_id()
    ctx.db.add(Department(id=key, parent_id=parent.id, name=clean, path=[*parent.path, key]))
    ctx.db.flush()
    audit.note(ctx.db, ctx.member.id, "department.made", after={"department": str(key), "name": clean, "parent": parent.name})
    return key


def rename(ctx: Context, department_id: UUID | None, name: str) -> None:
    """Give a department another name, free among its siblings. Raises NotFound, Invalid({"name": …})."""
    tree = _locked(ctx)
    row = _found(tree, department_id)
    clean = _free_name(tree, name, row.parent_id, row.id)
    if clean != row.name:
        said = {"department": str(row.id), "name": row.name}
        audit.note(ctx.db, ctx.member.id, "department.renamed", said, {"name": clean})
        row.name = clean


def move(ctx: Context, department_id: UUID | None, parent_id: UUID | None) -> None:
    """Put a department, with everything below it, below another one. Raises NotFound, Invalid({"parent": …}), Forbidden."""
    tree = _locked(ctx)
    row, parent = _found(tree, department_id), tree.get(parent_id) if parent_id else None
    if row.parent_id is None:
        raise Invalid({"parent": _("The department at the top holds all others and stays there.")})
    if parent is None:
        raise Invalid({"parent": _("Choose a department.")})
    if parent.id == row.parent_id:
        return
    if row.id in parent.path:
        raise Invalid({"parent": _("A department cannot be placed inside itself. Choose one that is not below it.")})
    if _key(row.name) in {_key(other.name) for other in tree.values() if other.parent_id == parent.id}:
        raise Invalid({"parent": _("“%(parent)s” has a department of this name already.", parent=parent.name)})
    inside = [other for other in tree.values() if row.id in other.path]
    _check_depth(len(parent.path) + 1 + max(len(other.path) for other in inside) - len(row.path), "parent")
    _require_reach(ctx, [other.id for other in inside], parent)
    kept = len(row.path)
    above = cast(literal([*parent.path, row.id], ARRAY(Uuid())), ARRAY(Uuid()))
    moved = (
        update(Department).where(Department.path.contains([row.id])).values(path=func.array_cat(above, Department.path[kept + 1 : 1000]))
    )
    ctx.db.execute(moved.execution_options(synchronize_session=False))
    ctx.db.execute(update(Department).where(Department.id == row.id).values(parent_id=parent.id))
    before = {"department": str(row.id), "name": row.name, "parent": tree[row.parent_id].name}
    audit.note(ctx.db, ctx.member.id, "department.moved", before, {"parent": parent.name})


def foresee(ctx: Context, department_id: UUID, parent_id: UUID) -> directory.Directory:
    """Say what the directory would be with a department moved; as it is when it cannot be moved there."""
    tree = ctx.directory.departments
    row, parent = tree[department_id], tree.get(parent_id)
    if row.parent_id is None or parent is None or row.id in parent.path:
        return ctx.directory
    kept = len(row.path) - 1
    moved = {one.id: replace(one, path=(*parent.path, *one.path[kept:])) for one in tree.values() if row.id in one.path}
    moved[row.id] = replace(moved[row.id], parent_id=parent.id)
    return replace(ctx.directory, departments={**tree, **moved}, _kept={})


def lead(ctx: Context, department_id: UUID | None, member_id: UUID | None) -> None:
    """Say who heads a department; None for nobody. Raises NotFound, Invalid({"head": …})."""
    tree = _locked(ctx)
    row = _found(tree, department_id)
    query = select(Member.id, Member.name).where(or_(Member.status == "active", Member.id == row.head_id))
    names = {key: name for key, name in ctx.db.execute(query)}  # noqa: C416 - rows, not pairs, to the type checker
    if member_id is not None and member_id not in names:
        raise Invalid({"head": _("Choose one of the list.")})
    if member_id != row.head_id:
        before = {"department": str(row.id), "name": row.name, "head": names.get(row.head_id, "") if row.head_id else ""}
        audit.note(ctx.db, ctx.member.id, "department.head", before, {"head": names[member_id] if member_id else ""})
        row.head_id = member_id


def obstacles(ctx: Context, department_id: UUID, records: Mapping[str, int]) -> list[str]:
    """Say, each in a sentence, why a department cannot be removed yet. `records` counts all records inside, by object."""
    db, found = ctx.db, list[str]()
    if ctx.directory.departments[department_id].parent_id is None:
        found.append(_("The department at the top holds all others and stays there."))
    below = db.execute(select(func.count(Department.id)).where(Department.parent_id == department_id)).scalar_one()
    if below:
        found.append(ngettext("One department is below it.", "%(num)s departments are below it.", below))
    further = select(MemberDepartment.member_id).where(MemberDepartment.department_id == department_id)
    belongs = or_(Member.department_id == department_id, Member.id.in_(further))
    people = db.execute(select(func.count(Member.id)).where(belongs)).scalar_one()
    if people:
        found.append(ngettext("One person belongs to it.", "%(num)s people belong to it.", people))
    number = sum(records.values())
    if number:
        found.append(ngettext("One record is in it.", "%(num)s records are in it.", number))
    named = or_(SharingRule.from_department_id == department_id, SharingRule.to_department_id == department_id)
    rules = db.execute(select(func.count(SharingRule.id)).where(named)).scalar_one()
    if rules:
        found.append(ngettext("A sharing rule names it: change it first.", "%(num)s sharing rules name it: change them first.", rules))
    pinned = or_(AccessCheck.department_id == department_id, AccessCheck.who_id == department_id)
    if db.execute(select(func.count(AccessCheck.id)).where(pinned)).scalar_one():
        found.append(_("A pinned access check names it: change the check first."))
    return found


def remove(ctx: Context, department_id: UUID | None, records: Mapping[str, int]) -> None:
    """Remove a department in which nobody and nothing is left; single records shared with it are so no more.

    `records` counts all records inside, by object, taken in this transaction. Raises NotFound, Invalid.
    """
    tree = _locked(ctx)
    row = _found(tree, department_id)
    in_the_way = obstacles(ctx, row.id, records)
    if in_the_way:
        raise Invalid({"": " ".join(in_the_way)})
    parent = tree[row.parent_id] if row.parent_id else row
    ctx.db.execute(update(Invitation).where(Invitation.department_id == row.id).values(department_id=parent.id))
    ended = ctx.db.execute(delete(RecordShare).where(RecordShare.to_department_id == row.id).returning(RecordShare.id)).all()
    before = {"department": str(row.id), "name": row.name, "parent": parent.name, "shares": len(ended)}
    audit.note(ctx.db, ctx.member.id, "department.removed", before)
    ctx.db.delete(row)
    ctx.db.flush()


def move_people(ctx: Context, department_id: UUID | None, target_id: UUID | None) -> int:
    """Let everybody who belongs to a department belong to another one; return how many. Raises NotFound, Invalid, Forbidden."""
    tree = _locked(ctx)
    row, target = _found(tree, department_id), tree.get(target_id) if target_id else None
    if target is None or target.id == row.id:
        raise Invalid({"target": _("Choose another department.")})
    people = people_of(ctx, row.id)
    roles = {role_id for member_id in people for role_id in ctx.directory.members[member_id].role_ids}
    if not ctx.rights.is_admin and any(ctx.directory.roles[role_id].key == ADMIN_KEY for role_id in roles):
        raise Forbidden(_("Only an admin can change an admin."))
    require_place(ctx, [ctx.directory.roles[role_id] for role_id in roles], [target.id])
    ctx.db.execute(update(Member).where(Member.department_id == row.id).values(department_id=target.id))
    further = set(ctx.db.execute(select(MemberDepartment.member_id).where(MemberDepartment.department_id == row.id)).scalars())
    ctx.db.execute(delete(MemberDepartment).where(MemberDepartment.department_id.in_([row.id]), MemberDepartment.member_id.in_(further)))
    there = set(ctx.db.execute(select(MemberDepartment.member_id).where(MemberDepartment.department_id == target.id)).scalars())
    home = set(ctx.db.execute(select(Member.id).where(Member.department_id == target.id)).scalars())
    ctx.db.add_all(MemberDepartment(member_id=key, department_id=target.id) for key in further - there - home)
    ctx.db.flush()
    if people:
        before = {"department": str(row.id), "name": row.name, "people": len(people)}
        audit.note(ctx.db, ctx.member.id, "department.emptied", before, {"target": target.name})
    return len(people)


def people_of(ctx: Context, department_id: UUID) -> list[UUID]:
    """List the members, active or not, who belong to a department itself, by name."""
    further = ctx.directory.extra_departments
    return [
        member.id
        for member in ctx.directory.members.values()
        if member.department_id == department_id or department_id in further.get(member.id, ())
    ]


def require_place(ctx: Context, roles: Iterable[RoleInfo], departments: Iterable[UUID]) -> None:
    """Insist that the actor holds what these roles give in these departments: nobody grants more than they hold. Raises Forbidden."""
    if ctx.rights.is_admin:
        return
    places = frozenset(departments)
    reach = {Scope.DEPARTMENT: ctx.rights.departments, Scope.SUBTREE: ctx.rights.subtree}
    for role in roles:
        for object_name, actions in role.grants.items():
            for action, name in actions.items():
                given = Scope[name.upper()]
                meant = {Scope.DEPARTMENT: places, Scope.SUBTREE: ctx.directory.below(places)}.get(given, frozenset())
                held = ctx.rights.scope(object_name, action)
                if held is not Scope.ALL and not meant <= reach.get(held, frozenset()):
                    raise Forbidden(_("You can only give rights that you have yourself. Ask an admin."))


def _require_reach(ctx: Context, moved: list[UUID], parent: Department) -> None:
    """Insist that a move opens nothing to anybody that the actor does not hold: what lies below a place is seen from it."""
    if ctx.rights.is_admin:
        return
    require_place(ctx, [_only_subtrees(role) for role in ctx.directory.roles.values()], moved)
    above = set(parent.path)
    for rule in ctx.directory.rules.values():
        if (rule.from_subtree and rule.from_department_id in above) or (rule.to_subtree and rule.to_department_id in above):
            raise Forbidden(_("A sharing rule reaches everything below that department. Ask an admin to move it there."))


def _only_subtrees(role: RoleInfo) -> RoleInfo:
    grants = {name: {a: scope for a, scope in actions.items() if scope == "subtree"} for name, actions in role.grants.items()}
    return RoleInfo(role.id, role.key, role.name, grants, role.fixed)


def _locked(ctx: Context) -> dict[UUID, Department]:
    """Read the tree as it is once all other changes of rights are through."""
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    query = select(Department).execution_options(populate_existing=True)
    return {row.id: row for row in ctx.db.execute(query).scalars()}


def _found(tree: Mapping[UUID, Department], department_id: UUID | None) -> Department:
    row = tree.get(department_id) if department_id else None
    if row is None:
        raise NotFound(_("This department is no longer there."))
    return row


def _free_name(tree: Mapping[UUID, Department], name: str, parent_id: UUID | None, own_id: UUID | None = None) -> str:
    clean = " ".join(name.replace("\x00", "").split())
    if not clean:
        raise Invalid({"name": _("Give the department a name.")})
    if len(clean) > LONGEST_NAME:
        raise Invalid({"name": _("Use at most %(number)d characters.", number=LONGEST_NAME)})
    if any(other.parent_id == parent_id and other.id != own_id and _key(other.name) == _key(clean) for other in tree.values()):
        raise Invalid({"name": _("There is a department of this name here already.")})
    return clean


def _key(name: str) -> str:
    return name.casefold()


def _check_depth(depth: int, field: str = "parent") -> None:
    if depth > DEEPEST:
        raise Invalid({field: _("Departments can be nested %(number)d deep. Choose one further up.", number=DEEPEST)})


def in_order(departments: Mapping[UUID, DepartmentInfo]) -> list[DepartmentInfo]:
    """List departments as a tree is read: each before what is below it, siblings by name."""
    below: dict[UUID | None, list[DepartmentInfo]] = {}
    for one in sorted(departments.values(), key=lambda d: d.name.casefold(), reverse=True):
        below.setdefault(one.parent_id, []).append(one)
    found, waiting = [], list(below.get(None, []))
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(below.get(one.id, []))
    return found
