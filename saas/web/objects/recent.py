"""The records somebody opened last, kept in their browser: read again under their rights each time they are shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.ids import parse_id
from saas.crm.objects import linking, listing, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.listing import Query
from saas.crm.objects.views import RecordView
from saas.web.exchange import Reply, Req

COOKIE = "recent"
KEPT = 8
YEAR_S = 365 * 86_400
Opened = tuple[str, UUID]


def remember(reply: Reply, req: Req, obj: ObjectDef, record: Any) -> Reply:
    """Put a record in front of those this browser opened."""
    if obj.parent is not None:
        return reply
    now = (obj.name, record.id)
    kept = [now, *(each for each in _read(req) if each != now)][:KEPT]
    return reply.set_cookie(COOKIE, ".".join(f"{name}:{key.hex}" for name, key in kept), YEAR_S)


def opened(ctx: Context, req: Req) -> list[tuple[ObjectDef, RecordView]]:
    """List the customers and people this member opened last, then those last changed, without what may not be seen any more."""
    wanted = _read(req)
    found: dict[Opened, tuple[ObjectDef, RecordView]] = {}
    for obj in linking.subjects(ctx):
        keys = [key for name, key in wanted if name == obj.name]
        rows = list(_rows(ctx, obj, keys)) if keys else []
        if len(wanted) < KEPT:
            rows.extend(listing.page(ctx, obj, Query(sort="updated_at", is_descending=True, columns=_columns(obj), limit=KEPT // 2)).rows)
        for view in views.views(ctx, obj, rows, [obj.by_name[name] for name in _columns(obj)]):
            found[(obj.name, view.id)] = (obj, view)
    order = [*wanted, *(key for key in found if key not in wanted)]
    return [found[key] for key in order if key in found][:KEPT]


def _rows(ctx: Context, obj: ObjectDef, keys: list[UUID]) -> Any:
    model: Any = obj.model
    return ctx.db.query(model).filter(model.id.in_(keys)).all()


def _columns(obj: ObjectDef) -> tuple[str, ...]:
    return tuple(name for name in (*obj.facts, "phones") if name in obj.by_name)


def _read(req: Req) -> list[Opened]:
    parts = [part.partition(":") for part in req.cookies.get(COOKIE, "").split(".")[:KEPT]]
    return [(name, key) for name, _colon, raw in parts if (key := parse_id(raw))]
