"""What reading a file found, kept beside the row file; and what a person may choose before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saas.crm.transfer.said import Said, said_from_json


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
    plain: dict[str, Any] = {name: data[name] for name in _PLAIN}
    lists: dict[str, Any] = {name: tuple(data[name]) for name in ("sheets", "headers", "filled")}
    return Prepared(
        **plain,
        **lists,
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
