"""Dates, numbers, money and people's names as the current reader writes them. Texts are in `i18n`."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from saas.core.i18n import _, current_locale, current_timezone

DATE_PATTERNS = {"en": "d MMM y", "zh_Hans": "y年M月d日"}
DATE_TIME_PATTERNS = {"en": "d MMM y, HH:mm", "zh_Hans": "y年M月d日 HH:mm"}
WEEKDAY_PATTERNS = {"en": "EEEE, d MMMM", "zh_Hans": "M月d日 EEEE"}
SHORT_CHINESE_NAME = 4


def format_date(value: date | datetime | None) -> str:
    """Write a date, `3 Dec 2026` or `2026年12月3日`; a datetime in the reader's time zone; None as nothing."""
    if value is None:
        return ""
    day = _local(value).date() if isinstance(value, datetime) else value
    locale = current_locale()
    return babel_date(day, DATE_PATTERNS[locale], locale=locale)


def format_datetime(value: datetime | None) -> str:
    """Write an aware datetime with hours and minutes in the reader's time zone; None as nothing."""
    if value is None:
        return ""
    locale = current_locale()
    return babel_datetime(_local(value), DATE_TIME_PATTERNS[locale], locale=locale)


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
    now = _local(now or datetime.now(UTC))
    if isinstance(value, datetime):
        distance = value - now
        if abs(distance) < timedelta(seconds=45):
            return _("just now")
        if abs(distance) < timedelta(hours=22):
            return format_timedelta(distance, add_direction=True, locale=current_locale())
        value = _local(value).date()
    days = (value - now.date()).days
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    if days in near:
        return near[days]
    if abs(days) <= 7:
        return format_timedelta(timedelta(days=days), "day", threshold=99, add_direction=True, locale=current_locale())
    return format_date(value)


def format_number(value: Decimal | int | float | None, digits: int | None = None) -> str:
    """Write a number with thousands separators; `digits` fixes the decimals; None as nothing."""
    if value is None:
        return ""
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
    return format_currency(amount, currency, locale=current_locale())


def person_name(given: str | None, family: str | None) -> str:
    """Join a name in the order its own script asks for: 张 + 伟 is `张伟`, Ada + Lovelace `Ada Lovelace`."""
    given, family = (given or "").strip(), (family or "").strip()
    if is_han(given + family):
        return family + given
    return f"{given} {family}".strip()


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
