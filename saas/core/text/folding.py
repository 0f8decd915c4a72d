"""The one way text is folded before it is compared: case, accents, width, punctuation. Readings of Chinese are in pinyin.py."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Only this much of a text is ever looked at, so that no input, however long, costs more than a page of it.
LONGEST = 1000

# Letters that Unicode does not decompose, spelled the way people without that keyboard spell them.
_SPELLED = {
    "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ø": "o", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "n",
    "ı": "i", "ĸ": "k", "ſ": "s", "ə": "e", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ʒ": "z",
}  # fmt: skip
# Marks inside a word (O'Brien, Hawaiʻi, Acme™): the word goes on without them.
_INSIDE_WORDS = frozenset("'’‘‛`´′ʼʻʹʾʿ＇׳״·™®©℠ـ")


def _is_dropped_mark(char: str) -> bool:
    """Say whether a combining mark is an accent (dropped) and not a vowel sign or voicing mark (kept)."""
    code = ord(char)
    return 0x300 <= code <= 0x36F or 0x64B <= code <= 0x655 or code == 0x670 or 0xFE00 <= code <= 0xFE0F


class _Folding(dict[int, str]):
    """Code point → its folded form, worked out at the first meeting of each character."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        self[code] = folded
        return folded


def _fold_char(char: str) -> str:
    if char in _INSIDE_WORDS or _is_dropped_mark(char):
        return ""
    kind = unicodedata.category(char)
    if kind[0] in "ZPS" or char in "\t\n\r\v\f\x85":
        return " "
    if kind[0] == "C":
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if 0x30A1 <= ord(char) <= 0x30F6:  # Katakana is found by hiragana and the other way round.
        return chr(ord(char) - 0x60)
    decomposed = unicodedata.normalize("NFKD", char.casefold())
    bare = "".join(_SPELLED.get(part, part) for part in decomposed if not _is_dropped_mark(part))
    return unicodedata.normalize("NFC", bare)


_FOLDING = _Folding()
_ASCII = str.maketrans({code: _fold_char(chr(code)) for code in range(128)})


# A record's name is folded for its sort key, its tokens and the vocabulary; towns and titles come again and again.
@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """Fold `text` to lower-case words without accents or punctuation, one space between them.

    `O'Brien-Smith` is `obrien smith`, `Łódź` is `lodz`, `Größe` is `grosse`, `ＡＢＣ` is `abc`. Scripts other than Latin,
    Greek and Cyrillic keep their letters. Control characters, NUL and lone surrogates vanish, so the result is always
    storable. Empty when nothing but punctuation is left. Looks at the first 1,000 characters only.
    """
    if len(text) > LONGEST:
        text = text[:LONGEST]
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    return " ".join(unicodedata.normalize("NFKC", text.translate(_UNMARKED)).translate(_FOLDING).split())


# Taken away before compatibility normalisation, which would spell ™ as the letters TM.
_UNMARKED = {ord(mark): None for mark in _INSIDE_WORDS if not mark.isascii()}
