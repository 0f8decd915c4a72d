"""Names of columns as people and programs write them, reduced to one comparable key; and whether a row looks like names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

LONGEST_NAME = 80

_REQUIRED = re.compile(
    r"[(（\[【]\s*(?:必填|必填项|必输|选填|required|optional|pflichtfeld|obligatorio|obligatoire|mandatory)\s*[)）\]】]",
    re.IGNORECASE,
)
_STARS = re.compile(r"^[*＊\s]+|[*＊:：\s]+$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[\s_\-–—./\\|,;:#'’\"“”()\[\]{}（）【】]+")

# What cells hold and names of columns do not: addresses, links, dates, long or broken numbers.
_TYPED = re.compile(
    r"[^\s@]+@[^\s@]+\.[^\s@]+"
    r"|https?://\S+|www\.\S+\.\S+"
    r"|[+(]?\d[\d\s().\-/+]{5,}"
    r"|[-+]?[\d.,]*\d[.,]\d+"
    r"|\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4})?日?.*"
    r"|[$€£¥￥]\s*[\d.,]+"
    r"|\d+"
    r"|true|false|yes|no|是|否",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def clean_name(text: str) -> str:
    """Return a column name as shown: trimmed, one space between words, without `*` and `（必填）`."""
    name = _REQUIRED.sub(" ", text.replace("\ufeff", "").replace("\u3000", " "))
    return _STARS.sub("", " ".join(name.split()))


@lru_cache(maxsize=20_000)
def header_key(text: str) -> str:
    """Reduce a column name to its comparable form: NFKC, case-folded, words parted by single spaces, no accents or marks.

    `FirstName`, `first_name`, `First Name *` and `ＦＩＲＳＴ ＮＡＭＥ` share one key; Chinese stays as it is.
    """
    name = clean_name(unicodedata.normalize("NFKC", text))
    if " " not in name and not name.isupper():
        name = _CAMEL.sub(" ", name)
    folded = unicodedata.normalize("NFD", name.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(part for part in _SPLIT.split(unicodedata.normalize("NFC", plain)) if part)


def is_typed(cell: str) -> bool:
    """Tell whether a cell holds an e-mail address, a link, a number, a date or yes/no, as names of columns do not."""
    return bool(_TYPED.fullmatch(cell)) and not _YEAR.fullmatch(cell)


def looks_like_names(row: Sequence[str], known: frozenset[str]) -> float:
    """Say from 0 to 1 how much a row looks like names of columns. `known` holds the header keys of the vocabulary."""
    filled = [cell for cell in row if cell]
    if not filled:
        return 0.0
    typed = sum(1 for cell in filled if is_typed(cell) or len(cell) > LONGEST_NAME or "\n" in cell.strip())
    hits = sum(1 for cell in filled if header_key(cell) in known)
    if typed > len(filled) * 0.2 and hits <= typed:
        return 0.0
    spread = len(set(filled)) / len(filled)
    return min(1.0, 0.35 * spread + 0.15 * (1 - typed / len(filled)) + 0.5 * min(1.0, hits / max(1.0, len(filled) * 0.5)))
