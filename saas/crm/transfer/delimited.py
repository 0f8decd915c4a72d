"""Records of a delimited text file (CSV, TSV, `;`, `|`), streamed; and the guess which delimiter it uses."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from saas.crm.transfer.encoding import Encoding
from saas.crm.transfer.limits import DEFAULT, Limits
from saas.crm.transfer.said import Unreadable

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARS = 1 << 17
SAMPLE_RECORDS = 120
HEADER_BONUS = 0.1

_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*\r?\n?$", re.IGNORECASE)
_BACKSLASHED_QUOTE = re.compile(r'[^\s\\]\\"[^,;\t|\r\n]')
_DOUBLED_QUOTE = re.compile(r'[^,;\t|\r\n"]""[^,;\t|\r\n"]')

# The csv module keeps this bound for the whole process; it is the one every file is read under.
csv.field_size_limit(DEFAULT.cell_chars)


@dataclass(frozen=True)
class Dialect:
    """How the cells of a line are parted. `skip_lines` counts lines before the table, such as Excel's `sep=;`."""

    delimiter: str
    escape: str | None = None
    skip_lines: int = 0


def open_text(source: Path, encoding: Encoding) -> TextIO:
    """Open a text file behind its BOM; damaged characters become U+FFFD, line ends are kept as they are."""
    raw = source.open("rb")
    raw.seek(encoding.skip)
    return TextIOWrapper(raw, encoding=encoding.name, errors="replace", newline="")


def detect_dialect(source: Path, encoding: Encoding, delimiter: str | None = None) -> Dialect:
    """Guess the delimiter (unless one is given) and the way quotes are escaped from the head of the file."""
    with open_text(source, encoding) as file:
        first = file.readline(SAMPLE_CHARS)
        said_so = _SEP_LINE.match(first)
        sample = ("" if said_so else first) + file.read(SAMPLE_CHARS)
    # The last line of the sample may be cut, so it is not evidence.
    whole = sample if len(sample) < SAMPLE_CHARS else sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    escape = "\\" if _BACKSLASHED_QUOTE.search(whole) and not _DOUBLED_QUOTE.search(whole) else None
    chosen = delimiter or (said_so.group(1) if said_so else max(DELIMITERS, key=lambda each: _fit(whole, each)))
    return Dialect(chosen, escape, skip_lines=1 if said_so else 0)


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """Score a delimiter: how alike the records' widths are, and how wide the usual record is."""
    if delimiter not in sample:
        return (0.0, 0)
    widths = []
    try:
        for record in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True):
            if any(record):
                widths.append(len(record))
            if len(widths) >= SAMPLE_RECORDS:
                break
    except csv.Error:
        return (0.0, 0)
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return (0.0, 0)
    usual, times = max(wide.items(), key=lambda item: (item[1], item[0]))
    alike = times / len(widths) * (1 - 1 / (usual + 1))
    return (round(alike + (HEADER_BONUS if widths[0] == usual else 0), 3), usual)


def records(source: Path, encoding: Encoding, dialect: Dialect, limits: Limits) -> Generator[list[str], None, None]:
    """Yield every record, also empty ones, in bounded memory. Raises Unreadable for cells and rows without an end."""
    fed, row = [0], 0
    with open_text(source, encoding) as file:
        lines = _lines(file, limits, fed)
        for _skipped in range(dialect.skip_lines):
            next(lines, None)
        reader = csv.reader(lines, delimiter=dialect.delimiter, escapechar=dialect.escape, skipinitialspace=True)
        while True:
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise Unreadable("cell_too_big", row=row + 1, limit=limits.cell_chars // 1024) from error
            except _RowTooBig as error:
                raise Unreadable("row_too_big", row=row + 1) from error
            if record is None:
                return
            row += 1
            fed[0] = 0
            yield record


class _RowTooBig(Exception):
    pass


def _lines(file: TextIO, limits: Limits, fed: list[int]) -> Iterator[str]:
    """Yield lines; `fed` counts the characters since the last whole record, so that none can grow without end."""
    limit, readline = limits.row_chars, file.readline
    while line := readline(limit + 1):
        fed[0] += len(line)
        if fed[0] > limit:
            raise _RowTooBig
        yield line
