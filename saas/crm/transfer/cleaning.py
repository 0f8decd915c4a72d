"""One record cleaned: blanks of every kind trimmed, line ends unified, invisible and control characters taken out."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_BLANKS = re.compile(r"[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Marks of direction and joining that cling to copied numbers and names; ZWJ and ZWNJ stay, some scripts need them.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean_record(cells: list[str]) -> list[str]:
    """Return the record with clean cells and without empty cells at its end; [] when nothing is left."""
    cells = list(map(str.strip, cells))
    joined = "".join(cells)
    if not joined:
        return []
    if not joined.isascii() or not joined.isprintable():
        if not joined.isprintable():
            cells = [cell if cell.isprintable() else clean_text(cell) for cell in cells]
        if not unicodedata.is_normalized("NFC", joined):
            cells = [unicodedata.normalize("NFC", cell) for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def clean_text(text: str) -> str:
    """Clean one cell that holds characters which do not print."""
    return _INVISIBLE.sub("", _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text))).strip()
