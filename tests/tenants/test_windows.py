"""Windows of upgrade: how they are written, when they are open, also over midnight and on the nights when clocks are turned."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saas.tenants.windows import Window


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "hours", "zone", "written"),
    [
        ("daily", "22:00-04:00", "UTC", "daily 22:00-04:00 UTC"),
        ("mon-sun", "01:00-05:00", "Asia/Shanghai", "daily 01:00-05:00 Asia/Shanghai"),
        ("SAT,Sun", "00:00-24:00", "Europe/Berlin", "sat,sun 00:00-00:00 Europe/Berlin"),
        ("fri-mon", "23:30-23:30", "America/New_York", "mon,fri,sat,sun 23:30-23:30 America/New_York"),
        ("tue,mon-wed", "09:05-09:10", "UTC", "mon,tue,wed 09:05-09:10 UTC"),
    ],
)
def test_windows_are_written_as_operators_read_them(days: str, hours: str, zone: str, written: str) -> None:
    window = Window.make(days, hours, zone)
    assert str(window) == written
    assert Window.read(written) == window


@pytest.mark.parametrize(
    "text",
    ["", "daily", "someday 22:00-04:00 UTC", "mon- 22:00-04:00 UTC x", "mon-foo 22:00-04:00 UTC", "daily 22-4 UTC", "daily 25:00-04:00 UTC",
     "daily 24:30-04:00 UTC", "daily 22:60-04:00 UTC", "daily 22:00-04:00 Mars/Olympus", "daily 22:00-04:00 ../../etc/passwd", ", 22:00-04:00 UTC"],
)  # fmt: skip
def test_what_is_no_window_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"written like|no time zone"):
        Window.read(text)


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        # 2026-11-27 is a Friday. Berlin is an hour ahead of UTC in winter.
        ("fri 22:00-23:00 Europe/Berlin", "2026-11-27T20:59:59", "2026-11-27T21:00"),
        ("fri 22:00-23:00 Europe/Berlin", "2026-11-27T21:00", None),
        ("fri 22:00-23:00 Europe/Berlin", "2026-11-27T21:59:59", None),
        ("fri 22:00-23:00 Europe/Berlin", "2026-11-27T22:00", "2026-12-04T21:00"),
        # Over midnight it belongs to the day on which it opened: open on Saturday morning, not on Friday morning.
        ("fri 22:00-04:00 Europe/Berlin", "2026-11-28T02:59", None),
        ("fri 22:00-04:00 Europe/Berlin", "2026-11-28T03:00", "2026-12-04T21:00"),
        ("fri 22:00-04:00 Europe/Berlin", "2026-11-27T02:00", "2026-11-27T21:00"),
        # The day is that of its own zone: Saturday 01:00 in Shanghai is Friday 17:00 in UTC.
        ("sat 01:00-05:00 Asia/Shanghai", "2026-11-27T17:00", None),
        ("sat 01:00-05:00 Asia/Shanghai", "2026-11-28T01:30", "2026-12-04T17:00"),
        # A whole day.
        ("sun 00:00-24:00 UTC", "2026-11-29T23:59", None),
        ("sun 00:00-24:00 UTC", "2026-11-30T00:00", "2026-12-06T00:00"),
        # Berlin, 2026-03-29: at 02:00 clocks jump to 03:00 (01:00 UTC).
        ("daily 22:00-04:00 Europe/Berlin", "2026-03-29T01:59", None),
        ("daily 22:00-04:00 Europe/Berlin", "2026-03-29T02:00", "2026-03-29T20:00"),
        ("sun 02:30-04:00 Europe/Berlin", "2026-03-29T00:59", "2026-03-29T01:00"),
        ("sun 02:30-04:00 Europe/Berlin", "2026-03-29T01:00", None),
        ("sat 22:00-02:30 Europe/Berlin", "2026-03-29T00:59", None),
        ("sat 22:00-02:30 Europe/Berlin", "2026-03-29T01:00", "2026-04-04T20:00"),
        # All of it lies in the hour that does not come: it opens a week later.
        ("sun 02:15-02:45 Europe/Berlin", "2026-03-28T12:00", "2026-04-05T00:15"),
        # Berlin, 2026-10-25: at 03:00 clocks go back to 02:00 (01:00 UTC); the hour from 02:00 comes twice and counts once.
        ("sun 02:00-02:30 Europe/Berlin", "2026-10-25T00:15", None),
        ("sun 02:00-02:30 Europe/Berlin", "2026-10-25T01:15", "2026-11-01T01:00"),
        ("sat 22:00-04:00 Europe/Berlin", "2026-10-25T02:59", None),
        ("sat 22:00-04:00 Europe/Berlin", "2026-10-25T03:00", "2026-10-31T21:00"),
        # New York turns its clocks on other days: 2026-11-01, 06:00 UTC.
        ("sun 01:00-03:00 America/New_York", "2026-11-01T05:00", None),
        ("sun 01:00-03:00 America/New_York", "2026-11-01T07:59", None),
        ("sun 01:00-03:00 America/New_York", "2026-11-01T08:00", "2026-11-08T06:00"),
        # Clocks that jump at midnight: Santiago, 2026-09-06, from 00:00 to 01:00 (04:00 UTC).
        ("sun 00:00-02:00 America/Santiago", "2026-09-06T03:59", "2026-09-06T04:00"),
        ("sun 00:00-02:00 America/Santiago", "2026-09-06T04:30", None),
    ],
)
def test_a_window_is_open_when_it_says(window: str, now: str, until: str | None) -> None:
    assert Window.read(window).waits_until(at(now)) == (at(until) if until else None)
