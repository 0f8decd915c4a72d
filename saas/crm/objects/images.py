"""Images of rows: what the journal keeps of a record, as plain JSON, and the way back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY
from sqlalchemy import inspect as inspect_model

from saas.crm.objects.columns import DERIVED_COLUMNS, RecordBase

# Bookkeeping that every change touches; an update's image leaves it out.
NOT_A_CHANGE = DERIVED_COLUMNS | {"version", "updated_at", "updated_by"}


@cache
def image_columns(model: type[RecordBase]) -> tuple[str, ...]:
    """Name the columns an image holds: all but those derived from others."""
    return tuple(column.key for column in inspect_model(model).columns if column.key not in DERIVED_COLUMNS)


def to_json(value: Any) -> Any:
    """Write one column's value as plain JSON."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, list):
        return [to_json(entry) for entry in value]
    return value


def to_image(record: RecordBase) -> dict[str, Any]:
    """Take the whole image of a record; what is empty is left out, and comes back as empty."""
    return image_of(type(record), record)


def image_of(model: type[RecordBase], source: Any) -> dict[str, Any]:
    """Take the image of anything that carries a model's columns as attributes."""
    found = {name: getattr(source, name) for name in image_columns(model)}
    return {name: to_json(value) for name, value in found.items() if value not in (None, [], {})}


def from_image(model: type[RecordBase], image: dict[str, Any]) -> dict[str, Any]:
    """Turn (part of) an image back into column values; columns the model no longer has are left out."""
    return {name: _from_json(model, name, value) for name, value in image.items() if name in image_columns(model)}


def _from_json(model: type[RecordBase], name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = inspect_model(model).columns[name].type
    if isinstance(kind, ARRAY):
        return [_scalar(kind.item_type.python_type, entry) for entry in value]
    return _scalar(kind.python_type, value)


def _scalar(python_type: type, value: Any) -> Any:
    if python_type is datetime:
        return datetime.fromisoformat(value)
    if python_type is date:
        return date.fromisoformat(value)
    if python_type in (UUID, Decimal):
        return python_type(value)
    return value
