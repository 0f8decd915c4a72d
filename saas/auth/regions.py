"""What a country suggests for a new firm: currency, time zone, region of phone numbers; and the lists its settings choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from saas.core.text.sorting import sort_key

DEFAULT_COUNTRY = "US"
_NO_COUNTRY = frozenset(("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"))
# Where a country has several zones: the one most of its firms are in.
_MAIN_ZONE = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin",
    "EC": "America/Guayaquil", "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip


@dataclass(frozen=True)
class Suggestion:
    """What a country's firms normally want: ISO 4217 code, IANA zone, ISO 3166 code."""

    currency: str
    timezone: str
    region: str


def guess_country(accept_language: str | None) -> str:
    """Guess a country (ISO 3166) from an Accept-Language header: `de-AT` is Austria, `zh` China."""
    likely = get_global("likely_subtags")
    for part in (accept_language or "").split(","):
        tag = part.partition(";")[0].strip()
        pieces = tag.replace("_", "-").split("-")
        named = next((piece.upper() for piece in pieces[1:] if len(piece) == 2 and piece.isalpha()), None)
        found = named or str(likely.get(pieces[0].lower(), "")).rpartition("_")[2]
        if found in country_codes():
            return found
    return DEFAULT_COUNTRY


@cache
def suggest(country: str) -> Suggestion:
    """Say what a country suggests; an unknown one counts as the default."""
    if country not in country_codes():
        country = DEFAULT_COUNTRY
    zones = [zone for zone, territory in get_global("zone_territories").items() if territory == country]
    zone = _MAIN_ZONE.get(country) or next((zone for zone in zones if zone in available_timezones()), "UTC")
    return Suggestion((get_territory_currencies(country) or ["USD"])[0], zone, country)


@cache
def country_codes() -> frozenset[str]:
    """Return the countries that have a currency of their own or share one."""
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(
        code for code in codes if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY and get_territory_currencies(code)
    )


@cache
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """List (code, name) in a language, sorted by name."""
    names = Locale.parse(locale).territories
    return tuple(sorted(((code, names.get(code, code)) for code in country_codes()), key=lambda pair: sort_key(pair[1])))


@cache
def currency_codes() -> frozenset[str]:
    """Return the currencies in use somewhere."""
    return frozenset(code for country in country_codes() for code in get_territory_currencies(country))


@cache
def currencies(locale: str) -> tuple[tuple[str, str], ...]:
    """List (ISO 4217 code, `EUR · euro`) in a language, sorted by code."""
    names = Locale.parse(locale).currencies
    return tuple((code, f"{code} · {names.get(code, code)}") for code in sorted(currency_codes()))


@cache
def zone_names() -> frozenset[str]:
    """Return the time zones to choose from: those of a country, and UTC."""
    return frozenset(zone for zone in get_global("zone_territories") if zone in available_timezones()) | {"UTC"}


def zones(at: datetime) -> tuple[tuple[str, str], ...]:
    """List (IANA name, `Europe/Berlin (UTC+01:00)`), sorted by name; the distance is that of the moment `at`."""
    return tuple((zone, f"{zone.replace('_', ' ')} (UTC{_distance(zone, at)})") for zone in sorted(zone_names()))


def _distance(zone: str, at: datetime) -> str:
    text = at.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}" if text != "+0000" else ""
