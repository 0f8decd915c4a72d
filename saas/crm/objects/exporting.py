"""Rows of a list as a table for other programs: under the rights to export, with the fields the reader sees, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import true

from saas.auth.context import Context
from saas.auth.permissions import EXPORT
from saas.crm.objects import listing, pager, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.objects.listing import Query

STEP_ROWS = 500


def fields(ctx: Context, obj: ObjectDef, names: Sequence[str]) -> tuple[Field, ...]:
    """List the fields to export: those named, as far as the reader sees them; all the reader sees when none is named."""
    readable = {field.name: field for field in views.readable_fields(ctx, obj)}
    return tuple(readable[name] for name in names if name in readable) or tuple(readable.values())


def page(ctx: Context, obj: ObjectDef, query: Query, shown: Sequence[Field]) -> tuple[list[list[str]], str]:
    """Read the next rows as texts, and the cursor of the rows after them ("" at the end). A filter that cannot be read gives none."""
    reach = pager.visible(ctx, obj, EXPORT)
    wanted = replace(query, columns=tuple(field.name for field in shown), limit=STEP_ROWS)
    found = listing.page(ctx, obj, wanted, None if reach.compare(true()) else reach)
    made = views.views(ctx, obj, found.rows, shown)
    rows = [
        [field.plain(field.value_of(row), view.cells[field.name], ctx) for field in shown]
        for view, row in zip(made, found.rows, strict=True)
    ]
    return rows, found.next_cursor
