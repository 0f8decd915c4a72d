"""Filters of every kind on every field of every object, made over the registry, and the small forms that change them."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS
from saas.crm.tags import verbs
from tests.web.pages import form_of, query_of, rows, texts
from tests.worlds import Client, World

OBJECTS = (ACCOUNTS, CONTACTS, ACTIVITIES)
EMPTY_OPERATORS = ("empty", "filled")
MOMENT = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def value_for(field: Field, world: World, known: dict[str, Any]) -> Any:
    """Make a value for a field of any kind."""
    if isinstance(field, Choice):
        return [field.options[0].value] if field.kind == "multi_choice" else field.options[0].value
    return {
        "text": "DE" if field.name.endswith("country") else f"{field.name} value"[: getattr(field, "max_length", 99)],
        "long_text": "Some longer text",
        "url": "https://example.com/a",
        "number": 40,
        "money": (Decimal("1234.50"), "EUR"),
        "date": date(2020, 2, 3),
        "datetime": MOMENT,
        "yes_no": True,
        "emails": [{"value": "ada@example.com", "label": "work"}],
        "phones": [{"value": "+4930123456", "label": "work"}],
        "person": world.members["admin"],
        "people": [world.members["admin"]],
        "department": known["department"],
        "tags": [known["tag"]],
        "link": known["account"],
    }[field.kind]


def typed_for(field: Field, record: Any, known: dict[str, Any]) -> str:
    """Write the stored value as an address would hold it."""
    value = field.value_of(record)
    if field.kind in ("emails", "phones"):
        return str(value[0]["value"])
    if field.kind in ("tags", "people", "multi_choice"):
        return str(value[0])
    if field.kind == "money":
        return str(value[0])
    if field.kind == "yes_no":
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def pair(world: World, obj: ObjectDef) -> tuple[Any, Any, dict[str, Any]]:
    """Make one record with every field filled and one with as few as possible; both detached."""
    with world.acting() as ctx:
        known = {"department": ctx.member.department_id, "tag": verbs.make(ctx, "VIP")}
        known["account"] = records.create(ctx, ACCOUNTS, {"name": "Parent"}).id
        values: dict[str, Any] = {}
        for field in obj.fields:
            if field.is_editable:
                values.update(field.stored(value_for(field, world, known)))
        full = records.create(ctx, obj, values | ({"done_at": MOMENT} if "done_at" in obj.by_name else {}))
        bare = records.create(
            ctx,
            obj,
            {"name": "Bare"} if obj is ACCOUNTS else {"family_name": "Bare"} if obj is CONTACTS else {"title": "Bare", "kind": "call"},
        )
        ctx.db.flush()
        ctx.db.expunge_all()
    return full, bare, known


def is_expected(field: Field, record: Any, operator: str, wanted: Any) -> bool:
    """Say by plain comparison whether a record belongs to the answer; `wanted` is the full record's value."""
    value = field.value_of(record)
    value = value[0] if field.kind == "money" and value else value
    wanted = wanted[0] if field.kind == "money" else wanted
    is_empty = value in (None, "", [])
    if operator in EMPTY_OPERATORS:
        return is_empty == (operator == "empty")
    if operator == "none":
        return is_empty or value != wanted
    if operator in ("min", "max"):
        if is_empty:
            return False
        ends = {"min": value >= wanted, "max": value <= wanted}
        return bool(ends[operator])
    return bool(value == wanted)


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_every_filter_on_every_field_finds_exactly_what_it_says(world: World, obj: ObjectDef) -> None:
    full, bare, known = pair(world, obj)
    admin = world.sign_in()
    wrong = []
    for field in (f for f in obj.fields if f.is_filterable):
        for operator in field.operators:
            raw = "1" if operator in EMPTY_OPERATORS else typed_for(field, full, known)
            answer = admin.get(f"/{obj.name}?{urlencode({f'f.{field.name}.{operator}': raw})}")
            found = set(rows(answer)) & {str(full.id), str(bare.id)}
            expected = {str(r.id) for r in (full, bare) if is_expected(field, r, operator, field.value_of(full))}
            if found != expected:
                wrong.append((field.name, operator, raw, len(found), len(expected)))
            assert str(field.label) in texts(answer)
            counted = texts(admin.htmx(f"/{obj.name}/total?{urlencode({f'f.{field.name}.{operator}': raw})}"))
            assert f"of {len(rows(answer))}" in counted
    assert not wrong


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_the_form_of_every_field_makes_the_filter_it_shows(world: World, obj: ObjectDef) -> None:
    full, _bare, known = pair(world, obj)
    admin = world.sign_in()
    for field in (f for f in obj.fields if f.is_filterable):
        for operator in field.operators:
            page = admin.get(f"/{obj.name}?q=&sort=-label&edit={field.name}")
            sent: list[tuple[str, str]] = [(name, value) for name, values in form_of(page, "filter-form").items() for value in values]
            raw = typed_for(field, full, known)
            in_range = operator in ("min", "max")
            sent = [pair for pair in sent if pair[0] != "op"] + [("op", "range" if in_range else operator)]
            sent += [(operator if in_range else "v", raw)]
            answer = admin.get(f"/{obj.name}?{urlencode(sent)}")
            assert answer.status_code == 303, f"{field.name} {operator}: {texts(answer)[:300]}"
            wanted = "1" if operator in EMPTY_OPERATORS else raw
            assert query_of(answer.headers["location"]) == [(f"f.{field.name}.{operator}", wanted), ("sort", "-label")]
            again = admin.get(f"{answer.headers['location']}&edit={field.name}")
            assert again.status_code == 200
            assert str(full.id) in rows(again) or operator in ("none", "empty")


