"""Sign-ins for people without e-mail: a login name made by an admin, a one-time code that sets the first or the next password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from saas.auth import addresses, audit, codes, departments, directory, login, membership
from saas.auth.context import Context
from saas.auth.identities import Identity
from saas.auth.members import Member, MemberRole
from saas.auth.sessions import Person
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.tenants.cells import Databases
from saas.tenants.session import Tenant, control_session


@dataclass(frozen=True)
class Newcomer:
    """What the form says."""

    name: str
    login_name: str
    role_id: UUID | None
    department_id: UUID | None


def make(ctx: Context, databases: Databases, key: str, who: Newcomer) -> tuple[Member, str]:
    """Make a member with a login name; return it with the code, which is shown once. Raises Invalid, Forbidden.

    The identity is committed first: should the rest fail, the same form takes it up again.
    """
    ctx.require(membership.MANAGE)
    wrong: dict[str, str] = {}
    name, handle = _collect(wrong, addresses.person_name, who.name), _collect(wrong, addresses.login_name, who.login_name)
    if wrong:
        raise Invalid(wrong)
    role, department = membership.role_to_give(ctx, who.role_id), membership.department_to_join(ctx, who.department_id)
    departments.require_place(ctx, [role], [department])
    directory.touch(ctx.db)
    if ctx.db.execute(select(Member.id).where(Member.login_name == handle)).first() is not None:
        raise Invalid({"login_name": _("Somebody here has this login name already.")})
    with control_session(databases) as control:
        identity = _identity(control, ctx.tenant, handle, name, ctx.workspace.language)
        code = codes.start_staff(control, identity.id, ctx.tenant.id, key)
    member = Member(
        id=new_id(), identity_id=identity.id, name=name, login_name=handle, department_id=department, language=ctx.workspace.language
    )
    ctx.db.add(member)
    ctx.db.flush()
    ctx.db.add(MemberRole(member_id=member.id, role_id=role.id))
    audit.note(ctx.db, ctx.member.id, "staff.made", after={"member": str(member.id), "login_name": handle, "role": role.name})
    membership.follow_later(ctx.db, member)
    return member, code


def new_code(ctx: Context, databases: Databases, key: str, member_id: UUID | None) -> tuple[Member, str]:
    """Make a fresh code for somebody who forgot the password; the old password works until a new one is set. Raises Invalid."""
    member = membership.find(ctx, member_id)
    if member.identity_id is None or member.login_name is None or member.status != "active":
        raise Invalid({"": _("A sign-in code is for active people without e-mail.")})
    with control_session(databases) as control:
        code = codes.start_staff(control, member.identity_id, ctx.tenant.id, key)
    audit.note(ctx.db, ctx.member.id, "staff.code", after={"member": str(member.id)})
    return member, code


def whose(control: Session, tenant: Tenant, code: str, key: str) -> Person | None:
    """Tell whose an open code is, without using it up."""
    owner = codes.staff_owner(control, code, tenant.id, key)
    row = control.get(Identity, owner) if owner else None
    return Person(row.id, row.name, row.email, row.login_name, row.language) if row else None


def start(control: Session, tenant: Tenant, code: str, key: str, password_hash: str) -> UUID | None:
    """Use the code up and set the password; all older sessions end. None when the code does not fit (any more)."""
    owner = codes.use_staff(control, code, tenant.id, key)
    if owner is not None:
        login.change_password(control, owner, password_hash)
    return owner


def _identity(control: Session, tenant: Tenant, handle: str, name: str, language: str) -> Identity:
    query = select(Identity).where(Identity.login_tenant_id == tenant.id, Identity.login_name == handle)
    found = control.execute(query).scalar_one_or_none()
    if found is not None:
        found.name = name
        return found
    fresh = Identity(id=new_id(), login_name=handle, login_tenant_id=tenant.id, name=name, language=language)
    control.add(fresh)
    control.flush()
    return fresh


def _collect(wrong: dict[str, str], read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except Invalid as error:
        wrong.update(error.fields)
        return ""
