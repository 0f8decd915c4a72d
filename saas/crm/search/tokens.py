"""What a record is found by: the short list of tokens kept in its `tokens` column. Reading what people type is query.py.

Words stand for themselves by their beginnings, so that a word being typed is one look-up; `#1381` is four digits of a
telephone number, `@acme.com` the beginning of a domain, `%acc123` and `%123` a code. A token that the record's sort key
begins with is marked `^`: those records lie together in sort order and are found there. Stored as 32-bit hashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from zlib import crc32

from saas.core.text.folding import fold
from saas.core.text.normal import email_key, web_host
from saas.core.text.pinyin import is_han, other_surname_reading, syllables
from saas.core.text.sorting import sort_key as make_sort_key

# Every beginning up to eight letters, then some: `internationa` is looked up as its longest kept beginning.
KEPT_LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
LONGEST_WORD = KEPT_LENGTHS[-1]
PHONE_GRAM = 4
MOST_TOKENS = 400
_MIDDLE = 1 << 31
_MOST_WORDS = 40
_MOST_GRAMS = 60
_READ_CHARACTERS = 12
_PERSON_CHARACTERS = 6
_LONGEST_INITIALS = 8
_LONGEST_PHONE = 20
_TYPED_TOGETHER = 2

_APOSTROPHES = re.compile("[’‘ʼʻ`´']")
_EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Ø": "Oe", "Å": "Aa"})
_SEPARATORS = re.compile(r"[^\w]+|_")
_CODE = re.compile(r"([^\W\d_]{1,6})[-_ ]?0*(\d{1,12})")
# Domains that say nothing about the firm: found by their whole name, without beginnings in a third of all records.
FREE_MAIL = frozenset(
    """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com proton.me
    protonmail.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com 189.cn naver.com daum.net
    yahoo.co.jp docomo.ne.jp orange.fr free.fr wanadoo.fr laposte.net libero.it wp.pl o2.pl onet.pl interia.pl
    hotmail.de hotmail.fr hotmail.co.uk yahoo.de yahoo.fr yahoo.co.uk outlook.de live.de example.com""".split()
)
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"})


def is_gram_script(char: str) -> bool:
    """Say whether `char` belongs to a script searched by single characters and pairs: Chinese, kana, Hangul."""
    return char >= "\u3040" and ("\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3" or is_han(char))


@dataclass(frozen=True, slots=True)
class Searchable:
    """The values a record is found by. `sort_key` is its stored sort key, made with the same `is_person`.

    `names` get readings in pinyin; `texts` (title, city, account name) get words and Chinese grams only; `phones` are
    E.164 or as typed; `hosts` are web addresses; `codes` are like `ACC-000123`.
    """

    sort_key: str = ""
    names: Sequence[str] = ()
    texts: Sequence[str] = ()
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    hosts: Sequence[str] = ()
    codes: Sequence[str] = ()
    is_person: bool = False


def tokens(record: Searchable) -> list[int]:
    """List what to store in the `tokens int4[]` column of a record: the hashes of its tokens, each once, at most 400."""
    return list({crc32(token.encode()) - _MIDDLE for token in _collect(record)})


def token_id(token: str) -> int:
    """Give the 32-bit number that stands for a token in the column and in queries."""
    return crc32(token.encode()) - _MIDDLE


def token_texts(record: Searchable) -> list[str]:
    """List the tokens of a record as readable text, sorted, each once, at most 400 (the shortest are kept)."""
    return sorted(_collect(record))


def _collect(record: Searchable) -> Iterable[str]:
    found: set[str] = set()
    for code in record.codes:
        found.update(_code_tokens(code))
    for name in record.names:
        _add_text(found, name)
        if not name.isascii():
            _add_readings(found, name, record.is_person)
    for phone in record.phones:
        _add_phone(found, phone)
    for email in record.emails:
        _add_email(found, email)
    for host in record.hosts:
        if domain := web_host(host):
            found.update(_domain_tokens(domain))
    for text in record.texts:
        _add_text(found, text)
    kept = found if len(found) <= MOST_TOKENS else sorted(found, key=len)[:MOST_TOKENS]
    return _marked(kept, record.sort_key, record.is_person) if record.sort_key else kept


def _marked(found: Iterable[str], key: str, is_person: bool) -> list[str]:
    """Mark the tokens that the sort key begins with; Chinese ones begin it in their reading."""
    marked = ["^" + token if key.startswith(token) else token for token in found]
    if key.isascii():
        return marked
    first = next(char for char in key if char > "\x7f")
    return ["^" + token if token[0] == first and key.startswith(lead_key(token, is_person)) else token for token in marked]


@lru_cache(maxsize=50_000)
def lead_key(token: str, is_person: bool) -> str:
    """Give the beginning that the sort keys of records marked with `^token` have in common."""
    return token if token.isascii() else make_sort_key(token, is_person_name=is_person)


@lru_cache(maxsize=50_000)
def beginnings(word: str) -> tuple[str, ...]:
    """List the kept beginnings of a folded word."""
    size = len(word)
    return tuple(word[:length] for length in KEPT_LENGTHS if length <= size)


def longest_beginning(word: str) -> str:
    """Give the longest kept beginning of a folded word: the one token it is looked up by."""
    return word[: max(length for length in KEPT_LENGTHS if length <= len(word))]


def expanded(text: str) -> str:
    """Write umlauts and Nordic letters in full: `Müller` is `Mueller`."""
    return text if text.isascii() else text.translate(_EXPANDED)


def spellings(text: str) -> list[str]:
    """List the folded spellings of `text`: itself, `mueller` beside `muller`, `o brien` beside `obrien`."""
    found = [fold(text)]
    if not text.isascii():
        longer = fold(expanded(text))
        if longer != found[0]:
            found.append(longer)
    if _APOSTROPHES.search(text):
        found.append(fold(_APOSTROPHES.sub(" ", text)))
    return found


def names_as_typed(name: str, is_person: bool) -> set[str]:
    """List the whole words by which a name is typed: its words in each spelling, and its readings in pinyin."""
    found = {word for spelling in spellings(name) for word in spelling.split()[:_MOST_WORDS]}
    if not name.isascii():
        for han, group in groupby(fold(name), is_han):
            if han:
                run = "".join(group)[: _PERSON_CHARACTERS if is_person else _READ_CHARACTERS]
                read = syllables(run, is_person_name=is_person)
                found.update(read)
                # Whole names of three syllables are nearly as many as the people, and learnt by nobody.
                found.update("".join(read[start:]) for start in range(len(read)) if len(read) - start <= _TYPED_TOGETHER)
    found.discard("")
    return found


def _add_text(found: set[str], text: str) -> None:
    for spelling in spellings(text):
        if spelling.isascii():
            for word in spelling.split()[:_MOST_WORDS]:
                found.update(beginnings(word))
        else:
            for word in spelling.split()[:_MOST_WORDS]:
                _add_word(found, word)


def _add_word(found: set[str], word: str) -> None:
    for has_grams, group in groupby(word, is_gram_script):
        run = "".join(group)
        if has_grams:
            run = run[:_MOST_GRAMS]
            found.update(run)
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.update(beginnings(run))


def _add_readings(found: set[str], name: str, is_person: bool) -> None:
    """Add what people type for a Chinese name: `zhangwei`, `wei`, `zw`; for a firm also `yinhang` of 重庆银行."""
    for han, group in groupby(fold(name), is_han):
        if not han:
            continue
        run = "".join(group)
        found.update(_person_readings(run[:_PERSON_CHARACTERS]) if is_person else _firm_readings(run[:_READ_CHARACTERS]))


@lru_cache(maxsize=50_000)
def _person_readings(run: str) -> frozenset[str]:
    found: set[str] = set()
    read = syllables(run, is_person_name=True)
    readings = [read]
    if other := other_surname_reading(run):
        readings.append([other, *read[1:]])
    if any("v" in syllable for syllable in read):
        readings.append([syllable.replace("v", "u") for syllable in read])
    for reading in readings:
        for start in range(len(reading)):
            found.update(beginnings("".join(reading[start:])))
            found.update(beginnings(reading[start]))
        found.update(beginnings("".join(syllable[:1] for syllable in reading)[:_LONGEST_INITIALS]))
    return frozenset(found)


def _firm_readings(run: str) -> set[str]:
    read = syllables(run)
    found = set(beginnings("".join(read)))
    found.update(read)
    found.update(longest_beginning(read[i] + read[i + 1]) for i in range(len(read) - 1) if read[i] and read[i + 1])
    found.update(beginnings("".join(syllable[:1] for syllable in read)[:_LONGEST_INITIALS]))
    found.discard("")
    return found


def _add_phone(found: set[str], phone: str) -> None:
    digits = phone[1:] if phone[:1] == "+" else phone
    if not (digits.isascii() and digits.isdigit()):
        digits = "".join(char for char in fold(phone) if "0" <= char <= "9")
    digits = digits[:_LONGEST_PHONE]
    found.update("#" + digits[i : i + PHONE_GRAM] for i in range(len(digits) - PHONE_GRAM + 1))


def _add_email(found: set[str], email: str) -> None:
    key = email_key(email)
    if key is None:
        _add_text(found, email)
        return
    local, _, domain = key.rpartition("@")
    for word in fold(local).split():
        _add_word(found, word)
    found.update(_domain_tokens(domain))


@lru_cache(maxsize=20_000)
def _domain_tokens(domain: str) -> tuple[str, ...]:
    """List `@acme.`, `@acme.c` … `@acme.com` and the beginnings of `acme`, also for the domain above a subdomain."""
    labels = domain.split(".")
    if domain in FREE_MAIL:
        return (f"@{domain}", *beginnings(labels[0])[-1:])
    found: set[str] = set()
    suffix = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2 else 2
    for host in {domain, ".".join(labels[-suffix:])}:
        found.update(f"@{host[:size]}" for size in range(host.find(".") + 1, min(len(host), 60) + 1))
    for word in fold(labels[-suffix] if len(labels) >= suffix else labels[0]).split():
        found.update(beginnings(word))
    return tuple(found)


def _code_tokens(code: str) -> tuple[str, ...]:
    match = _CODE.fullmatch(fold(code).replace(" ", "-"))
    return (f"%{match[1]}{match[2]}", f"%{match[2]}") if match else tuple(beginnings(fold(code).replace(" ", "")))
