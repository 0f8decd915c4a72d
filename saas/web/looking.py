"""Looking as another member: starting, stopping, and answering whoever looks. Which pages they see, each route says (routing.Route).

The browser keeps only the number of the look. Whose it is, as whom, and that it is not over is read in the audit log at every request.
"""

from __future__ import annotations

from dataclasses import replace

from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DBAPIError

from saas.auth import looking
from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.factors.step_up import ProofNeeded
from saas.auth.membership import MANAGE
from saas.auth.sso.rules import is_vouched
from saas.core import log
from saas.core.errors import Conflict, DomainError
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.web import addressed, csrf, errors, guards
from saas.web.exchange import LOOK_COOKIE, TOAST_COOKIE, Reply, Req
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, Route, workspace
from saas.web.security.own import HOME

# Of what the browser keeps, all that a page as somebody else needs: nothing the onlooker opened or began.
KEPT_COOKIES = frozenset(("rail", TOAST_COOKIE))
START, STOP = "/people/{id:str}/look-as", "/look-as/stop"

_log = log.get(__name__)


@workspace.get(START, right=looking.RIGHT)
def ask(ctx: Context, req: Req) -> Reply:
    """Say what looking as somebody means, before it begins."""
    return page(ctx, req, "looking/start.html", person=_person(ctx, req), longest=looking.LONGEST_REASON)


@workspace.post(START, right=looking.RIGHT)
def start(ctx: Context, req: Req) -> Reply:
    person, number = looking.start(ctx, req.runtime.settings, parse_id(req.params["id"]), req.one("reason"))
    return Reply.redirect("/today").set_cookie(LOOK_COOKIE, str(number)).toast(_("You look as %(name)s", name=person.name), tone="info")


@workspace.post(STOP, right=SIGNED_IN, looking=True)
def stop(ctx: Context, req: Req) -> Reply:
    """Be oneself again; pressed twice it does nothing more."""
    person = looking.stop(ctx, _number(req))
    place = f"/people/{person.id}" if person and ctx.rights.may(MANAGE) else "/people" if person else "/today"
    return Reply.redirect(place).delete_cookie(LOOK_COOKIE).toast(_("You are yourself again"))


@workspace.get("/me/looked-at", right=SIGNED_IN)
def show(_ctx: Context, req: Req) -> Reply:
    """Lead to where this person reads who looked as them."""
    is_elsewhere = req.identity is not None and is_vouched(req.identity)
    return Reply.redirect(f"{'/me' if is_elsewhere else HOME}#looked-at")


def is_meant(route: Route, req: Req) -> bool:
    """Tell whether a request comes from somebody who looks as another, and is not the one to stop."""
    return LOOK_COOKIE in req.cookies and not (route.looking and route.method not in csrf.SAFE_METHODS)


def token(req: Req) -> str:
    """Give the CSRF token of pages seen as somebody else: what they hold does nothing once one is oneself again."""
    return csrf.token(req.runtime.settings.secret_key, f"{req.csrf}:{LOOK_COOKIE}:{req.cookies.get(LOOK_COOKIE, '')}") if req.csrf else ""


def answer(route: Route, ctx: Context, req: Req) -> Reply:
    """Answer as another member sees it. `ctx` is the onlooker's, in a transaction that can only read; nothing of it is kept."""
    person = looking.find(ctx, _number(req))
    if person is None or (req.requires_factor and not req.proof.is_two_factor):
        return _over(req)
    rights = looking.rights_of(ctx.directory, ctx.member, person)
    ctx.db.info["rights"] = rights
    theirs = replace(ctx, member=person, rights=rights, onlooker=ctx.member, after_commit=[], state={})
    kept = {name: value for name, value in req.cookies.items() if name in KEPT_COOKIES}
    req = replace(req, cookies=kept, csrf=token(req), looking=person.name)
    try:
        reply = _shown(route, theirs, req, person)
    except DomainError as error:
        reply = errors.refusal(req, error)
    reply.cookies.clear()
    return reply


def _shown(route: Route, ctx: Context, req: Req, person: MemberInfo) -> Reply:
    assert route.right is not None
    if req.method not in csrf.SAFE_METHODS:
        return _unchanged(ctx, req, person)
    if not route.is_open_to_onlookers:
        return _own(ctx, req, person) if route.right == SIGNED_IN else _later(ctx, req)
    guards.require(ctx, route.right, req.params)
    try:
        reply = route.handler(ctx, req)
    except ProofNeeded:
        return _later(ctx, req)
    except DBAPIError as error:
        if not isinstance(error.orig, ReadOnlySqlTransaction):
            raise
        _log.exception("a page writes", path=req.path)
        ctx.db.rollback()
        return _unchanged(ctx, req, person)
    return _later(ctx, req) if "Content-Disposition" in reply.headers else reply


def _unchanged(ctx: Context, req: Req, person: MemberInfo) -> Reply:
    text = _("You look as %(name)s. Nothing can be changed meanwhile, not even what both of you may change.", name=person.name)
    return _refused(ctx, req, _("Nothing can be changed"), text)


def _own(ctx: Context, req: Req, person: MemberInfo) -> Reply:
    text = _("Looking as somebody shows the book and its settings, never personal pages. Your own pages are there when you stop looking.")
    return _refused(ctx, req, _("This page is %(name)s's own", name=person.name), text)


def _later(ctx: Context, req: Req) -> Reply:
    text = _("Nothing leaves the book and nothing is tried out while you look as somebody else. Stop looking first.")
    return _refused(ctx, req, _("Not while you look as somebody else"), text)


def _refused(ctx: Context, req: Req, title: str, text: str) -> Reply:
    if req.is_htmx:
        return Reply("", 403).toast(title, tone="error")
    return page(ctx, req, "looking/refused.html", status=403, heading=title, text=text)


def _over(req: Req) -> Reply:
    """Say that one is oneself again, on the page asked for; what was sent from a page of before is not done."""
    is_again = req.method in csrf.SAFE_METHODS and not req.path.startswith("//")
    reply = Reply.redirect(req.url if is_again else "/today").delete_cookie(LOOK_COOKIE)
    reply.toast(_("Looking as somebody else is over. You are yourself again."), tone="info")
    if req.is_htmx:
        reply.status, reply.headers = 200, {"HX-Refresh": "true"}
    return reply


def _person(ctx: Context, req: Req) -> MemberInfo:
    found = addressed.person(ctx, req)
    if not looking.may_look_as(ctx, found):
        raise Conflict(_("You can look only as other people who have access."))
    return found


def _number(req: Req) -> int:
    text = req.cookies.get(LOOK_COOKIE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
