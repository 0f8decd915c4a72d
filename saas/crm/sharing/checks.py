"""Access checks: sentences an admin pins, such as "Marketing never sees the amounts of deals". What breaks one is found here.

Sentences are about what roles, rules and shares allow, not about which records there happen to be. Admins hold everything and are left
out of what is never to be; nobody is kept from what they own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from saas.auth import audit, directory
from saas.auth.context import Context
from saas.auth.directory import CheckInfo, Directory, MemberInfo
from saas.auth.permissions import ACTIONS, ASSIGN, BULK, CREATE, DELETE, EDIT, EXPORT, READ, Rights, Scope
from saas.auth.sharing import AccessCheck, RecordShare
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _, ngettext
from saas.crm.objects import access
from saas.crm.objects.branches import branches
from saas.crm.sharing import rules
from saas.tenants.session import TenantSession

MANAGE = "roles:manage"
ROLE, DEPARTMENT, MEMBER = KINDS = ("role", "department", "member")
CHECKED = tuple(action for action in ACTIONS if action != BULK)
# With a field only these make sense: it is seen, changed, or leaves in a file.
OF_FIELDS = (READ, EDIT, EXPORT)
LISTED = 3
_SHARES: Any = RecordShare.__table__.c


@dataclass(frozen=True)
class Broken:
    """A sentence that is not true, and for whom."""

    check: CheckInfo
    members: tuple[MemberInfo, ...]


def judge(db: TenantSession | None, people: Directory, checks: Iterable[CheckInfo]) -> list[Broken]:
    """List the sentences that are not true under a directory, in their order; without `db` single shares are left out."""
    found = []
    for check in checks:
        members = tuple(member for member in meant(people, check) if _breaks(db, people.rights(member), check))
        if members:
            found.append(Broken(check, members))
    return found


def meant(people: Directory, check: CheckInfo) -> Iterator[MemberInfo]:
    """List whom a sentence is about: a department's people include those of the departments below it."""
    for member in people.members.values():
        if member.status != "active":
            continue
        places = {member.department_id} | people.extra_departments.get(member.id, frozenset())
        is_meant = {
            MEMBER: member.id == check.who_id,
            ROLE: check.who_id in member.role_ids,
            DEPARTMENT: any(check.who_id in people.departments[place].path for place in places),
        }[check.who]
        if is_meant:
            yield member


def _breaks(db: TenantSession | None, rights: Rights, check: CheckInfo) -> bool:
    if check.is_always:
        return not _reaches_all(rights, check)
    if rights.is_admin or rights.is_reader:
        return False
    return _reaches_some(db, rights, check)


def _reaches_all(rights: Rights, check: CheckInfo) -> bool:
    """Tell whether a member reaches every record that is meant; with a field, the field of every record they reach at all."""
    if check.action == CREATE:
        return rights.scope(check.object, CREATE) is not Scope.NONE
    ways = branches(rights, check.object, check.action)
    if check.field:
        return bool(ways) and not _is_closed(rights, check)
    if check.department_id is None:
        return any(way.is_all for way in ways)
    return any(way.is_all or (way.is_plain and check.department_id in way.departments) for way in ways)


def _reaches_some(db: TenantSession | None, rights: Rights, check: CheckInfo) -> bool:
    if check.action == CREATE:
        return rights.scope(check.object, CREATE) is not Scope.NONE
    ways = branches(rights, check.object, check.action)
    if not ways or (check.field and _is_closed(rights, check)):
        return False
    if check.department_id is None:
        return True
    if any(way.is_all or check.department_id in way.departments for way in ways):
        return True
    return db is not None and any(way.shared for way in ways) and _is_shared(db, rights, check, check.department_id)


def _is_closed(rights: Rights, check: CheckInfo) -> bool:
    closed = rights.closes(check.object) if check.action == EDIT else frozenset()
    return check.field in rights.hides(check.object) | closed


def _is_shared(db: TenantSession, rights: Rights, check: CheckInfo, department_id: UUID) -> bool:
    """Tell whether a single record of a department is shared with a member, far enough for the action."""
    table: Any = access.named(check.object).model.__table__
    targets = or_(
        _SHARES.to_member_id == rights.member_id,
        _SHARES.to_department_id.in_(rights.departments),
        and_(_SHARES.to_subtree, _SHARES.to_department_id.in_(rights.above)),
    )
    alive = or_(_SHARES.expires_at.is_(None), _SHARES.expires_at > func.now())
    query = select(table.c.id).join(RecordShare, _SHARES.record_id == table.c.id)
    query = query.where(_SHARES.object == check.object, targets, alive, table.c.department_id == department_id)
    if check.action == EDIT:
        query = query.where(_SHARES.may_edit)
    return db.execute(query.limit(1)).first() is not None


def require(db: TenantSession, before: Directory | None, after: Directory) -> None:
    """Refuse a change of rights by which a sentence that was true stops being so. Raises Forbidden with the reason.

    `before` is None when nobody knows what was; then every sentence must be true. What was broken already blocks nothing more.
    """
    found = judge(db, after, after.checks.values())
    if not found:
        return
    # A share that broke a sentence was never let in, and those of this transaction are in the database already.
    old = judge(None, before, before.checks.values()) if before else []
    known = {one.check.id: {member.id for member in one.members} for one in old}
    for broken in found:
        fresh = [member for member in broken.members if member.id not in known.get(broken.check.id, set())]
        if fresh:
            raise Forbidden(refusal(after, broken.check, fresh))


