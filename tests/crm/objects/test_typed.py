"""Days, moments and numbers as people type them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from saas.crm.objects.typed import parse_day, parse_moment, parse_number

SATURDAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("today", "2026-11-21"), ("Tomorrow", "2026-11-22"), ("明天", "2026-11-22"), ("后天", "2026-11-23"),
        ("yesterday", "2026-11-20"),
        ("monday", "2026-11-23"),
        ("next monday", "2026-11-23"), ("saturday", "2026-11-28"), ("下周一", "2026-11-23"),
        ("周日", "2026-11-22"),
        ("in 3 days", "2026-11-24"), ("+3d", "2026-11-24"), ("2w", "2026-12-05"), ("3天后", "2026-11-24"), ("两周后", "2026-12-05"),
        ("next month", "2026-12-21"), ("3/12", "2026-12-03"), ("3.12.", "2026-12-03"), ("3.12.26", "2026-12-03"),
        ("3/12/2026", "2026-12-03"),
        ("3 Dec", "2026-12-03"), ("Dec 3", "2026-12-03"), ("December 3, 2026", "2026-12-03"), ("3. Dec 2026", "2026-12-03"),
        ("2026年12月3日", "2026-12-03"), ("12月3日", "2026-12-03"), ("2026-12-03", "2026-12-03"), ("20261203", "2026-12-03"),
        ("2026/12/3", "2026-12-03"), ("1/2", "2027-02-01"), ("3 Dec 85", "1985-12-03"), ("２０２６-12-03", "2026-12-03"),
    ],
)  # fmt: skip
def test_a_day_is_read_in_any_common_form(text: str, wanted: str) -> None:
    assert parse_day(text, SATURDAY).isoformat() == wanted


@pytest.mark.parametrize(
    ("region", "text", "wanted"),
    [("US", "12/3", "2026-12-03"), ("US", "25/12/2026", "2026-12-25"), ("CN", "12/3", "2026-12-03"), ("DE", "12/3", "2027-03-12")],
)
def test_day_and_month_stand_as_the_region_writes_them(region: str, text: str, wanted: str) -> None:
    assert parse_day(text, SATURDAY, region).isoformat() == wanted


@pytest.mark.parametrize(
    "text", ["foo", "32/1", "2026-13-01", "29/2/2026", "99999999999", "1e5", "nan", "3 foo", "0", "march", "mo", "", "²", "1/1/0001"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_day(text, SATURDAY)


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("tomorrow 14:00", "2026-11-22", time(14)), ("3 Dec 2pm", "2026-12-03", time(14)), ("下周一 下午3点", "2026-11-23", time(15)),
        ("下周一9点半", "2026-11-23", time(9, 30)),
        ("9am", "2026-11-21", time(9)),
        ("mon 9:30 pm", "2026-11-23", time(21, 30)),
        ("3 Dec 2026, 14:05", "2026-12-03", time(14, 5)), ("2026年12月3日 14:05", "2026-12-03", time(14, 5)),
        ("12am", "2026-11-21", time(0)),
        ("tomorrow", "2026-11-22", None),
    ],
)  # fmt: skip
def test_a_moment_is_a_day_and_perhaps_a_time(text: str, day: str, clock: time | None) -> None:
    assert parse_moment(text, SATURDAY) == (date.fromisoformat(day), clock)


@pytest.mark.parametrize("text", ["25:00", "tomorrow 99:00", "13pm", "noon thirty"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(text, SATURDAY)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1 234,5", "1234.5"), ("€ 12", "12"), ("EUR 5", "5"), ("12,50 €", "12.50"),
        ("5万", "50000"), ("3k", "3000"), ("1,5", "1.5"), ("1,500", "1500"), ("1.500", "1.500"), ("12.345.678", "12345678"), ("-5", "-5"),
        ("２３", "23"), (".5", "0.5"), ("0,500", "0.500"), ("1'000.5", "1000.5"),
    ],
)  # fmt: skip
def test_a_number_is_read_with_any_separators(text: str, wanted: str) -> None:
    assert parse_number(text) == Decimal(wanted)


@pytest.mark.parametrize("text", ["", "abc", "1e5", "1,23,456", "1.2.3", "--5", "NaN", "Infinity", "5 apples", "0x10"])
def test_what_is_no_number_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(ValueError):
        parse_number(text)