def test_a_chip_reads_as_a_sentence_and_can_be_taken_away(world: World) -> None:
    full, bare, _known = pair(world, ACCOUNTS)
    admin = world.sign_in()
    page = admin.get("/accounts?f.industry.any=agriculture&f.industry.any=retail&f.city.empty=1")
    assert "Industry is Agriculture and food production or Retail" in texts(page)
    assert "City is empty" in texts(page)
    assert 'href="/accounts?f.city.empty=1"' in page.text
    assert "Employees at least 10 and at most 50" in texts(admin.get("/accounts?f.employees.min=10&f.employees.max=50"))
    assert "Founded on from 1 Feb 2020" in texts(admin.get("/accounts?f.founded_on.min=2020-02-01"))
    assert "Owner is Me" in texts(admin.get("/accounts?f.owner_id.any=me"))
    assert "Parent company is Parent" in texts(admin.get(f"/accounts?f.parent_account_id.any={full.parent_account_id}"))
    assert bare


def test_until_a_day_includes_the_whole_day_where_the_reader_is(world: World) -> None:
    with world.acting() as ctx:
        # 23:30 in Berlin on the 4th is 22:30 UTC; half past midnight on the 5th is 23:30 UTC on the 4th.
        late = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Late", "due_at": datetime(2026, 3, 4, 22, 30, tzinfo=UTC)}).id
        next_day = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Next", "due_at": datetime(2026, 3, 4, 23, 30, tzinfo=UTC)}).id
    admin = world.sign_in()
    assert rows(admin.get("/activities?f.due_at.max=2026-03-04")) == [str(late)]
    assert rows(admin.get("/activities?f.due_at.min=2026-03-05")) == [str(next_day)]


BAD = [
    "f.nonsense.is=x",
    "f.city.nonsense=x",
    "f.city.is=",
    "f.industry.any=nonsense",
    "f.employees.min=many",
    "f.founded_on.min=soon",
    "f.founded_on.max=31.02.2026",
    "f.owner_id.any=nobody",
    "f.owner_id.any=0192b6c0-0000-7000-8000-000000000000",
    "f.updated_at.max=9999-12-31",
    "f.employees.min=99999999999999999999999999",
]


def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(world: World) -> None:
    with world.acting() as ctx:
        records.create(ctx, ACCOUNTS, {"name": "Northwind"})
    admin = world.sign_in()
    for wrong in BAD:
        answer = admin.get(f"/accounts?{wrong}")
        assert rows(answer) == [], wrong
        assert "This filter cannot be used" in texts(answer), wrong
        assert "of 0" in texts(admin.htmx(f"/accounts/total?{wrong}")), wrong


ODD = ["%00", "%ff%fe", "'%22;--", "%25_\\", "\u202e", "x" * 5000, "1e999", "{}", "张伟"]


