"""The hours in which a firm lets itself be upgraded, written as operators read them: `sat,sun 22:00-04:00 Europe/Berlin`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
# Enough days to find the next opening of a weekly window whose next one falls into an hour that the clocks jump over.
AHEAD_DAYS = 15
_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """It opens at `begin` on each of `days` (of DAYS) and closes at the next `end` after it, by the clocks of `zone` (an IANA name).

    Where clocks are turned, it never reaches beyond the hours it names: an hour that comes twice counts once, the first time, and what
    lies in an hour that is jumped over begins or ends with the jump.
    """

    days: tuple[str, ...]
    begin: time
    end: time
    zone: str

    @classmethod
    def make(cls, days: str, hours: str, zone: str) -> Window:
        """Read the parts as an operator types them: `daily`, `mon-fri` or `sat,sun`; `22:00-04:00`; an IANA zone. Raises ValueError."""
        try:
            begin, end = _clocks_of(hours)
        except ValueError:
            raise ValueError(f"hours are written like 22:00-04:00, not {hours!r}") from None
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            raise ValueError(f"there is no time zone {zone!r}: give an IANA name such as Europe/Berlin or UTC") from None
        return cls(_days(days), begin, end, zone)

    @classmethod
    def read(cls, text: str) -> Window:
        """Read what `str` wrote. Raises ValueError."""
        parts = text.split()
        if len(parts) != 3:
            raise ValueError(f"a window is written like `sat,sun 22:00-04:00 Europe/Berlin`, not {text!r}")
        return cls.make(*parts)

    def __str__(self) -> str:
        days = DAILY if self.days == DAYS else ",".join(self.days)
        return f"{days} {self.begin:%H:%M}-{self.end:%H:%M} {self.zone}"

    def waits_until(self, now: datetime) -> datetime | None:
        """Tell when it opens next, in UTC; None while it is open."""
        today = now.astimezone(self._clocks).date()
        for ahead in range(-1, AHEAD_DAYS):
            day = today + timedelta(days=ahead)
            if DAYS[day.weekday()] not in self.days:
                continue
            opens, closes = self._instant(day, self.begin), self._instant(day + timedelta(days=self.end <= self.begin), self.end)
            if now < closes and opens < closes:
                return None if opens <= now else opens
        raise ValueError(f"{self} never opens")

    @cached_property
    def _clocks(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _instant(self, day: date, clock: time) -> datetime:
        """Find the moment, in UTC, when the clocks first show this; where they jump over it, the moment of the jump."""
        wall = datetime.combine(day, clock)
        moment = wall.replace(tzinfo=self._clocks).astimezone(UTC)
        shown = moment.astimezone(self._clocks)
        if shown.replace(tzinfo=None) == wall:
            return moment
        while (moment - _MINUTE).astimezone(self._clocks).utcoffset() == shown.utcoffset():
            moment -= _MINUTE
        return moment


def _clocks_of(hours: str) -> tuple[time, time]:
    """Read `22:00-04:00`; 24:00 is the midnight at the end of the day. Raises ValueError."""
    found = _HOURS.fullmatch(hours.strip().replace("24:00", "00:00"))
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def _days(text: str) -> tuple[str, ...]:
    """Read weekdays: `daily`, names, and spans of names, which may go over the end of the week. Raises ValueError."""
    if text == DAILY:
        return DAYS
    chosen = set()
    for part in text.lower().split(","):
        first, _dash, last = part.strip().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"days are written like daily, mon-fri or sat,sun, not {text!r}")
        start, length = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % 7 + 1
        chosen |= {DAYS[(start + step) % 7] for step in range(length)}
    return tuple(day for day in DAYS if day in chosen)
