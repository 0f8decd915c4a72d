"""The style guide as a page: every component in every state, for whoever designs the next one. It shows nothing of anybody."""

from __future__ import annotations

from saas.web import styleguide
from saas.web.frame import THEMES
from saas.web.render import render
from saas.web.routing import Reply, Req, public

WHY = "made-up content only, the same for everybody"


@public.open_get("/styleguide", why=WHY)
def show(req: Req) -> Reply:
    """Show all components, in `?theme=` and `?language=`."""
    theme = req.one("theme", "system")
    return Reply.html(render("styleguide/index.html", **styleguide.context(theme if theme in THEMES else "system")))