def test_odd_values_break_nothing(world: World) -> None:
    with world.acting() as ctx:
        records.create(ctx, ACCOUNTS, {"name": "Northwind"})
    admin = world.sign_in()
    for odd in ODD:
        for name in (
            "f.city.has",
            "f.city.is",
            "f.tag_ids.any",
            "f.emails.has",
            "f.parent_account_id.any",
            "q",
            "sort",
            "cols",
            "after",
            "edit",
        ):
            assert admin.get(f"/accounts?{name}={odd}").status_code == 200, (name, odd)
        for field in ("employees", "founded_on", "updated_at", "owner_id", "annual_revenue"):
            for operator in ("min", "max", "any"):
                assert admin.get(f"/accounts?f.{field}.{operator}={odd}").status_code == 200, (field, odd)


def test_a_refused_form_keeps_what_was_typed(world: World) -> None:
    admin = world.sign_in()
    answer = admin.get("/accounts?edit=founded_on&op=range&min=soon&max=1+Mar+2026&f.city.is=Berlin")
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert "Type a date such as" in texts(answer)
    assert form_of(answer, "filter-form")["f.city.is"] == ["Berlin"]


def test_a_link_typed_without_scripts_is_looked_up_by_name(world: World) -> None:
    with world.acting() as ctx:
        firm = records.create(ctx, ACCOUNTS, {"name": "O'Brien & Sons"}).id
        person = records.create(ctx, CONTACTS, {"family_name": "Lovelace", "account_id": firm}).id
    admin = world.sign_in()
    answer = admin.get("/contacts?edit=account_id&op=any&v=&v_text=o+brien")
    assert answer.status_code == 303
    assert rows(admin.get(answer.headers["location"])) == [str(person)]
    missing = admin.get("/contacts?edit=account_id&op=any&v=&v_text=nobody")
    assert missing.status_code == 422
    assert 'value="nobody"' in missing.text


def test_markup_in_values_is_shown_as_text(world: World) -> None:
    evil = '<img src=x onerror="alert(1)">'
    with world.acting() as ctx:
        tag = verbs.make(ctx, "<i>Tag</i>")
        firm = records.create(ctx, ACCOUNTS, {"name": evil, "city": evil, "tag_ids": [tag]}).id
        records.create(ctx, CONTACTS, {"family_name": evil, "account_id": firm, "job_title": evil})
        records.create(ctx, ACTIVITIES, {"kind": "task", "title": evil, "subject_object": "accounts", "subject_id": firm})
    admin = world.sign_in()
    pages = [
        "/accounts?cols=name,city,tag_ids", f"/accounts?f.tag_ids.any={tag}&edit=tag_ids", "/contacts", "/activities", "/tags",
        f"/contacts?f.account_id.any={firm}&edit=account_id", f"/contacts?{urlencode({'q': evil, 'f.city.has': evil})}",
        f"/search?{urlencode({'q': 'img'})}", f"/search?{urlencode({'q': evil})}",
    ]  # fmt: skip
    for address in pages:
        text = admin.get(address).text
        assert "<img" not in text, address
        assert "<i>Tag" not in text, address
    palette = admin.htmx("/search?q=img", target="palette-results").text
    assert html.escape(evil, quote=False)[:6] in palette
    assert "<img" not in palette


def test_another_firms_keys_find_nothing(world: World, other_world: World) -> None:
    with other_world.acting() as ctx:
        foreign: UUID = records.create(ctx, ACCOUNTS, {"name": "Foreign"}).id
        member = ctx.member.id
    with world.acting() as ctx:
        records.create(ctx, CONTACTS, {"family_name": "Lovelace"})
    admin = world.sign_in()
    assert rows(admin.get(f"/contacts?f.account_id.any={foreign}")) == []
    assert rows(admin.get(f"/contacts?f.owner_id.any={member}")) == []
    assert "Foreign" not in admin.get(f"/contacts?f.account_id.any={foreign}").text


def ids_of_controls(client: Client, address: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', client.get(address).text)


def test_no_id_occurs_twice(world: World) -> None:
    with world.acting() as ctx:
        records.create(ctx, ACCOUNTS, {"name": "Northwind"})
    admin = world.sign_in()
    for field in ("industry", "owner_id", "parent_account_id", "founded_on", "employees", "city"):
        found = ids_of_controls(admin, f"/accounts?edit={field}")
        assert len(found) == len(set(found)), [name for name in found if found.count(name) > 1]
