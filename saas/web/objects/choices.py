"""What a combobox offers: records of an object, or of all that rows may belong to, under the reader's rights."""

from __future__ import annotations

from saas.auth.context import Context
from saas.crm.objects import linking, seen
from saas.crm.objects.linking import NEW, Offer
from saas.web.exchange import Reply, Req
from saas.web.render import render
from saas.web.routing import SIGNED_IN, workspace

LONGEST = 200


@workspace.get("/{object:str}/choices", right="{object}:read")
def choices(ctx: Context, req: Req) -> Reply:
    """Answer with lines for a combobox; with `?make=1` also offer to make what was typed."""
    obj = seen.named(ctx, req.params["object"])
    text = _typed(req)
    found = linking.offers(ctx, obj, text)
    is_known = any(" ".join(offer.label.split()).casefold() == text.casefold() for offer in found)
    if req.one("make") and text and not is_known and linking.may_make(ctx, obj):
        found.append(Offer(NEW, text))
    return _answer(req, found)


@workspace.get("/subjects", right=SIGNED_IN, looking=True)
def subjects(ctx: Context, req: Req) -> Reply:
    """Answer with the records of all kinds that a note or an activity may belong to."""
    return _answer(req, linking.subject_offers(ctx, _typed(req)))


def _typed(req: Req) -> str:
    raw = req.one(f"{req.one('name')}_text") or req.one("q")
    return " ".join(raw.replace("\x00", "").split())[:LONGEST]


def _answer(req: Req, offers: list[Offer]) -> Reply:
    return Reply.html(render("objects/choices.html", offers=offers, typed=_typed(req)))
