"""A list as a file: what its filters find and the reader may export, sent while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from saas.auth import audit, volumes
from saas.auth.acting import acting
from saas.auth.context import Context
from saas.core.clock import today
from saas.core.errors import Forbidden
from saas.core.log import get
from saas.crm.objects import exporting, listing, seen
from saas.crm.objects.listing import Query
from saas.tenants.session import long_scope, tenant_session
from saas.web import spreadsheets
from saas.web.exchange import Reply, Req
from saas.web.objects import state
from saas.web.routing import workspace

ALL = "all"

_log = get(__name__)


@dataclass(frozen=True)
class _Order:
    """What somebody asked for; each step reads it with their rights of that moment."""

    object: str
    query: Query
    columns: tuple[str, ...]


@workspace.get("/{object:str}/export", right="{object}:export")
def export(ctx: Context, req: Req) -> Reply:
    """Send the list as CSV, with the columns it shows, or with every field (`fields=all`)."""
    obj = seen.with_page(ctx, req.params["object"])
    asked = state.read(obj, req.query).change()
    if listing.conditions_of(ctx, obj, asked.filters)[1]:
        return Reply.redirect(asked.href())
    names = () if req.one("fields") == ALL else tuple(field.name for field in state.columns(ctx, asked))
    question = "; ".join(f"{name}={value}" for name, value in asked.question())
    audit.note(ctx.db, ctx.member.id, "records.exported", after={"object": obj.name, **({"question": question} if question else {})})
    day = today(ctx.timezone).isoformat()
    return Reply.stream(_lines(ctx, req, _Order(obj.name, asked.query(), names)), "text/csv; charset=utf-8", f"{obj.name}-{day}.csv")


def _lines(ctx: Context, req: Req, order: _Order) -> Iterator[bytes]:
    """Write the file step by step, each in a transaction of its own: the request's is over by then.

    Whoever loses the right meanwhile gets no further row; the file ends there.
    """
    cursor, is_first = "", True
    yield spreadsheets.MARK
    while is_first or cursor:
        try:
            chunk, cursor = _step(ctx, req, order, cursor, is_first=is_first)
        except Forbidden:
            _log.info("export ended: the right is gone", member=str(ctx.member.id))
            return
        yield chunk
        is_first = False


def _step(ctx: Context, req: Req, order: _Order, cursor: str, *, is_first: bool) -> tuple[bytes, str]:
    with tenant_session(req.runtime.databases, ctx.tenant, long_scope(ctx.tenant)) as db, acting(db, ctx.member.id, "web") as now_ctx:
        now_ctx.require(f"{order.object}:export")
        obj = seen.with_page(now_ctx, order.object)
        shown = exporting.fields(now_ctx, obj, order.columns)
        rows, following = exporting.page(now_ctx, obj, replace(order.query, cursor=cursor), shown)
        heads = [[str(field.label) for field in shown]] if is_first else []
        if rows:
            volumes.note(db, req.runtime.settings, now_ctx.directory, now_ctx.member, volumes.EXPORT, len(rows))
        return spreadsheets.lines([*heads, *rows]), following
