"""Keys of rows: UUIDv7, so that newer rows sort after older ones and indexes grow at one end."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make a fresh time-ordered key (RFC 9562, version 7)."""
    return uuid7()


def parse_id(text: str) -> UUID | None:
    """Read a key from an address or a form; None when it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
