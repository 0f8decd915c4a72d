"""What an address names by its key: a person or a department of the workspace."""

from __future__ import annotations

from saas.auth.context import Context
from saas.auth.directory import DepartmentInfo, MemberInfo
from saas.core.errors import NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.web.exchange import Req


def person(ctx: Context, req: Req) -> MemberInfo:
    """Find the member of `{id}`. Raises NotFound."""
    key = parse_id(req.params["id"])
    found = ctx.directory.members.get(key) if key else None
    if found is None:
        raise NotFound(_("There is no such person in this workspace."))
    return found


def department(ctx: Context, req: Req) -> DepartmentInfo:
    """Find the department of `{id}`. Raises NotFound."""
    key = parse_id(req.params["id"])
    found = ctx.directory.departments.get(key) if key else None
    if found is None:
        raise NotFound(_("This department is no longer there."))
    return found
