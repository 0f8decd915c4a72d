"""Signing up: e-mail → six-digit code → firm, address, name, password → inside. Never a word about who has an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from saas import onboarding
from saas.auth import addresses, codes, passwords, regions
from saas.auth.codes import Try
from saas.auth.jobs import SIGN_UP_JOB
from saas.auth.ready_roles import EVERYONE, PLANS
from saas.auth.seeds import Firm
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.onboarding import Application
from saas.tenants import names, resolve
from saas.tenants.outbox import enqueue
from saas.tenants.session import control_session
from saas.web import doors
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.render import render_block
from saas.web.right_words import plan_names
from saas.web.routing import public
from saas.web.sso_buttons import buttons

PROOF_COOKIE = "sign-up"
STRANGERS = "this is how strangers become members"
WORDS = ("company", "workspace", "name", "country", "plan")


@public.open_get("/sign-up", why=STRANGERS)
def ask_email(req: Req) -> Reply:
    return _email_form(req, {})


@public.open_post("/sign-up", why=STRANGERS)
def send_code(req: Req) -> Reply:
    try:
        email = addresses.email_address(req.one("email"))
    except Invalid as error:
        return _email_form(req, error.fields, 422)
    doors.limit(req, "sign-up", 20, doors.HOUR_S, email=(email, 5))
    with control_session(req.runtime.databases) as control:
        attempt = codes.start_attempt(control, email)
        enqueue(control, SIGN_UP_JOB, attempt=str(attempt), email=email, locale=req.locale)
    return Reply.redirect(f"/sign-up/code?attempt={attempt}")


@public.open_get("/sign-up/code", why=STRANGERS)
def ask_code(req: Req) -> Reply:
    return _code_form(req, {})


@public.open_post("/sign-up/code", why=STRANGERS)
def check_code(req: Req) -> Reply:
    doors.limit(req, "sign-up-code", 40)
    attempt = parse_id(req.one("attempt"))
    if attempt is None:
        return Reply.redirect("/sign-up")
    with control_session(req.runtime.databases) as control:
        result, email = codes.try_sign_up(control, attempt, req.one("code"), req.runtime.settings.secret_key)
        token = codes.prove(control, email) if result is Try.RIGHT else ""
    if result is Try.RIGHT:
        return Reply.redirect("/sign-up/company").set_cookie(PROOF_COOKIE, token, max_age_s=int(codes.LIVES["proof"].total_seconds()))
    said = {
        Try.WRONG: _("This is not the code in the newest letter. Look again."),
        Try.OVER: _("This code is no longer valid. Begin again and you get a new one."),
    }
    return _code_form(req, {"code": said[result]}, 422)


@public.open_get("/sign-up/company", why=STRANGERS)
def ask_company(req: Req) -> Reply:
    if _proven_email(req) is None:
        return Reply.redirect("/sign-up")
    return _company_form(req, {"country": regions.guess_country(req.headers.get("accept-language"))}, {})


@public.open_post("/sign-up/company", why=STRANGERS)
def open_workspace(req: Req) -> Reply:
    email = _proven_email(req)
    if email is None:
        return Reply.redirect("/sign-up")
    doors.limit(req, "open-workspace", 30)
    typed = {name: req.one(name) for name in WORDS}
    password, errors = req.one("password"), dict[str, str]()
    firm = read_firm(req, typed, errors)
    if "workspace" in errors and onboarding.is_own_address(req.runtime.databases, req.cookies.get(PROOF_COOKIE, ""), typed["workspace"]):
        del errors["workspace"]
    name = _kept(errors, addresses.person_name, typed["name"])
    try:
        passwords.accept(password, email, name, typed["company"])
    except Invalid as error:
        errors.update(error.fields)
    if errors:
        return _company_form(req, typed, errors, 422)
    form = Application(typed["workspace"], firm, name, passwords.hash_password(password), proof=req.cookies.get(PROOF_COOKIE, ""))
    form = replace(form, plan=typed["plan"] if typed["plan"] in PLANS else EVERYONE)
    try:
        opened = onboarding.open_workspace(req.runtime.databases, req.runtime.owners, form, req.address, req.agent)
    except Invalid as error:
        return _company_form(req, typed, error.fields, 422)
    reply = Reply.redirect(doors.hand_off_url(req, opened.tenant.slug, opened.handoff))
    with control_session(req.runtime.databases) as control:
        doors.know(reply, req, control, opened.identity_id, is_told=False)
    return doors.remember(reply, req, opened.token).delete_cookie(PROOF_COOKIE)


@public.open_get("/sign-up/address", why="a firm's address is public anyway: anybody can open it in a browser")
def check_address(req: Req) -> Reply:
    """Answer, while it is typed, whether an address is free; with a company and no address, suggest one."""
    doors.limit(req, "address", 300)
    typed, error = {"workspace": req.one("workspace").strip().lower()}, ""
    is_suggested = not typed["workspace"] and bool(req.one("company").strip())
    if is_suggested:
        typed["workspace"] = suggest_address(req, req.one("company"))
    if typed["workspace"]:
        error = _address_error(req, typed["workspace"])
    block = "address" if req.htmx_target == "address" else "address_state"
    return Reply.html(
        render_block("auth/company.html", block, req=req, site=None, values=typed, errors={"workspace": error} if error else {})
    )


def read_firm(req: Req, typed: dict[str, str], errors: dict[str, str]) -> Firm:
    """Read company, address and country of a form; what is wrong goes into `errors`. An empty address is filled with a free one."""
    company = _kept(errors, lambda text: addresses.person_name(text, "company"), typed["company"])
    typed["workspace"] = typed["workspace"].strip().lower() or (suggest_address(req, company) if company else "")
    wrong = _address_error(req, typed["workspace"])
    if wrong:
        errors["workspace"] = wrong
    found = regions.suggest(typed["country"])
    return Firm(company, req.locale, found.currency, found.timezone, found.region)


def suggest_address(req: Req, company: str) -> str:
    """Suggest a free address for a company; empty when its name gives none."""
    base = names.suggest_name(company)
    for number in range(1, 10):
        name = base if number == 1 else f"{base[: names.MAX_LENGTH - 2]}-{number}"
        if base and not _address_error(req, name):
            return name
    return ""


def _address_error(req: Req, slug: str) -> str:
    try:
        names.check_name(slug, req.runtime.settings.brand)
    except Invalid as error:
        return error.fields["workspace"]
    with control_session(req.runtime.databases) as control:
        tenant = resolve.by_slug(control, slug)
    if tenant is None or tenant.status == "opening":
        return ""
    return _("This address is taken. Choose another one.")


def _kept(errors: dict[str, str], read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except Invalid as error:
        errors.update(error.fields)
        return ""


def _proven_email(req: Req) -> str | None:
    token = req.cookies.get(PROOF_COOKIE)
    if not token:
        return None
    with control_session(req.runtime.databases) as control:
        proof = codes.proven(control, token)
        return proof.handle if proof else None


def _email_form(req: Req, errors: dict[str, str], status: int = 200) -> Reply:
    return open_page(req, "auth/sign_up.html", status=status, values={"email": req.one("email")}, errors=errors, vendors=buttons(req))


def _code_form(req: Req, errors: dict[str, str], status: int = 200) -> Reply:
    attempt = parse_id(req.one("attempt"))
    if attempt is None:
        return Reply.redirect("/sign-up")
    with control_session(req.runtime.databases) as control:
        email = codes.attempt_email(control, attempt)
    return open_page(req, "auth/code.html", status=status, attempt=attempt, email=email, errors=errors)


def _company_form(req: Req, values: dict[str, str], errors: dict[str, str], status: int = 200) -> Reply:
    filled = {**dict.fromkeys(WORDS, ""), **values}
    return open_page(
        req, "auth/company.html", status=status, values=filled, errors=errors, countries=regions.countries(req.locale),
        action="/sign-up/company", is_new_person=True, plans=plan_names(),
    )  # fmt: skip
