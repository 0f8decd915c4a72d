"""Signing in and out, on the public site and at each workspace's own door; passwords that were forgotten."""

from __future__ import annotations

from saas.auth import addresses, codes, login, passwords
from saas.auth.identities import Identity
from saas.auth.jobs import FORGOTTEN_JOB
from saas.auth.sessions import Person
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.tenants.outbox import enqueue
from saas.tenants.session import control_session
from saas.web import doors, errors, sso, sso_offers
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import public, workspace

DOOR = "this is the door"
FORGOTTEN = "who forgot the password cannot be signed in"


@public.open_get("/sign-in", why=DOOR)
@workspace.open_get("/sign-in", why=DOOR)
def ask(req: Req) -> Reply:
    if req.tenant is None and req.identity is not None:
        return Reply.redirect("/workspaces")
    return form(req, {})


@public.open_post("/sign-in", why=DOOR)
@workspace.open_post("/sign-in", why=DOOR)
def sign_in(req: Req) -> Reply:
    if req.tenant is not None and req.tenant.status != "active":
        return errors.not_served(req)
    try:
        person = login.prove(
            req.runtime.databases, req.runtime.redis, req.one("handle"), req.one("password"), tenant=req.tenant, address=req.address
        )
        if req.tenant is not None:
            insist_on_place(req, person)
    except Invalid as error:
        return form(req, error.fields, 422)
    return doors.enter(req, person.id, doors.next_path(req))


@public.open_post("/sign-out", why="leaving needs no right, and a second click must not fail")
@workspace.open_post("/sign-out", why="leaving needs no right, and a second click must not fail")
def sign_out(req: Req) -> Reply:
    with control_session(req.runtime.databases) as control:
        doors.end_session(control, req)
    return doors.forget(Reply.redirect("/sign-in?signed-out=1"), req)


@public.open_get("/forgotten", why=FORGOTTEN)
@workspace.open_get("/forgotten", why=FORGOTTEN)
def ask_address(req: Req) -> Reply:
    return open_page(req, "auth/forgotten.html", values={"email": req.one("email")}, errors={}, is_sent=bool(req.query.get("sent")))


@public.open_post("/forgotten", why=FORGOTTEN)
@workspace.open_post("/forgotten", why=FORGOTTEN)
def send_link(req: Req) -> Reply:
    """Answer the same whether there is an account or not; the letter is a worker's business."""
    try:
        email = addresses.email_address(req.one("email"))
    except Invalid as error:
        return open_page(req, "auth/forgotten.html", status=422, values={"email": req.one("email")}, errors=error.fields, is_sent=False)
    doors.limit(req, "forgotten", 20, doors.HOUR_S, email=(email, 5))
    with control_session(req.runtime.databases) as control:
        enqueue(control, FORGOTTEN_JOB, email=email, slug=req.slug, locale=req.locale)
    return Reply.redirect("/forgotten?sent=1")


@public.open_get("/reset/{token:str}", why=FORGOTTEN)
@workspace.open_get("/reset/{token:str}", why=FORGOTTEN)
def ask_password(req: Req) -> Reply:
    _reset_owner(req)
    return open_page(req, "auth/reset.html", errors={})


@public.open_post("/reset/{token:str}", why=FORGOTTEN)
@workspace.open_post("/reset/{token:str}", why=FORGOTTEN)
def set_password(req: Req) -> Reply:
    """Set the new password, sign out everywhere, and in here."""
    owner = _reset_owner(req)
    try:
        passwords.accept(req.one("password"), owner.email or "", owner.name)
    except Invalid as error:
        return open_page(req, "auth/reset.html", status=422, errors=error.fields)
    fresh = passwords.hash_password(req.one("password"))
    with control_session(req.runtime.databases) as control:
        used = codes.use_reset(control, req.params["token"])
        if used is not None:
            login.change_password(control, used, fresh)
        is_at_home = req.tenant is None or login.is_member(control, owner.id, req.tenant.id)
    if used is None:
        raise NotFound(_link_is_over())
    if not is_at_home:
        return Reply.redirect("/sign-in")
    return doors.open_session(Reply.redirect("/" if req.tenant else "/workspaces"), req, used)


def _reset_owner(req: Req) -> Identity:
    doors.limit(req, "reset", 60)
    with control_session(req.runtime.databases) as control:
        owner = codes.reset_owner(control, req.params["token"])
        row = control.get(Identity, owner) if owner else None
    if row is None:
        raise NotFound(_link_is_over())
    return row


def _link_is_over() -> str:
    return _("This link was used or is too old. Ask for a new one where you sign in.")


def insist_on_place(req: Req, person: Person) -> None:
    """Refuse somebody who proved who they are but does not belong here, or has to come another way; they may be told so. Raises Invalid."""
    assert req.tenant is not None
    is_staff = person.login_name is not None
    with control_session(req.runtime.databases) as control:
        is_member = login.is_member(control, person.id, req.tenant.id, is_staff=is_staff)
    if not is_member:
        raise Invalid({"": _("You are not in this workspace. Ask its admin to invite you, or sign in to another one.")})
    sso.insist(req, person)


def form(req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    """Draw the sign-in page of this host."""
    after = doors.next_path(req)
    return open_page(
        req, "auth/sign_in.html", status=status, values={"handle": req.one("handle")}, errors=wrong, after=after,
        is_signed_out=bool(req.query.get("signed-out")), public_url=req.runtime.settings.url(), offers=sso_offers.offers(req, after),
    )  # fmt: skip
