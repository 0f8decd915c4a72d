"""What a page's script asks for before it speaks to the browser's passkeys: fresh challenges, as JSON."""

from __future__ import annotations

from saas.auth.context import Context
from saas.auth.factors import passkeys
from saas.tenants.session import control_session
from saas.web import doors
from saas.web.exchange import Reply, Req
from saas.web.routing import SIGNED_IN, public, workspace
from saas.web.security import browsers, second_step

DOOR = "a challenge says nothing about anybody; it is what a stranger has to answer to sign in"


@public.open_post("/passkeys/options", why=DOOR)
@workspace.open_post("/passkeys/options", why=DOOR)
def to_prove(req: Req) -> Reply:
    """Name the passkeys of who is half or wholly signed in here."""
    doors.limit(req, "passkey-options", 120)
    row = second_step.waiting(req)
    person = row.identity_id if row else (req.identity.id if req.identity else None)
    if person is None:
        return Reply.json({}, 401)
    with control_session(req.runtime.databases) as control:
        return _json(passkeys.options_to_prove(control, browsers.of(req), person))


@public.open_post("/passkeys/options/sign-in", why=DOOR)
@workspace.open_post("/passkeys/options/sign-in", why=DOOR)
def to_sign_in(req: Req) -> Reply:
    """Let the browser offer whatever passkeys it has for us."""
    doors.limit(req, "passkey-options", 120)
    with control_session(req.runtime.databases) as control:
        return _json(passkeys.options_to_prove(control, browsers.of(req), None))


@workspace.post("/me/security/passkeys/options", right=SIGNED_IN)
def to_enrol(_ctx: Context, req: Req) -> Reply:
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        return _json(passkeys.options_to_enrol(control, browsers.of(req), req.identity))


def _json(text: str) -> Reply:
    return Reply(text, content_type="application/json")
