"""Reading what people type into fields: days and moments in any common form, numbers with any separators. Files are read by `transfer`."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

MONTH_FIRST = frozenset("US PH PR GU FM MH PW AS VI".split())
YEAR_FIRST = frozenset("CN TW HK MO JP KR KP MN HU LT SE CA IR ZA".split())
EARLIEST, LATEST = date(1800, 1, 1), date(2200, 12, 31)
_YEARS_AHEAD = 10

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "mon tue wed thu fri sat sun".split()
_CHINESE_DAYS = "一二三四五六日"
_NEAR = {
    "today": 0, "tod": 0, "tomorrow": 1, "tmr": 1, "tom": 1, "day after tomorrow": 2, "yesterday": -1,
    "今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3, "昨天": -1, "前天": -2, "next week": 7, "下周": 7,
}  # fmt: skip
_CHINESE_NUMBERS = {char: number for number, char in enumerate("零一二三四五六七八九十")} | {"两": 2, "半": 0}
_SCALES = {"k": 10**3, "m": 10**6, "千": 10**3, "万": 10**4, "亿": 10**8}

_AHEAD = re.compile(
    r"(?:in )?\+?(\d{1,3}|a|an|[一二两三四五六七八九十]) ?(?:个)?"
    r"(d|day|days|w|week|weeks|month|months|天|日|周|星期|月)(?:后|之后|以后)?"
)
_WEEKDAY = re.compile(r"(next |this |on )?([a-z]{3,9})\.?")
_CHINESE_WEEKDAY = re.compile(r"(下|这|本)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天])")
_YMD = re.compile(r"(\d{4})[-/.年 ](\d{1,2})[-/.月 ](\d{1,2})[日号]?")
_COMPACT = re.compile(r"((?:18|19|20|21)\d{2})(\d{2})(\d{2})")
_CHINESE_DAY = re.compile(r"(?:(\d{2})年)?(\d{1,2})月(\d{1,2})[日号]?")
_NUMERIC = re.compile(r"(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?\.?")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?[ -]?(?:of )?([a-z]{3,9})\.?(?:,?[ -](\d{4}|\d{2}))?")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?")
_CLOCK = re.compile(
    r"(?:^|[ ,t]|(?<=[日号天一二三四五六]))(?:at )?(上午|早上|中午|下午|晚上)? ?"
    r"(\d{1,2})(?:[:点时h](\d{2}|半)?分?(?::\d{2})?) ?(am|pm)?$"
)
_HALVES = {"上午": "am", "早上": "am", "中午": "pm", "下午": "pm", "晚上": "pm"}
_CLOCK_12 = re.compile(r"(?:^|[ ,])(?:at )?(\d{1,2}) ?(am|pm)$")


def parse_moment(text: str, today: date, region: str = "") -> tuple[date, time | None]:
    """Read a day with or without a time of day: `tomorrow 14:00`, `3 Dec`, `下周一 下午3点`, `9am`. Raises ValueError."""
    plain = _plain(text)
    clock = _CLOCK.search(plain) or _CLOCK_12.search(plain)
    if clock is None:
        return parse_day(plain, today, region), None
    rest = plain[: clock.start()].strip(" ,")
    return (parse_day(rest, today, region) if rest else today), _time(clock)


def parse_day(text: str, today: date, region: str = "") -> date:
    """Read a day in any common form; without a year it is the nearest one to `today`. Raises ValueError.

    `3/12` is 3 December but in regions that write the month first; `region` is a country (ISO 3166).
    """
    plain = _plain(text)
    found = _relative(plain, today) or _written(plain, today, region)
    if found is None or not EARLIEST <= found <= LATEST:
        raise ValueError(text)
    return found


def parse_number(text: str) -> Decimal:
    """Read a number as people write it: `1,234.50`, `1.234,50`, `1 234,5`, `€ 12`, `5万`, `3k`. Raises ValueError."""
    plain = unicodedata.normalize("NFKC", text).strip()
    bare = re.sub(r"^[A-Za-z]{3}(?![A-Za-z])|(?<![A-Za-z])[A-Za-z]{3}$|[元圆块]$", "", plain)
    bare = "".join(char for char in bare if unicodedata.category(char) not in ("Sc", "Zs", "Cf") and char not in "'’_")
    bare = bare.replace("−", "-").replace("，", ",").replace("。", ".")
    scale = _SCALES.get(bare[-1:].lower(), 1)
    digits = _dotted(bare[:-1] if scale > 1 else bare)
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", digits, re.ASCII):
        raise ValueError(text)
    try:
        return Decimal(digits) * scale
    except InvalidOperation as error:
        raise ValueError(text) from error


def _dotted(digits: str) -> str:
    """Write with a decimal point alone: the last of two kinds of separators is the decimal one; a lone comma before three digits groups."""
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        grouping = "," if dot > comma else "."
        return digits.replace(grouping, "").replace(",", ".")
    mark = "," if comma >= 0 else "."
    head, *groups = digits.split(mark)
    is_grouped = len(groups) > 1 or (mark == "," and groups and len(groups[0]) == 3 and head.strip("+-") not in ("", "0"))
    if is_grouped and all(len(group) == 3 for group in groups):
        return head + "".join(groups)
    return digits.replace(",", ".")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("，", ",").split())


def _relative(plain: str, today: date) -> date | None:
    if plain in _NEAR:
        return today + timedelta(days=_NEAR[plain])
    if plain in ("next month", "下个月", "下月"):
        return _months_on(today, 1)
    ahead = _AHEAD.fullmatch(plain)
    if ahead:
        number = int(ahead[1]) if ahead[1].isdigit() else _CHINESE_NUMBERS.get(ahead[1], 1)
        unit = ahead[2][0]
        if unit in "m月":
            return _months_on(today, number) if "月" not in plain or "后" in plain else None
        return today + timedelta(days=number * (7 if unit in "w周星" else 1)) if unit != "日" or "后" in plain else None
    return _weekday(plain, today)


def _weekday(plain: str, today: date) -> date | None:
    chinese, english = _CHINESE_WEEKDAY.fullmatch(plain), _WEEKDAY.fullmatch(plain)
    if chinese:
        wanted, is_next = _CHINESE_DAYS.index(chinese[2].replace("天", "日")), chinese[1] == "下"
    elif english and english[2][:3] in _DAYS and "monday tuesday wednesday thursday friday saturday sunday".find(english[2]) >= 0:
        wanted, is_next = _DAYS.index(english[2][:3]), (english[1] or "").strip() == "next"
    else:
        return None
    if is_next:
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + wanted)
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _written(plain: str, today: date, region: str) -> date | None:
    full = _YMD.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if full:
        return date(int(full[1]), int(full[2]), int(full[3]))
    chinese = _CHINESE_DAY.fullmatch(plain)
    if chinese:
        return _near_year(chinese[1], int(chinese[2]), int(chinese[3]), today)
    numeric = _NUMERIC.fullmatch(plain)
    if numeric:
        first, second = int(numeric[1]), int(numeric[2])
        is_month_first = second > 12 or (first <= 12 and (region in MONTH_FIRST or (region in YEAR_FIRST and numeric[3] is None)))
        month, day = (first, second) if is_month_first else (second, first)
        return _near_year(numeric[3], month, day, today)
    named = _DAY_MONTH.fullmatch(plain)
    if named and named[2][:3] in _MONTHS:
        return _near_year(named[3], _MONTHS.index(named[2][:3]) + 1, int(named[1]), today)
    named = _MONTH_DAY.fullmatch(plain)
    if named and named[1][:3] in _MONTHS:
        return _near_year(named[3], _MONTHS.index(named[1][:3]) + 1, int(named[2]), today)
    return None


def _near_year(digits: str | None, month: int, day: int, today: date) -> date:
    if digits and len(digits) == 4:
        return date(int(digits), month, day)
    if digits:
        year = today.year // 100 * 100 + int(digits)
        return date(year - 100 if year > today.year + _YEARS_AHEAD else year, month, day)
    years = [year for year in (today.year - 1, today.year, today.year + 1) if _exists(year, month, day)]
    if not years:
        raise ValueError(f"{month}-{day}")
    return min((date(year, month, day) for year in years), key=lambda found: abs(found - today))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _months_on(today: date, months: int) -> date:
    """Go some months on; from the 31st to the last day of a shorter month."""
    place = today.year * 12 + today.month - 1 + months
    year, month = divmod(place, 12)
    return next(date(year, month + 1, day) for day in range(today.day, 0, -1) if _exists(year, month + 1, day))


def _time(clock: re.Match[str]) -> time:
    if clock.re is _CLOCK_12:
        hour, minute, half = int(clock[1]), 0, clock[2]
    else:
        hour, half = int(clock[2]), clock[4] or _HALVES.get(clock[1] or "", "")
        minute = 30 if clock[3] == "半" else int(clock[3] or 0)
    if clock.re is _CLOCK_12 and hour > 12:
        raise ValueError(clock[0])
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return time(hour, minute)


def as_moment(day: date, clock: time | None, zone: object) -> datetime:
    """Join a day and a time of day in a zone; without a time it is midnight, which stands for the whole day."""
    return datetime.combine(day, clock or time(), zone)  # type: ignore[arg-type]


def iso_moment(text: str, zone: tzinfo) -> datetime:
    """Read a moment as programs write it (`2031-05-17T09:30`, with or without an offset), in UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
        found = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    if not EARLIEST <= found.date() <= LATEST:
        raise ValueError(text)
    return found
