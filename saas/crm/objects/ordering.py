"""The order of a list and the places in it. Every order ends with the key, so that equal values have one order too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, or_, tuple_

from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.objects.images import from_image

BY_LABEL = "label"


def sortable(obj: ObjectDef) -> tuple[Field, ...]:
    """List the fields a list can be sorted by beside the label."""
    return tuple(f for f in obj.fields if f.is_sortable and f.name != obj.label_field)


@dataclass(frozen=True)
class Order:
    """One direction along one column of a table. Nulls come first going up and last going down."""

    value: Any
    key: Any
    is_descending: bool

    @property
    def is_nullable(self) -> bool:
        return bool(self.value.nullable)

    @property
    def is_label(self) -> bool:
        """Whether it follows the label: the order that every branch of rights has an index for."""
        return self.value.name == "sort_key"  # type: ignore[no-any-return]

    @property
    def clauses(self) -> tuple[ColumnElement[Any], ...]:
        """Give what ORDER BY needs."""
        if self.is_descending:
            return (self.value.desc().nulls_last() if self.is_nullable else self.value.desc(), self.key.desc())
        return (self.value.asc().nulls_first() if self.is_nullable else self.value.asc(), self.key.asc())

    def beyond(self, after: tuple[Any, UUID]) -> ColumnElement[bool]:
        """Give the condition of the rows behind a place."""
        value, key = after
        row = tuple_(self.value, self.key)
        if value is None:
            rest = self.key < key if self.is_descending else self.key > key
            same = and_(self.value.is_(None), rest)
            return same if self.is_descending else or_(same, self.value.is_not(None))
        bound = tuple_(literal(value, self.value.type), literal(key, self.key.type))
        if not self.is_descending:
            return row > bound
        return or_(row < bound, self.value.is_(None)) if self.is_nullable else row < bound


def order_of(obj: ObjectDef, sort: str, is_descending: bool) -> Order:
    """Find the order of a list by the name of a sortable field; by the label when there is none of that name."""
    columns = obj.model.__table__.c
    names = {f.name for f in sortable(obj)}
    return Order(columns[sort] if sort in names else columns.sort_key, columns.id, is_descending)


def place(obj: ObjectDef, order: Order, after: tuple[Any, UUID] | None) -> tuple[Any, UUID] | None:
    """Turn a cursor's plain value into the column's own; a value of another kind is the beginning."""
    if after is None or order.value.name == "sort_key":
        return after if after is None or isinstance(after[0], str) else None
    try:
        value = from_image(obj.model, {order.value.name: after[0]})[order.value.name]
        return value.astimezone(UTC) if isinstance(value, datetime) else value, after[1]
    except (ValueError, TypeError, OverflowError):
        return None
