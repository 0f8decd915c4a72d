"""What the planner expects of a search, by which the way to run it is chosen. Estimates are never shown to anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, literal_column, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

# Microseconds of a row found in the index of tokens, of one found in an index of rights, and of fetching one from the
# table, measured with everything in memory.
WORD_US = 0.12
RIGHT_US = 0.3
FETCH_US = 1.5


class Explain(Executable, ClauseElement):
    """`EXPLAIN (FORMAT JSON)` of a statement: one row with one value."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explain)
def _compile(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


NO_BOUND = 1 << 40

Execute = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True)
class Estimate:
    """How many rows match the words, how many the reader may see, and how many both."""

    matching: int
    visible: int
    hits: int

    @property
    def by_words_us(self) -> float:
        """Microseconds to fetch all rows that match and look at the rights of each."""
        return self.matching * (WORD_US + FETCH_US)

    @property
    def by_rights_us(self) -> float:
        """Microseconds when the rights are searched by too: with the words, or alone where very little is seen."""
        both = self.matching * WORD_US + self.visible * RIGHT_US + self.hits * FETCH_US
        return min(both, self.visible * (RIGHT_US + FETCH_US))

    @property
    def is_filtered(self) -> bool:
        """Whether, to fetch all hits, the rights should only be looked at, not searched by."""
        return self.by_words_us <= self.by_rights_us

    def is_filtered_for(self, wanted: int) -> bool:
        """Say the same where any `wanted` of the hits will do."""
        share = min(1.0, wanted / max(1, self.hits))
        by_words = self.matching * (WORD_US + FETCH_US * share)
        both = self.matching * WORD_US + self.visible * RIGHT_US + self.hits * FETCH_US * share
        return by_words <= min(both, self.visible * (RIGHT_US + FETCH_US))

    @property
    def fence_us(self) -> float:
        """Microseconds to fetch all hits in the better of the two ways."""
        return min(self.by_words_us, self.by_rights_us)


def estimate(
    execute: Execute,
    table: FromClause,
    matching: ColumnElement[bool],
    where: ColumnElement[bool],
    visible: int | None = None,
) -> Estimate:
    """Ask the planner, from its statistics, what a search would find. `visible` may be given when it is known."""
    found = expected_rows(execute, table, matching)
    if is_open(where):
        # Who may see everything: nothing to weigh against the words, and each question costs more than many searches.
        return Estimate(found, NO_BOUND, found)
    if visible is None:
        visible = expected_rows(execute, table, where)
    return Estimate(found, visible, expected_rows(execute, table, matching & where))


def is_open(where: ColumnElement[bool]) -> bool:
    """Tell whether rights and filters leave every row."""
    return where.compare(true()) or where.compare(and_(true()))


def expected_rows(execute: Execute, table: FromClause, condition: ColumnElement[bool]) -> int:
    """Say how many rows of a table the planner expects to meet a condition."""
    plan = execute(Explain(select(literal_column("1")).select_from(table).where(condition)))[0][0]
    return int(plan[0]["Plan"]["Plan Rows"])
