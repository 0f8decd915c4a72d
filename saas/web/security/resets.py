"""Resetting the factors of a colleague who lost them, and the reminder to have a second admin who can."""

from __future__ import annotations

from saas.auth import preferences
from saas.auth.context import Context
from saas.auth.factors import resets
from saas.auth.membership import MANAGE
from saas.auth.permissions import ADMIN_KEY
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.web import addressed
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace

PATH = "/people/{id:str}/factors/reset"
DISMISSED = "second_admin"


@workspace.get(PATH, right=MANAGE)
def ask(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, {})


@workspace.post(PATH, right=MANAGE, fresh=True)
def reset(ctx: Context, req: Req) -> Reply:
    try:
        member = resets.reset(ctx, req.runtime.databases, req.runtime.settings, parse_id(req.params["id"]))
    except Invalid as error:
        return _page(ctx, req, error.fields, 422)
    return Reply.redirect("/people").toast(_("%(name)s signs in with the password alone now", name=member.name))


@workspace.post("/me/second-admin/dismiss", right=SIGNED_IN)
def dismiss(ctx: Context, _req: Req) -> Reply:
    """Put the reminder away for good."""
    preferences.keep(ctx, DISMISSED, "dismissed")
    return Reply.redirect("/today")


def is_second_admin_missing(ctx: Context) -> bool:
    """Tell whether this member is the only admin among several people, and has not put the reminder away."""
    if not ctx.rights.is_admin:
        return False
    active = [member for member in ctx.directory.members.values() if member.status == "active" and member.seat == "full"]
    keys = {role.id for role in ctx.directory.roles.values() if role.key == ADMIN_KEY}
    admins = [member for member in active if keys.intersection(member.role_ids)]
    return len(active) > 1 and len(admins) == 1 and DISMISSED not in preferences.read(ctx)


def _page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    return page(ctx, req, "security/reset.html", status=status, person=addressed.person(ctx, req), errors=wrong)
