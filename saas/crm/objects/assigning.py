"""To whom records may be given: `assign` bounds members as well as rows (Rights 1), and nobody gets what they could not read (12)."""

from __future__ import annotations

from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.permissions import ASSIGN, READ, Scope
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.objects.definition import ObjectDef


def assignees(ctx: Context, obj: ObjectDef) -> tuple[MemberInfo, ...]:
    """List the members to whom the acting member may give records of an object, by name."""
    return tuple(member for member in ctx.directory.members.values() if may_assign_to(ctx, obj, member))


def may_assign_to(ctx: Context, obj: ObjectDef, member: MemberInfo) -> bool:
    """Tell whether a member is within the reach of the acting member's `assign`, and could read what they get."""
    if member.status == "inactive":
        return False
    # Somebody named by an import and not yet invited has no rights yet, but is meant to own records.
    if member.status == "active" and ctx.directory.rights(member).scope(obj.name, READ) is Scope.NONE:
        return False
    scope = ctx.rights.scope(obj.name, ASSIGN)
    if scope is Scope.ALL:
        return True
    if scope is Scope.SUBTREE:
        return member.department_id in ctx.rights.subtree
    if scope is Scope.DEPARTMENT:
        return member.department_id in ctx.rights.departments
    return scope is Scope.OWN and member.id == ctx.member.id


def require_assignee(ctx: Context, obj: ObjectDef, member_id: UUID | None) -> MemberInfo | None:
    """Find the member records are to be given to; None, nobody, needs the widest scope. Raises Invalid({"owner_id": …})."""
    member = ctx.directory.members.get(member_id) if member_id else None
    if member and may_assign_to(ctx, obj, member):
        return member
    if member_id is None and ctx.rights.scope(obj.name, ASSIGN) is Scope.ALL:
        return None
    raise Invalid({"owner_id": _("Choose one of the list.")})
