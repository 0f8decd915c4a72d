"""Lists of records that point to this one: a few rows each, and the way to all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import CREATE, READ
from saas.core.locale_format import format_number
from saas.crm.objects import views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import EMPTY_CELL, Cell
from saas.crm.objects.rich_fields import Link
from saas.crm.objects.seen import everything
from saas.crm.objects.views import RecordView

ROWS = 5
COUNTED = 100


@dataclass(frozen=True)
class RelatedRow:
    """One row: the record, what it is in a few words, and how to call it."""

    view: RecordView
    detail: str
    phone: Cell = EMPTY_CELL


@dataclass(frozen=True)
class Related:
    """One list. `count` as text; `new_href` None for who may not add."""

    key: str
    obj: ObjectDef
    title: str
    rows: list[RelatedRow]
    count: str
    all_href: str
    new_href: str | None


def related(ctx: Context, obj: ObjectDef, record: Any) -> Iterator[Related]:
    """List the records of every object that link to a record, under the reader's rights; subsidiary lists only when there are any."""
    for other in everything(ctx):
        for link in other.links:
            if link.target == obj.name and other.has_page and ctx.rights.may(f"{other.name}:{READ}"):
                found = _related(ctx, obj, record, other, link)
                if found.rows or link.inverse is None:
                    yield found


def _related(ctx: Context, obj: ObjectDef, record: Any, other: ObjectDef, link: Link) -> Related:
    shown = [other.by_name[name] for name in (*other.facts, "phones") if name in other.by_name and name != link.name]
    model: Any = other.model
    names = {"id", "code", "version", "owner_id", "is_sample", other.label_field, *(name for f in shown for name in f.columns)}
    # The index of the link carries the order; the rights are the session's own.
    pointing = select(*(getattr(model, name) for name in sorted(names))).where(getattr(model, link.name) == record.id)
    found = ctx.db.execute(pointing.order_by(model.sort_key, model.id).limit(COUNTED + 1)).all()
    rows = [_row(view) for view in views.views(ctx, other, found[:ROWS], shown)]
    number = format_number(min(len(found), COUNTED)) + ("+" if len(found) > COUNTED else "")
    new_href = f"/{other.name}/new?{link.name}={record.id}&next=/{obj.name}/{record.id}"
    return Related(
        key=f"{other.name}-{link.name}",
        obj=other,
        title=str(link.inverse or other.plural),
        rows=rows,
        count=number,
        all_href=f"/{other.name}?f.{link.name}.any={record.id}",
        new_href=new_href if ctx.rights.may(f"{other.name}:{CREATE}") else None,
    )


def _row(view: RecordView) -> RelatedRow:
    phones = view.cells.get("phones", EMPTY_CELL)
    words = [cell.text for name, cell in view.cells.items() if name != "phones" and cell.text]
    return RelatedRow(view, " · ".join(words[:2]), phones.parts[0] if phones.parts else EMPTY_CELL)
