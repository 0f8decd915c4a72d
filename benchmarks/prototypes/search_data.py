"""A million made-up contacts for the search prototype: Latin and Chinese names with the skew real books have."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from faker.providers.person.de_DE import Provider as German
from faker.providers.person.en_US import Provider as American
from faker.providers.person.zh_CN import Provider as Chinese

from saas.core.text.pinyin import syllables
from saas.core.text.sorting import sort_key

DEPARTMENTS = 100
OWNERS = 1000
_CITIES = ["Shanghai", "Berlin", "München", "Boston", "Chicago", "上海", "北京", "深圳", "杭州", "Hamburg", "Denver"]
_TITLES = ["Head of Sales", "Einkauf", "采购经理", "总经理", "Engineer", "Geschäftsführer", "Buyer", "工程师", "CFO"]


@dataclass(frozen=True)
class Person:
    """One contact, before keys and tokens are made."""

    name: str
    sort_key: str
    email: str
    phone: str
    title: str
    city: str
    code: str
    department: int
    owner: int


class _Weighted:
    def __init__(self, weights: dict[str, float], chance: random.Random) -> None:
        self._items = list(weights)
        self._sums = list(itertools.accumulate(weights.values()))
        self._chance = chance

    def __call__(self) -> str:
        return self._items[bisect.bisect(self._sums, self._chance.random() * self._sums[-1])]


def _skewed(items: Sequence[str]) -> dict[str, float]:
    return {item: 1 / (rank + 3) for rank, item in enumerate(dict.fromkeys(items))}


def _chinese(chance: random.Random) -> tuple[_Weighted, _Weighted]:
    """Make choosers of family and given names: 张 an eighth of them, 伟 one in twenty."""
    family = {name: float(weight) for name, weight in dict(Chinese.last_names).items()}
    family["张"] = sum(weight for name, weight in family.items() if name != "张") * 0.13
    given = dict.fromkeys(Chinese.first_names, 1.0)
    singles = [name for name in Chinese.first_names if len(name) == 1]
    given |= {a + b: 0.06 for a, b in itertools.product(singles, singles)}
    given["伟"] = sum(given.values()) * 0.05
    return _Weighted(family, chance), _Weighted(given, chance)


def people(count: int, seed: int = 7) -> Iterator[Person]:
    """Make `count` persons: 55 % Chinese, 25 % American, 20 % German; departments 0–49 cluster by name."""
    chance = random.Random(seed)
    family_zh, given_zh = _chinese(chance)
    family_en = _Weighted(_skewed(list(American.last_names)), chance)
    given_en = _Weighted(_skewed(list(American.first_names)), chance)
    family_de = _Weighted(_skewed(list(German.last_names)), chance)
    given_de = _Weighted(_skewed(list(German.first_names)), chance)
    firms = [f"{family_en().lower().replace(' ', '')}{chance.choice(['', '', 'group', 'tech'])}" for _ in range(8000)]
    for number in range(1, count + 1):
        kind = chance.random()
        if kind < 0.55:
            family, given = family_zh(), given_zh()
            name, read = family + given, "".join(syllables(family + given, is_person_name=True))
            local = chance.choice([read, f"{read}{chance.randint(1960, 2005)}", f"{chance.randint(10**6, 10**9)}"])
            domain = chance.choice(["qq.com", "163.com", "126.com", f"{chance.choice(firms)}.com.cn"])
            phone = f"+861{chance.choice('3578')}{chance.randint(0, 10**9 - 1):09d}"
        else:
            is_american = kind < 0.8
            family, given = (family_en(), given_en()) if is_american else (family_de(), given_de())
            name = f"{given} {family}"
            local = f"{given}.{family}".lower() if chance.random() < 0.6 else f"{given[:1]}{family}".lower()
            suffix = "com" if is_american else "de"
            domain = chance.choice(["gmail.com", "gmx.de", *[f"{chance.choice(firms)}.{suffix}"] * 3])
            phone = (
                f"+1{chance.randint(201, 989)}{chance.randint(2000000, 9999999)}"
                if is_american
                else f"+49{chance.choice(['30', '89', '40', '151', '170'])}{chance.randint(1000000, 99999999)}"
            )
        key = sort_key(name, is_person_name=True)
        letter = min(max(ord(key[:1] or "a") - 97, 0), 25)
        clustered = chance.random() < 0.5
        department = letter * 2 % 50 if clustered else chance.randrange(50, DEPARTMENTS)
        owner = 0 if number % 10_000 == 5 else 1 + chance.randrange(OWNERS)
        yield Person(
            name, key, f"{local}@{domain}", phone, chance.choice(_TITLES), chance.choice(_CITIES),
            f"CON-{number:06d}", department, owner,
        )  # fmt: skip


def uuid_of(kind: int, number: int) -> UUID:
    """Make a stable identifier whose order follows `number`, as UUIDv7 follows time."""
    return UUID(int=(kind << 112) | (7 << 76) | (number << 16) | 0xBEEF)
