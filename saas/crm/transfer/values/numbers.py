"""Numbers and amounts of money as people write them: separators of any country, 万 and 亿, k and m, currencies."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from saas.crm.transfer.values.outcome import EMPTY, Hints, Problem, Value, mended, problem
from saas.crm.transfer.values.text import NOTHING, expand_exponent, is_error, unwrap

# Regions that write 1.234,50; the others write 1,234.50.
COMMA_REGIONS = frozenset(
    "AT BE DE DK ES FI FR GR HR HU ID IT NL NO PL PT RO RS RU SE SI SK CZ TR UA BG BR AR CL CO VE VN UY PY EC BO CR LT LV EE IS BY KZ".split()
)
DOLLARS = frozenset({"AU", "CA", "HK", "NZ", "SG", "TW", "MX"})
_DOLLAR_NAMES = {"AU": "AUD", "CA": "CAD", "HK": "HKD", "NZ": "NZD", "SG": "SGD", "TW": "TWD", "MX": "MXN"}
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "฿": "THB", "₫": "VND", "₺": "TRY", "zł": "PLN", "US$": "USD", "HK$": "HKD", "NT$": "TWD", "A$": "AUD",
          "C$": "CAD", "S$": "SGD", "R$": "BRL", "RMB": "CNY", "人民币": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "英镑": "GBP", "港币": "HKD", "港元": "HKD", "日元": "JPY",
          "CN¥": "CNY", "JP¥": "JPY", "Fr.": "CHF", "SFr": "CHF"}  # fmt: skip
_CODES = frozenset(
    "USD EUR GBP CNY JPY HKD TWD KRW SGD AUD CAD NZD CHF SEK NOK DKK PLN CZK HUF RON BGN RUB UAH TRY INR IDR MYR THB PHP VND BRL MXN ARS CLP COP PEN ZAR AED SAR ILS EGP NGN KES MOP CNH".split()
)
_SCALES = {"亿": 8, "千万": 7, "百万": 6, "万": 4, "千": 3, "k": 3, "tsd": 3, "thousand": 3, "m": 6, "mn": 6, "mio": 6, "mil": 6, "million": 6, "millions": 6, "millionen": 6,
           "millones": 6, "b": 9, "bn": 9, "mrd": 9, "billion": 9, "milliarden": 9, "milliards": 9, "w": 4}  # fmt: skip
_PLAIN = re.compile(r"-?\d{1,18}(?:\.\d{1,2}|\.\d{4,12})?")
_BODY = re.compile(r"([-+−]?)\s*(\d[\d\s.,'’_]*|[.,]\d+)\s*([^\d\s.,%\-−]*)\.?\s*(%?)([-−]?)")
_RANGE = re.compile(r"\d[\d.,\s]*(?:-|–|—|~|～|至|到|to)\s*(\d[\d.,\s]*)", re.IGNORECASE)
_SCALED = re.compile(r"(\d+(?:\.\d+)?)(千万|百万|亿|万|千)")
_UNITS = re.compile(r"(?:人|名|个|家|位|元|块|圆|元整|左右|以上|employees?|people|mitarbeiter|personas|pcs|\+)+$", re.IGNORECASE)
_CURRENCY_CODE = re.compile(r"\b([A-Z]{3})\b|(?<=\d)([A-Z]{3})\b|\b([A-Z]{3})(?=\d)")
_DATED = re.compile(
    r"(?P<d1>\d{1,2})-(?P<m1>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|(?P<m2>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-(?P<d2>\d{2,4})|(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: a decimal amount and an ISO 4217 code, None when the cell does not say and no hint does."""

    amount: Decimal
    currency: str | None


def default_decimal(region: str) -> str:
    """Return the decimal sign that is customary in a region."""
    return "," if region in COMMA_REGIONS else "."


def infer_decimal(values: Iterable[str]) -> str | None:
    """Find the decimal sign of a column from cells that leave no doubt; None when none does or they disagree."""
    votes = {".": 0, ",": 0}
    for value in values:
        points, commas = value.count("."), value.count(",")
        if points and commas:
            votes["," if value.rfind(",") > value.rfind(".") else "."] += 1
        elif points + commas == 1:
            sign = "." if points else ","
            tail = re.search(r"\d*", value[value.index(sign) + 1 :])
            if tail and len(tail.group()) != 3:
                votes[sign] += 1
        elif points > 1 or commas > 1:
            votes["," if points else "."] += 1
    if bool(votes["."]) == bool(votes[","]):
        return None
    return max(votes, key=lambda sign: votes[sign])


def parse_number(text: str, hints: Hints) -> Value | Problem:
    """Read a number as Decimal; `15%` is 15, `45万` is 450000."""
    decimal = hints.decimal or default_decimal(hints.region)
    if decimal == "." and _PLAIN.fullmatch(text):
        return Value(Decimal(text))
    trouble = _no_number(text)
    return trouble if trouble is not None else _number(unwrap(text), decimal, text)


