"""One pass over the records of a file: header, rows, footer, and what should be said about them."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from saas.crm.transfer.cleaning import clean_record
from saas.crm.transfer.headers import header_key
from saas.crm.transfer.layout import LOOK_AT, TAIL, Layout, find_layout, footer_start
from saas.crm.transfer.limits import Deadline, Limits
from saas.crm.transfer.prepared import Prepared
from saas.crm.transfer.rowfile import RowWriter
from saas.crm.transfer.said import Said, Unreadable, said
from saas.crm.transfer.samples import Samples
from saas.crm.transfer.values.text import ERRORS

CHECK_EVERY = 1_000
LONGEST_BLANK = 2_000_000
DEEPEST_CHOICE = 1_000
HEAD_CHARS = 8 << 20
_GARBLED_MARKS = ("Ã", "â€", "锟斤拷", "烫烫烫", "ï»¿")
# UTF-8 that was read as another code page and saved again, and the marks of a broken GBK file.
_GARBLED = re.compile(r"(?:Ã[\x80-\xbf¤¶¼Ÿ©¨]|â€[™œ“”\x9d]|锟斤拷|烫烫烫|ï»¿)")


@dataclass
class Table:
    """One pass over the records: header, rows, footer, counts, samples."""

    target: Path
    limits: Limits
    skipped_lines: int
    delimiter: str | None
    notes: list[Said]
    width: int = 0
    filled: list[int] = field(default_factory=list)
    samples: Samples = field(default_factory=Samples)
    counts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)
    garbled: str = ""

    def read(
        self,
        records: Iterator[list[str]],
        header_row: int | None,
        filename: str,
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        sheet: str | None = None,
        sheets: tuple[str, ...] = (),
    ) -> Prepared:
        """Write all rows and return what was found."""
        layout, cleaned = self._start(records, header_row)
        part = self.target.with_name(self.target.name + ".part")
        try:
            with part.open("wb", buffering=1 << 20) as file:
                writer = RowWriter(file)
                self._write_rows(writer, cleaned, layout)
                headers = self._headers(layout)
                if not writer.rows:
                    raise Unreadable("header_only" if layout.header >= 0 else "nothing_readable")
                writer.close(len(headers))
            os.replace(part, self.target)  # noqa: PTH105 -- atomic, and the same on every system
        finally:
            part.unlink(missing_ok=True)
        self._conclude(layout, headers)
        return Prepared(
            self.target, filename, encoding, delimiter, sheet, sheets, headers,
            header_row=layout.header + 1 + self.skipped_lines if layout.header >= 0 else 0,
            first_row=layout.first + 1 + self.skipped_lines,
            row_count=writer.rows,
            line_count=writer.lines,
            filled=tuple((self.filled + [0] * len(headers))[: len(headers)]),
            sample_rows=self.samples.rows(len(headers)),
            notes=tuple(self.notes),
        )  # fmt: skip

    def _start(self, records: Iterator[list[str]], header_row: int | None) -> tuple[Layout, Iterator[list[str]]]:
        cleaned = map(clean_record, records)
        head = _take(cleaned, LOOK_AT + min(header_row or 0, DEEPEST_CHOICE))
        blank = 0
        while head and not any(head) and blank < LONGEST_BLANK:
            # Some programs leave thousands of formatted, empty rows above; the table may still come.
            blank += len(head)
            self.skipped_lines += len(head)
            head = _take(cleaned, LOOK_AT)
        if not any(head):
            raise Unreadable("empty_file")
        self._check_width(max(map(len, head)))
        wanted = header_row - self.skipped_lines if header_row else header_row
        layout = find_layout(head, wanted)
        return layout, chain(head[layout.first :], cleaned)

    def _write_rows(self, writer: RowWriter, rows: Iterator[list[str]], layout: Layout) -> None:
        tail: deque[list[str]] = deque()
        deadline = Deadline(self.limits.time_s)
        again = [name.casefold() for name in layout.names]
        first_row = layout.first + 1 + self.skipped_lines
        for number, row in enumerate(rows):
            if number % CHECK_EVERY == 0:
                deadline.check()
            cells = row
            if cells and cells[0] and again and cells[0].casefold() == again[0] and self._is_header_again(cells, again):
                self._count("header_again", first_row + number)
                cells = []
            if cells:
                self._look(cells, first_row + number)
            elif number > LONGEST_BLANK + self.limits.rows:
                raise Unreadable("too_many_rows", limit=self.limits.rows)
            tail.append(cells)
            if len(tail) > TAIL:
                self._put(writer, tail.popleft())
        end = footer_start(list(tail))
        dropped = sum(1 for row in islice(tail, end, None) if row)
        if dropped:
            self.counts["footer_dropped"] = dropped
        for row in islice(tail, 0, end):
            self._put(writer, row)

    def _put(self, writer: RowWriter, cells: list[str]) -> None:
        writer.write(cells)
        if not cells:
            return
        if writer.rows > self.limits.rows:
            raise Unreadable("too_many_rows", limit=self.limits.rows)
        filled = self.filled
        if len(cells) > len(filled):
            filled += [0] * (len(cells) - len(filled))
        for index, cell in enumerate(cells):
            if cell:
                filled[index] += 1
        self.samples.add(cells)

    def _look(self, cells: list[str], row: int) -> None:
        """Count what the person should know about: long rows, error cells, characters that could not be read."""
        if len(cells) > self.width:
            self._check_width(len(cells))
        joined = "\x1f".join(cells)
        if len(joined) > self.limits.cell_chars and max(map(len, cells)) > self.limits.cell_chars:
            raise Unreadable("cell_too_big", row=row, limit=self.limits.cell_chars // 1024)
        if "#" in joined:
            for cell in cells:
                if cell in ERRORS:
                    self._count("error_cells", row)
        if "\n" in joined:
            self._look_for_swallowed_rows(cells, row)
        if not joined.isascii():
            bad = joined.count("\ufffd")
            if bad:
                self._count("unreadable_characters", row, bad)
            if not self.garbled and any(mark in joined for mark in _GARBLED_MARKS):
                hit = _GARBLED.search(joined)
                self.garbled = next((cell[:60] for cell in cells if hit and hit.group() in cell), "")

    def _look_for_swallowed_rows(self, cells: list[str], row: int) -> None:
        """An opening quote without its pair swallows the rows below: the cell then has lines as wide as the table."""
        usual = self.width - 1
        if not self.delimiter or usual < 1:
            return
        for cell in cells:
            lines = cell.count("\n")
            if lines > 1 and cell.count(self.delimiter) >= lines * usual * 0.8:
                self._count("swallowed_rows", row)

    def _is_header_again(self, cells: list[str], again: list[str]) -> bool:
        return [cell.casefold() for cell in cells] == again[: len(cells)] and len(cells) > 1

    def _check_width(self, width: int) -> None:
        if width > self.limits.columns:
            raise Unreadable("too_many_columns", count=width, limit=self.limits.columns)
        self.width = max(self.width, width)

    def _count(self, code: str, row: int, times: int = 1) -> None:
        self.counts[code] += times
        self.firsts.setdefault(code, row)

    def _headers(self, layout: Layout) -> tuple[str, ...]:
        """Name every column up to the last that has a name or content."""
        names = list(layout.names)
        while names and not names[-1]:
            names.pop()
        used = max((index + 1 for index, count in enumerate(self.filled) if count), default=0)
        return tuple(names + [""] * (used - len(names)))

    def _conclude(self, layout: Layout, headers: tuple[str, ...]) -> None:
        """Turn what was counted into notes."""
        if layout.header < 0:
            self.notes.append(said("header_missing"))
        elif layout.header > layout.is_merged:
            self.notes.append(said("header_found", row=layout.header + 1 + self.skipped_lines))
        if layout.is_merged:
            self.notes.append(said("header_merged"))
        repeated = [name for name, times in Counter(map(header_key, filter(None, headers))).items() if times > 1]
        if repeated:
            shown = [next(name for name in headers if header_key(name) == key) for key in repeated[:5]]
            self.notes.append(said("headers_repeated", names=", ".join(shown)))
        if self.garbled:
            self.notes.append(said("already_garbled", example=self.garbled))
        for code, count in self.counts.items():
            self.notes.append(said(code, count=count, row=self.firsts.get(code, 0)))
        named = len(layout.names)
        if named and len(headers) > named:
            self.notes.append(said("nameless_columns", count=len(headers) - named))


def _take(records: Iterator[list[str]], count: int) -> list[list[str]]:
    """Take the first records, fewer when they are so long that memory would suffer."""
    taken: list[list[str]] = []
    chars = 0
    for record in islice(records, count):
        taken.append(record)
        chars += sum(map(len, record))
        if chars > HEAD_CHARS:
            break
    return taken
