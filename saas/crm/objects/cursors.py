"""Where a page of a list begins, as a short text for addresses: the sort value and key of a neighbouring row, and which way to go."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from saas.crm.objects.images import to_json


@dataclass(frozen=True)
class Cursor:
    """`after` is (sort value as JSON, key) of the row the page follows, None at the beginning; `is_back` pages towards the beginning."""

    after: tuple[Any, UUID] | None = None
    is_back: bool = False


def write(sort_value: Any, key: UUID, *, is_back: bool) -> str:
    """Write the place of a row."""
    plain = json.dumps(["b" if is_back else "f", to_json(sort_value), str(key)], ensure_ascii=False, default=_plain)
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read(text: str) -> Cursor:
    """Take a cursor apart; a damaged one counts as the beginning."""
    if not text:
        return Cursor()
    try:
        way, value, key = unpack(text)
        return Cursor((_kept(value), UUID(key)), way == "b")
    except (ValueError, TypeError, AttributeError):
        return Cursor()


def unpack(text: str) -> Any:
    """Read JSON out of an address. Raises ValueError for what no address of ours holds."""
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (RecursionError, binascii.Error) as error:
        raise ValueError("no cursor") from error


def _kept(value: Any) -> Any:
    """Let only texts that a database keeps be a place. Raises ValueError, also for halves of characters."""
    if isinstance(value, str) and "\x00" in value.encode().decode():
        raise ValueError("no text")
    return value


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date | Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
