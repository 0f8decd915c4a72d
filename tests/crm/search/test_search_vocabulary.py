"""Typing errors are put right by the words the book knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from saas.crm.search.tables import SearchWord
from saas.crm.search.vocabulary import addition, candidates, corrections, is_correctable, keys, unknown, words
from tests.servers import Servers


@pytest.fixture(scope="module")
def book(servers: Servers) -> Iterator[Connection]:
    """Give a connection whose temporary table of words knows some names."""
    engine = create_engine(servers.admin_url().replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TEMP TABLE search_words (word text PRIMARY KEY, keys text[] NOT NULL, uses int NOT NULL DEFAULT 1)"
        )
        names = ["张伟", "张敏", "张丽", "李娜", "Anna Mueller", "Hans Müller", "Patrick O'Brien", "Schwarzenegger", "Zheng He"]
        counts = Counter(word for name in names for word in words([name], is_person=True))
        new = set(connection.scalars(unknown(counts)))
        assert new == set(counts)
        connection.execute(addition(counts, new))
        yield connection
    engine.dispose()


def meant(book: Connection, typed: str) -> list[str]:
    return [each.word for each in corrections([(row[0], row[1]) for row in book.execute(candidates(typed))], typed)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("zahng", "zhang"), ("zhnag", "zhang"), ("zhangg", "zhang"), ("mueler", "mueller"), ("muler", "muller"), ("ptarick", "patrick"),
     ("obrein", "obrien"), ("schwarzeneger", "schwarzenegger"), ("shcwarzeneger", "schwarzenegger")],
)  # fmt: skip
def test_mistyped_words_are_found(book: Connection, typed: str, first: str) -> None:
    assert meant(book, typed)[0] == first


def test_words_of_the_book_are_not_corrected(book: Connection) -> None:
    assert meant(book, "zhang") == []
    assert meant(book, "qqqqq") == []


def test_the_nearest_and_most_used_comes_first() -> None:
    found = corrections([("zheng", 5), ("zhang", 90), ("zhangs", 1), ("chang", 3)], "zhong")
    assert [each.word for each in found] == ["zhang", "zheng"]


def test_words_learnt_twice_are_kept_once(book: Connection) -> None:
    with book.begin_nested():
        assert set(book.scalars(unknown(["zhang", "neuwort"]))) == {"neuwort"}
        book.execute(addition({"zhang": 70_000, "neuwort": 3}, ["neuwort", "zhang"]))
        assert unknown_now(book, ["zhang", "neuwort"]) == set()
        assert {row[0]: row[1] for row in book.execute(candidates("neuwrot"))}["neuwort"] == 3
        assert meant(book, "neuwrot") == ["neuwort"]


def unknown_now(book: Connection, found: list[str]) -> set[str]:
    return set(book.scalars(unknown(found)))


def test_the_model_has_the_columns_the_statements_use() -> None:
    assert set(SearchWord.__table__.c.keys()) == {"word", "keys", "uses"}


def test_words_are_those_that_people_type() -> None:
    assert words(["张伟明"], is_person=True) == {"zhang", "wei", "ming", "weiming"}
    assert words(["张伟"], is_person=True) == {"zhang", "wei", "zhangwei"}
    assert words(["Hans Müller", "O'Brien", "3M 12", "Bo"]) == {"hans", "muller", "mueller", "obrien", "brien"}
    assert not is_correctable("bob")
    assert not is_correctable("张伟明")


letters = st.text(alphabet="abcdefgh", min_size=4, max_size=10)


@given(letters, st.data())
def test_words_one_error_apart_share_a_key(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcxyz"))
    errors = {
        "left out": word[:at] + word[at + 1 :],
        "put in": word[:at] + letter + word[at:],
        "replaced": word[:at] + letter + word[at + 1 :],
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }
    mistyped = errors[data.draw(st.sampled_from(sorted(errors)))]
    assert set(keys(word)) & set(keys(mistyped))
    assert mistyped == word or [each.word for each in corrections([(word, 1)], mistyped)] == [word]
