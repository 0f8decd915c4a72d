"""One firm's people and rights as of one version, kept in the process so that a request needs one small query instead of five."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from saas.auth.members import Department, Member, MemberDepartment, MemberRole, Role, Workspace
from saas.auth.permissions import ADMIN_KEY, Rights, combine
from saas.tenants.session import bound_tenant

T = TypeVar("T")
KEPT_TENANTS = 400
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


@dataclass(frozen=True)
class RoleInfo:
    """A role as it is read for rights and on the roles page."""

    id: UUID
    key: str | None
    name: str
    grants: dict[str, Any]
    fixed: tuple[str, ...]


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
    _kept: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Any, make: Callable[[], T]) -> T:
        """Return what `make` gave for `key` under this version, making it on first use."""
        if key not in self._kept:
            self._kept[key] = make()
        value: T = self._kept[key]
        return value

    def rights(self, member: MemberInfo) -> Rights:
        """Combine a member's roles and places into rights; somebody inactive has none."""
        return self.keep(("rights", member.id), lambda: _rights(self, member))


def _rights(directory: Directory, member: MemberInfo) -> Rights:
    roles = [directory.roles[role_id] for role_id in member.role_ids] if member.status == "active" else []
    own = frozenset({member.department_id}) | directory.extra_departments.get(member.id, frozenset())
    below = frozenset(d.id for d in directory.departments.values() if own.intersection(d.path))
    return Rights(
        member_id=member.id,
        is_admin=any(role.key == ADMIN_KEY for role in roles) and member.seat == "full",
        departments=own,
        subtree=below,
        grants=combine(role.grants for role in roles),
        fixed=frozenset(right for role in roles for right in role.fixed),
    )


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

    The row lock makes two such changes follow one another, so that no process can keep a mixture under a version's number.
    """
    session.execute(update(Workspace).values(version=Workspace.version + 1))


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
        ),
        members=members,
        by_identity={m.identity_id: m for m in members.values() if m.identity_id},
        departments={
            d.id: DepartmentInfo(d.id, d.parent_id, d.name, tuple(d.path))
            for d in session.execute(select(Department).order_by(Department.name)).scalars()
        },
        roles={
            r.id: RoleInfo(r.id, r.key, r.name, r.grants, tuple(r.fixed))
            for r in session.execute(select(Role).order_by(Role.name)).scalars()
        },
        extra_departments={member_id: frozenset(ids) for member_id, ids in extra.items()},
    )
