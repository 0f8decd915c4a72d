"""The stored sort key: what makes a plain byte comparison put names of every language where people look for them."""

from __future__ import annotations

import re
from itertools import groupby

from saas.core.text.folding import fold
from saas.core.text.pinyin import is_han, syllables

LONGEST_KEY = 120
_DIGITS = re.compile(r"[0-9]+")
_PADDED = 10


def sort_key(text: str, *, is_person_name: bool = False) -> str:
    """Make the key by which `text` sorts under byte order (`COLLATE "C"`); at most 120 characters, never NULL.

    Case, accents and punctuation do not count; runs of digits sort as numbers; Chinese sorts by pinyin, equal syllables
    by character, among the Latin names (张伟 is `zhang 张wei 伟`). With `is_person_name` family names are read as such.
    A text of nothing but symbols keeps them; the key of nothing is empty. The key of a beginning of a name is a
    beginning of the name's key, as long as it ends between characters of Chinese and outside numbers.
    """
    key = fold(text)
    if not key.isascii() and any(map(is_han, key)):
        key = _with_readings(key, is_person_name)
    if _DIGITS.search(key):
        key = _DIGITS.sub(_padded, key)
    return key[:LONGEST_KEY] if key else _symbols(text)


def _with_readings(folded: str, is_person_name: bool) -> str:
    """Replace each Chinese character by its syllable, a space and itself."""
    parts: list[str] = []
    for han, group in groupby(folded[:LONGEST_KEY], is_han):
        run = "".join(group)
        if not han:
            parts.append(run)
            continue
        if parts and not parts[-1].endswith(" "):
            parts.append(" ")
        read = syllables(run, is_person_name=is_person_name and not parts)
        parts.extend(f"{syllable} {char}" if syllable else char for syllable, char in zip(read, run, strict=True))
    return "".join(parts)


def _padded(run: re.Match[str]) -> str:
    """Write a number so that it sorts by value: ten digits, or for more of them `:`, their count and the digits."""
    number = run.group().lstrip("0") or "0"
    return number.zfill(_PADDED) if len(number) <= _PADDED else f":{len(number):04d}{number}"


def _symbols(text: str) -> str:
    """Keep a name of symbols only (★★★) apart from an empty one, without what a database cannot store."""
    return "".join(char for char in text[:LONGEST_KEY] if char.isprintable() and not char.isspace())
