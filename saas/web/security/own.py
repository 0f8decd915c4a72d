"""One's own second factors: the authenticator app, passkeys, recovery codes. Every change is audited and told by mail."""

from __future__ import annotations

from typing import Any

from saas.auth import audit, looking
from saas.auth.context import Context
from saas.auth.factors import enrolled, letters, passkeys, recovery_codes, rules, totp
from saas.auth.factors.enrolled import Factors
from saas.auth.factors.letters import Notice
from saas.auth.factors.step_up import ProofNeeded
from saas.auth.sessions import Person
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.tenants.session import control_session
from saas.web import doors, people
from saas.web.agents import device
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page, page
from saas.web.routing import SIGNED_IN, workspace
from saas.web.security import browsers

HOME = "/me/security"
APP = "app"


@workspace.get(HOME, right=SIGNED_IN)
def show(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, {})


@workspace.get(f"{HOME}/required", right=SIGNED_IN)
def show_required(_ctx: Context, req: Req) -> Reply:
    """Lead whoever has no second factor, where the firm wants one, to adding it; who has one proves it. No other page works before."""
    after = doors.next_path(req)
    if not req.requires_factor or req.proof.is_two_factor:
        return Reply.redirect(after)
    with control_session(req.runtime.databases) as control:
        has_factor = enrolled.has_any(control, _person(req).id)
    if has_factor:
        raise ProofNeeded(needs_factor=True)
    return open_page(req, "security/required.html", errors={})


@workspace.get(f"{HOME}/app", right=SIGNED_IN, fresh=True)
def ask_app(ctx: Context, req: Req) -> Reply:
    return _app_page(ctx, req, {})


@workspace.post(f"{HOME}/app", right=SIGNED_IN, fresh=True)
def add_app(ctx: Context, req: Req) -> Reply:
    """Take the app into use once it shows the right code."""
    person, parts = _person(req), req.runtime
    doors.limit(req, "factor-set-up", 60, person=(str(person.id), 20))
    with control_session(parts.databases) as control:
        is_first = not enrolled.has_any(control, person.id)
        is_right = totp.confirm(control, person.id, parts.settings.secret_key, req.one("code"))
        codes = _begin(req, control, person) if is_right and is_first else []
    if not is_right:
        return _app_page(
            ctx, req, {"code": _("This is not the code the app shows now. Look again, and check the clock of the phone.")}, 422
        )
    _tell(ctx, req, "factor.added", {"kind": APP}, lambda: _("An authenticator app was added to your account"))
    return _after_adding(ctx, req, codes, _("The app is in use from now on"))


@workspace.get(f"{HOME}/app/remove", right=SIGNED_IN)
def ask_remove_app(ctx: Context, req: Req) -> Reply:
    with control_session(req.runtime.databases) as control:
        factors = enrolled.load(control, _person(req).id)
    return page(ctx, req, "security/remove_app.html", is_last=factors.count == 1) if factors.has_app else Reply.redirect(HOME)


@workspace.post(f"{HOME}/app/remove", right=SIGNED_IN, fresh=True)
def remove_app(ctx: Context, req: Req) -> Reply:
    person = _person(req)
    with control_session(req.runtime.databases) as control:
        factors = enrolled.load(control, person.id)
        refusal = _must_stay(req, factors)
        if factors.has_app and not refusal:
            enrolled.remove_app(control, person.id)
    if refusal:
        return _page(ctx, req, {"": refusal}, 422)
    if factors.has_app:
        _tell(ctx, req, "factor.removed", {"kind": APP}, lambda: _("The authenticator app was removed from your account"))
    return Reply.redirect(HOME).toast(_("Removed"))


@workspace.post(f"{HOME}/passkeys", right=SIGNED_IN, fresh=True)
def add_passkey(ctx: Context, req: Req) -> Reply:
    """Keep the passkey that the browser made."""
    person, parts = _person(req), req.runtime
    try:
        made = passkeys.enrol(parts.databases, browsers.of(req), person.id, req.one("passkey"), req.one("name") or device(req.agent))
    except Invalid as error:
        return _page(ctx, req, error.fields, 422)
    with control_session(parts.databases) as control:
        codes = _begin(req, control, person) if enrolled.load(control, person.id).count == 1 else []
    _tell(ctx, req, "factor.added", {"kind": "passkey", "name": made.name}, lambda: _("A passkey was added to your account"))
    return _after_adding(ctx, req, codes, _("Passkey added"))


@workspace.post(f"{HOME}/passkeys/{{id:str}}/name", right=SIGNED_IN)
def rename_passkey(_ctx: Context, req: Req) -> Reply:
    key = parse_id(req.params["id"])
    with control_session(req.runtime.databases) as control:
        mine = next((row for row in enrolled.load(control, _person(req).id).passkeys if row.id == key), None)
        if mine is None:
            raise NotFound(_no_passkey())
        passkeys.rename(control, _person(req).id, mine.id, req.one("name"))
    return Reply.redirect(HOME).toast(_("Saved"))


