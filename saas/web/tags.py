"""The tags of the workspace: make, rename, recolour, remove. Tags are put on records by the pages of those."""

from __future__ import annotations

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import L_, _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.tags import verbs
from saas.crm.tags.uses import uses
from saas.crm.tags.verbs import MANAGE
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace

TONE_NAMES = {
    "neutral": L_("Grey"),
    "blue": L_("Blue"),
    "green": L_("Green"),
    "amber": L_("Amber"),
    "red": L_("Red"),
    "violet": L_("Violet"),
}


@workspace.get("/tags", right=SIGNED_IN, looking=True)
def show(ctx: Context, req: Req) -> Reply:
    """List the tags, with their uses as far as the reader can see."""
    return _page(ctx, req)


@workspace.post("/tags", right=MANAGE)
def make(ctx: Context, req: Req) -> Reply:
    """Make a tag."""
    try:
        verbs.make(ctx, req.one("name"), req.one("tone"))
    except Invalid as error:
        return _page(ctx, req, "", error)
    return Reply.redirect("/tags").toast(_("Tag saved"))


@workspace.post("/tags/{tag:str}", right=MANAGE)
def change(ctx: Context, req: Req) -> Reply:
    """Rename and recolour a tag."""
    try:
        verbs.change(ctx, parse_id(req.params["tag"]), req.one("name"), req.one("tone"))
    except Invalid as error:
        return _page(ctx, req, req.params["tag"], error)
    return Reply.redirect("/tags").toast(_("Tag saved"))


@workspace.post("/tags/{tag:str}/remove", right=MANAGE)
def remove(ctx: Context, req: Req) -> Reply:
    """Take a tag out of use."""
    tag = verbs.remove(ctx, parse_id(req.params["tag"]))
    return Reply.redirect("/tags").toast(_("Tag %(name)s removed", name=tag.name), undo_url=f"/tags/{tag.id}/restore")


@workspace.post("/tags/{tag:str}/restore", right=MANAGE)
def restore(ctx: Context, req: Req) -> Reply:
    """Put a removed tag back on all records that had it."""
    tag = verbs.put_back(ctx, parse_id(req.params["tag"]))
    return Reply.redirect("/tags").toast(_("Tag %(name)s is back", name=tag.name))


def _page(ctx: Context, req: Req, at: str = "", error: Invalid | None = None) -> Reply:
    """Draw the page; `at` is the tag whose form was refused, empty for the new one."""
    return page(
        ctx,
        req,
        "tags/tags.html",
        status=422 if error else 200,
        tags=verbs.all_tags(ctx.db),
        uses=uses(ctx),
        tones=[(tone, str(TONE_NAMES[tone])) for tone in verbs.TONES],
        may_manage=ctx.rights.may(MANAGE),
        filtered=[obj for obj in registry.OBJECTS if obj.has_page and ctx.rights.may(f"{obj.name}:read")],
        at=at,
        typed={"name": req.one("name"), "tone": req.one("tone")} if error else {},
        errors=error.fields if error else {},
    )
