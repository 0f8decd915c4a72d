"""What belongs to oneself: name, language, time zone, theme, password, and the browsers signed in."""

from __future__ import annotations

from sqlalchemy import update

from saas.auth import addresses, directory, login, looking, passwords, regions, sessions
from saas.auth.context import Context
from saas.auth.factors import step_up
from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.auth.sso.rules import is_vouched
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.i18n import LANGUAGE_NAMES, LOCALES, _
from saas.core.ids import parse_id
from saas.tenants.session import control_session
from saas.web import doors
from saas.web.agents import device
from saas.web.exchange import Reply, Req
from saas.web.frame import THEMES
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace


@workspace.get("/me", right=SIGNED_IN)
def show(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, {})


@workspace.post("/me", right=SIGNED_IN)
def save(ctx: Context, req: Req) -> Reply:
    """Save name, language, time zone and theme; an empty time zone follows the workspace."""
    typed = {name: req.one(name) for name in ("name", "language", "timezone", "theme")}
    wrong: dict[str, str] = {}
    try:
        name = addresses.person_name(typed["name"])
    except Invalid as error:
        wrong, name = error.fields, ""
    if typed["timezone"] and typed["timezone"] not in regions.zone_names():
        wrong["timezone"] = _("Choose a time zone.")
    if typed["language"] not in LOCALES or typed["theme"] not in THEMES:
        wrong[""] = _("Choose from the lists.")
    if wrong:
        return _page(ctx, req, wrong, 422, typed)
    member = ctx.db.get_one(Member, ctx.member.id)
    member.name, member.language, member.timezone, member.theme = name, typed["language"], typed["timezone"] or None, typed["theme"]
    directory.touch(ctx.db)
    _keep_identity(ctx, req, name=name, language=typed["language"])
    return Reply.redirect("/me").toast(_("Saved"))


@workspace.post("/preferences", right=SIGNED_IN)
def prefer(ctx: Context, req: Req) -> Reply:
    """Take a theme or a language from the menu, and stay on the page."""
    member, theme, language = ctx.db.get_one(Member, ctx.member.id), req.one("theme"), req.one("language")
    if theme in THEMES:
        member.theme = theme
    if language in LOCALES:
        member.language = language
        _keep_identity(ctx, req, language=language)
    directory.touch(ctx.db)
    return Reply.empty() if req.is_htmx else Reply.redirect(doors.back_path(req))


@workspace.post("/me/password", right=SIGNED_IN)
def change_password(ctx: Context, req: Req) -> Reply:
    """Change the password with the present one; all other devices are signed out."""
    assert req.identity is not None
    if req.proof.is_two_factor:
        # Without a second factor the present password, asked for below, is the proof.
        step_up.require_fresh(req.proof)
    handle = req.identity.email or req.identity.login_name or ""
    try:
        login.prove(req.runtime.databases, req.runtime.redis, handle, req.one("current"), tenant=ctx.tenant, address=req.address)
    except Invalid:
        return _page(ctx, req, {"current": _("This is not your present password.")}, 422)
    try:
        passwords.accept(req.one("password"), handle, ctx.member.name)
    except Invalid as error:
        return _page(ctx, req, error.fields, 422)
    fresh = passwords.hash_password(req.one("password"))
    with control_session(req.runtime.databases) as control:
        login.change_password(control, req.identity.id, fresh, keep=req.session_id)
    return Reply.redirect("/me").toast(_("Password changed. Other devices are signed out."))


@workspace.post("/me/sessions/{id:str}/end", right=SIGNED_IN)
def end_session(_ctx: Context, req: Req) -> Reply:
    assert req.identity is not None
    key, here = parse_id(req.params["id"]), False
    with control_session(req.runtime.databases) as control:
        if key is not None:
            here = key == sessions.family_of(control, req.session_id)
            sessions.end_device(control, req.identity.id, key)
    if here:
        return doors.forget(Reply.redirect("/sign-in?signed-out=1"), req)
    return Reply.redirect("/me#devices").toast(_("Signed out there"))


@workspace.post("/me/sessions/end-others", right=SIGNED_IN)
def end_others(_ctx: Context, req: Req) -> Reply:
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        sessions.end_all(control, req.identity.id, keep=req.session_id)
    return Reply.redirect("/me#devices").toast(_("Signed out everywhere else"))


def _keep_identity(ctx: Context, req: Req, **columns: str) -> None:
    assert req.identity is not None
    person = req.identity.id

    def keep() -> None:
        with control_session(req.runtime.databases) as control:
            control.execute(update(Identity).where(Identity.id == person).values(**columns))

    ctx.after_commit.append(keep)


def _page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200, typed: dict[str, str] | None = None) -> Reply:
    assert req.identity is not None
    with control_session(req.runtime.databases) as control:
        mine = sessions.devices(control, req.identity.id)
    values = {"name": ctx.member.name, "language": ctx.member.language, "timezone": ctx.member.timezone or "", "theme": ctx.member.theme}
    return page(
        ctx, req, "settings/profile.html", status=status, values={**values, **(typed or {})}, errors=wrong, devices=mine, device=device,
        looks=looking.at_oneself(ctx) if is_vouched(req.identity) else None,
        session_id=req.session_id, zones=regions.zones(now()), languages=list(LANGUAGE_NAMES.items()),
    )  # fmt: skip