def parse_money(text: str, hints: Hints) -> Value | Problem:
    """Read an amount of money; the currency from a sign, a name or a code in the cell, else from the hints."""
    decimal = hints.decimal or default_decimal(hints.region)
    if decimal == "." and _PLAIN.fullmatch(text):
        return Value(Amount(Decimal(text), hints.currency))
    trouble = _no_number(text)
    if trouble is not None:
        return trouble
    currency, rest = _currency(unicodedata.normalize("NFKC", unwrap(text)), hints)
    outcome = _number(rest, decimal, text)
    if isinstance(outcome, Problem):
        return outcome
    return Value(Amount(outcome.value, currency), outcome.notes)


def undo_date(text: str) -> str | None:
    """Return the range of numbers that a spreadsheet took for a date: `10-Jan` was 1-10, `Nov-50` was 11-50."""
    match = _DATED.fullmatch(text.strip())
    if not match:
        return None
    day = match["d1"] or match["d2"] or match["d3"]
    month = int(match["m3"]) if match["m3"] else _MONTHS.index((match["m1"] or match["m2"]).lower()) + 1
    return f"{month}-{int(day)}"


def _no_number(text: str) -> Value | Problem | None:
    if text.casefold() in NOTHING and text != "#N/A":
        return EMPTY
    if is_error(text):
        return problem("excel_error", "", text=text)
    dated = undo_date(text)
    if dated:
        return problem("turned_into_date", dated, text=text, range=dated)
    return None


def _currency(text: str, hints: Hints) -> tuple[str | None, str]:
    """Take the currency out of a text."""
    for match in _CURRENCY_CODE.finditer(text):
        code = next(group for group in match.groups() if group)
        if code in _CODES:
            return code, text.replace(code, " ", 1).replace("$", " ").replace("€", " ")
    for sign, code in _SIGNS.items():
        if sign in text:
            return code, text.replace(sign, " ", 1)
    if "¥" in text or "円" in text:
        return ("JPY" if hints.region == "JP" or "円" in text else "CNY"), text.replace("¥", " ").replace("円", " ")
    if "元" in text or "块" in text:
        return ("TWD" if hints.region == "TW" else "HKD" if hints.region == "HK" else "CNY"), text
    if "$" in text:
        return _DOLLAR_NAMES.get(hints.region, "USD"), text.replace("$", " ")
    return hints.currency, text


def _number(text: str, decimal: str, original: str) -> Value | Problem:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1].strip()
    about = plain[:1] in ("~", "≈", ">", "<", "约") or plain.endswith(("+", "以上", "左右"))
    plain = _UNITS.sub("", plain.lstrip("~≈><约").strip()).strip()
    exponent = re.fullmatch(r"-?\d(?:[.,]\d+)?e[+-]?\d{1,2}", plain)
    if exponent:
        expanded = expand_exponent(plain)
        code = "exponent" if expanded and expanded[1] else "digits_doubtful"
        return mended(Decimal(f"{Decimal(plain.replace(',', '.')):f}"), code, text=original[:60])
    pieces = _SCALED.findall(plain)
    if pieces and "".join(number + unit for number, unit in pieces) == plain.replace(",", ""):
        return Value(sum((Decimal(number).scaleb(_SCALES[unit]) for number, unit in pieces), Decimal(0)) + 0)
    span = _RANGE.fullmatch(plain)
    if span:
        return problem("number_range", re.split(r"[^\d.,]", plain)[0], text=original[:60])
    match = _BODY.fullmatch(plain)
    if not match or match.group(3).rstrip(".") not in {"", *_SCALES}:
        return problem("not_a_number", None, text=original[:60])
    sign, digits, unit, _percent, after = match.groups()
    number = _separated(digits, decimal)
    if number is None:
        return problem("not_a_number", None, text=original[:60])
    if unit:
        number = number.scaleb(_SCALES[unit.rstrip(".")]) + 0
    if sign in ("-", "−") or after:
        number = -number
    number = number.quantize(Decimal(1)) if number == number.to_integral_value() and number.as_tuple().exponent > 0 else number  # type: ignore[operator]
    return mended(number, "about", text=original[:60]) if about else Value(number)


def _separated(digits: str, decimal: str) -> Decimal | None:
    """Read digits with separators; the last of two different ones is the decimal sign, a repeated one parts thousands."""
    plain = re.sub(r"[\s'’_]", "", digits).rstrip(".,")
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        decimal = "," if plain.rfind(",") > plain.rfind(".") else "."
    elif points > 1 or commas > 1:
        decimal = "," if points else "."
    elif points + commas == 1:
        sign = "." if points else ","
        head, _, tail = plain.partition(sign)
        if sign != decimal and (len(tail) != 3 or not head or len(head) > 3 or head == "0"):
            decimal = sign
    thousands = "," if decimal == "." else "."
    if plain.count(decimal) > 1:
        return None
    try:
        return Decimal(plain.replace(thousands, "").replace(decimal, "."))
    except InvalidOperation:
        return None
