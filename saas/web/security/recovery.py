"""Pages of the way back: asking for it after the password, cancelling it by link, and the link that lets in."""

from __future__ import annotations

from datetime import timedelta

from saas.auth.factors import recovery
from saas.auth.identities import Identity
from saas.auth.sessions import Person
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.tenants.session import control_session
from saas.web import doors, errors, sign_in
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import public, workspace
from saas.web.security import second_step

LOST, LINK, CANCEL = "/sign-in/lost", "/recovery/{token:str}", "/recovery/cancel/{token:str}"
WAITS = "whoever lost the second factor cannot be signed in"
CARRIES = "the secret in the address, sent by mail, is the proof"


@public.open_get(LOST, why=WAITS)
@workspace.open_get(LOST, why=WAITS)
def ask(req: Req) -> Reply:
    """Say what can be done; only after the password, so that nobody learns who has a second factor."""
    row = second_step.waiting(req)
    if row is None:
        return Reply.redirect("/sign-in")
    with control_session(req.runtime.databases) as control:
        person = control.get_one(Identity, row.identity_id)
    is_sent, wait_h = bool(req.query.get("sent")), req.runtime.settings.recovery_wait_h
    return open_page(req, "security/lost.html", has_email=person.email is not None, is_sent=is_sent, wait_h=wait_h)


@public.open_post(LOST, why=WAITS)
@workspace.open_post(LOST, why=WAITS)
def begin(req: Req) -> Reply:
    row = second_step.waiting(req)
    if row is None:
        return Reply.redirect("/sign-in")
    doors.limit(req, "recovery", 20, doors.HOUR_S, person=(str(row.identity_id), 5))
    with control_session(req.runtime.databases) as control:
        if control.get_one(Identity, row.identity_id).email is not None:
            recovery.request(control, row.identity_id, req.slug, timedelta(hours=req.runtime.settings.recovery_wait_h))
    return Reply.redirect(f"{LOST}?sent=1")


@public.open_get(CANCEL, why=CARRIES)
@workspace.open_get(CANCEL, why=CARRIES)
def ask_cancel(req: Req) -> Reply:
    """Ask first: programs that look at mail follow links too."""
    return open_page(req, "security/cancel.html", name=_to_cancel(req), is_done=False)


@public.open_post(CANCEL, why=CARRIES)
@workspace.open_post(CANCEL, why=CARRIES)
def cancel(req: Req) -> Reply:
    name = _to_cancel(req)
    with control_session(req.runtime.databases) as control:
        row = recovery.to_cancel(control, req.runtime.settings.secret_key, req.params["token"])
        if row is not None:
            recovery.cancel(control, row.identity_id, "link")
    return open_page(req, "security/cancel.html", name=name, is_done=True)


@public.open_get(LINK, why=CARRIES)
@workspace.open_get(LINK, why=CARRIES)
def ask_use(req: Req) -> Reply:
    doors.limit(req, "recovery-link", 60)
    with control_session(req.runtime.databases) as control:
        row = recovery.find(control, req.params["token"])
    if row is None:
        raise NotFound(_over())
    return open_page(req, "security/recover.html")


@public.open_post(LINK, why=CARRIES)
@workspace.open_post(LINK, why=CARRIES)
def use(req: Req) -> Reply:
    """Remove the lost factors and let the person in."""
    if req.tenant is not None and req.tenant.status != "active":
        return errors.not_served(req)
    doors.limit(req, "recovery-link", 60)
    with control_session(req.runtime.databases) as control:
        owner = recovery.use(control, req.params["token"])
        row = control.get_one(Identity, owner) if owner else None
    if row is None:
        raise NotFound(_over())
    try:
        if req.tenant is not None:
            sign_in.insist_on_place(req, Person(row.id, row.name, row.email, row.login_name, row.language))
    except Invalid:
        return Reply.redirect("/sign-in")
    return doors.enter(req, row.id, "/")


def _to_cancel(req: Req) -> str:
    """Name the person whose recovery a link cancels. Raises NotFound."""
    doors.limit(req, "recovery-link", 60)
    with control_session(req.runtime.databases) as control:
        row = recovery.to_cancel(control, req.runtime.settings.secret_key, req.params["token"])
        if row is None:
            raise NotFound(_("There is nothing to cancel any more."))
        return control.get_one(Identity, row.identity_id).name


def _over() -> str:
    return _("This link was used, was cancelled or is too old. Sign in and ask for a new one.")
