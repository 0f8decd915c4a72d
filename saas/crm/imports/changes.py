"""What a row changes in a record of the book: values of the file replace those there, lists are united, empty cells change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.crm.imports.built import Built
from saas.crm.imports.matching import Known
from saas.crm.objects.definition import ObjectDef


@dataclass
class Change:
    """A record and its new values by column. `tags` are names, because some may still have to be made."""

    record: Any
    values: dict[str, Any]
    tags: tuple[str, ...] = ()


def load(ctx: Context, obj: ObjectDef, known: Iterable[Known], *, is_real: bool) -> dict[UUID, Any]:
    """Load the records that rows are about to change, locked when it is meant."""
    wanted = [one.id for one in known]
    if not wanted:
        return {}
    query = select(obj.model).where(obj.model.id.in_(wanted)).order_by(obj.model.id)
    if is_real:
        query = query.with_for_update().execution_options(populate_existing=True)
    with ctx.as_system("import: change records"):
        return {record.id: record for record in ctx.db.execute(query).scalars()}


def change_of(record: Any, built: Built, extra: Mapping[str, Any], tag_ids: Mapping[str, UUID]) -> Change | None:
    """Compare a row with the record it belongs to; None when it says nothing new. `extra` holds links and the owner."""
    new: dict[str, Any] = {}
    for name, value in {**built.values, **extra}.items():
        mine = getattr(record, name)
        wanted = _united(mine, value) if isinstance(value, list) else value
        if mine != wanted:
            new[name] = wanted
    kept = (record.custom or {}).get("import", {})
    if any(kept.get(name) != text for name, text in built.leftovers.items()):
        new["custom"] = {**(record.custom or {}), "import": {**kept, **built.leftovers}}
    tags = tuple(name for name in built.tags if tag_ids.get(name.casefold()) not in record.tag_ids)
    return Change(record, new, tags) if new or tags else None


def _united(mine: list[Any], theirs: list[Any]) -> list[Any]:
    known = [_value(entry) for entry in mine]
    return [*mine, *(entry for entry in theirs if _value(entry) not in known)]


def _value(entry: Any) -> Any:
    return entry["value"] if isinstance(entry, dict) else entry
