"""Pages, counts and best hits of a search are exactly what looking at every row would give."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from saas.core.text.sorting import sort_key
from saas.crm.search import paging
from saas.crm.search.paging import Page, Searched, count, page
from saas.crm.search.query import Query, parse
from saas.crm.search.ranking import EXACT, best
from saas.crm.search.tokens import Searchable, token_texts, tokens
from tests.servers import Servers

ROWS = 1500
PAGE = 120
QUERIES = [
    "张",
    "伟",
    "张伟",
    "zhang",
    "z",
    "a",
    "ma",
    "müller",
    "zhang wei",
    "m s",
    "1381",
    "138 12",
    "@acme.com",
    "gmail",
    "con-7",
    "anna",
    "qxqx",
    "★",
    "",
]
FAMILIES = ["张", "王", "李", "单", "欧阳", "Müller", "Mueller", "Smith", "O'Brien", "Zhang", "Maier", "Żak"]
GIVEN = ["伟", "娜", "伟明", "丽", "Anna", "Mark", "Sara", "Zoë", "Maria"]


@dataclass(frozen=True)
class Row:
    """One row as Python knows it."""

    id: int
    name: str
    key: str
    department: int
    texts: frozenset[str]


@dataclass(frozen=True)
class Book:
    """A small book in Postgres and the same in Python."""

    connection: sa.Connection
    rows: list[Row]
    searched: Searched
    name: sa.ColumnElement[Any]
    department: sa.ColumnElement[Any]

    def execute(self, statement: Any) -> Any:
        return self.connection.execute(statement).all()

    def matching(self, query: Query, departments: set[int]) -> list[tuple[int, str]]:
        """List what a page should hold, by looking at every row."""
        hits = [row for row in self.rows if row.department in departments and query.accepts(row.texts)]
        return [(row.id, row.key) for row in sorted(hits, key=lambda row: (row.key, row.id))]

    def seen(self, departments: set[int]) -> sa.ColumnElement[bool]:
        return sa.true() if departments == set(range(10)) else self.department.in_(sorted(departments))


@pytest.fixture(scope="module")
def book(servers: Servers) -> Iterator[Book]:
    """Fill a temporary table with people."""
    columns = sa.table(
        "people", sa.column("id", sa.Integer), sa.column("name", sa.Text), sa.column("sort_key", sa.Text),
        sa.column("department", sa.Integer), sa.column("tokens", sa.ARRAY(sa.Integer)),
    )  # fmt: skip
    engine = sa.create_engine(servers.admin_url().replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connection:
        connection.exec_driver_sql(
            'CREATE TEMP TABLE people (id int PRIMARY KEY, name text, sort_key text COLLATE "C" NOT NULL, '
            "department int, tokens int4[] NOT NULL)"
        )
        chance, rows, values = random.Random(3), [], []
        for number in range(ROWS):
            row, stored = _person(number, chance)
            rows.append(row)
            values.append({"id": row.id, "name": row.name, "sort_key": row.key, "department": row.department, "tokens": stored})
        connection.execute(sa.insert(columns), values)
        for statement in ("ON people (sort_key, id)", "ON people (department, sort_key, id)", "ON people USING gin (tokens)"):
            connection.exec_driver_sql(f"CREATE INDEX {statement}")
        connection.exec_driver_sql("ANALYZE people")
        searched = Searched(columns, columns.c.id, columns.c.sort_key, columns.c.tokens, is_person=True)
        yield Book(connection, rows, searched, columns.c.name, columns.c.department)
    engine.dispose()


def _person(number: int, chance: random.Random) -> tuple[Row, list[int]]:
    family, given = chance.choice(FAMILIES), chance.choice(GIVEN)
    name = family + given if not (family + given).isascii() and len(family) < 3 else f"{given} {family}"
    key = sort_key(name, is_person_name=True)
    record = Searchable(
        sort_key=key, names=(name,), is_person=True, codes=(f"CON-{number:06d}",),
        emails=(f"{chance.choice(['anna', 'zhang', 'info'])}{number % 7}@{chance.choice(['acme.com', 'gmail.com', 'müller.de'])}",),
        phones=(f"+861{chance.choice('35')}8{chance.randint(10**7, 10**8 - 1)}",),
    )  # fmt: skip
    return Row(number, name, key, number % 10 if key > "m" else number % 3, frozenset(token_texts(record))), tokens(record)


@pytest.fixture(params=["fence", "steps", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make even the small book take the ways that large ones take."""
    if request.param != "fence":
        monkeypatch.setattr(paging, "AT_ONCE_US", -1)
        monkeypatch.setattr(paging, "AFFORDABLE_US", -1 if request.param == "steps" else 10**9)
        monkeypatch.setattr(paging, "WALKED", 40)
        monkeypatch.setattr(paging, "WALKED_FURTHER", 90)
        monkeypatch.setattr(paging, "WORTH_US", -1 if request.param == "walk" else 10**9)
        monkeypatch.setattr(paging, "STRETCHES", (100, 400))
    return str(request.param)


