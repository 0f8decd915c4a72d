"""Looking at the hits of a search again, for readers from whom a searched field is hidden: found by what they may not see is not found.

Stored tokens do not say which field they came from, so the tokens of the fields a reader may see are made anew for each hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.crm.objects import access, seen
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import searchable
from saas.crm.search.query import Query
from saas.crm.search.tokens import token_texts


def is_needed(ctx: Context, obj: ObjectDef, words: Query) -> bool:
    """Tell whether hits must be looked at again."""
    return not words.is_blank and seen.is_searched_narrowly(ctx, obj)


def kept(ctx: Context, obj: ObjectDef, words: Query, keys: Sequence[UUID]) -> set[UUID]:
    """Of these hits, those that are found by fields the reader may see."""
    narrow = seen.seen(ctx, access.named(obj.name))
    model: Any = obj.model
    names = {"id", "sort_key", *(column for part in narrow.searched.values() for name in part for column in narrow.by_name[name].columns)}
    rows = ctx.db.execute(select(*(getattr(model, name) for name in sorted(names))).where(model.id.in_(keys)))
    return {row.id for row in rows if words.accepts(token_texts(searchable(narrow, row)))}
