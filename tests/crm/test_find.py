"""The global search: what people type finds what they mean, and nothing that is not theirs to see."""

from __future__ import annotations

from typing import Any

from saas.crm.objects import records
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS
from saas.crm.search import find
from tests.worlds import World


def book(ctx: Any) -> dict[str, Any]:
    """A small book with the names of the search cases."""
    firm = records.create(
        ctx, ACCOUNTS, {"name": "Müller Maschinenbau GmbH", "city": "Hamburg", "website": "https://www.mueller-maschinen.de"}
    )
    made = {"firm": firm}
    people = {
        "zhang": {"family_name": "张", "given_name": "伟", "phones": [{"value": "+8613812345678", "label": "work"}]},
        "obrien": {"family_name": "O'Brien", "given_name": "Nora", "account_id": firm.id},
        "ada": {
            "family_name": "Lovelace",
            "given_name": "Ada",
            "emails": [{"value": "ada@analytical-engines.co.uk", "label": "work"}],
            "phones": [{"value": "+4930901820", "label": "work"}],
            "job_title": "Countess",
        },
        "zhan": {"family_name": "Zhanova", "given_name": "Vera"},
    }
    for name, values in people.items():
        made[name] = records.create(ctx, CONTACTS, values)
    made["call"] = records.create(
        ctx, ACTIVITIES, {"kind": "call", "title": "Ask about the gearbox", "subject_object": "accounts", "subject_id": firm.id}
    )
    return made


CASES = [
    ("张伟", "zhang"),
    ("张", "zhang"),
    ("zhang wei", "zhang"),
    ("zhangwei", "zhang"),
    ("zahng", "zhang"),
    ("O'Brien", "obrien"),
    ("o’brien", "obrien"),
    ("obrien", "obrien"),
    ("Obrein", "obrien"),
    ("138 1234 5678", "zhang"),
    ("+86 138-1234-5678", "zhang"),
    ("030 / 90 18 20", "ada"),
    ("+49 (0)30 901820", "ada"),
    ("0049 30 901820", "ada"),
    ("analytical-engines.co.uk", "ada"),
    ("@analytical-engines.co.uk", "ada"),
    ("countess", "ada"),
    ("lovelcae", "ada"),
    ("muller", "firm"),
    ("mueller maschinenbau", "firm"),
    ("mueller-maschinen.de", "firm"),
    ("gearbox", "call"),
]


def test_each_way_of_typing_finds_the_record_first(world: World) -> None:
    with world.acting() as ctx:
        known = {name: record.id for name, record in book(ctx).items()}
        firm_code, person_code = "ACC-000001", "CON-000003"
    with world.acting() as ctx:
        wrong = []
        cases = [*CASES, (firm_code, "firm"), ("acc 1", "firm"), ("acc000001", "firm"), (person_code, "ada"), ("con-3", "ada")]
        for text, name in cases:
            found = find.search(ctx, text)
            if not found or found.groups[0].found[0].id != known[name]:
                wrong.append((text, name, [hit.label for group in found.groups for hit in group.found]))
        assert not wrong


def test_a_typing_error_is_put_right_and_said(world: World) -> None:
    with world.acting() as ctx:
        book(ctx)
    with world.acting() as ctx:
        assert find.search(ctx, "zahng").corrected == "zhang"
        assert find.search(ctx, "zhang").corrected == ""
        assert find.search(ctx, "ada lovelcae").corrected == "ada lovelace"
        assert not find.search(ctx, "qqqqqqqq")


def test_what_only_others_may_see_is_neither_found_nor_suggested(world: World) -> None:
    world.join("eve", grants={"contacts": {"read": "own"}, "accounts": {"read": "own"}})
    with world.acting() as ctx:
        book(ctx)
    with world.acting("eve") as ctx:
        for text, _name in [*CASES, ("ACC-000001", "firm"), ("CON-000003", "ada")]:
            found = find.search(ctx, text)
            assert not found, text
            assert found.corrected == ""


def test_the_hint_says_why_something_was_found(world: World) -> None:
    with world.acting() as ctx:
        book(ctx)
    with world.acting() as ctx:
        (group,) = find.search(ctx, "030 901820").groups
        assert group.found[0].hint.startswith("030 901820")
        assert find.search(ctx, "analytical-engines.co.uk").groups[0].found[0].hint.startswith("ada@analytical-engines.co.uk")
        assert find.search(ctx, "Nora").groups[0].found[0].hint == "Müller Maschinenbau GmbH"
        assert find.search(ctx, "gearbox").groups[0].found[0].hint == "Müller Maschinenbau GmbH"


ODD = ["", "   ", "-", "%", "'", "((((", "a" * 5000, "😀", "ACC-", "ACC-99999999999999999999", "@", "+", "0" * 90]


def test_odd_texts_find_nothing_and_break_nothing(world: World) -> None:
    with world.acting() as ctx:
        book(ctx)
        for text in ODD:
            assert not find.search(ctx, text), text


def test_words_are_learnt_once_and_only_when_the_record_stays(world: World) -> None:
    with world.acting() as ctx:
        records.create(ctx, CONTACTS, {"family_name": "Vanished"})
        ctx.db.rollback()
    for _turn in range(2):
        with world.acting() as ctx:
            records.create(ctx, CONTACTS, {"family_name": "Lovelace"})
            records.create(ctx, CONTACTS, {"family_name": "Babbage"})
    with world.acting() as ctx:
        assert not find.suggestions(ctx, "vanihsed")
        assert find.suggestions(ctx, "lovelcae") == ["lovelace"]
        assert find.suggestions(ctx, "babbaeg") == ["babbage"]
