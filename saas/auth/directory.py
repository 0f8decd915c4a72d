"""One firm's people and rights as of one version, kept in the process so that a request needs one small query instead of five."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from saas.auth.members import Department, Member, MemberDepartment, MemberRole, Role, Workspace
from saas.auth.permissions import ADMIN_KEY, Opening, Rights, clamped, combine, combine_fields
from saas.auth.sharing import AccessCheck, RecordShare, SharingRule
from saas.core.clock import now
from saas.tenants.session import bound_tenant

T = TypeVar("T")
KEPT_TENANTS = 400
# Where a session keeps the directory as it was before this transaction changed rights.
BEFORE = "rights_before"
_VERSION = select(Workspace.version)


@dataclass(frozen=True)
class WorkspaceInfo:
    """The firm's settings, detached from any session."""

    name: str
    logo_key: str | None
    currency: str
    timezone: str
    region: str
    language: str
    accent: str | None
    rights_plan: str = "everyone"
    # Objects of which it is told that a record one may not read is in the book (Rights 8).
    tells_of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MemberInfo:
    """A member as colleagues see them: everyone sees the names of members and departments."""

    id: UUID
    identity_id: UUID | None
    name: str
    email: str | None
    login_name: str | None
    seat: str
    status: str
    department_id: UUID
    language: str
    timezone: str | None
    theme: str
    role_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class DepartmentInfo:
    """A node of the tree; `path` runs from the root to the node itself."""

    id: UUID
    parent_id: UUID | None
    name: str
    path: tuple[UUID, ...]
    head_id: UUID | None = None


@dataclass(frozen=True)
class RoleInfo:
    """A role as it is read for rights and on the roles page."""

    id: UUID
    key: str | None
    name: str
    grants: dict[str, Any]
    fixed: tuple[str, ...]
    fields: dict[str, Any] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class RuleInfo:
    """A sharing rule, as `SharingRule` keeps it."""

    id: UUID
    object: str
    from_department_id: UUID
    from_subtree: bool
    to_department_id: UUID | None
    to_subtree: bool
    to_role_id: UUID | None
    may_edit: bool = False
    may_export: bool = False
    field: str = ""
    choices: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write it for the audit log."""
        return {name: str(value) if isinstance(value, UUID) else value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class CheckInfo:
    """A pinned sentence about access, as `AccessCheck` keeps it."""

    id: UUID
    who: str
    who_id: UUID
    is_always: bool
    action: str
    object: str
    field: str = ""
    department_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it for the audit log."""
        return {name: str(value) if isinstance(value, UUID) else value for name, value in vars(self).items() if value}


@dataclass
class Directory:
    """Everything about a firm that rights and pages need and that changes rarely. Valid for exactly one version."""

    version: int
    workspace: WorkspaceInfo
    members: dict[UUID, MemberInfo]
    by_identity: dict[UUID, MemberInfo]
    departments: dict[UUID, DepartmentInfo]
    roles: dict[UUID, RoleInfo]
    extra_departments: dict[UUID, frozenset[UUID]]
    rules: dict[UUID, RuleInfo] = field(default_factory=dict)
    # (object, member or department) for which single records are shared.
    shared: frozenset[tuple[str, UUID]] = frozenset()
    checks: dict[UUID, CheckInfo] = field(default_factory=dict)
    _kept: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Any, make: Callable[[], T]) -> T:
        """Return what `make` gave for `key` under this version, making it on first use."""
        if key not in self._kept:
            self._kept[key] = make()
        value: T = self._kept[key]
        return value

    def below(self, departments: Iterable[UUID]) -> frozenset[UUID]:
        """List departments with all that lies below them."""
        wanted = frozenset(departments)
        return frozenset(d.id for d in self.departments.values() if wanted.intersection(d.path))

    def rights(self, member: MemberInfo) -> Rights:
        """Combine a member's roles and places into rights; somebody inactive has none."""
        return self.keep(("rights", member.id), lambda: _rights(self, member))


def _rights(directory: Directory, member: MemberInfo) -> Rights:
    roles = [directory.roles[role_id] for role_id in member.role_ids] if member.status == "active" else []
    own = frozenset({member.department_id}) | directory.extra_departments.get(member.id, frozenset())
    above = frozenset(key for department in own for key in directory.departments[department].path)
    is_viewer = member.seat != "full"
    grants = combine(role.grants for role in roles)
    hidden, read_only = combine_fields((role.grants, role.fields) for role in roles)
    return Rights(
        member_id=member.id,
        is_admin=any(role.key == ADMIN_KEY for role in roles) and not is_viewer,
        departments=own,
        subtree=directory.below(own),
        grants=clamped(grants) if is_viewer else grants,
        is_reader=is_viewer and any(role.key == ADMIN_KEY for role in roles),
        fixed=frozenset(right for role in roles for right in role.fixed if not is_viewer),
        above=above,
        openings=tuple(_openings(directory, member, own, above)) if roles else (),
        shared=frozenset(name for name, target in directory.shared if target == member.id or target in above) if roles else frozenset(),
        hidden=hidden,
        read_only=read_only,
    )


