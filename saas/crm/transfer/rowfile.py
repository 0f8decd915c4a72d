"""The one form every upload is brought into: lines of JSON lists, with an index of byte offsets behind them.

Line n (from 0) is record n below the header; empty records stay as `[]`, so that n + `first_row` is the row in the
person's own file. Behind the rows stand one line with width and offsets, and the position of that line in 20 digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

EVERY = 1_000
POINTER_BYTES = 21
BUFFER_BYTES = 1 << 20


class Trailer(msgspec.Struct):
    """What stands behind the rows: cells a row, lines, lines that hold something, byte offset of every 1,000th line."""

    width: int
    lines: int
    rows: int
    offsets: list[int]


_encode_row = msgspec.json.Encoder().encode
_decode_row = msgspec.json.Decoder(list[str]).decode
_decode_trailer = msgspec.json.Decoder(Trailer).decode


class RowWriter:
    """Writes rows one by one; `close` adds the index. A file without its index is unfinished and is not read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._blank = 0
        self._position = 0
        self._offsets: list[int] = []
        self.lines = 0
        self.rows = 0

    def write(self, cells: list[str]) -> None:
        """Append one row; an empty list counts as an empty record and is kept only when a row follows."""
        if not cells:
            self._blank += 1
            return
        while self._blank:
            self._put(b"[]\n")
            self._blank -= 1
        self._put(_encode_row(cells) + b"\n")
        self.rows += 1

    def _put(self, line: bytes) -> None:
        if self.lines % EVERY == 0:
            self._offsets.append(self._position)
        self._file.write(line)
        self._position += len(line)
        self.lines += 1

    def close(self, width: int) -> None:
        """Write the index. `width` is the number of cells each row is filled up to when read."""
        trailer = Trailer(width, self.lines, self.rows, self._offsets)
        self._file.write(msgspec.json.encode(trailer) + b"\n")
        self._file.write(b"%020d\n" % self._position)


def rows(path: Path, start: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield (n, cells) for every row that holds something, from line `start` on; each has the full width.

    n is what `start` takes to read on: after a stop at n, start at n + 1. Costs at most 1,000 skipped lines.
    Raises ValueError when the file is unfinished or something else.
    """
    with path.open("rb", buffering=BUFFER_BYTES) as file:
        trailer = _read_trailer(file)
        block = min(start // EVERY, len(trailer.offsets) - 1)
        if start >= trailer.lines:
            return
        file.seek(trailer.offsets[block])
        readline, width, lines = file.readline, trailer.width, trailer.lines
        for _skipped in range(start - block * EVERY):
            readline()
        for number in range(start, lines):
            cells = _decode_row(readline())
            if cells:
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
                yield number, cells


def trailer(path: Path) -> Trailer:
    """Read width, counts and offsets of a finished file. Raises ValueError for anything else."""
    with path.open("rb") as file:
        return _read_trailer(file)


def _read_trailer(file: BinaryIO) -> Trailer:
    size = file.seek(0, 2)
    file.seek(max(0, size - POINTER_BYTES))
    pointer = file.read()
    if len(pointer) != POINTER_BYTES or not pointer[:-1].isdigit():
        raise ValueError("not a finished row file")
    file.seek(int(pointer))
    return _decode_trailer(file.readline())
