"""The shared strings of a workbook: in memory while they are few, in a scratch file beyond that."""

from __future__ import annotations

import mmap
import re
import tempfile
from array import array
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from zipfile import ZipFile

from saas.crm.transfer.limits import Deadline, Limits
from saas.crm.transfer.said import Unreadable
from saas.crm.transfer.xml_stream import ByteBudget, local_names, parse_part

MEMORY_CHARS = 24 << 20
MEMORY_STRINGS = 300_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class SharedStrings:
    """A read-only sequence of texts. Use as a context: leaving it removes the scratch file."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._recent: list[str] = []
        self._chars = 0
        self._file: BinaryIO | None = None
        self._map: mmap.mmap | None = None
        self._ends = array("Q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._map is not None:
            self._map.close()
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1 + len(self._recent)

    def __getitem__(self, index: int) -> str:
        if self._map is None:
            return self._recent[index]
        return self._map[self._ends[index] : self._ends[index + 1]].decode()

    def read(self, archive: ZipFile, part: str, budget: ByteBudget, deadline: Deadline, limits: Limits) -> None:
        """Read the whole part. Raises Unreadable."""
        handler = _Items(self, limits)
        for _pause in parse_part(archive, part, handler, budget, deadline):
            if self._chars > MEMORY_CHARS or len(self._recent) > MEMORY_STRINGS:
                self._spill()
        if self._file is not None:
            self._spill()
            self._file.flush()
            if self._ends[-1]:
                self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def append(self, text: str) -> None:
        """Add the next string."""
        self._recent.append(text)
        self._chars += len(text)

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115 -- closed when the context ends
        position = self._ends[-1]
        for text in self._recent:
            data = text.encode("utf-8", "replace")
            self._file.write(data)
            position += len(data)
            self._ends.append(position)
        self._recent.clear()
        self._chars = 0


class _Items:
    """Collects `<si>` elements: plain and rich text, without the phonetic guides of East Asian texts."""

    def __init__(self, strings: SharedStrings, limits: Limits) -> None:
        self._strings = strings
        self._limit = limits.cell_chars
        self._local = local_names()
        self._pieces: list[str] = []
        self._size = 0
        self._in_text = False
        self._in_phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        local = self._local(name)
        if local == "t":
            self._in_text = not self._in_phonetic
        elif local == "si":
            self._pieces, self._size = [], 0
        elif local == "rPh":
            self._in_phonetic = True

    def end(self, name: str) -> None:
        local = self._local(name)
        if local == "si":
            self._strings.append(unescape("".join(self._pieces)))
        elif local == "t":
            self._in_text = False
        elif local == "rPh":
            self._in_phonetic = False

    def text(self, data: str) -> None:
        if self._in_text:
            self._pieces.append(data)
            self._size += len(data)
            if self._size > self._limit:
                raise Unreadable("cell_too_big", row=0, limit=self._limit // 1024)


def unescape(text: str) -> str:
    """Undo the `_x000D_` form in which workbooks write characters that XML cannot hold."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text
