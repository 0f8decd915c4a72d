"""Pages of members and of strangers: what surrounds a template (frame, site), put together from who is asking."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlencode

from saas.auth.context import Context
from saas.core.i18n import LOCALES, _
from saas.web import import_card, navigation
from saas.web.exchange import TOAST_COOKIE, Reply, Req
from saas.web.frame import Frame, FrameMember, FrameWorkspace, Site, Toast
from saas.web.render import render, render_block

TONES = ["success", "info", "warning", "error"]


def page(ctx: Context, req: Req, template: str, *, block: str | None = None, status: int = 200, **context: Any) -> Reply:
    """Render a member's page; with `block`, only that block of it, for htmx."""
    if block:
        return Reply.html(render_block(template, block, ctx=ctx, req=req, csrf_token=req.csrf, **context), status)
    return Reply.html(render(template, ctx=ctx, req=req, frame=frame(ctx, req), **context), status)


def open_page(req: Req, template: str, *, status: int = 200, **context: Any) -> Reply:
    """Render a page for strangers, of the public site or of a workspace's door."""
    return Reply.html(render(template, req=req, site=site(req), **context), status)


def frame(ctx: Context, req: Req) -> Frame:
    """Draw the frame of a workspace for this member."""
    settings = ctx.workspace
    logo = f"/logo?v={settings.logo_key.rsplit('/', 1)[-1]}" if settings.logo_key else None
    return Frame(
        workspace=FrameWorkspace(name=settings.name, logo_url=logo, accent=settings.accent or "blue"),
        member=FrameMember(name=ctx.member.name, email=ctx.member.email or ctx.member.login_name or ""),
        nav=navigation.rail(ctx, req.path),
        csrf_token=req.csrf,
        language=req.locale,
        theme=(ctx.onlooker or ctx.member).theme,
        toasts=_toasts(req),
        jobs=import_card.cards(ctx, req),
        create_items=navigation.create_items(ctx),
        workspaces=() if req.looking else ((_("Your workspaces"), "/workspaces"),),
        is_rail_collapsed=req.cookies.get("rail") == "icons",
        brand=req.runtime.settings.brand,
        sign_in_url="/sign-in",
        looking=req.looking,
    )


def site(req: Req) -> Site:
    """Draw what surrounds a stranger's page."""
    return Site(
        brand=req.runtime.settings.brand,
        csrf_token=req.csrf,
        languages=tuple((locale, _in_language(req, locale)) for locale in LOCALES),
        workspace_name=req.tenant.name if req.tenant else None,
        terms_url=req.runtime.settings.url(path="/terms"),
        privacy_url=req.runtime.settings.url(path="/privacy"),
    )


def _in_language(req: Req, locale: str) -> str:
    kept = [(name, value) for name, values in req.query.items() if name != "language" for value in values]
    return f"{req.path}?{urlencode([*kept, ('language', locale)])}"


def _toasts(req: Req) -> tuple[Toast, ...]:
    raw = req.cookies.get(TOAST_COOKIE)
    if not raw:
        return ()
    try:
        said = json.loads(unquote(raw))
        undo, href = said.get("undo_action"), said.get("href")
        tone = said.get("tone") if said.get("tone") in TONES else TONES[0]
        return (Toast(str(said["message"]).encode().decode(), tone, _own(undo), _own(href)),)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()


def _own(path: Any) -> str | None:
    """Let only addresses of this host into a toast."""
    return path if isinstance(path, str) and path.startswith("/") and not path.startswith("//") else None
