"""Understanding what a person typed: words, Chinese, pinyin, telephone numbers, addresses, codes. No database here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import phonenumbers

from saas.core.text.folding import fold
from saas.core.text.normal import email_key, phone_key, web_host
from saas.crm.search.tokens import (
    FREE_MAIL,
    PHONE_GRAM,
    expanded,
    is_gram_script,
    longest_beginning,
)

LONGEST_QUERY = 100
MOST_WORDS = 8
_LONGEST_DOMAIN = 60
_SHORTEST_CORRECTED = 4
_SHORTEST_NUMBER = 7

_BLANKS = re.compile(r"[\s'’-]+")
_PHONE = re.compile(r"(?<![^\W\d_])(?:\+|\(|\b)\d[\d \t().\-/\u2010-\u2013]{2,}\d\b")
_EMAIL = re.compile(r"[^\s@,;<>]*@[^\s@,;<>]*")
_DOMAIN = re.compile(r"[^\W_][\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,}")
_CODE = re.compile(r"([^\W\d_]{1,6})[-_ ]0*(\d{1,12})")
_GLUED_CODE = re.compile(r"([a-z]{1,6})0*(\d{1,12})")

# One of these tokens must be there.
Group = frozenset[str]
# All of these groups must be satisfied.
Alternative = tuple[Group, ...]
# One of these alternatives must be satisfied.
Term = tuple[Alternative, ...]


@dataclass(frozen=True)
class Query:
    """What was typed, as conditions on tokens: every term must hold. `is_blank` when nothing was typed.

    `words` are the folded words a typo may hide in. For SQL see criteria.py, for values at hand `accepts()`.
    """

    text: str
    terms: tuple[Term, ...]
    words: tuple[str, ...] = ()
    is_blank: bool = False

    @property
    def is_hopeless(self) -> bool:
        """Whether something was typed that no record can be found by (punctuation)."""
        return not self.is_blank and not self.terms

    @property
    def single(self) -> Group | None:
        """The tokens of which one suffices, where the query is one plain word or one or two Chinese characters."""
        if len(self.terms) != 1 or len(self.terms[0]) != 1 or len(self.terms[0][0]) != 1:
            return None
        (group,) = self.terms[0][0]
        return group if all(_may_lead(token) for token in group) else None

    def accepts(self, texts: Collection[str]) -> bool:
        """Say whether values with these tokens (`token_texts`, marked or not) satisfy the query.

        For checking a hit against only those fields that the member may see.
        """
        bare = {token.removeprefix("^") for token in texts}
        if not self.terms:
            return self.is_blank
        return all(any(all(group & bare for group in groups) for groups in term) for term in self.terms)

    def corrected(self, word: str, by: str, region: str) -> Query:
        """Read the query again with one of its `words` replaced."""
        return parse(" ".join(by if fold(each) == word else each for each in _BLANKS.split(self.text)), region)


def parse(q: str, region: str) -> Query:
    """Read a search text (its first 100 characters, at most 8 words). `region` is the workspace's phone region.

    Cheap and bounded for any input; never raises.
    """
    text = unicodedata.normalize("NFKC", q[:LONGEST_QUERY])[:LONGEST_QUERY].strip()
    text = "".join(char for char in text if char.isprintable() or char.isspace())
    if not text:
        return Query("", (), is_blank=True)
    terms: list[Term] = []
    words: list[str] = []
    for piece, reader in _pieces(text):
        if reader == "phone":
            terms.extend(_phone_terms(piece, region))
        elif reader == "email":
            terms.extend(_email_terms(piece))
        else:
            for word in piece.split():
                terms.extend(_word_terms(word))
                words.extend(_correctable(word))
    return Query(text, tuple(dict.fromkeys(terms))[:MOST_WORDS], tuple(dict.fromkeys(words))[:MOST_WORDS])


def _pieces(text: str) -> list[tuple[str, str]]:
    """Cut the text into addresses, telephone numbers and the rest."""
    pieces: list[tuple[str, str]] = []
    rest = 0
    for match in re.finditer(f"(?P<email>{_EMAIL.pattern})|(?P<phone>{_PHONE.pattern})", text):
        kind = "email" if match["email"] is not None else "phone"
        if kind == "phone" and _is_part_of_code(text, match.start()):
            continue
        pieces += [(text[rest : match.start()], "words"), (match.group(), kind)]
        rest = match.end()
    return [*pieces, (text[rest:], "words")]


def _is_part_of_code(text: str, start: int) -> bool:
    """Say whether the digits at `start` follow letters and a dash, as in `ACC-000123`."""
    return start > 1 and text[start - 1] in "-_" and text[start - 2].isalpha()


def _only(*groups: Iterable[str]) -> Term:
    """Make the term of one alternative."""
    return (tuple(frozenset(group) for group in groups),)


def _may_lead(token: str) -> bool:
    """Say whether the records marked with this token are exactly those between two sort keys."""
    return token[0] not in "#@%" and not token[0].isdigit()


def _word_terms(raw: str) -> list[Term]:
    """Read one blank-separated word: a code, a domain, or folded words and runs of Chinese."""
    terms: list[Term] = []
    for word, longer in zip(*_spelled(raw), strict=True):
        for has_grams, group in groupby(word, is_gram_script):
            run = "".join(group)
            if has_grams:
                grams = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
                terms.extend(_only([gram]) for gram in grams)
            else:
                terms.append(_only(_spellings(run, longer if run == word else run)))
    terms = terms[:MOST_WORDS]
    code = _CODE.fullmatch(raw.casefold())
    if code and code[1].isascii():
        return [((frozenset({f"%{code[1]}{code[2]}"}),), _joined(terms))]
    if _DOMAIN.fullmatch(raw) and (host := web_host(raw)):
        return [((frozenset({f"@{host[:_LONGEST_DOMAIN]}"}),), _joined(terms))] if terms else []
    return terms


def _joined(terms: list[Term]) -> Alternative:
    """Make one alternative of terms that have one each."""
    return tuple(group for term in terms for group in term[0])


def _spelled(raw: str) -> tuple[list[str], list[str]]:
    """Fold a word and, in step with it, its German or Nordic long spelling."""
    plain = fold(raw).split()
    longer = fold(expanded(raw)).split()
    return plain, longer if len(longer) == len(plain) else plain


def _spellings(word: str, longer: str) -> set[str]:
    found = {longest_beginning(word), longest_beginning(longer)}
    if word.isdigit():
        found.add(f"%{word.lstrip('0') or '0'}")
        if len(word) == PHONE_GRAM:
            found.add(f"#{word}")
    elif glued := _GLUED_CODE.fullmatch(word):
        found.add(f"%{glued[1]}{glued[2]}")
    return found


def _correctable(raw: str) -> list[str]:
    return [
        word for word in fold(raw).split() if len(word) >= _SHORTEST_CORRECTED and word.isalpha() and not any(map(is_gram_script, word))
    ]


def _email_terms(raw: str) -> list[Term]:
    """Read an address or a part of one: `anna@acme.de`, `@acme.de`, `@acm`, `anna@`."""
    key = email_key(raw)
    local, _, domain = (key or raw.casefold()).rpartition("@")
    terms = [_only([longest_beginning(word)]) for word in fold(local).split()[:MOST_WORDS]]
    domain = domain.strip(".-")
    if not domain:
        return terms
    if "." in domain or domain in FREE_MAIL:
        found = {f"@{(web_host(domain) or domain)[:_LONGEST_DOMAIN]}"}
    else:
        found = {longest_beginning(word) for word in fold(domain).split()[:1]}
    found.update(f"@{host}" for host in FREE_MAIL if host.startswith(domain))
    return [*terms, _only(found)] if found else terms


def _phone_terms(raw: str, region: str) -> list[Term]:
    """Read digits: a telephone number in any of the ways it may be stored, or the numbers as words and codes."""
    alternatives = [
        tuple(frozenset({f"#{digits[i : i + PHONE_GRAM]}"}) for i in range(len(digits) - PHONE_GRAM + 1))
        for digits in _stored_digits(raw, region)
    ]
    words = fold(raw).split()[:MOST_WORDS]
    alternatives.append(tuple(frozenset(_spellings(word, word)) for word in words))
    distinct = [groups for groups in dict.fromkeys(alternatives) if groups]
    if len(distinct) > 1 and all(len(groups) == 1 for groups in distinct):
        return [_only(frozenset().union(*(groups[0] for groups in distinct)))]
    return [tuple(distinct)]


def _stored_digits(raw: str, region: str) -> list[str]:
    """List what E.164 numbers meant by these digits may contain, leaving out the trunk prefix and the zeros of 00."""
    bare = raw.replace("(0)", "")
    digits = "".join(char for char in bare if char.isdigit())
    found = [digits.lstrip("0")]
    if "+" not in bare:
        trunk = _trunk_prefix(region.upper())
        if trunk.strip("0") and digits.startswith(trunk):
            found.append(digits[len(trunk) :])
    if ("+" in bare or len(digits) >= _SHORTEST_NUMBER) and (key := phone_key(raw, region)):
        found.append(key[1:])
    longest_first = sorted({each[:20] for each in found if len(each) >= PHONE_GRAM}, key=len)
    # A number that contains another is a narrower search: the shorter finds whatever the longer would.
    return [each for i, each in enumerate(longest_first) if not any(kept in each for kept in longest_first[:i])]


@lru_cache(maxsize=300)
def _trunk_prefix(region: str) -> str:
    return phonenumbers.ndd_prefix_for_region(region, True) or ""
