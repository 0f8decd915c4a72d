"""Short pages that are also a right-hand sheet: the same inside, on its own or over the page one came from."""

from __future__ import annotations

from typing import Any

from saas.auth.context import Context
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.render import render

TARGET = "sheet"


def sheet(
    ctx: Context, req: Req, inside: str, *, title: str, close_href: str, subtitle: str = "", status: int = 200, **context: Any
) -> Reply:
    """Render the template `inside` as a page, or as the sheet when htmx asks for that."""
    shown = {"inside": inside, "title": title, "subtitle": subtitle, "close_href": close_href, **context}
    if req.htmx_target == TARGET:
        return Reply.html(render("objects/in_sheet.html", ctx=ctx, req=req, csrf_token=req.csrf, **shown), status)
    return page(ctx, req, "objects/on_page.html", status=status, **shown)


def own_path(text: str, default: str) -> str:
    """Let only addresses of this host be a way back."""
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if is_own else default
