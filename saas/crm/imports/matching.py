"""Which rows of a file the book has already: asked for a whole batch at once, also of rows the reader cannot see (Rights 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import EDIT
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.keys import key


@dataclass(frozen=True)
class Known:
    """A record that has a key: whether the reader may see and change it, and whose it is."""

    id: UUID
    code: str
    is_visible: bool
    is_editable: bool
    department_id: UUID


def row_keys(obj: ObjectDef, values: dict[str, Any], natures: Iterable[str]) -> list[str]:
    """List the keys of a row's values, of the chosen natures only, the surest first."""
    found: dict[str, None] = {}
    for nature in natures:
        for name in obj.recognised.get(nature, ()):
            value = values.get(name)
            texts = [entry["value"] for entry in value] if isinstance(value, list) else [value] if value else []
            for text in texts:
                made = key(nature, str(text))
                if made:
                    found[made] = None
    return list(found)


def known_records(ctx: Context, obj: ObjectDef, keys: Iterable[str]) -> dict[str, list[Known]]:
    """Find the records that have any of the keys: key → records, oldest first."""
    wanted = set(keys)
    if not wanted:
        return {}
    model: Any = obj.model
    columns = (
        model.id,
        model.code,
        model.keys,
        model.department_id,
        access.visible(ctx.rights, obj).label("is_visible"),
        access.visible(ctx.rights, obj, EDIT).label("is_editable"),
    )
    found: dict[str, list[Known]] = {}
    with ctx.as_system("import: recognise records"):
        for row in ctx.db.execute(select(*columns).where(model.keys.overlap(sorted(wanted))).order_by(model.id)):
            known = Known(row.id, row.code, bool(row.is_visible), bool(row.is_editable), row.department_id)
            for one in wanted.intersection(row.keys):
                found.setdefault(one, []).append(known)
    return found
