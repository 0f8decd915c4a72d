"""The second step of signing in: a code of the app, a recovery code or a passkey. Until then there is no session."""

from __future__ import annotations

from saas.auth.factors import enrolled, passkeys, pending, proving
from saas.auth.factors.models import PendingSignIn
from saas.core.errors import Invalid
from saas.tenants.session import control_session
from saas.web import doors, errors
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import public, workspace
from saas.web.security import browsers

WAITS = "whoever proved the password has no session before the second factor"


@public.open_get(doors.SECOND_STEP, why=WAITS)
@workspace.open_get(doors.SECOND_STEP, why=WAITS)
def ask(req: Req) -> Reply:
    """Ask for the second factor; without a first one there is nothing here but the way to the door."""
    row = waiting(req)
    return Reply.redirect("/sign-in") if row is None else _page(req, row, {})


@public.open_post(doors.SECOND_STEP, why=WAITS)
@workspace.open_post(doors.SECOND_STEP, why=WAITS)
def take(req: Req) -> Reply:
    """Compare the factor, and only now open the session."""
    if req.tenant is not None and req.tenant.status != "active":
        return errors.not_served(req)
    row = waiting(req)
    if row is None:
        return Reply.redirect("/sign-in")
    parts = req.runtime
    try:
        if req.one("passkey"):
            passkeys.prove(parts.databases, browsers.of(req), row.identity_id, req.one("passkey"))
        else:
            proving.prove_code(parts.databases, parts.redis, parts.settings.secret_key, row.identity_id, req.one("code"), req.address)
    except Invalid as error:
        with control_session(parts.databases) as control:
            pending.count_try(control, row)
        return _page(req, row, error.fields, 422)
    return _finish(req)


def waiting(req: Req) -> PendingSignIn | None:
    """Find the unfinished sign-in of this browser on this host."""
    with control_session(req.runtime.databases) as control:
        return pending.find(control, _token(req), req.tenant.id if req.tenant else None)


def forget(reply: Reply, req: Req) -> Reply:
    """Take the unfinished sign-in out of the browser."""
    return reply.delete_cookie(pending.cookie_name(req.runtime.settings.is_secure))


def _finish(req: Req) -> Reply:
    with control_session(req.runtime.databases) as control:
        row = pending.finish(control, _token(req), req.tenant.id if req.tenant else None)
    if row is None:
        return Reply.redirect("/sign-in")
    if row.family_id is not None:
        reply = doors.open_session(Reply.redirect(row.after), req, row.identity_id, row.family_id, is_two_factor=True)
    else:
        reply = doors.enter(req, row.identity_id, row.after, is_two_factor=True)
    return forget(reply, req)


def _token(req: Req) -> str:
    return req.cookies.get(pending.cookie_name(req.runtime.settings.is_secure), "")


def _page(req: Req, row: PendingSignIn, wrong: dict[str, str], status: int = 200) -> Reply:
    with control_session(req.runtime.databases) as control:
        factors = enrolled.load(control, row.identity_id)
    return open_page(
        req, "security/second_step.html", status=status, errors=wrong, factors=factors, has_passkey=browsers.has_passkey(req, factors)
    )
