"""Dates and moments as people, programs and spreadsheets write them; and the order of day and month in a column."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from saas.crm.transfer.values.outcome import EMPTY, Hints, Problem, Value, mended, problem
from saas.crm.transfer.values.text import NOTHING, is_error, unwrap

YMD_REGIONS = frozenset("CN TW HK MO JP KR KP MN HU LT SE CA IR ZA".split())
MDY_REGIONS = frozenset("US PH PR GU FM MH PW AS VI".split())
YEARS_AHEAD = 10
FIRST_SERIAL, LAST_SERIAL = 10_000, 73_050
_MONTH_NAMES = {
    "jan": 1, "january": 1, "januar": 1, "jänner": 1, "enero": 1, "ene": 1, "janvier": 1, "janv": 1,
    "feb": 2, "february": 2, "februar": 2, "febrero": 2, "février": 2, "fevrier": 2, "févr": 2,
    "mar": 3, "march": 3, "märz": 3, "mrz": 3, "marzo": 3, "mars": 3,
    "apr": 4, "april": 4, "abril": 4, "abr": 4, "avril": 4, "avr": 4,
    "may": 5, "mai": 5, "mayo": 5,
    "jun": 6, "june": 6, "juni": 6, "junio": 6, "juin": 6,
    "jul": 7, "july": 7, "juli": 7, "julio": 7, "juillet": 7, "juil": 7,
    "aug": 8, "august": 8, "agosto": 8, "ago": 8, "août": 8, "aout": 8,
    "sep": 9, "sept": 9, "september": 9, "septiembre": 9, "septembre": 9,
    "oct": 10, "october": 10, "oktober": 10, "okt": 10, "octubre": 10, "octobre": 10,
    "nov": 11, "november": 11, "noviembre": 11, "novembre": 11,
    "dec": 12, "december": 12, "dezember": 12, "dez": 12, "diciembre": 12, "dic": 12, "décembre": 12, "déc": 12, "decembre": 12,
}  # fmt: skip

_TIME = (
    r"(?:[T ,]+|(?<=[日号]))(?P<half>上午|下午|晚上|凌晨|中午)? ?(?P<h>\d{1,2})[:时点](?P<mi>\d{2})分?(?::?(?P<s>\d{2})秒?(?:[.,]\d{1,9})?)?"
    r"\s*(?P<ap>[ap]\.?m\.?)?(?: ?uhr)?\s*(?P<z>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_ISO = re.compile(rf"(?P<y>\d{{4}})([-/.])(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}})(?:{_TIME})?", re.IGNORECASE)
_CHINESE = re.compile(rf"(?P<y>\d{{4}}|\d{{2}})年(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})[日号]?(?:{_TIME})?", re.IGNORECASE)
_NUMERIC = re.compile(rf"(?P<a>\d{{1,2}})([-/. ])(?P<b>\d{{1,2}})\2'?(?P<y>\d{{4}}|\d{{2}})(?:{_TIME})?", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?:\w{{2,10}}\.?, )?(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[ -](?:de )?(?P<name>[a-zäéûàôç]{{3,10}})\.?,?[ -](?:de |del )?'?(?P<y>\d{{4}}|\d{{2}})(?:{_TIME})?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?:\w{{2,10}}\.?, )?(?P<name>[a-zäéûàôç]{{3,10}})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? '?(?P<y>\d{{4}})(?:{_TIME})?", re.IGNORECASE
)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?)?")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d{1,12})?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_ZERO = re.compile(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?: 0{1,2}:0{2}(?::0{2})?)?|1900-01-00|0")
_NO_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}月?|\d{4}年?|\d{1,2}[/.-]\d{4}|--\d{1,2}-\d{1,2}")
_SHORT = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})(?:\D.*)?")


class _NotADate(Exception):
    """Carries the problem out of the depths of a reading."""

    def __init__(self, found: Problem) -> None:
        self.found = found


def default_date_order(region: str) -> str:
    """Return the order of day and month that is customary in a region: ymd, mdy or dmy."""
    return "ymd" if region in YMD_REGIONS else "mdy" if region in MDY_REGIONS else "dmy"


def infer_date_order(values: Iterable[str]) -> str | None:
    """Find the order of a column's dates from those that leave no doubt: dmy, mdy, ymd, or None when nothing tells.

    One cell such as 25/03/2025 decides for all; where cells contradict each other, the majority does.
    """
    votes = {"ymd": 0, "dmy": 0, "mdy": 0}
    for value in values:
        if _ISO.match(value):
            votes["ymd"] += 1
            continue
        match = _SHORT.fullmatch(value)
        if not match:
            continue
        first, second = int(match.group(1)), int(match.group(2))
        if 12 < first <= 31 and second <= 12:
            votes["dmy"] += 1
        elif first <= 12 < second <= 31:
            votes["mdy"] += 1
    if votes["dmy"] != votes["mdy"]:
        return "dmy" if votes["dmy"] > votes["mdy"] else "mdy"
    return "ymd" if votes["ymd"] and not votes["dmy"] else None


def parse_date(text: str, hints: Hints) -> Value | Problem:
    """Read a calendar date; a moment with a zone gives its date in the hinted time zone."""
    outcome = _read(text, hints)
    if isinstance(outcome, Problem) or outcome.value is None:
        return outcome
    moment, has_zone = outcome.value
    day = moment.astimezone(_zone(hints.timezone)).date() if has_zone else moment.date()
    return Value(day, outcome.notes)


def parse_datetime(text: str, hints: Hints) -> Value | Problem:
    """Read a moment as aware UTC; without a zone it is in the hinted time zone, without a time it is midnight there."""
    outcome = _read(text, hints)
    if isinstance(outcome, Problem) or outcome.value is None:
        return outcome
    moment, has_zone = outcome.value
    local = moment if has_zone else moment.replace(tzinfo=_zone(hints.timezone))
    return Value(local.astimezone(UTC), outcome.notes)


def _read(text: str, hints: Hints) -> Value | Problem:
    """Read (datetime, whether it has a zone)."""
    iso = _ISO.fullmatch(text)
    try:
        if iso and not _ZERO.fullmatch(text):
            return Value(_moment(iso, int(iso["y"]), int(iso["m"]), int(iso["d"]), text))
        return _read_other(unicodedata.normalize("NFKC", unwrap(text)).strip(), hints)
    except _NotADate as stop:
        return stop.found


def _read_other(text: str, hints: Hints) -> Value | Problem:
    if text.casefold() in NOTHING:
        return EMPTY
    if _ZERO.fullmatch(text):
        return EMPTY if text == "0" else mended(None, "empty_date", text=text)
    if is_error(text):
        return problem("excel_error", "", text=text)
    chinese = _CHINESE.fullmatch(text) or _ISO.fullmatch(text)
    if chinese:
        return Value(_moment(chinese, _year(chinese["y"], hints), int(chinese["m"]), int(chinese["d"]), text))
    numeric = _NUMERIC.fullmatch(text)
    if numeric:
        return _read_numeric(numeric, text, hints)
    named = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    if named and named["name"].casefold() in _MONTH_NAMES:
        month = _MONTH_NAMES[named["name"].casefold()]
        return Value(_moment(named, _year(named["y"], hints), month, int(named["d"]), text))
    return _read_digits(text)


def _read_digits(text: str) -> Value | Problem:
    compact = _COMPACT.fullmatch(text)
    if compact and "01" <= compact["m"] <= "12":
        return Value(_moment(compact, int(compact["y"]), int(compact["m"]), int(compact["d"]), text))
    if _SERIAL.fullmatch(text) and FIRST_SERIAL <= float(text.replace(",", ".")) <= LAST_SERIAL:
        serial = float(text.replace(",", "."))
        moment = datetime(1899, 12, 30) + timedelta(seconds=round(serial * 86_400))
        return mended((moment, False), "serial_date", text=text, date=moment.date().isoformat())
    if _EPOCH.fullmatch(text):
        return Value((datetime.fromtimestamp(int(text[:10]), UTC), True))
    if _NO_DAY.fullmatch(text):
        return problem("date_incomplete", None, text=text)
    return problem("not_a_date", None, text=text[:60])


def _read_numeric(match: re.Match[str], text: str, hints: Hints) -> Value | Problem:
    first, second = int(match["a"]), int(match["b"])
    order = hints.date_order if hints.date_order in ("dmy", "mdy") else None
    if order is None and match[2] == ".":
        # Nobody writes month.day.year with points.
        order = "dmy"
    if hints.date_order == "ymd" and len(match["y"]) == 2 and first > 12:
        return Value(_moment(match, _year(match["a"], hints), second, int(match["y"]), text))
    year = _year(match["y"], hints)
    if first > 12 or second > 12 or first == second:
        day, month = (first, second) if first > 12 or first == second else (second, first)
        if order and first != second and order != ("dmy" if day == first else "mdy"):
            proposal = _day(year, month, day, text).isoformat()
            return problem("other_date_order", proposal, text=text, date=proposal)
    elif order is None:
        guess = default_date_order(hints.region)
        month, day = (first, second) if guess == "mdy" else (second, first)
        return problem("ambiguous_date", _day(year, month, day, text).isoformat(), text=text)
    else:
        month, day = (first, second) if order == "mdy" else (second, first)
    return Value(_moment(match, year, month, day, text))


def _year(digits: str, hints: Hints) -> int:
    """Understand two digits as a year at most ten years ahead of today."""
    if len(digits) == 4:
        return int(digits)
    now = (hints.today or date.today()).year
    year = now // 100 * 100 + int(digits)
    return year - 100 if year > now + YEARS_AHEAD else year


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _NotADate(problem("no_such_date", None, text=text[:60])) from error


def _moment(match: re.Match[str], year: int, month: int, day: int, text: str) -> tuple[datetime, bool]:
    found = _day(year, month, day, text)
    if match["h"] is None:
        return datetime.combine(found, time()), False
    parts = match.groupdict()
    hour, half = int(match["h"]), (parts.get("ap") or parts.get("half") or "").lower()
    if half[:1] == "p" or half in ("下午", "晚上"):
        hour += 12 if hour < 12 else 0
    elif (half[:1] == "a" or half in ("上午", "凌晨")) and hour == 12:
        hour = 0
    try:
        clock = time(hour % 24, int(match["mi"]), int(match["s"] or 0))
    except ValueError as error:
        raise _NotADate(problem("no_such_date", None, text=text[:60])) from error
    moment = datetime.combine(found, clock) + timedelta(days=hour // 24)
    zone = parts.get("z")
    return (moment.replace(tzinfo=_offset(zone)), True) if zone else (moment, False)


def _offset(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=minutes if zone[0] == "+" else -minutes)) if minutes < 24 * 60 else UTC


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
