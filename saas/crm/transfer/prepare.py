"""An upload of any kind brought into one streamable form, in bounded memory, and what was found in it on the way."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from saas.crm.transfer import delimited, workbook
from saas.crm.transfer.cleaning import clean_record
from saas.crm.transfer.encoding import NAMES, chosen_encoding, detect_encoding
from saas.crm.transfer.headers import header_key
from saas.crm.transfer.layout import LOOK_AT, TAIL, Layout, find_layout, footer_start
from saas.crm.transfer.limits import DEFAULT, MEGABYTE, Deadline, Limits
from saas.crm.transfer.rowfile import RowWriter
from saas.crm.transfer.said import Said, Unreadable, said, said_from_json
from saas.crm.transfer.samples import Samples
from saas.crm.transfer.sniff import file_kind

CHECK_EVERY = 1_000
LONGEST_BLANK = 2_000_000
DEEPEST_CHOICE = 1_000
HEAD_CHARS = 8 << 20
EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"})
_GARBLED = re.compile(r"(?:Ã[\x80-\xbf¤¶¼Ÿ©¨]|â€[™œ“”\x9d]|锟斤拷|烫烫烫|ï»¿)")


@dataclass(frozen=True)
class Reading:
    """What a person chose instead of the guess; None leaves it to the guess.

    `encoding` is a key of `encoding.NAMES`, `delimiter` one character, `header_row` counts from 1 (0: there is none).
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A file that was read once from end to end.

    `headers` are the names as shown, "" for a nameless column (`column_name` gives it a letter). `header_row` counts from 1
    in the person's file, 0 when there is none; `first_row` is the row of line 0 of the row file. `row_count` counts rows that
    hold something, `line_count` all lines up to the last of them. `filled` counts the cells of each column that hold something.
    `sample_rows` are the first hundred rows and up to two hundred spread over the rest, cells cut to 300 characters.
    """

    path: Path
    filename: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: tuple[str, ...]
    headers: tuple[str, ...]
    header_row: int
    first_row: int
    row_count: int
    line_count: int
    filled: tuple[int, ...]
    sample_rows: tuple[tuple[str, ...], ...]
    notes: tuple[Said, ...]

    def column_name(self, index: int) -> str:
        """Name a column for people: its header, or its letter as in a spreadsheet."""
        return self.headers[index] or column_letter(index)

    def source_row(self, number: int) -> int:
        """Return the row in the person's file, counted from 1, of line `number` as `rowfile.rows` yields it."""
        return self.first_row + number

    def as_json(self) -> dict[str, Any]:
        """Return plain data that `prepared_from_json` reads back."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            **{name: list(getattr(self, name)) for name in ("sheets", "headers", "filled")},
            "path": str(self.path),
            "sample_rows": [list(row) for row in self.sample_rows],
            "notes": [note.as_json() for note in self.notes],
        }


_PLAIN = ("filename", "encoding", "delimiter", "sheet", "header_row", "first_row", "row_count", "line_count")


def prepared_from_json(data: dict[str, Any]) -> Prepared:
    """Read back what `Prepared.as_json` wrote."""
    return Prepared(
        **{name: data[name] for name in _PLAIN},
        **{name: tuple(data[name]) for name in ("sheets", "headers", "filled")},
        path=Path(data["path"]),
        sample_rows=tuple(tuple(row) for row in data["sample_rows"]),
        notes=tuple(said_from_json(note) for note in data["notes"]),
    )


def column_letter(index: int) -> str:
    """Name a column as spreadsheets do: 0 is A, 26 is AA."""
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def prepare(source: Path, filename: str, target: Path, limits: Limits = DEFAULT, reading: Reading | None = None) -> Prepared:
    """Read an upload and write it to `target` as a row file (see `rowfile`); `target` appears only when all went well.

    Raises Unreadable with a sentence for the person when the file is no table or goes beyond the limits.
    """
    size = source.stat().st_size
    if size == 0:
        raise Unreadable("empty_file")
    if size > limits.file_bytes:
        raise Unreadable("too_big", size=-(-size // MEGABYTE), limit=limits.file_bytes // MEGABYTE)
    chosen = reading or Reading()
    if file_kind(source) == "workbook":
        return _prepare_workbook(source, filename, target, limits, chosen)
    return _prepare_text(source, filename, target, limits, chosen)


def _prepare_text(source: Path, filename: str, target: Path, limits: Limits, reading: Reading) -> Prepared:
    found = chosen_encoding(source, reading.encoding) if reading.encoding else detect_encoding(source)
    dialect = delimited.detect_dialect(source, found, reading.delimiter)
    notes = []
    if found.is_guess:
        notes.append(said("encoding_guessed", encoding=NAMES[found.name]))
    with closing(delimited.records(source, found, dialect, limits)) as records:
        table = _Table(target, limits, dialect.skip_lines, dialect.delimiter, notes)
        return table.read(records, reading.header_row, filename, encoding=found.name, delimiter=dialect.delimiter)


def _prepare_workbook(source: Path, filename: str, target: Path, limits: Limits, reading: Reading) -> Prepared:
    with workbook.open_workbook(source, target.parent, limits) as book:
        sheet = book.choose(reading.sheet)
        others = [each for each in book.sheet_names if each != sheet]
        notes = [said("sheet_chosen", sheet=sheet)] if others and not reading.sheet else []
        with closing(book.records(sheet)) as records:
            table = _Table(target, limits, 0, None, notes)
            return table.read(records, reading.header_row, filename, sheet=sheet, sheets=tuple(book.sheet_names))


@dataclass
class _Table:
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
        end = footer_start(list(tail), self.width)
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
                if cell in EXCEL_ERRORS:
                    self._count("error_cells", row)
        if "\n" in joined:
            self._look_for_swallowed_rows(cells, row)
        if not joined.isascii():
            bad = joined.count("\ufffd")
            if bad:
                self._count("unreadable_characters", row, bad)
            if not self.garbled:
                hit = _GARBLED.search(joined)
                self.garbled = next((cell[:60] for cell in cells if hit and hit.group() in cell), "")

    def _look_for_swallowed_rows(self, cells: list[str], row: int) -> None:
        """An opening quote without its pair swallows the rows below: the cell then has lines as wide as the table."""
        usual = len(self.filled) - 1
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
