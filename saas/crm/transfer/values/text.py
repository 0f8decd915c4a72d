"""Free text, lists in one cell, formulas, and the damage spreadsheets do to codes: exponents, wrappers, errors."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
from decimal import Decimal

from saas.crm.transfer.values.outcome import EMPTY, Problem, Value, mended, problem

# What people and programs write into a cell that has no value.
NOTHING = frozenset(
    {"-", "--", "---", "—", "–", "/", "\\", "\\n", ".", "?", "n/a", "na", "n.a.", "none", "null", "nil", "nan", "(null)", "(blank)", "[null]", "undefined", "not available",
     "unknown", "无", "暂无", "没有", "未知", "空", "待补充", "不详", "keine", "k.a.", "ninguno", "aucun", "#n/a"}
)  # fmt: skip
ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"})
EXCEL_DECIMALS = 6

_WRAPPED = re.compile(r'="([^"]*)"|=\'([^\']*)\'')
_LINK = re.compile(r'=HYPERLINK\(\s*"([^"]*)"(?:\s*[,;]\s*"([^"]*)")?\s*\)', re.IGNORECASE)
_FORMULA = re.compile(r"=\s*[^\s=]|[-+@]\s*[A-Za-z][\w.]*\s*[(|!]|[-+@].*(?:cmd\s*\||\|\s*['\"]?/[cC])", re.DOTALL)
_EXPONENT = re.compile(r"(\d(?:[.,]\d+)?)[eE]\+?(\d{1,2})")
_STRONG = re.compile(r"\s*(?::::|[;；、\n|])\s*")
_WEAK = re.compile(r"\s*[,，]\s*")


def unwrap(text: str) -> str:
    """Take off what protects a code from a spreadsheet: `="00123"`, a leading apostrophe, `=HYPERLINK(…)`."""
    first = text[:1]
    if first == "'":
        return text[1:].strip()
    if first != "=":
        return text
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped:
        return (wrapped.group(1) or wrapped.group(2) or "").strip()
    link = _LINK.fullmatch(text)
    return (link.group(1) if link and not link.group(2) else link.group(2) if link else text).strip()


def link_target(text: str) -> str:
    """Return the address behind `=HYPERLINK("address", "label")`, any other text unwrapped."""
    link = _LINK.fullmatch(text) if text[:1] == "=" else None
    return link.group(1).strip() if link else unwrap(text)


def is_formula(text: str) -> bool:
    """Tell a formula, which stays plain text, from a signed number, a handle or a list item."""
    return text[:1] in ("=", "+", "-", "@") and bool(_FORMULA.match(text))


def is_error(text: str) -> bool:
    """Tell whether a cell holds an error of the spreadsheet, or the hashes of a column too narrow."""
    return text[:1] == "#" and (text.upper() in ERRORS or (len(text) > 3 and not text.strip("#")))


def parse_text(text: str) -> Value | Problem:
    """Read one line of text; line breaks become spaces."""
    if text.isalnum():
        return Value(text)
    if is_error(text):
        return problem("excel_error", "", text=text)
    if text[:1] in ("=", "+", "-", "@", "'"):
        return _guarded(text, is_long=False)
    if "\n" in text:
        text = " ".join(text.split())
    if "+" in text and _EXPONENT.fullmatch(text):
        return mended(text, "digits_doubtful", text=text)
    return Value(text) if text != "\\N" else EMPTY


def parse_long_text(text: str) -> Value | Problem:
    """Read text of several lines as it is."""
    if is_error(text):
        return problem("excel_error", "", text=text)
    return _guarded(text, is_long=True) if text[:1] in ("=", "+", "-", "@", "'") else Value(text)


def _guarded(text: str, *, is_long: bool) -> Value:
    plain = unwrap(text) if text[:1] == "=" or text[1:2] in ("=", "+", "-", "@", "0") or text[1:2].isdigit() else text
    if not is_long:
        plain = " ".join(plain.split())
    if plain != text and not is_formula(plain):
        return mended(plain or None, "unwrapped", text=plain)
    return mended(plain, "formula", text=plain[:60]) if is_formula(plain) else Value(plain)


def expand_exponent(text: str) -> tuple[str, bool] | None:
    """Write out `1.38001E+10` in digits, with whether all digits are there; None when the text is no such number.

    Excel shows at most five decimals (two in the format "Scientific"), so more of them, or as many as the exponent asks for,
    come from a program that wrote the whole number.
    """
    match = _EXPONENT.fullmatch(text)
    if not match:
        return None
    mantissa, exponent = match.group(1).replace(",", "."), int(match.group(2))
    decimals = len(mantissa.partition(".")[2])
    if exponent > 20 or decimals > exponent:
        return None
    digits = f"{Decimal(mantissa).scaleb(exponent):f}"
    return digits, decimals == exponent or (decimals > EXCEL_DECIMALS and exponent < 15)


def parse_external_id(text: str) -> Value | Problem:
    """Read the id a record has in another system. Lost digits are a problem: a wrong id joins wrong records."""
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = unwrap(text)
    expanded = expand_exponent(plain)
    if expanded:
        digits, whole = expanded
        return mended(digits, "exponent", text=text) if whole else problem("digits_lost", None, text=text)
    if plain.endswith(".0") and plain[:-2].isdigit():
        return mended(plain[:-2], "decimal_dropped", text=text)
    return Value(plain.removeprefix("zcrm_") or None)


def split_list(text: str) -> list[str]:
    """Split a cell that holds several things, by `;` `；` `、` ` ::: ` `|` and line breaks, else by commas. Repeats are dropped."""
    parts = _STRONG.split(text)
    if len(parts) == 1:
        parts = _WEAK.split(text)
    # Google marks its own labels and the primary entry by a star.
    return list(dict.fromkeys(part for part in (each.removeprefix("* ").strip() for each in parts) if part))


def parse_list(text: str) -> Value | Problem:
    """Read several labels from one cell, as a list of texts in order."""
    if is_error(text):
        return problem("excel_error", "", text=text)
    labels = [label for label in split_list(unwrap(text)) if label != "myContacts"]
    return Value(labels) if labels else EMPTY


def parse_label(text: str) -> Value | Problem:
    """Read the text of one choice, one member or one linked record; matching it is left to who knows them."""
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = " ".join(unwrap(text).split())
    if plain.casefold() in NOTHING:
        return EMPTY
    return mended(plain, "formula", text=plain[:60]) if is_formula(plain) else Value(plain)
