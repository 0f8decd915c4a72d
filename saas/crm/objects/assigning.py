"""To whom a form may give records: the same bounds as everywhere (`access.assignees`), as a choice and as a check."""

from __future__ import annotations

from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.permissions import ASSIGN
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef


def assignees(ctx: Context, obj: ObjectDef) -> tuple[MemberInfo, ...]:
    """List the members to whom the acting member may give records of an object, by name; none for who may not assign."""
    return access.assignees(ctx, obj) if ctx.rights.may(f"{obj.name}:{ASSIGN}") else ()


def require_assignee(ctx: Context, obj: ObjectDef, member_id: UUID | None) -> MemberInfo | None:
    """Find the member records are to be given to; None is nobody. Raises Invalid({"owner_id": …})."""
    if member_id is None and access.may_orphan(ctx, obj):
        return None
    found = next((member for member in assignees(ctx, obj) if member.id == member_id), None)
    if found is None:
        raise Invalid({"owner_id": _("Choose one of the list.")})
    return found
