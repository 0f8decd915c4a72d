"""What the words of an import mean in values: a column that goes somewhere, something to say about a cell, a row understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.crm.transfer.said import Said

MENDED, DOUBTFUL, REFUSED = LEVELS = ("mended", "doubtful", "refused")
SHOWN_CHARS = 300


@dataclass(frozen=True)
class Column:
    """A column of the file that goes somewhere.

    `label` is the kind of the e-mails and phones in it; `is_inverted`: yes in the file means no; `date_order` as in `Hints`.
    """

    index: int
    name: str
    target: str
    label: str = ""
    is_inverted: bool = False
    date_order: str | None = None
    decimal: str | None = None


@dataclass(frozen=True)
class Decisions:
    """What a person has decided: `choices` maps a target's key and a text to a choice; `accepted` are the (column, code) of problems
    whose proposals are taken."""

    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accepted: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about a cell (or, without a column, the row): how bad, what, and what the cell could say instead."""

    level: str
    column: int | None
    said: Said
    suggestion: str | None = None
    text: str = ""


@dataclass(slots=True)
class Built:
    """One row understood: the record's values, owner and tags as texts; by link name the same of the records it links to.

    `leftovers` are texts that have no place in a field, by the name of their column; they are kept beside the record.
    """

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    tags: list[str] = field(default_factory=list)
    leftovers: dict[str, str] = field(default_factory=dict)
    linked: dict[str, Built] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
