"""From a request to an answer in ONE thread call: transaction → member and rights → guard → handler → commit → work after it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import structlog
from sqlalchemy.exc import DBAPIError

from saas.auth import sessions
from saas.auth.context import Context
from saas.auth.directory import directory
from saas.auth.sso import rules as sso_rules
from saas.core import i18n, log
from saas.core.clock import now
from saas.core.errors import DomainError, NotFound
from saas.core.i18n import _
from saas.tenants import planes, resolve
from saas.tenants.session import control_session, reading_scope, tenant_session
from saas.web import csrf, errors, guards, looking
from saas.web.exchange import LOOK_COOKIE, Reply, Req
from saas.web.routing import Route
from saas.web.security import confirm

_log = log.get(__name__)


class SignInNeeded(Exception):
    """Nobody is signed in where somebody must be."""


def run(route: Route, req: Req) -> Reply:
    """Answer one request. Never raises: what goes wrong becomes a page that says so."""
    structlog.contextvars.bind_contextvars(request_id=req.request_id)
    with i18n.use(req.locale, req.timezone):
        try:
            return _answer_twice(route, req)
        except SignInNeeded:
            return _to_sign_in(req)
        except DomainError as error:
            return errors.refusal(req, error)
        except Exception:
            _log.exception("request failed", path=req.path, method=req.method)
            return errors.failure(req)
        finally:
            structlog.contextvars.clear_contextvars()


def _answer_twice(route: Route, req: Req) -> Reply:
    """Answer; a page asked for over a connection that the server had closed (a restart) is asked for once more over a fresh one."""
    try:
        return _answer(route, req)
    except DBAPIError as error:
        if not error.connection_invalidated or req.method not in csrf.SAFE_METHODS:
            raise
        _log.warning("database connection lost; asking again", path=req.path)
        return _answer(route, req)


def _answer(route: Route, req: Req) -> Reply:
    req = _recognise(req)
    if req.method not in csrf.SAFE_METHODS:
        _check_origin(req)
    if route.right is None:
        locale = req.identity.language if req.identity and "language" not in req.cookies else req.locale
        req = replace(req, locale=locale)
        with i18n.use(req.locale, req.timezone):
            return route.handler(req)
    return _answer_member(route, req)


def _recognise(req: Req) -> Req:
    """Find out who asks: one statement for the session, its person and the firm."""
    settings = req.runtime.settings
    token = req.cookies.get(sessions.cookie_name(settings.is_secure), "")
    found, tenant = None, None
    if token or req.slug:
        with control_session(req.runtime.databases) as control:
            found = sessions.find(control, token, req.slug) if token else None
            if found is None and req.slug:
                tenant = resolve.by_slug(control, req.slug)
    if found:
        tenant = found.tenant
    if req.slug and tenant is None:
        raise NotFound(_("There is no workspace at this address."))
    secret = token if found else req.cookies.get(csrf.VISITOR_COOKIE, "")
    return replace(
        req,
        tenant=tenant,
        identity=found.identity if found else None,
        session_id=found.session_id if found else None,
        proof=found.proof if found else req.proof,
        requires_factor=found is not None and found.requires_factor,
        csrf=csrf.token(settings.secret_key, secret) if secret else "",
    )


def _check_origin(req: Req) -> None:
    sent = req.headers.get(csrf.HEADER) or req.one(csrf.FIELD)
    own = f"{req.runtime.settings.scheme}://{req.host}"
    # Whoever looks as somebody else sends the token of those pages; it is worth nothing once they are themselves again.
    expected = looking.token(req) if LOOK_COOKIE in req.cookies and sent != req.csrf else req.csrf
    csrf.check(expected, sent, req.headers.get("origin"), req.headers.get("sec-fetch-site"), own)


def _answer_member(route: Route, req: Req) -> Reply:
    tenant = req.tenant
    assert tenant is not None
    assert route.right is not None
    if tenant.status != "active" or not planes.is_served(tenant.revision):
        return errors.not_served(req)
    if req.identity is None:
        raise SignInNeeded
    is_looking = looking.is_meant(route, req)
    with tenant_session(req.runtime.databases, tenant, reading_scope(tenant) if is_looking else None) as db:
        people = directory(db)
        member = sso_rules.member_of(db, people, req.identity)
        if member is None or member.status != "active":
            raise SignInNeeded
        rights = people.rights(member)
        db.info.update(directory=people, rights=rights)
        ctx = Context(db=db, tenant=tenant, member=member, rights=rights, directory=people, now=now())
        zone = ctx.timezone
        with i18n.use(member.language, zone):
            req = replace(req, locale=member.language, timezone=zone)
            if is_looking:
                reply = looking.answer(route, ctx, req)
            else:
                guards.require(ctx, route.right, req.params)
                reply = confirm.answer(route, ctx, req)
            if is_looking or (reply.status >= 400 and req.method not in csrf.SAFE_METHODS):
                db.rollback()
    for work in ctx.after_commit:
        work()
    return reply


def _to_sign_in(req: Req) -> Reply:
    if req.is_htmx:
        return Reply("", 401)
    after = req.url if req.method == "GET" else "/"
    return Reply.redirect(f"/sign-in?next={quote(after, safe='')}")
