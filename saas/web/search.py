"""The global search: the palette's answer while somebody types, and the page of its own. Finding is crm.search.find."""

from __future__ import annotations

from dataclasses import dataclass

from saas.auth.context import Context
from saas.core.i18n import _
from saas.core.text.folding import fold
from saas.crm.search import find
from saas.crm.search.find import Results
from saas.web import navigation
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace

TEMPLATE = "search/search.html"
PALETTE = "palette-results"
# The palette shows as many hits as fit without scrolling far.
PALETTE_HITS = 12
LONGEST = 200


@dataclass(frozen=True)
class Action:
    """Something to do or a place to go, found by its name."""

    label: str
    href: str
    icon: str


@workspace.get("/search", right=SIGNED_IN, looking=True)
def search(ctx: Context, req: Req) -> Reply:
    """Answer with what was found: in the palette as its lines, else as a page."""
    text = req.one("q").replace("\x00", "")[:LONGEST].strip()
    is_palette = req.htmx_target == PALETTE
    found = find.search(ctx, text, PALETTE_HITS if is_palette else find.BEST) if text else Results("")
    actions = _actions(ctx, text) if is_palette else ()
    block = "palette" if is_palette else "results" if req.htmx_target == "search-results" else None
    return page(ctx, req, TEMPLATE, block=block, text=text, found=found, actions=actions)


def _actions(ctx: Context, text: str) -> tuple[Action, ...]:
    """List what can be done: all while nothing is typed, then those whose name has the words typed."""
    made = [Action(_("New %(object)s", object=item.label.lower()), item.href, "plus") for item in navigation.create_items(ctx)]
    places = [Action(item.label, item.href, item.icon) for group in navigation.rail(ctx, "") for item in group.items]
    words = fold(text).split()
    return tuple(action for action in (*made, *places) if all(word in fold(action.label) for word in words))
