"""The one place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Tell the time as an aware UTC datetime."""
    return datetime.now(UTC)


def today(timezone: str) -> date:
    """Tell the date in a zone (IANA name)."""
    return datetime.now(ZoneInfo(timezone)).date()
