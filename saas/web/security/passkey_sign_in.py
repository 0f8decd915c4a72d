"""Signing in with a passkey alone: the device made sure who holds it, so it counts as both factors."""

from __future__ import annotations

from saas.auth.factors import passkeys
from saas.auth.identities import Identity
from saas.auth.sessions import Person
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.tenants.session import control_session
from saas.web import doors, errors, sign_in
from saas.web.exchange import Reply, Req
from saas.web.routing import public, workspace
from saas.web.security import browsers

DOOR = "this is the door for who has a passkey"
PATH = "/sign-in/passkey"


@public.open_post(PATH, why=DOOR)
@workspace.open_post(PATH, why=DOOR)
def take(req: Req) -> Reply:
    """Let in whom the passkey belongs to, if they have a place here."""
    if req.tenant is not None and req.tenant.status != "active":
        return errors.not_served(req)
    doors.limit(req, "passkey", 60)
    parts = req.runtime
    try:
        owner = passkeys.sign_in(parts.databases, browsers.of(req), req.one("passkey"))
        with control_session(parts.databases) as control:
            row = control.get_one(Identity, owner)
            person = Person(row.id, row.name, row.email, row.login_name, row.language)
        if row.login_tenant_id is not None and (req.tenant is None or row.login_tenant_id != req.tenant.id):
            # A login name belongs to the one firm that made it.
            raise Invalid({"": _("The passkey was not accepted. Try again.")})
        if req.tenant is not None:
            sign_in.insist_on_place(req, person)
    except Invalid as error:
        return sign_in.form(req, {"": error.message}, 422)
    return doors.enter(req, person.id, doors.next_path(req), is_two_factor=True)
