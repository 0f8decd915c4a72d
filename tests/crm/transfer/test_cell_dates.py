"""Dates and moments in cells."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.crm.transfer.cells import parse
from saas.crm.transfer.values.dates import default_date_order, infer_date_order
from saas.crm.transfer.values.outcome import Hints, Problem, Value

TODAY = date(2026, 11, 21)
BERLIN = Hints(region="DE", timezone="Europe/Berlin", date_order="dmy", today=TODAY)
UNSURE = Hints(region="DE", timezone="Europe/Berlin", today=TODAY)


def day(text: str, hints: Hints = BERLIN) -> object:
    outcome = parse("date", text, hints)
    assert isinstance(outcome, Value), f"{text!r}: {outcome}"
    return outcome.value


def refused(text: str, hints: Hints = BERLIN) -> tuple[str, str | None]:
    outcome = parse("date", text, hints)
    assert isinstance(outcome, Problem), f"{text!r}: {outcome}"
    return outcome.code, outcome.suggestion


@pytest.mark.parametrize(
    "text",
    ["2026-12-03", "2026/12/3", "2026.12.03", "2026-12-03 00:00", "2026-12-03T10:22:00", "2026年12月3日", "2026年12月03号", "26年12月3日", "03.12.2026", "3.12.26", "3/12/2026", "3-12-2026", "03/12/26", "3 Dec 2026", "3. Dezember 2026",
     "December 3, 2026", "Dec 3rd, 2026", "3-Dec-26", "3 de diciembre de 2026", "3 décembre 2026", "Thu, 3 Dec 2026", "20261203", "46359", "46359.75", "２０２６年１２月３日", "3.12.2026 14:30 Uhr", "46359,5"],
)  # fmt: skip
def test_one_day_in_many_forms(text: str) -> None:
    assert day(text) == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("text", "utc"),
    [("2026-12-03T10:22:00.000Z", (10, 22)), ("2026-12-03 10:22", (9, 22)), ("2026-12-03 10:22:00+08:00", (2, 22)), ("2026-12-03T10:22:00+0000", (10, 22)), ("12/3/2026 2:30 PM", (13, 30)), ("12/3/2026, 10:22 AM", (9, 22)),
     ("2026年12月3日 下午3:05", (14, 5)), ("2026/12/3 15时05分", (14, 5)), ("2026-12-03 12:15 AM", (23, 15)), ("1764750000", None), ("46359.5", (11, 0))],
)  # fmt: skip
def test_moments_are_kept_in_utc(text: str, utc: tuple[int, int] | None) -> None:
    outcome = parse("datetime", text, Hints(timezone="Europe/Berlin", date_order="mdy"))
    assert isinstance(outcome, Value)
    found = outcome.value
    assert found.tzinfo is UTC
    if utc:
        assert (found.hour, found.minute) == utc


def test_a_day_without_time_is_midnight_where_the_workspace_is() -> None:
    outcome = parse("datetime", "2026-07-01", Hints(timezone="Asia/Shanghai"))
    assert outcome == Value(datetime(2026, 6, 30, 16, 0, tzinfo=UTC))


def test_a_moment_with_a_zone_gives_the_day_there() -> None:
    assert day("2026-12-02T23:30:00Z", Hints(timezone="Asia/Shanghai")) == date(2026, 12, 3)


@pytest.mark.parametrize("text", ["0/0/00", "0000-00-00", "00/00/0000", "1900-01-00", "0000-00-00 00:00:00"])
def test_zeros_stand_for_no_date(text: str) -> None:
    outcome = parse("date", text, BERLIN)
    assert isinstance(outcome, Value)
    assert (outcome.value, outcome.notes[0].code) == (None, "empty_date")


def test_serial_numbers_are_shown_as_what_they_became() -> None:
    outcome = parse("date", "45631", BERLIN)
    assert isinstance(outcome, Value)
    assert outcome.value == date(2024, 12, 5)
    assert outcome.notes[0].figures == {"text": "45631", "date": "2024-12-05"}


@pytest.mark.parametrize(("text", "year"), [("1.5.85", 1985), ("1.5.30", 2030), ("1.5.36", 2036), ("1.5.37", 1937), ("1.5.00", 2000)])
def test_two_digits_of_a_year_reach_ten_years_ahead(text: str, year: int) -> None:
    assert day(text) == date(year, 5, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [("30.02.2026", "no_such_date"), ("2026-13-01", "no_such_date"), ("31.4.2026", "no_such_date"), ("1985", "date_incomplete"), ("2026-12", "date_incomplete"), ("--12-03", "date_incomplete"), ("soon", "not_a_date"), ("3 Foo 2026", "not_a_date"),
     ("12345678901234567890", "not_a_date"), ("1.2.3.4", "not_a_date")],
)  # fmt: skip
def test_what_is_no_day_says_why(text: str, code: str) -> None:
    assert refused(text)[0] == code


def test_an_ambiguous_day_is_asked_about_and_the_column_decides() -> None:
    assert refused("03/04/2025", UNSURE) == ("ambiguous_date", "2025-04-03")
    assert refused("03/04/2025", Hints(region="US")) == ("ambiguous_date", "2025-03-04")
    assert day("03/04/2025", Hints(date_order="mdy")) == date(2025, 3, 4)
    assert day("03/04/2025", Hints(date_order="dmy")) == date(2025, 4, 3)
    assert day("04/04/2025", UNSURE) == date(2025, 4, 4)
    assert day("03.04.2025", UNSURE) == date(2025, 4, 3)


def test_a_day_that_fits_only_the_other_order_is_pointed_out() -> None:
    assert refused("25/03/2025", Hints(date_order="mdy")) == ("other_date_order", "2025-03-25")
    assert refused("03/25/2025", Hints(date_order="dmy")) == ("other_date_order", "2025-03-25")


@pytest.mark.parametrize(
    ("values", "order"),
    [(["03/04/2025", "25/03/2025"], "dmy"), (["03/04/2025", "3/25/2025", "1/2/2025"], "mdy"), (["3/15/2024 2:30 PM"], "mdy"), (["03/04/2025", "01/02/2025"], None), (["2025-03-04"], "ymd"), ([], None), (["hello"], None),
     (["25/03/2025", "03/25/2025", "26/03/2025"], "dmy"), (["25/03/2025", "03/25/2025"], None)],
)  # fmt: skip
def test_the_order_of_a_column_comes_from_days_beyond_twelve(values: list[str], order: str | None) -> None:
    assert infer_date_order(values) == order


def test_countries_have_their_customary_order() -> None:
    assert [default_date_order(region) for region in ("US", "DE", "CN", "GB", "")] == ["mdy", "dmy", "ymd", "dmy", "dmy"]


# The serial number of a spreadsheet has five digits from this day on; with four it might as well be a year.
@given(st.dates(date(1927, 5, 18), date(2090, 1, 1)))
def test_every_day_comes_back_from_every_form(moment: date) -> None:
    hints = Hints(date_order="dmy", today=TODAY)
    forms = [
        moment.isoformat(),
        f"{moment.day}.{moment.month}.{moment.year}",
        f"{moment.day}/{moment.month}/{moment.year}",
        f"{moment.year}年{moment.month}月{moment.day}日",
        f"{moment:%d %b %Y}",
        f"{moment:%B} {moment.day}, {moment.year}",
        str((moment - date(1899, 12, 30)).days),
    ]
    assert {day(form, hints) for form in forms} == {moment}
