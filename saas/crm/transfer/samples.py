"""Some rows kept for the eye and for guessing what columns hold: the first ones, and others spread evenly over the rest."""

from __future__ import annotations

FIRST = 100
SPREAD = 200
CELL_CHARS = 300


class Samples:
    """Keeps the first 100 rows and at most 200 of the others, at equal distances, without knowing how many will come."""

    def __init__(self) -> None:
        self._first: list[list[str]] = []
        self._spread: list[list[str]] = []
        self._stride = 1
        self._seen = 0

    def add(self, cells: list[str]) -> None:
        """Look at the next row."""
        if len(self._first) < FIRST:
            self._first.append(_cut(cells))
            return
        if self._seen % self._stride == 0:
            self._spread.append(_cut(cells))
            if len(self._spread) > SPREAD:
                self._spread = self._spread[::2]
                self._stride *= 2
        self._seen += 1

    def rows(self, width: int) -> tuple[tuple[str, ...], ...]:
        """Return the kept rows, filled up to `width` cells, each cut to 300 characters."""
        return tuple(tuple(row) + ("",) * (width - len(row)) for row in self._first + self._spread)


def _cut(cells: list[str]) -> list[str]:
    return [cell[:CELL_CHARS] for cell in cells]
