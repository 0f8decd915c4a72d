"""Where the table stands in a sheet: titles above it, the row or two rows of column names, the report's footer below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from saas.crm.transfer.headers import clean_name, is_typed, looks_like_names
from saas.crm.transfer.presets import KNOWN_HEADERS

LOOK_AT = 60
DEEPEST_HEADER = 30
SURE = 0.6
TAIL = 12
WIDE_SHARE = 0.2

_FOOTER = re.compile(
    r"confidential information - do not distribute"
    r"|copyright\b.*\bsalesforce.*"
    r"|(?:sub|grand) ?totals?\b.*"
    r"|generated (?:by|on)\b.*"
    r"|(?:exported|printed) (?:by|on|at)\b.*"
    r"|(?:导出|制表|打印)(?:时间|日期|人)\s*[:：].*"
    r"|(?:共|总计|合计)\s*\d+\s*(?:条|行|个|家|位).*",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"(?:sub|grand)? ?totals?|合计|总计|小计|总数|gesamt|summe|total général", re.IGNORECASE)
_FIGURE = re.compile(r"[\s\d.,$€£¥￥%()+-]*|[A-Z]{3} ?[\d.,]+")


@dataclass(frozen=True)
class Layout:
    """The table's place among the first records: `header` is the index of the last header row (-1: none), `first` of the data."""

    names: tuple[str, ...]
    header: int
    first: int
    is_merged: bool = False


def find_layout(head: Sequence[list[str]], header_row: int | None = None) -> Layout:
    """Find the column names among the first records.

    `header_row` is what a person chose: 0 for none, else the row counted from 1; None to guess.
    """
    if header_row is not None and 0 < header_row <= len(head):
        return _with_header(head, header_row - 1)
    usual = _usual_width(head)
    first = next((index for index, row in enumerate(head) if _fills(row, usual)), 0)
    if header_row == 0:
        return Layout((), -1, first)
    for index in range(first, min(first + DEEPEST_HEADER, len(head))):
        row = head[index]
        if not any(row):
            continue
        if _is_header(row, head[index + 1 :], usual):
            return _with_header(head, index)
        if any(is_typed(cell) for cell in row) and _fills(row, usual):
            break
    return Layout((), -1, first)


def _with_header(head: Sequence[list[str]], index: int) -> Layout:
    top = head[index]
    below = head[index + 1] if index + 1 < len(head) else []
    if _is_second_header(top, below):
        return Layout(_join(top, below), index + 1, index + 2, is_merged=True)
    above = head[index - 1] if index else []
    if above and sum(1 for cell in above if cell) > 1 and _is_second_header(above, top):
        return Layout(_join(above, top), index, index + 1, is_merged=True)
    return Layout(tuple(clean_name(cell) for cell in top), index, index + 1)


def _usual_width(head: Sequence[list[str]]) -> int:
    filled = [row for row in head if any(row)]
    wide = [row for row in filled if sum(1 for cell in row if cell) > 1]
    # Titles and footers are single cells; of equally frequent widths the wider one is the table.
    widths = Counter(map(_width, wide if len(wide) >= max(2, len(filled) * WIDE_SHARE) else filled))
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 0


def _width(row: Sequence[str]) -> int:
    return max((index + 1 for index, cell in enumerate(row) if cell), default=0)


def _fills(row: Sequence[str], usual: int) -> bool:
    """Tell a row of the table from a title: it fills more than a cell or two of the usual width."""
    filled = sum(1 for cell in row if cell)
    return filled >= min(2, usual) and _width(row) * 2 >= usual


def _is_header(row: Sequence[str], below: Sequence[list[str]], usual: int) -> bool:
    filled = [cell for cell in row if cell]
    if len(filled) * 3 < usual or len(filled) < min(2, usual):
        return False
    score = looks_like_names(row, KNOWN_HEADERS)
    if score >= SURE:
        return True
    if score == 0 or any(is_typed(cell) for cell in filled):
        return False
    return _differs_from_data(row, [each for each in below if any(each)][:20])


def _differs_from_data(row: Sequence[str], data: Sequence[list[str]]) -> bool:
    """Without a known name: the row is of names when values below are typed where it is not, or when nothing below repeats it."""
    if not data:
        return True
    values = {cell for each in data for cell in each if cell}
    if any(is_typed(each[index]) for each in data for index in range(min(len(each), len(row))) if row[index]):
        return True
    return not any(cell in values for cell in row if cell) and len(set(filter(None, row))) == sum(1 for cell in row if cell)


def _is_second_header(top: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether two rows are one merged header: groups above with gaps, names below that fill the gaps."""
    if not top or not below or any(is_typed(cell) for cell in below):
        return False
    width = max(_width(top), _width(below))
    gaps = [index for index in range(1, width) if not _at(top, index) and _at(below, index)]
    both_missing = any(not _at(top, index) and not _at(below, index) for index in range(width))
    names = [_at(below, index) or _at(top, index) for index in range(width)]
    return bool(gaps) and not both_missing and looks_like_names(names, KNOWN_HEADERS) >= SURE and _at(top, 0) != ""


def _join(top: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    names, group = [], ""
    for index in range(max(_width(top), _width(below))):
        upper, lower = clean_name(_at(top, index)), clean_name(_at(below, index))
        group = upper or group
        names.append(f"{group} - {lower}" if lower and group and group != lower else lower or upper)
    return tuple(names)


def _at(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def footer_start(tail: Sequence[list[str]]) -> int:
    """Return the index in the last records from which they belong to the report (its length when none does)."""
    end = len(tail)
    while end and (_is_footer(tail[end - 1]) or sum(1 for cell in tail[end - 1] if cell) <= 1):
        end -= 1
    # `end` now stands at the last real row; the report's lines begin behind it, with the first line known as such
    # or with the paragraph of single cells that such a line stands in.
    marks = [index for index in range(end, len(tail)) if _is_footer(tail[index])]
    end = _paragraph(tail, marks[0]) if marks else len(tail)
    while end and (not any(tail[end - 1]) or _is_total(tail[end - 1], bool(marks))):
        end -= 1
    last = end
    # Blank records alone are no footer.
    return last if any(any(row) for row in tail[last:]) else len(tail)


def _paragraph(tail: Sequence[list[str]], mark: int) -> int:
    """Return where the lines around a footer line begin when an empty record parts them from the data, else the line itself."""
    start = mark
    while start and any(tail[start - 1]):
        start -= 1
    lone = all(sum(1 for cell in row if cell) == 1 for row in tail[start:mark])
    return start if start and lone else mark


def _is_footer(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return 0 < len(filled) <= 2 and bool(_FOOTER.fullmatch(filled[0].strip(' "')))


def _is_total(row: Sequence[str], has_footer: bool) -> bool:
    filled = [cell for cell in row if cell]
    return (
        len(filled) > (0 if has_footer else 1) and bool(_TOTAL.fullmatch(filled[0])) and all(_FIGURE.fullmatch(cell) for cell in filled[1:])
    )
