"""Asking members to prove who they are once more, and coming back to what they were doing with everything they had sent.

What was sent travels inside the page, encrypted and bound to the session, so that not even a password typed before shows in it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from saas.auth import login, sessions
from saas.auth.context import Context
from saas.auth.factors import enrolled, passkeys, proving, sealing, step_up
from saas.auth.factors.enrolled import Factors
from saas.auth.factors.step_up import ProofNeeded
from saas.auth.sso.rules import is_vouched
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.tenants.session import control_session
from saas.web import csrf, doors, sso
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import SIGNED_IN, Route, workspace
from saas.web.security import browsers

PATH = "/me/security/confirm"
HELD, PURPOSE, HELD_S = "held", "held-form", 1800
REQUIRED = "/me/security/required"
# Where somebody who has to add a factor first may go meanwhile.
OPEN_MEANWHILE = ("/me/security", "/logo")


@dataclass(frozen=True)
class Ask:
    """What the page needs: where its form goes, what it carries, and what was wrong the last time."""

    action: str
    fields: dict[str, str]
    errors: dict[str, str]
    needs_factor: bool = False


def answer(route: Route, ctx: Context, req: Req) -> Reply:
    """Call a member's handler, once that member has proved what the firm, the route and the handler insist on."""
    if req.identity is not None and is_vouched(req.identity) and req.path.startswith("/me/security"):
        return sso.again(ctx, req)
    if req.requires_factor and not req.proof.is_two_factor and not req.path.startswith(OPEN_MEANWHILE):
        return _to(req, REQUIRED)
    try:
        if HELD in req.form:
            req = _resume(ctx, req)
        if route.fresh:
            step_up.require_fresh(req.proof)
        return route.handler(ctx, req)
    except ProofNeeded as needed:
        ctx.db.rollback()
        ctx.after_commit.clear()
        return _ask_instead(ctx, req, needed)
    except WrongProof as wrong:
        return _page(ctx, req, Ask(req.url, {HELD: req.one(HELD)}, wrong.fields), 422)


class WrongProof(Exception):
    """What was typed on the page proves nothing."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__()
        self.fields = fields


@workspace.get(PATH, right=SIGNED_IN)
def show(ctx: Context, req: Req) -> Reply:
    """Ask before a page, or before what a script wanted to do."""
    after = doors.next_path(req)
    return Reply.redirect(after) if step_up.is_fresh(req.proof) else _page(ctx, req, Ask(PATH, {"next": after}, {}))


@workspace.post(PATH, right=SIGNED_IN)
def take(ctx: Context, req: Req) -> Reply:
    """Take the proof and go where the person wanted to go."""
    after = doors.next_path(req)
    try:
        _prove(ctx, req)
    except Invalid as error:
        return _page(ctx, req, Ask(PATH, {"next": after}, error.fields), 422)
    return Reply.redirect(after)


def _ask_instead(ctx: Context, req: Req, needed: ProofNeeded) -> Reply:
    if req.is_htmx:
        return _to(req, PATH)
    if req.method in csrf.SAFE_METHODS:
        return _page(ctx, req, Ask(PATH, {"next": req.url}, {}, needed.needs_factor))
    held = {"until": now().timestamp() + HELD_S, "path": req.path, "form": {k: v for k, v in req.form.items() if k != csrf.FIELD}}
    sealed = sealing.seal(req.runtime.settings.secret_key, PURPOSE, str(req.session_id), json.dumps(held).encode())
    return _page(ctx, req, Ask(req.url, {HELD: base64.urlsafe_b64encode(sealed).decode()}, {}, needed.needs_factor))


def _to(req: Req, path: str) -> Reply:
    """Lead to a page that comes back afterwards: to the address asked for, or to the page on which a script asked."""
    if req.is_htmx:
        here = urlsplit(req.headers.get("hx-current-url", ""))
        back = f"{here.path or '/'}{'?' if here.query else ''}{here.query}"
        reply = Reply.empty(200)
        reply.headers["HX-Redirect"] = f"{path}?next={quote(back, safe='')}"
        return reply
    back = req.url if req.method in csrf.SAFE_METHODS else "/"
    return Reply.redirect(f"{path}?next={quote(back, safe='')}")


def _resume(ctx: Context, req: Req) -> Req:
    """Take the proof that came with a kept form, and put that form back into the request. Raises WrongProof."""
    try:
        sealed = base64.urlsafe_b64decode(req.one(HELD).encode())
    except ValueError:
        sealed = b""
    plain = sealing.unseal(req.runtime.settings.secret_key, PURPOSE, str(req.session_id), sealed)
    held: dict[str, Any] = json.loads(plain) if plain is not None else {}
    if held.get("path") != req.path or held.get("until", 0) < now().timestamp():
        raise ProofNeeded
    try:
        _prove(ctx, req)
    except Invalid as error:
        raise WrongProof(error.fields) from error
    proof = sessions.Proof(now(), is_two_factor=req.proof.is_two_factor or _factors(req).has_any)
    return replace(req, form=held["form"], proof=proof)


def _prove(ctx: Context, req: Req) -> None:
    """Compare what was typed with the person's factors, or with the password of who has none. Raises Invalid, TooMany."""
    assert req.identity is not None
    assert req.session_id is not None
    parts, identity = req.runtime, req.identity
    has_factor = _factors(req).has_any
    if has_factor and req.one("passkey"):
        passkeys.prove(parts.databases, browsers.of(req), identity.id, req.one("passkey"))
    elif has_factor:
        proving.prove_code(parts.databases, parts.redis, parts.settings.secret_key, identity.id, req.one("code"), req.address)
    else:
        handle = identity.email or identity.login_name or ""
        try:
            login.prove(parts.databases, parts.redis, handle, req.one("proof"), tenant=ctx.tenant, address=req.address)
        except Invalid as error:
            raise Invalid({"proof": _("This is not your password.")}) from error
    with control_session(parts.databases) as control:
        sessions.prove(control, req.session_id, is_two_factor=has_factor)


def _factors(req: Req) -> Factors:
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        return enrolled.load(control, req.identity.id)


def _page(ctx: Context, req: Req, ask: Ask, status: int = 200) -> Reply:
    if req.identity is not None and is_vouched(req.identity):
        return sso.again(ctx, req)
    factors = _factors(req)
    has_passkey = browsers.has_passkey(req, factors)
    return open_page(req, "security/confirm.html", status=status, ask=ask, factors=factors, has_passkey=has_passkey, errors=ask.errors)
