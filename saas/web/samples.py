"""Two buttons: put the sample data in, take it out again."""

from __future__ import annotations

from saas.core.i18n import _, ngettext
from saas.crm.samples import verbs
from saas.web.routing import Context, Reply, Req, workspace


@workspace.post("/samples/add", right="settings:manage")
def add(ctx: Context, _req: Req) -> Reply:
    """Put the sample book in, in the member's language."""
    number = verbs.add_samples(ctx, ctx.member.language)
    undo = f"/undo/{ctx.state['batch']}" if number else None
    return Reply.redirect("/accounts").toast(_("Sample data is in the book. Remove it whenever you like."), undo)


@workspace.post("/samples/remove", right="settings:manage")
def remove(ctx: Context, _req: Req) -> Reply:
    """Take the sample book out."""
    number = verbs.remove_samples(ctx)
    text = ngettext("%(num)s sample record removed.", "%(num)s sample records removed.", number)
    return Reply.redirect("/today").toast(text, f"/undo/{ctx.state['batch']}")
