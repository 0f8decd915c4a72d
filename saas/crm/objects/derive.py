"""Columns computed from others on every save: the sort key, the search tokens, and what an object derives for itself."""

from __future__ import annotations

from typing import Any

from saas.core.text.sorting import sort_key
from saas.crm.objects.columns import RecordBase
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.keys import keys_of
from saas.crm.search.tokens import Searchable, tokens


def derive(obj: ObjectDef, record: RecordBase) -> None:
    """Bring all derived columns of a record up to date."""
    if obj.derive:
        obj.derive(record)
    record.sort_key = sort_key(obj.label_of(record), is_person_name=obj.is_person)
    record.keys = keys_of(obj, record)
    record.tokens = tokens(searchable(obj, record))


def searchable(obj: ObjectDef, source: Any) -> Searchable:
    """Collect what of a record can be found, by the nature of the text."""
    found: dict[str, list[str]] = {}
    for part, names in obj.searched.items():
        values: list[str] = []
        for name in names:
            value = getattr(source, name)
            if isinstance(value, list):
                values.extend(entry["value"] for entry in value)
            elif value:
                values.append(str(value))
        found[part] = values
    return Searchable(sort_key=source.sort_key, **found, is_person=obj.is_person)
