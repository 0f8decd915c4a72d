"""How much of a file is read before it is refused: bounds on memory, disk and time for whatever a person uploads."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from saas.crm.transfer.said import Unreadable

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Upper bounds. Bytes are of the file, of the unpacked workbook and of one row; `cell_chars` are characters; `_s` seconds."""

    file_bytes: int = 200 * MEGABYTE
    rows: int = 1_000_000
    columns: int = 500
    cell_chars: int = 1 << 20
    row_chars: int = 4 << 20
    unpacked_bytes: int = 2_000 * MEGABYTE
    unpacked_ratio: int = 250
    ratio_from_bytes: int = 30 * MEGABYTE
    parts: int = 5_000
    time_s: float = 300.0


DEFAULT = Limits()


@dataclass
class Deadline:
    """A stop watch for one reading. `check` raises Unreadable when the time is over."""

    time_s: float
    started_at: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Refuse the file when reading has taken longer than allowed."""
        if time.monotonic() - self.started_at > self.time_s:
            raise Unreadable("too_slow")
