"""Dates, numbers, money and people's names as the current reader writes them. Texts are in `i18n`."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

from babel.dates import format_date as babel_date
from babel.dates import format_timedelta, get_month_names
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from saas.core.i18n import _, current_locale, current_timezone

WEEKDAY_PATTERNS = {"en": "EEEE, d MMMM", "zh_Hans": "M月d日 EEEE"}
SHORT_CHINESE_NAME = 4
WEEK = 7


def format_date(value: date | datetime | None) -> str:
    """Write a date, `3 Dec 2026` or `2026年12月3日`; a datetime in the reader's time zone; None as nothing."""
    if value is None:
        return ""
    day = _local(value).date() if isinstance(value, datetime) else value
    locale = current_locale()
    if locale.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_months(locale)[day.month]} {day.year}"


def format_datetime(value: datetime | None) -> str:
    """Write an aware datetime with hours and minutes in the reader's time zone; None as nothing."""
    if value is None:
        return ""
    local = _local(value)
    joint = " " if current_locale().startswith("zh") else ", "
    return f"{format_date(local.date())}{joint}{local.hour:02d}:{local.minute:02d}"


def format_exact(value: date | datetime | None) -> str:
    """Write a datetime with its time, a date without."""
    return format_datetime(value) if isinstance(value, datetime) else format_date(value)


def format_time(value: datetime | None) -> str:
    """Write hours and minutes, `14:05`, in the reader's time zone; None as nothing."""
    return _local(value).strftime("%H:%M") if value is not None else ""


def format_weekday(value: date | datetime) -> str:
    """Write a day as a heading, `Thursday, 3 December` or `12月3日 星期四`."""
    day = _local(value).date() if isinstance(value, datetime) else value
    locale = current_locale()
    return babel_date(day, WEEKDAY_PATTERNS[locale], locale=locale)


def format_relative(value: date | datetime | None, now: datetime | None = None) -> str:
    """Write how far away a moment is ("3 hours ago", "tomorrow"), or its date when more than a week away."""
    if value is None:
        return ""
    now = now or datetime.now(UTC)
    if isinstance(value, datetime):
        seconds = (value - now).total_seconds()
        if abs(seconds) < 45:
            return _("just now")
        if abs(seconds) < 22 * 3600:
            if abs(seconds) < 3570:
                return _distance("minute", round(abs(seconds) / 60) or 1, seconds > 0, current_locale())
            return _distance("hour", round(abs(seconds) / 3600), seconds > 0, current_locale())
        value = _local(value).date()
    days = (value - _local(now).date()).days
    if -1 <= days <= 1:
        return (_("today"), _("tomorrow"), _("yesterday"))[days]
    if abs(days) <= WEEK:
        return _distance("day", abs(days), days > 0, current_locale())
    return format_date(value)


def format_number(value: Decimal | int | float | None, digits: int | None = None) -> str:
    """Write a number with thousands separators; `digits` fixes the decimals; None as nothing."""
    if value is None:
        return ""
    if isinstance(value, int) and not digits:
        return f"{value:,}"
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=current_locale())


def format_share(value: Decimal | float | None, digits: int = 0) -> str:
    """Write a ratio as a percentage: 0.42 is `42%`; None as nothing."""
    if value is None:
        return ""
    return format_percent(value, format="#,##0" + ("." + "0" * digits if digits else "") + "%", locale=current_locale())


def format_money(amount: Decimal | int | None, currency: str | None) -> str:
    """Write money in its currency (ISO 4217), `€1,234.50`; a bare number without a currency; None as nothing."""
    if amount is None:
        return ""
    if not currency:
        return format_number(amount, 2)
    prefix, digits = _currency(currency, current_locale())
    return f"{'-' if amount < 0 else ''}{prefix}{abs(amount):,.{digits}f}"


def person_name(given: str | None, family: str | None) -> str:
    """Join a name in the order its own script asks for: 张 + 伟 is `张伟`, Ada + Lovelace `Ada Lovelace`."""
    given, family = (given or "").strip(), (family or "").strip()
    if is_han(given + family):
        return family + given
    return f"{given} {family}".strip()


@lru_cache(maxsize=8192)
def initials(name: str | None) -> str:
    """Shorten a name to at most two letters for an avatar: `AL`; a Chinese person's last two, a firm's first two."""
    words = [word for word in (name or "").replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if is_han(words[0]):
        return words[0][-2:] if len(words[0]) < SHORT_CHINESE_NAME else words[0][:2]
    if len(words) == 1:
        return words[0][0].upper()
    return (words[0][0] + words[-1][0]).upper()


def is_han(text: str) -> bool:
    """Tell whether a text is written in Chinese characters (its first letter is)."""
    first = next((char for char in text if char.isalpha()), "")
    return bool(first) and "CJK" in unicodedata.name(first, "")


def _local(value: datetime) -> datetime:
    return value.astimezone(current_timezone())


@cache
def _currency(code: str, locale: str) -> tuple[str, int]:
    """Give what stands before an amount of this currency, and its decimals. Both our locales put the symbol first."""
    zero = format_currency(Decimal(0), code, locale=locale)
    symbol = zero[: zero.index("0")]
    return symbol + ("\N{NO-BREAK SPACE}" if symbol[-1:].isalpha() else ""), get_currency_precision(code)


@cache
def _months(locale: str) -> dict[int, str]:
    return dict(get_month_names("abbreviated", locale=locale))


@cache
def _distance(unit: Literal["minute", "hour", "day"], count: int, is_ahead: bool, locale: str) -> str:
    length = timedelta(**{f"{unit}s": count if is_ahead else -count})
    return format_timedelta(length, unit, threshold=1000, add_direction=True, locale=locale)
