"""What comes of reading one cell: a typed value with what was mended, or a problem with a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from saas.crm.transfer.said import Figure, Said


class Value(NamedTuple):
    """A typed value; None for an empty cell. `notes` say what was mended or should be seen."""

    value: Any
    notes: tuple[Said, ...] = ()


class Problem(NamedTuple):
    """A cell that cannot be read. `suggestion` is what the cell could say instead, "" to leave it empty, None if nobody knows."""

    said: Said
    suggestion: str | None = None

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        """The sentence for the reader of now."""
        return str(self.said)


@dataclass(frozen=True)
class Hints:
    """What is known about a file, a column or a row beyond the cell itself.

    `region` is an ISO 3166 code ("" if unknown), `date_order` one of ymd, dmy, mdy, `decimal` "." or ",";
    `currency` is what amounts without a sign are in; `invert` turns yes into no (for "opt out" columns); `today` is the day from
    which two-digit years are understood.
    """

    region: str = ""
    timezone: str = "UTC"
    date_order: str | None = None
    decimal: str | None = None
    currency: str | None = None
    invert: bool = False
    today: date | None = None


EMPTY = Value(None)


def problem(code: str, suggestion: str | None = None, **figures: Figure) -> Problem:
    """Report a cell that cannot be read."""
    return Problem(Said(code, figures), suggestion)


def mended(value: Any, code: str, **figures: Figure) -> Value:
    """Return a value together with what was mended about it."""
    return Value(value, (Said(code, figures),))
