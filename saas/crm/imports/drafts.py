"""Records on their way into the book: they carry a model's columns as attributes without being rows of a session."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from saas.core.ids import new_id
from saas.crm import registry
from saas.crm.objects.definition import ObjectDef


def draft(obj: ObjectDef, values: dict[str, Any], **engine: Any) -> Any:
    """Make a draft of a new record: the value of an untouched form in every column that is not given."""
    return SimpleNamespace(**_empty(obj.name) | values | engine | {"id": new_id()})


@cache
def _empty(name: str) -> dict[str, Any]:
    """Give every column the value of an untouched form. The lists are shared: a draft's are replaced, never changed."""
    obj = registry.get(name)
    found: dict[str, Any] = {column.key: None for column in obj.model.__table__.columns}
    found.update(tag_ids=[], custom={}, is_sample=False, version=1, tokens=[], keys=[])
    for one in obj.fields:
        if one.kind in ("emails", "phones", "multi_choice"):
            found[one.name] = []
        elif one.kind == "yes_no":
            found[one.name] = False
    return found
