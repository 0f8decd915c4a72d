"""Free text brought together with the choices a field offers: labels in any language, synonyms, slips of the finger."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from saas.crm.transfer.values.numbers import undo_date
from saas.crm.transfer.values.text import split_list

SURE = 1.0
LIKELY = 0.9
CLOSE_SCORE = 88
PROPOSE_SCORE = 70
SHORTEST_FUZZY = 5

_MARKS = re.compile(r"[\s_\-–—./\\,;:'’\"“”()\[\]（）【】，、&+]+")
_AND = re.compile(r"\b(?:and|und|et|y|e)\b|[和与及]")
_HEAD = re.compile(r"^\s*(?:\d{1,2}|[a-z]|[①-⑩])\s*[.)、:：\-]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """One choice: what is stored, its labels in all languages, and further names it goes by."""

    value: str
    labels: tuple[str, ...]
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """A choice found for a text; `confidence` from 0 to 1, below 1 where it should be shown before it is used."""

    value: str
    confidence: float


@dataclass(frozen=True)
class Chooser:
    """The choices of one field, prepared for many lookups."""

    choices: tuple[Choice, ...]
    _exact: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        exact: dict[str, str] = {}
        for names in ("synonyms", "labels"):
            for choice in self.choices:
                exact.update({choice_key(name): choice.value for name in getattr(choice, names)})
        exact.update({choice_key(choice.value): choice.value for choice in self.choices})
        object.__setattr__(self, "_exact", exact)

    def match(self, text: str) -> Match | None:
        """Find the choice that a text means; None when none does."""
        key = choice_key(text)
        if not key:
            return None
        for attempt in (key, choice_key(_HEAD.sub("", text)), choice_key(undo_date(text) or "")):
            if attempt in self._exact:
                return Match(self._exact[attempt], SURE)
        if len(key) >= SHORTEST_FUZZY:
            best = process.extractOne(key, self._exact.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE_SCORE)
            if best:
                return Match(self._exact[best[0]], round(best[1] / 100 * LIKELY, 2))
        return None

    def match_many(self, text: str) -> tuple[list[str], list[str]]:
        """Find the choices that a cell with several of them means: (values, texts that fit none)."""
        whole = self.match(text)
        if whole and whole.confidence == SURE:
            return [whole.value], []
        found, unknown = [], []
        for part in split_list(text):
            match = self.match(part)
            if match:
                found.append(match.value)
            else:
                unknown.append(part)
        return list(dict.fromkeys(found)), unknown

    def propose(self, text: str) -> str | None:
        """Return the value of the nearest choice for a person to confirm, None when nothing is near."""
        key = choice_key(text)
        best = process.extractOne(key, self._exact.keys(), scorer=fuzz.WRatio, score_cutoff=PROPOSE_SCORE) if key else None
        return self._exact[best[0]] if best else None


def chooser(choices: Sequence[Choice]) -> Chooser:
    """Prepare the choices of a field for lookups."""
    return Chooser(tuple(choices))


def unmatched(texts: Iterable[str], within: Chooser) -> list[str]:
    """Return the texts that fit no choice, each once, in order."""
    return [text for text in dict.fromkeys(texts) if text and within.match(text) is None]


@lru_cache(maxsize=20_000)
def choice_key(text: str) -> str:
    """Reduce a label to its comparable form: NFKC, case-folded, without accents, marks and "and"."""
    folded = unicodedata.normalize("NFD", _AND.sub(" ", unicodedata.normalize("NFKC", text).casefold()))
    return _MARKS.sub("", "".join(char for char in folded if not unicodedata.combining(char)))
