"""What the cells of a column look like, whatever its name says: addresses, numbers, dates, links, yes and no, people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from saas.crm.transfer.headers import is_typed
from saas.crm.transfer.values.surnames import CHINESE_DOUBLE, CHINESE_SINGLE
from saas.crm.transfer.values.yes_no import NO, YES

ENOUGH = 0.6
LOOK_AT = 200
PHONE_DIGITS = range(7, 16)
MOBILE_SHARE = 0.7

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]{2,}.*", re.DOTALL)
_URL = re.compile(
    r"(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|cn|de|fr|es|io|co|uk|eu|info|biz|jp|in|it|nl|ch|at)(?:/\S*)?",
    re.IGNORECASE,
)
_PHONE = re.compile(r"['+(]?[\d\s().\-/+]{7,24}(?:(?:x|ext\.?|转|#)\s*\d{1,6})?")
_MOBILE = re.compile(r"(?:\+?86[\s-]?)?1[3-9]\d{9}")
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:\D.*)?|\d{1,2}\.? [A-Za-zéû]{3,10}\.? \d{4}", re.DOTALL
)
_TIME = re.compile(r"\d:\d{2}")
_NUMBER = re.compile(r"[-+]?[$€£¥￥]?\s?\d[\d.,\s]*%?(?:[万亿kKmM]|元)?")
_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_FIRM = re.compile(
    r"公司|集团|有限|厂$|\b(?:inc|ltd|llc|gmbh|ag|s\.?a\.?|co|corp|company|group|holdings?|limited|plc|b\.?v\.?|n\.?v\.?|kg|sarl|s\.?r\.?l\.?|pte|pty)\.?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Look:
    """What most cells of a column are ("" when nothing sure), and the share of them that are so."""

    kind: str
    share: float
    is_empty: bool = False


def look_at(cells: Iterable[str]) -> Look:
    """Look at the cells of one column: email, url, mobile, phone, datetime, date, yes_no, number, person, company or ""."""
    values = [cell for cell in cells if cell][:LOOK_AT]
    if not values:
        return Look("", 0.0, is_empty=True)
    counts: dict[str, int] = {}
    for value in values:
        kind = _kind(value)
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
    for wide, narrow in (("phone", "mobile"), ("date", "datetime")):
        if counts.get(narrow, 0) >= MOBILE_SHARE * (counts.get(narrow, 0) + counts.get(wide, 0)) > 0:
            counts[narrow] = counts.get(narrow, 0) + counts.pop(wide, 0)
        elif narrow in counts:
            counts[wide] = counts.get(wide, 0) + counts.pop(narrow)
    if not counts:
        return Look("", 0.0)
    kind = max(counts, key=lambda each: counts[each])
    share = counts[kind] / len(values)
    return Look(kind, share) if share >= ENOUGH else Look("", share)


def _kind(value: str) -> str:
    if "@" in value and _EMAIL.fullmatch(value):
        return "email"
    if value.casefold() in YES or value.casefold() in NO:
        return "yes_no" if not value.isdigit() else "number"
    if _URL.fullmatch(value):
        return "url"
    if _DATE.fullmatch(value):
        return "datetime" if _TIME.search(value) else "date"
    if _MOBILE.fullmatch(value):
        return "mobile"
    digits = sum(char.isdigit() for char in value)
    if digits in PHONE_DIGITS and _PHONE.fullmatch(value) and not (value.isdigit() and digits < 10):
        return "phone"
    if _NUMBER.fullmatch(value):
        return "number"
    if _FIRM.search(value):
        return "company"
    if _HAN_NAME.fullmatch(value) and (value[0] in CHINESE_SINGLE or value[:2] in CHINESE_DOUBLE):
        return "person"
    return "text" if not is_typed(value) else ""
