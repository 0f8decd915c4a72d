"""A person's workspaces: choosing one, opening another, and the one-time hand-off that carries a sign-in from host to host."""

from __future__ import annotations

from saas import onboarding
from saas.auth import codes, login, regions, sessions
from saas.auth.context import Context
from saas.auth.ready_roles import EVERYONE, PLANS
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id, parse_id
from saas.onboarding import Application
from saas.tenants.session import Tenant, control_session
from saas.web import doors, errors, sign_up, sso
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page, page
from saas.web.right_words import plan_names
from saas.web.routing import SIGNED_IN, public, workspace

ASKS_ITSELF = "sends whoever is not signed in to the sign-in page itself"
CARRIES = "the token in the address is what signs the person in"


@public.open_get("/workspaces", why=ASKS_ITSELF)
def choose(req: Req) -> Reply:
    if req.identity is None:
        return Reply.redirect("/sign-in")
    with control_session(req.runtime.databases) as control:
        mine = login.places(control, req.identity.id)
    return open_page(req, "auth/workspaces.html", places=mine, person=req.identity, open_path="/open/", domain=_domain(req))


@public.open_get("/open/{slug:str}", why=ASKS_ITSELF)
def open_one(req: Req) -> Reply:
    if req.identity is None:
        return Reply.redirect("/sign-in")
    with control_session(req.runtime.databases) as control:
        family = sessions.family_of(control, req.session_id)
        handed = login.hand_over(control, req.identity.id, req.params["slug"], family) if family else None
    return _hand_over(req, handed)


@public.open_get("/workspaces/new", why=ASKS_ITSELF)
def ask_another(req: Req) -> Reply:
    if req.identity is None:
        return Reply.redirect("/sign-in")
    country = regions.guess_country(req.headers.get("accept-language"))
    return _another_form(req, {"company": "", "workspace": "", "country": country, "plan": "", "key": str(new_id())}, {})


@public.open_post("/workspaces/new", why=ASKS_ITSELF)
def open_another(req: Req) -> Reply:
    """Open one more workspace for somebody who is signed in; the form's own key makes a double click harmless."""
    if req.identity is None:
        return Reply.redirect("/sign-in")
    doors.limit(req, "open-workspace", 30)
    typed, wrong = {name: req.one(name) for name in ("company", "workspace", "country", "plan", "key")}, dict[str, str]()
    firm = sign_up.read_firm(req, typed, wrong)
    if wrong:
        return _another_form(req, typed, wrong, 422)
    plan = typed["plan"] if typed["plan"] in PLANS else EVERYONE
    form = Application(typed["workspace"], firm, identity_id=req.identity.id, plan=plan, key=parse_id(typed["key"]) or new_id())
    try:
        opened = onboarding.open_workspace(req.runtime.databases, req.runtime.owners, form)
    except Invalid as error:
        return _another_form(req, typed, error.fields, 422)
    return Reply.redirect(f"/open/{opened.tenant.slug}")


@workspace.get("/workspaces", right=SIGNED_IN)
def switch(ctx: Context, req: Req) -> Reply:
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        mine = login.places(control, req.identity.id)
    return page(
        ctx, req, "people/workspaces.html", places=mine, here=ctx.tenant.slug, domain=_domain(req), public_url=req.runtime.settings.url()
    )


@workspace.get("/switch/{slug:str}", right=SIGNED_IN)
def switch_to(_ctx: Context, req: Req) -> Reply:
    """Go to another of one's workspaces without signing in again."""
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        family = sessions.family_of(control, req.session_id)
        handed = login.hand_over(control, req.identity.id, req.params["slug"], family) if family else None
    return _hand_over(req, handed)


@workspace.open_get("/hand-off", why=CARRIES)
def receive(req: Req) -> Reply:
    """Take a hand-off. One that another site or a mail sent here asks first: nobody is to be signed in as somebody else unawares."""
    is_sent_by_others = req.headers.get("sec-fetch-site") in ("cross-site", "none")
    if is_sent_by_others and req.runtime.settings.is_secure:
        return open_page(req, "auth/hand_off.html", token=req.one("token"), after=doors.next_path(req))
    return _receive(req)


@workspace.open_post("/hand-off", why=CARRIES)
def receive_confirmed(req: Req) -> Reply:
    return _receive(req)


def _receive(req: Req) -> Reply:
    assert req.tenant is not None
    if req.tenant.status != "active":
        return errors.not_served(req)
    doors.limit(req, "hand-off", 120)
    with control_session(req.runtime.databases) as control:
        found = codes.use_handoff(control, req.one("token"), req.tenant.id)
        is_member = found is not None and login.is_member(control, found[0], req.tenant.id)
        is_young = found is not None and sessions.may_enter(control, req.tenant.id, found[1])
    if found is not None and is_member and not is_young:
        # The firm's own limits count from where the sign-in began: going to and fro does not make it younger.
        return doors.to_sign_in(req)
    if found is None or not is_member:
        return Reply.redirect("/" if req.identity else "/sign-in")
    if not sso.admits(req, found[0]):
        # The sign-in page says that this workspace wants its own service, and offers it.
        return Reply.redirect("/sign-in")
    return doors.open_session(Reply.redirect(doors.next_path(req)), req, *found)


def _hand_over(req: Req, handed: tuple[Tenant, str] | None) -> Reply:
    if handed is None:
        raise NotFound(_("You have no workspace at this address."))
    tenant, token = handed
    return Reply.redirect(doors.hand_off_url(req, tenant.slug, token, doors.next_path(req)))


def _another_form(req: Req, values: dict[str, str], wrong: dict[str, str], status: int = 200) -> Reply:
    return open_page(
        req, "auth/company.html", status=status, values=values, errors=wrong, countries=regions.countries(req.locale),
        action="/workspaces/new", is_new_person=False, plans=plan_names(),
    )  # fmt: skip


def _domain(req: Req) -> str:
    return req.runtime.settings.host()
