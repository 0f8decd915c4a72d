"""Tables for spreadsheets: CSV that Excel opens in the right letters, in which no text is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# Excel takes a file without this mark for one in the machine's old code page.
MARK = b"\xef\xbb\xbf"
# A text that begins so is a formula to a spreadsheet; an apostrophe before it makes it a text again (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as lines of CSV. Numbers and international telephone numbers stay as they are: they are no formulas."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_safe(text) for text in row] for row in rows)
    return buffer.getvalue().encode()


def _safe(text: str) -> str:
    is_number = text[:1] in ("+", "-") and text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not is_number else text
