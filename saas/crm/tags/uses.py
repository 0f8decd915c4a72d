"""How often tags are used, as far as the reader can see."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.crm.objects import access


def uses(ctx: Context) -> Counter[UUID]:
    """Count the records the reader may see under each tag, over all objects whose tags the reader may see."""
    found: Counter[UUID] = Counter()
    for obj in access.registered():
        if "tag_ids" in ctx.rights.hides(obj.name):
            continue
        model: Any = obj.model
        tagged = select(func.unnest(model.tag_ids).label("tag")).where(model.tag_ids != []).subquery()
        for key, number in ctx.db.execute(select(tagged.c.tag, func.count()).group_by(tagged.c.tag)):
            found[key] += number
    return found
