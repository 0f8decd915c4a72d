"""The words a workspace's book knows, by which typing errors are put right: `zahng` is `zhang`. One table per tenant.

Words are added in a short transaction of their own after the records are committed, sorted, so that writers never wait
for one another's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import ARRAY, Insert, Integer, Select, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from saas.core.text.folding import fold
from saas.crm.search.tables import SearchWord
from saas.crm.search.tokens import is_gram_script, names_as_typed

SHORTEST, LONGEST = 3, 24
SHORTEST_CORRECTED = 4
# From this length on two errors are put right, below it one.
TWO_ERRORS = 8
MOST_CANDIDATES = 200
_TABLE: Any = SearchWord.__table__


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the book that may have been meant, with the number of typing errors between and its uses."""

    word: str
    distance: int
    uses: int


def words(names: Iterable[str], *, is_person: bool = False) -> set[str]:
    """List the words of names that may be mistyped: folded words of 3 to 24 letters, pinyin by syllable and in pairs."""
    return set().union(*(_words(name, is_person) for name in names))


@lru_cache(maxsize=20_000)
def _words(name: str, is_person: bool) -> frozenset[str]:
    return frozenset(
        word
        for word in names_as_typed(name, is_person)
        if SHORTEST <= len(word) <= LONGEST and word.isalpha() and not any(map(is_gram_script, word))
    )


def keys(word: str) -> list[str]:
    """List the keys under which a word is found: its letters in order of the alphabet, and those less one letter each.

    Two words one insertion, deletion, substitution or transposition apart share at least one key. Of two errors in a
    long word most pairs are met, not two substitutions in different places.
    """
    letters = "".join(sorted(word))
    return sorted({letters, *(letters[:i] + letters[i + 1 :] for i in range(len(letters)))})


def is_correctable(word: str) -> bool:
    """Say whether a folded word is long enough, and of letters, for a correction to be worth looking up."""
    return SHORTEST_CORRECTED <= len(word) <= LONGEST and word.isalpha()


def unknown(found: Iterable[str]) -> Select[Any]:
    """Select those of some words that the table does not have yet."""
    listed = func.unnest(literal(sorted(found), ARRAY(Text))).table_valued("word").render_derived(name="listed")
    return select(listed.c.word).where(~select(_TABLE.c.word).where(_TABLE.c.word == listed.c.word).exists())


def addition(counts: Mapping[str, int], new: Iterable[str]) -> Insert:
    """Build the statement that adds the `new` ones of some words with how often they came up.

    One statement however many they are. Known words are left alone: counting each use of `zhang` would cost an import
    more than the rest of its search, and where several corrections fit, the early counts tell which is the commoner.
    """
    ordered = sorted(new)
    listed = func.unnest(
        literal(ordered, ARRAY(Text)),
        literal(["{" + ",".join(keys(word)) + "}" for word in ordered], ARRAY(Text)),
        literal([counts[word] for word in ordered], ARRAY(Integer)),
    ).table_valued("word", "keys", "uses")
    named = listed.render_derived(name="listed")
    rows = select(named.c.word, cast(named.c["keys"], ARRAY(Text)), named.c.uses)
    return insert(_TABLE).from_select(["word", "keys", "uses"], rows).on_conflict_do_nothing()


def candidates(word: str) -> Select[Any]:
    """Select `(word, uses)` of the words that a mistyped one may mean, for `corrections`."""
    shared = _TABLE.c["keys"].op("&&", is_comparison=True)(literal(keys(fold(word)), ARRAY(Text)))
    return select(_TABLE.c.word, _TABLE.c.uses).where(shared).order_by(_TABLE.c.uses.desc()).limit(MOST_CANDIDATES)


def corrections(rows: Iterable[tuple[str, int]], word: str) -> list[Correction]:
    """Choose from `(word, uses)` candidates those that `word` is a mistyping of, the nearest and most used first.

    At most one error apart (insertion, deletion, substitution, transposition of neighbours), two from eight letters on.
    Empty when `word` itself is among the candidates: it is then a word of the book.
    """
    folded = fold(word)
    allowed = 2 if len(folded) >= TWO_ERRORS else 1
    found: list[Correction] = []
    for candidate, uses in rows:
        distance = OSA.distance(folded, candidate, score_cutoff=allowed)
        if distance == 0:
            return []
        if distance <= allowed:
            found.append(Correction(candidate, distance, uses))
    return sorted(found, key=lambda each: (each.distance, -each.uses, each.word))
