"""Base rows of made-up accounts and contacts, derived by the engine itself. How they become books of any size is `books`."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from typing import Any

from benchmarks.prototypes.search_data import people
from saas.core.clock import now
from saas.core.text.pinyin import is_han
from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.contacts.definition import CONTACTS
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive

BASE_CONTACTS, BASE_ACCOUNTS = 10_000, 2_000
# Every so many persons have a name with an apostrophe, which is typed in several ways.
APOSTROPHES = 1_000
_KINDS = ("GmbH", "Inc.", "Ltd.", "& Sons", "Logistics", "Foods")
_KINDS_ZH = ("贸易有限公司", "科技股份有限公司", "银行", "食品有限公司")
_ENGINE: dict[str, Any] = {"tag_ids": [], "custom": {}, "is_sample": False, "version": 1, "code": ""}

Row = dict[str, Any]


@cache
def contacts() -> list[Row]:
    """Make the base persons: more than half Chinese, 张 an eighth of those, as in a real book. Without code, key, owner and account."""
    dice = random.Random(11)
    rows = []
    for number, person in enumerate(people(BASE_CONTACTS)):
        given, family = (person.name[1:], person.name[:1]) if is_han(person.name[0]) else person.name.rsplit(" ", 1)
        rows.append(
            _drafted(
                CONTACTS, dice, given_name=given, family_name="O'Brien" if number % APOSTROPHES == 7 else family, job_title=person.title,
                city=person.city, emails=[{"value": person.email, "label": "work"}], phones=[{"value": person.phone, "label": "work"}],
                no_calls=False, no_marketing=False,
            )
        )  # fmt: skip
    return rows


@cache
def accounts() -> list[Row]:
    """Make the base firms."""
    dice = random.Random(12)
    rows = []
    for person in people(BASE_ACCOUNTS, seed=8):
        is_chinese = is_han(person.name[0])
        name = (
            f"{person.city}{person.name[1:]}{dice.choice(_KINDS_ZH)}" if is_chinese else f"{person.name.split()[-1]} {dice.choice(_KINDS)}"
        )
        rows.append(_drafted(ACCOUNTS, dice, name=name, city=person.city, emails=[], phones=[{"value": person.phone, "label": "work"}]))
    return rows


def _drafted(obj: ObjectDef, dice: random.Random, **values: Any) -> Row:
    at = now() - timedelta(seconds=dice.randrange(365 * 86_400))
    row = dict.fromkeys((column.key for column in obj.model.__table__.columns), None)
    row = {**row, **_ENGINE, "created_at": at, "updated_at": at, **values}
    derive(obj, _Draft(row))  # type: ignore[arg-type]
    return row


class _Draft:
    """Attributes over a dict, so that the engine's own derivation fills the row."""

    def __init__(self, row: Row) -> None:
        self.__dict__ = row
