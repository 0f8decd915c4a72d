"""Taking a change back from the message that reported it."""

from __future__ import annotations

from urllib.parse import urlsplit

from saas.auth.context import Context
from saas.core.errors import NotFound
from saas.core.i18n import _, ngettext
from saas.crm import registry
from saas.crm.objects import undo as undoing
from saas.crm.objects.undo import Undone
from saas.web.exchange import Reply, Req
from saas.web.objects.sheets import own_path
from saas.web.routing import SIGNED_IN, workspace

MOST_NAMED = 3


@workspace.post("/undo/{batch:str}", right=SIGNED_IN)
def undo(ctx: Context, req: Req) -> Reply:
    """Put back what a batch changed, as far as nobody has changed it since, and name what could not be."""
    raw = req.params["batch"]
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
        raise NotFound(_("There is nothing to undo."))
    done = undoing.undo(ctx, int(raw))
    tone = "success" if not done.kept else "warning"
    return Reply.redirect(_way_back(req, done)).toast(said(done), tone=tone)


def said(done: Undone) -> str:
    """Say what became of an undo."""
    if not done.kept:
        return _("Undone")
    names = ", ".join(done.kept[:MOST_NAMED])
    more = len(done.kept) - MOST_NAMED
    if more > 0:
        names += " " + ngettext("and one more", "and %(num)s more", more)
    if not done.restored:
        return _("Nothing was undone: %(names)s changed since.", names=names)
    return _("Undone, except for what changed since: %(names)s", names=names)


def _way_back(req: Req, done: Undone) -> str:
    """Go to the record that is back, else to where one came from, unless that is no more."""
    back = next(((name, key) for name, key in done.returned if registry.BY_NAME[name].has_page), None)
    if back and registry.BY_NAME[back[0]].parent is None and len([name for name, _key in done.returned if name == back[0]]) == 1:
        return f"/{back[0]}/{back[1]}"
    came = urlsplit(req.headers.get("referer", ""))
    path = own_path(req.one("next") or (f"{came.path}?{came.query}" if came.query else came.path) or "/", "/")
    for name, key in done.removed:
        if path.startswith(f"/{name}/{key}"):
            return f"/{name}"
    return path if not path.startswith("/undo/") else "/"
