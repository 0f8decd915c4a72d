"""The rows of one sheet as lists of text, streamed from its XML part."""

from __future__ import annotations

from collections.abc import Generator
from zipfile import ZipFile

from saas.crm.transfer.limits import Deadline, Limits
from saas.crm.transfer.numberformat import CellFormat, number_text
from saas.crm.transfer.said import Unreadable
from saas.crm.transfer.strings import SharedStrings, unescape
from saas.crm.transfer.xml_stream import ByteBudget, local_names, parse_part

LAST_ROW = 1_048_576
_DIGITS = "0123456789"


class SheetReader:
    """Turns `<row>` and `<c>` elements into records; use once for one sheet."""

    def __init__(self, strings: SharedStrings, formats: list[CellFormat], is_1904: bool, limits: Limits) -> None:
        self._strings = strings
        self._formats = formats
        self._is_1904 = is_1904
        self._limits = limits
        self._local = local_names()
        self._columns: dict[str, int] = {}
        self._ready: list[list[str]] = []
        self._gaps: list[tuple[int, int]] = []
        self._row_number = 0
        self._row: list[str] = []
        self._column = -1
        self._type = ""
        self._style = ""
        self._pieces: list[str] = []
        self._size = 0
        self._takes_text = False
        self._is_phonetic = False
        self._row_size = 0

    def records(self, archive: ZipFile, part: str, budget: ByteBudget, deadline: Deadline) -> Generator[list[str], None, None]:
        """Yield the rows from row 1 on; rows that the file leaves out come as empty lists. Raises Unreadable."""
        for _pause in parse_part(archive, part, self, budget, deadline):
            if self._ready:
                ready, self._ready = self._ready, []
                gaps, self._gaps = dict(self._gaps), []
                for place, row in enumerate(ready):
                    for _missing in range(gaps.get(place, 0)):
                        yield []
                    yield row

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        local = self._local(name)
        if local == "c":
            reference = attributes.get("r")
            self._column = self._place(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._pieces, self._size = [], 0
        elif local == "v" or (local == "t" and not self._is_phonetic):
            self._takes_text = True
        elif local == "row":
            self._begin_row(attributes.get("r"))
        elif local == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        """Finish an element."""
        local = self._local(name)
        if local == "c":
            if self._pieces:
                self._put(self._value("".join(self._pieces)))
        elif local in ("v", "t"):
            self._takes_text = False
        elif local == "row":
            self._ready.append(self._row)
        elif local == "rPh":
            self._is_phonetic = False

    def text(self, data: str) -> None:
        """Collect the text of a value."""
        if self._takes_text:
            self._pieces.append(data)
            self._size += len(data)
            if self._size > self._limits.cell_chars:
                raise Unreadable("cell_too_big", row=self._row_number, limit=self._limits.cell_chars // 1024)

    def _begin_row(self, reference: str | None) -> None:
        number = int(reference) if reference and reference.isdigit() else self._row_number + 1
        if number > LAST_ROW:
            raise Unreadable("damaged_workbook")
        missing = number - self._row_number - 1
        if missing > 0:
            self._gaps.append((len(self._ready), missing))
        self._row_number = number
        self._row, self._column, self._row_size = [], -1, 0

    def _place(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters.upper():
                column = column * 26 + ord(letter) - 64
            column = self._columns[letters] = column - 1
        return column

    def _put(self, value: str) -> None:
        if not value:
            return
        row, column = self._row, self._column
        self._row_size += len(value)
        if self._row_size > self._limits.row_chars:
            raise Unreadable("row_too_big", row=self._row_number)
        if not 0 <= column < 16_384:
            raise Unreadable("damaged_workbook")
        if column == len(row):
            row.append(value)
        elif column > len(row):
            row += [""] * (column - len(row))
            row.append(value)
        else:
            row[column] = value

    def _value(self, text: str) -> str:
        kind = self._type
        if kind == "s":
            try:
                return self._strings[int(text)]
            except (IndexError, ValueError) as error:
                raise Unreadable("damaged_workbook") from error
        if kind == "n":
            style = int(self._style) if self._style.isdigit() else 0
            return number_text(text, self._formats[style] if style < len(self._formats) else "plain", self._is_1904)
        if kind == "b":
            return "TRUE" if text.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return text.removesuffix("T00:00:00")
        return unescape(text)
