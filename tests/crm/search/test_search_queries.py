"""What is typed is understood, whatever it is, and costs little."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saas.core.text.sorting import sort_key
from saas.crm.search.query import MOST_WORDS, parse
from saas.crm.search.ranking import BEGINS, ELSEWHERE, EXACT, IN_NAME, READS_LIKE, SAME_WORDS, Judge


def test_nothing_typed_is_blank_and_punctuation_finds_nothing() -> None:
    assert parse("  \x00 ", "CN").is_blank
    assert not parse("★ !", "CN").is_blank
    assert parse("★ !", "CN").is_hopeless
    assert not parse("★ !", "CN").accepts({"a"})


def test_queries_are_cut_to_a_bounded_size() -> None:
    query = parse("a b c d e f g h i j k l m n o p " * 50, "CN")
    assert len(query.terms) == MOST_WORDS
    assert len(parse("张" * 500, "CN").terms) <= MOST_WORDS


@pytest.mark.parametrize(("typed", "single"), [("张", {"张"}), ("zh", {"zh"}), ("Müller", {"muller", "mueller"}), ("张伟", {"张伟"})])
def test_one_plain_word_is_searched_in_sort_order(typed: str, single: set[str]) -> None:
    assert parse(typed, "DE").single == single


@pytest.mark.parametrize("typed", ["zhang wei", "1381", "@acme.de", "ACC-000123", "张伟明", "138 1234 5678", ""])
def test_everything_else_is_not(typed: str) -> None:
    assert parse(typed, "CN").single is None


@given(st.text(max_size=200), st.sampled_from(["CN", "DE", "US", "RU", "", "XX"]))
@example("@=", "CN")
def test_no_text_breaks_the_parser(text: str, region: str) -> None:
    query = parse(text, region)
    tokens = [token for term in query.terms for groups in term for group in groups for token in group]
    assert all(token and "\x00" not in token and token.encode() for token in tokens)
    assert len(query.terms) <= MOST_WORDS
    assert all(term and all(term) and all(group for groups in term for group in groups) for term in query.terms)


def test_a_word_is_replaced_by_its_correction() -> None:
    query = parse("zahng wei", "CN")
    assert query.words == ("zahng",)
    assert query.corrected("zahng", "zhang", "CN") == parse("zhang wei", "CN")


@pytest.mark.parametrize(
    ("typed", "name", "rank"),
    [
        ("张伟", "张伟", EXACT),
        ("anna müller", "Anna Müller", EXACT),
        ("zhang wei", "张伟", SAME_WORDS),
        ("zhangwei", "张伟", SAME_WORDS),
        ("müller anna", "Anna Müller", SAME_WORDS),
        ("张", "张伟", BEGINS),
        ("anna", "Anna Müller", BEGINS),
        ("zhangw", "张伟明", READS_LIKE),
        ("mül", "Anna Müller", IN_NAME),
        ("伟", "张伟", IN_NAME),
        ("@acme.de", "Anna Müller", ELSEWHERE),
    ],
)
def test_names_are_ranked_by_how_well_they_match(typed: str, name: str, rank: int) -> None:
    assert Judge(parse(typed, "CN"), is_person=True).rank(sort_key(name, is_person_name=True), name) == rank