def _openings(directory: Directory, member: MemberInfo, own: frozenset[UUID], above: frozenset[UUID]) -> Iterator[Opening]:
    """Collect what sharing rules open for a member, those of one shape together."""
    shapes: dict[tuple[Any, ...], set[UUID]] = {}
    for rule in directory.rules.values():
        if rule.to_role_id is not None:
            is_meant = rule.to_role_id in member.role_ids
        else:
            is_meant = rule.to_department_id in (above if rule.to_subtree else own)
        if not is_meant:
            continue
        places = directory.below({rule.from_department_id}) if rule.from_subtree else {rule.from_department_id}
        for name, through in ((rule.object, ""), *((carried, rule.object) for carried in rule.carries)):
            shape = (name, rule.field, tuple(sorted(rule.choices)), through, rule.may_edit, rule.may_export)
            shapes.setdefault(shape, set()).update(places)
    for (name, field_name, choices, through, may_edit, may_export), places in shapes.items():
        yield Opening(name, frozenset(places), field_name, choices, through, may_edit, may_export)


_cache: OrderedDict[UUID, Directory] = OrderedDict()
_lock = Lock()


def directory(session: Session) -> Directory:
    """Get the firm's directory, correct for this transaction: one small query, four more after any change."""
    tenant = bound_tenant(session)
    version = session.execute(_VERSION).scalar_one()
    with _lock:
        found = _cache.get(tenant.id)
        if found and found.version == version:
            _cache.move_to_end(tenant.id)
            return found
    fresh = _load(session)
    with _lock:
        _cache[tenant.id] = fresh
        while len(_cache) > KEPT_TENANTS:
            _cache.popitem(last=False)
    return fresh


def touch(session: Session) -> None:
    """Start a new version; call it in the transaction that changes settings, people, rights or tags.

    The row lock makes two such changes follow one another, so that no process can keep a mixture under a version's number. The rights
    as they were are remembered in the session (`BEFORE`), for whoever judges the change before it is committed.
    """
    if BEFORE not in session.info:
        session.info[BEFORE] = session.info.get("directory") or _kept_one(session)
    session.execute(update(Workspace).values(version=Workspace.version + 1))


def _kept_one(session: Session) -> Directory | None:
    """Give the directory that is kept for this version. Reading it anew could keep what this transaction has changed already."""
    version = session.execute(_VERSION).scalar()
    with _lock:
        found = _cache.get(bound_tenant(session).id)
    return found if found and found.version == version else None


def as_it_will_be(session: Session) -> Directory:
    """Read the directory as this transaction leaves it. It is not kept: the transaction may yet be rolled back."""
    session.flush()
    with Session(bind=session.connection()) as fresh:
        return _load(fresh)


def _load(session: Session) -> Directory:
    settings = session.execute(select(Workspace)).scalar_one()
    role_ids: dict[UUID, list[UUID]] = {}
    for member_id, role_id in session.execute(select(MemberRole.member_id, MemberRole.role_id).order_by(MemberRole.role_id)):
        role_ids.setdefault(member_id, []).append(role_id)
    members = {
        m.id: MemberInfo(
            m.id, m.identity_id, m.name, m.email, m.login_name, m.seat, m.status, m.department_id, m.language, m.timezone, m.theme,
            tuple(role_ids.get(m.id, ())),
        )
        for m in session.execute(select(Member).order_by(Member.name, Member.id)).scalars()
    }  # fmt: skip
    extra: dict[UUID, set[UUID]] = {}
    for member_id, department_id in session.execute(select(MemberDepartment.member_id, MemberDepartment.department_id)):
        extra.setdefault(member_id, set()).add(department_id)
    return Directory(
        version=settings.version,
        workspace=WorkspaceInfo(
            settings.name,
            settings.logo_key,
            settings.currency,
            settings.timezone,
            settings.region,
            settings.language,
            settings.accent,
            settings.rights_plan,
            frozenset(settings.tells_of),
        ),
        members=members,
        by_identity={m.identity_id: m for m in members.values() if m.identity_id},
        departments={
            d.id: DepartmentInfo(d.id, d.parent_id, d.name, tuple(d.path), d.head_id)
            for d in session.execute(select(Department).order_by(Department.name)).scalars()
        },
        roles={
            r.id: RoleInfo(r.id, r.key, r.name, r.grants, tuple(r.fixed), r.fields, r.description)
            for r in session.execute(select(Role).order_by(Role.name)).scalars()
        },
        extra_departments={member_id: frozenset(ids) for member_id, ids in extra.items()},
        rules={
            row.id: _rule(row) for row in session.execute(select(SharingRule).order_by(SharingRule.created_at, SharingRule.id)).scalars()
        },
        shared=frozenset((row[0], row[1]) for row in session.execute(_SHARED, {"at": now()})),
        checks={
            row.id: _check(row) for row in session.execute(select(AccessCheck).order_by(AccessCheck.created_at, AccessCheck.id)).scalars()
        },
    )


_SHARED = (
    select(RecordShare.object, func.coalesce(RecordShare.to_member_id, RecordShare.to_department_id))
    .where(or_(RecordShare.expires_at.is_(None), RecordShare.expires_at > bindparam("at")))
    .distinct()
)


def _check(row: AccessCheck) -> CheckInfo:
    return CheckInfo(row.id, row.who, row.who_id, row.is_always, row.action, row.object, row.field or "", row.department_id)


def _rule(row: SharingRule) -> RuleInfo:
    return RuleInfo(
        row.id, row.object, row.from_department_id, row.from_subtree, row.to_department_id, row.to_subtree, row.to_role_id,
        row.may_edit, row.may_export, row.field or "", tuple(row.choices), tuple(row.carries),
    )  # fmt: skip
