"""An admin takes away the lost factors of a colleague, at once. The person must belong to this firm alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from saas.auth import audit, membership
from saas.auth.context import Context
from saas.auth.factors import enrolled, letters, pending, recovery
from saas.auth.factors.letters import Notice
from saas.auth.identities import Membership
from saas.auth.members import Member
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.settings import Settings
from saas.tenants.cells import Databases
from saas.tenants.session import control_session


def reset(ctx: Context, databases: Databases, settings: Settings, member_id: UUID | None) -> Member:
    """Remove a member's factors and sessions; audited, and told by mail. Raises Invalid, Forbidden, NotFound."""
    member = membership.find(ctx, member_id)
    if member.id == ctx.member.id:
        raise Invalid({"": _("Change your own factors under My account.")})
    if member.identity_id is None or member.status != "active":
        raise Invalid({"": _("This person has no access.")})
    with control_session(databases) as control:
        elsewhere = select(Membership.tenant_id).where(Membership.identity_id == member.identity_id, Membership.is_active)
        if control.execute(elsewhere.where(Membership.tenant_id != ctx.tenant.id)).first() is not None:
            # Nobody may weaken in one firm what protects the books of another.
            raise Invalid(
                {"": _("%(name)s belongs to other workspaces too. They can ask for a way back when signing in.", name=member.name)}
            )
        enrolled.remove_all(control, member.identity_id)
        pending.end_all(control, member.identity_id)
        recovery.cancel(control, member.identity_id, "reset")
    audit.note(ctx.db, ctx.member.id, "factor.reset", after={"member": str(member.id), "name": member.name})
    firm, by = ctx.workspace.name, ctx.member.name

    def write() -> Notice:
        line = _("%(by)s removed it, in the workspace %(firm)s. Sign in with your password and add a new one.", by=by, firm=firm)
        return Notice(
            _("Your second factor was removed"), (line, letters.not_you()), settings.url(ctx.tenant.slug, "/sign-in"), _("Sign in")
        )

    letters.post(ctx.db, settings, member.email, member.language, write)
    return member
