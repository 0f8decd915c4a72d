"""Countries by any of their names, and postal codes with the zeros that spreadsheets take away."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale

from saas.crm.transfer.values.outcome import EMPTY, Hints, Problem, Value, mended, problem
from saas.crm.transfer.values.text import NOTHING, expand_exponent, is_error, unwrap

NAME_LOCALES = ("en", "zh_Hans", "zh_Hant", "de", "es", "fr", "pt", "it", "nl")
LONGEST_CODE = 12

_OTHER_NAMES = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "美利坚合众国": "US", "états-unis d’amérique": "US", "estados unidos de américa": "US", "eeuu": "US", "ee. uu.": "US",
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "英格兰": "GB", "grossbritannien": "GB", "gran bretaña": "GB",
    "grande-bretagne": "GB", "prc": "CN", "p.r. china": "CN", "pr china": "CN", "people's republic of china": "CN", "mainland china": "CN", "中华人民共和国": "CN", "中国大陆": "CN", "china, people's republic": "CN",
    "hong kong": "HK", "hongkong": "HK", "香港": "HK", "中国香港": "HK", "macau": "MO", "macao": "MO", "澳门": "MO", "taiwan": "TW", "台湾": "TW", "中国台湾": "TW", "taiwan, province of china": "TW",
    "korea": "KR", "republic of korea": "KR", "south korea": "KR", "korea, republic of": "KR", "korea (south)": "KR", "s. korea": "KR", "南韩": "KR", "north korea": "KP", "russian federation": "RU", "holland": "NL",
    "the netherlands": "NL", "czech republic": "CZ", "tschechische republik": "CZ", "turkey": "TR", "türkei": "TR", "viet nam": "VN", "uae": "AE", "u.a.e.": "AE", "emirates": "AE", "阿联酋": "AE", "ivory coast": "CI",
    "cote d'ivoire": "CI", "macedonia": "MK", "burma": "MM", "swaziland": "SZ", "cape verde": "CV", "vatican": "VA", "brd": "DE", "federal republic of germany": "DE", "bundesrepublik deutschland": "DE",
    "republic of ireland": "IE", "eire": "IE", "iran, islamic republic of": "IR", "moldova, republic of": "MD", "tanzania, united republic of": "TZ", "venezuela, bolivarian republic of": "VE",
    "bolivia, plurinational state of": "BO", "lao people's democratic republic": "LA", "syrian arab republic": "SY", "brunei darussalam": "BN", "palestine": "PS", "kosovo": "XK", "congo": "CG", "republic of the congo": "CG", "democratic republic of the congo": "CD", "republic of china": "TW", "dr congo": "CD",
    "bosnia": "BA", "trinidad": "TT", "saint lucia": "LC", "st. lucia": "LC", "slovak republic": "SK", "kyrgyz republic": "KG", "bahamas, the": "BS", "gambia, the": "GM", "micronesia": "FM",
}  # fmt: skip
_ALPHA3 = {
    "CHN": "CN", "DEU": "DE", "GBR": "GB", "FRA": "FR", "JPN": "JP", "KOR": "KR", "HKG": "HK", "TWN": "TW", "SGP": "SG", "AUS": "AU", "CAN": "CA", "IND": "IN", "ITA": "IT", "ESP": "ES", "NLD": "NL", "BEL": "BE", "CHE": "CH",
    "AUT": "AT", "POL": "PL", "SWE": "SE", "NOR": "NO", "DNK": "DK", "FIN": "FI", "BRA": "BR", "MEX": "MX", "RUS": "RU", "TUR": "TR", "ZAF": "ZA", "ARE": "AE", "SAU": "SA", "ISR": "IL", "IDN": "ID", "MYS": "MY", "THA": "TH",
    "VNM": "VN", "PHL": "PH", "NZL": "NZ", "IRL": "IE", "PRT": "PT", "GRC": "GR", "CZE": "CZ", "HUN": "HU", "ROU": "RO", "ARG": "AR", "CHL": "CL", "COL": "CO", "UKR": "UA", "EGY": "EG", "GER": "DE",
}  # fmt: skip
# Digits of purely numeric postal codes; where a code begins with zero, a spreadsheet takes the zero away.
_DIGITS = {"US": 5, "DE": 5, "FR": 5, "ES": 5, "IT": 5, "CN": 6, "KR": 5, "MX": 5, "TR": 5, "FI": 5, "MY": 5, "TH": 5, "ID": 5, "HR": 5, "RS": 5, "EE": 5, "LT": 5, "UA": 5, "PR": 5, "SA": 5, "PE": 5,
           "NO": 4, "DK": 4, "AU": 4, "NZ": 4, "ZA": 4, "RO": 6, "RU": 6, "IN": 6, "SG": 6, "VN": 6, "CO": 6, "JP": 7, "CZ": 5, "SK": 5, "GR": 5, "TW": 5, "EG": 5, "PK": 5, "MA": 5}  # fmt: skip
_ZIP_PLUS = re.compile(r"(\d{3,5})-(\d{4})")


def parse_country(text: str) -> Value | Problem:
    """Read a country by code or by name in nine languages, as its ISO 3166 alpha-2 code; an unknown name is kept as it is, with a note."""
    plain = " ".join(unwrap(text).split()).strip(" .,;")
    if plain.casefold() in NOTHING:
        # Namibia's code is the only two letters among the words for nothing.
        return Value("NA") if plain == "NA" else EMPTY
    if is_error(text):
        return problem("excel_error", "", text=text)
    code = country_code(plain)
    return Value(code) if code else mended(plain, "unknown_country", text=text[:60])


def country_code(name: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country's code or name, None when unknown."""
    upper = name.upper()
    if upper in Locale("en").territories and len(upper) == 2 and upper.isalpha():
        return "GB" if upper == "UK" else upper
    return _ALPHA3.get(upper) or _names().get(_key(name))


def mend_postcode(text: str, region: str) -> str:
    """Give a numeric postal code back the zeros in front that its region's codes have."""
    digits = _DIGITS.get(region)
    if digits and text.isdigit() and digits - 2 <= len(text) < digits:
        return text.zfill(digits)
    plus = _ZIP_PLUS.fullmatch(text) if region == "US" else None
    return f"{plus.group(1).zfill(5)}-{plus.group(2)}" if plus else text


def parse_postcode(text: str, hints: Hints) -> Value | Problem:
    """Read a postal code; `hints.region` is the country of the row where the file says it, else that of the workspace."""
    plain = unicodedata.normalize("NFKC", unwrap(text)).strip()
    if plain.casefold() in NOTHING:
        return EMPTY
    if is_error(text):
        return problem("excel_error", "", text=text)
    expanded = expand_exponent(plain)
    if expanded:
        return Value(expanded[0]) if expanded[1] else problem("digits_lost", None, text=text)
    plain = plain[:-2] if plain.endswith(".0") and plain[:-2].isdigit() else plain
    whole = mend_postcode(plain, hints.region)
    return mended(whole, "zero_restored", text=plain, whole=whole) if whole != plain else Value(plain)


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for locale in reversed(NAME_LOCALES):
        for code, name in Locale.parse(locale).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"):
                names[_key(name)] = code
    names.update({_key(name): code for name, code in _OTHER_NAMES.items()})
    return names


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold().replace("’", "'").replace("&", "and"))
    return "".join(char for char in folded if not unicodedata.combining(char) and char not in " .-()")