@workspace.get(f"{HOME}/passkeys/{{id:str}}/remove", right=SIGNED_IN)
def ask_remove_passkey(ctx: Context, req: Req) -> Reply:
    key = parse_id(req.params["id"])
    with control_session(req.runtime.databases) as control:
        factors = enrolled.load(control, _person(req).id)
    mine = next((row for row in factors.passkeys if row.id == key), None)
    if mine is None:
        raise NotFound(_no_passkey())
    return page(ctx, req, "security/remove_passkey.html", passkey=mine, is_last=factors.count == 1)


@workspace.post(f"{HOME}/passkeys/{{id:str}}/remove", right=SIGNED_IN, fresh=True)
def remove_passkey(ctx: Context, req: Req) -> Reply:
    person, key = _person(req), parse_id(req.params["id"])
    with control_session(req.runtime.databases) as control:
        factors = enrolled.load(control, person.id)
        mine = next((row for row in factors.passkeys if row.id == key), None)
        refusal = _must_stay(req, factors)
        if mine is not None and not refusal:
            enrolled.remove_passkey(control, person.id, mine.id)
    if mine is None:
        raise NotFound(_no_passkey())
    if refusal:
        return _page(ctx, req, {"": refusal}, 422)
    _tell(ctx, req, "factor.removed", {"kind": "passkey", "name": mine.name}, lambda: _("A passkey was removed from your account"))
    return Reply.redirect(HOME).toast(_("Removed"))


@workspace.post(f"{HOME}/codes", right=SIGNED_IN, fresh=True)
def renew_codes(ctx: Context, req: Req) -> Reply:
    """Make ten fresh recovery codes and show them, once: the answer to this POST is the only place where they are ever seen."""
    person, parts = _person(req), req.runtime
    with control_session(parts.databases) as control:
        has_factor = enrolled.has_any(control, person.id)
        codes = recovery_codes.renew(control, person.id, parts.settings.secret_key) if has_factor else []
    if not codes:
        return Reply.redirect(HOME)
    _tell(ctx, req, "factor.codes", {}, lambda: _("New recovery codes were made for your account"))
    return page(ctx, req, "security/codes.html", codes=codes)


def _person(req: Req) -> Person:
    assert req.identity is not None
    return req.identity


def _begin(req: Req, control: Any, person: Person) -> list[str]:
    assert req.session_id is not None
    return enrolled.begin(control, person.id, req.session_id, req.runtime.settings.secret_key)


def _must_stay(req: Req, factors: Factors) -> str:
    """Say why the last factor cannot go where the firm asks for one."""
    if req.requires_factor and factors.count == 1:
        return _("This workspace asks everybody for a second factor. Add another one first, then remove this one.")
    return ""


def _tell(ctx: Context, req: Req, what: str, after: dict[str, Any], title: Any) -> None:
    """Write into the audit log, and to the person."""
    person, settings = _person(req), req.runtime.settings
    audit.note(ctx.db, ctx.member.id, what, after={"member": str(ctx.member.id), **after})
    url = settings.url(ctx.tenant.slug, HOME)

    def write() -> Notice:
        return Notice(title(), (_("It was done in the workspace %(firm)s.", firm=ctx.workspace.name), letters.not_you()), url, _("Look"))

    letters.post(ctx.db, settings, person.email, ctx.member.language, write)


def _after_adding(ctx: Context, req: Req, codes: list[str], said: str) -> Reply:
    return page(ctx, req, "security/codes.html", codes=codes) if codes else Reply.redirect(HOME).toast(said)


def _app_page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    person, parts = _person(req), req.runtime
    account = person.email or f"{person.login_name}@{parts.settings.host(ctx.tenant.slug)}"
    with control_session(parts.databases) as control:
        setup = totp.set_up(control, person.id, parts.settings.secret_key, account, parts.settings.brand)
        has_app = enrolled.load(control, person.id).has_app
    secret = " ".join(setup.secret[start : start + 4] for start in range(0, len(setup.secret), 4))
    return page(ctx, req, "security/app.html", status=status, errors=wrong, secret=secret, picture=people.qr(setup.uri), has_app=has_app)


def _page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    with control_session(req.runtime.databases) as control:
        factors, firm = enrolled.load(control, _person(req).id), rules.load(control, ctx.tenant.id)
    return page(
        ctx,
        req,
        "security/own.html",
        status=status,
        errors=wrong,
        factors=factors,
        is_required=firm.requires_factor,
        here=browsers.of(req).rp_id,
        looks=looking.at_oneself(ctx),
    )


def _no_passkey() -> str:
    return _("This passkey was removed already.")