VISIBLE = [set(range(10)), {0, 1, 2}, {7}, {9, 4}]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("departments", VISIBLE, ids=["all", "three", "one", "two"])
@pytest.mark.parametrize("is_descending", [False, True], ids=["up", "down"])
def test_pages_hold_every_hit_once_in_order(book: Book, departments: set[int], is_descending: bool) -> None:
    for typed in QUERIES:
        query = parse(typed, "CN")
        expected = book.matching(query, departments)
        expected = expected[::-1] if is_descending else expected
        read: list[tuple[int, str]] = []
        while len(read) <= len(expected):
            after = read[-1] if read else None
            found = page(book.execute, book.searched, query, book.seen(departments), Page(PAGE, after, is_descending))
            read += found
            if len(found) < PAGE:
                break
        assert read == expected, typed


@pytest.mark.parametrize("departments", VISIBLE, ids=["all", "three", "one", "two"])
def test_counts_are_exact_up_to_the_cap(book: Book, departments: set[int]) -> None:
    for typed in QUERIES:
        query = parse(typed, "CN")
        hits = len(book.matching(query, departments))
        assert count(book.execute, book.searched, query, book.seen(departments), cap=100) == min(hits, 101), typed


@pytest.mark.parametrize("departments", VISIBLE, ids=["all", "three", "one", "two"])
def test_best_hits_are_hits_within_rights_and_sorted(book: Book, departments: set[int]) -> None:
    for typed in QUERIES:
        query = parse(typed, "CN")
        expected = {found[0] for found in book.matching(query, departments)} if query.terms else set()
        hits = best(book.execute, book.searched, book.name, query, book.seen(departments))
        assert {hit.id for hit in hits} <= expected, typed
        assert len(hits) == min(20, len(expected)), typed
        assert hits == sorted(hits)


def test_exact_names_come_first(book: Book) -> None:
    hits = best(book.execute, book.searched, book.name, parse("张伟", "CN"), sa.true())
    exact = [hit.name == "张伟" for hit in hits]
    assert exact == sorted(exact, reverse=True)
    assert exact[0]
    assert all((hit.rank == EXACT) == (hit.name == "张伟") for hit in hits)


def test_a_search_is_a_bounded_number_of_statements(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "AT_ONCE_US", -1)
    monkeypatch.setattr(paging, "AFFORDABLE_US", -1)
    monkeypatch.setattr(paging, "WALKED", 40)
    monkeypatch.setattr(paging, "WORTH_US", -1)
    monkeypatch.setattr(paging, "STRETCHES", (100, 400))
    for typed in QUERIES:
        counted = _counting(book.execute)
        page(counted.run, book.searched, parse(typed, "CN"), book.seen({7}), Page())
        assert counted.statements <= 26, typed


class _counting:
    def __init__(self, execute: Callable[[Any], Any]) -> None:
        self.statements, self._execute = 0, execute

    def run(self, statement: Any) -> Any:
        self.statements += 1
        return self._execute(statement)