def refusal(people: Directory, check: CheckInfo, members: Sequence[MemberInfo]) -> str:
    """Say why a change is held back."""
    text = _("This would break the access check “%(sentence)s”.", sentence=sentence(people, check))
    rest = _("Change it, or remove the check first (Settings, Access checks).")
    return f"{text} {whom(members)} {rest}"


def whom(members: Sequence[MemberInfo]) -> str:
    """Say for whom a sentence is not true."""
    names = ", ".join(member.name for member in members[:LISTED])
    more = len(members) - LISTED
    if more > 0:
        names = ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=names)
    return _("It would not hold for %(names)s.", names=names)


def sentence(people: Directory, check: CheckInfo) -> str:
    """Say what a check demands."""
    words = {"who": who_name(people, check), "what": _what(people, check)}
    return str(_sentences()[check.is_always, check.action] % words)


def who_name(people: Directory, check: CheckInfo) -> str:
    """Name whom a check is about; a dash when they are gone."""
    known: Any = {ROLE: people.roles, DEPARTMENT: people.departments, MEMBER: people.members}[check.who]
    found = known.get(check.who_id)
    return str(found.name) if found else "–"


def _what(people: Directory, check: CheckInfo) -> str:
    obj = access.named(check.object)
    what = str(obj.plural).lower()
    if check.field and check.field in obj.by_name:
        what = _("“%(field)s” of %(objects)s", field=str(obj.by_name[check.field].label), objects=what)
    if check.department_id:
        place = people.departments.get(check.department_id)
        what = _("%(objects)s of the department %(department)s", objects=what, department=place.name if place else "–")
    return what


def _sentences() -> dict[tuple[bool, str], str]:
    return {
        (False, READ): _("%(who)s: never sees %(what)s"), (True, READ): _("%(who)s: always sees %(what)s"),
        (False, CREATE): _("%(who)s: never makes %(what)s"), (True, CREATE): _("%(who)s: may always make %(what)s"),
        (False, EDIT): _("%(who)s: never changes %(what)s"), (True, EDIT): _("%(who)s: may always change %(what)s"),
        (False, DELETE): _("%(who)s: never deletes %(what)s"), (True, DELETE): _("%(who)s: may always delete %(what)s"),
        (False, EXPORT): _("%(who)s: never exports %(what)s"), (True, EXPORT): _("%(who)s: may always export %(what)s"),
        (False, ASSIGN): _("%(who)s: never hands on %(what)s"), (True, ASSIGN): _("%(who)s: may always hand on %(what)s"),
    }  # fmt: skip


def pin(ctx: Context, check: CheckInfo) -> UUID:
    """Pin a sentence that is true now; return its key. Raises Invalid by field of the form."""
    ctx.require(MANAGE)
    _demand_sense(ctx, check)
    directory.touch(ctx.db)
    broken = judge(ctx.db, ctx.directory, [check])
    if broken:
        raise Invalid({"": f"{_('This is not so at present.')} {whom(broken[0].members)}"})
    same = [one for one in ctx.directory.checks.values() if one.as_json() | {"id": ""} == check.as_json() | {"id": ""}]
    if same:
        raise Invalid({"": _("This check is there already.")})
    row = AccessCheck(
        id=check.id, who=check.who, who_id=check.who_id, is_always=check.is_always, action=check.action, object=check.object,
        field=check.field or None, department_id=check.department_id, created_by=ctx.member.id,
    )  # fmt: skip
    ctx.db.add(row)
    audit.note(ctx.db, ctx.member.id, "check.pinned", None, {"sentence": sentence(ctx.directory, check)})
    return row.id


def _demand_sense(ctx: Context, check: CheckInfo) -> None:
    wrong: dict[str, str] = {}
    people: Any = {ROLE: ctx.directory.roles, DEPARTMENT: ctx.directory.departments, MEMBER: ctx.directory.members}.get(check.who, {})
    obj = next((one for one in rules.shareable() if one.name == check.object), None)
    if check.who_id not in people:
        wrong["who"] = _("Choose whom it is about.")
    if check.action not in CHECKED:
        wrong["action"] = _("Choose one of the list.")
    if obj is None or (check.field and check.field not in obj.by_name):
        wrong["what"] = _("Choose one of the list.")
    elif check.field and check.action not in OF_FIELDS:
        wrong["action"] = _("A single field can be seen, changed or exported. Choose one of these, or all of the record.")
    if check.department_id:
        if check.department_id not in ctx.directory.departments:
            wrong["department"] = _("Choose a department.")
        elif check.action == CREATE:
            wrong["department"] = _("Making new records does not depend on a department. Leave this empty.")
        elif check.field:
            wrong["department"] = _("Fields are open or hidden for all records alike. Leave this empty.")
    if wrong:
        raise Invalid(wrong)


def remove(ctx: Context, check_id: UUID | None) -> None:
    """Take a sentence away. Raises NotFound."""
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    row = ctx.db.get(AccessCheck, check_id) if check_id else None
    if row is None:
        raise NotFound(_("This check is no longer there."))
    known = ctx.directory.checks.get(row.id)
    audit.note(ctx.db, ctx.member.id, "check.removed", {"sentence": sentence(ctx.directory, known)} if known else None, None)
    ctx.db.delete(row)
