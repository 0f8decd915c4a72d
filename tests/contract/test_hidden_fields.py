"""A field hidden from somebody is absent everywhere: whatever it holds, every page that they can ask for is the same to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.registry import OBJECTS
from saas.web import modules
from saas.web.roles import shapes
from tests.contract.addresses import addresses, own, routes
from tests.contract.book import Book
from tests.contract.opened import Opened, Says
from tests.contract.samples import value
from tests.worlds import Client

modules.load()
ACTS = ("edit", "delete", "assign", "bulk", "export")
# What changes with every change of a row, and with every request.
NOISE = re.compile(
    r'(row_version"? ?(value)?=|csrf_token" value=|content=|nonce=|/static/)"?[^"\s]*|"version": ?\d+|[0-9a-f]{32}|>[^<]*</time>'
)
WHO = "both"
# Pages that are about other things than records.
ELSEWHERE = ("/settings", "/people", "/me", "/help", "/switch", "/workspaces", "/imports", "/logo")


def hideable(obj: ObjectDef) -> list[Field]:
    """List the fields a role may hide: all but what names a record and says what it is."""
    naming = next(shape.naming for shape in shapes() if shape.name == obj.name)
    return [f for f in obj.fields if f.name not in naming]


def limited(obj: ObjectDef, names: list[str]) -> Says:
    """Say a role that does everything with every object except making new ones, and does not see these fields of one."""
    return Says({each.name: {"read": "all", **dict.fromkeys(ACTS, "all")} for each in OBJECTS}, {obj.name: dict.fromkeys(names, "hidden")})


@pytest.fixture
def client(changeable: Opened) -> Client:
    return changeable.book.world.sign_in(WHO)


def fill(book: Book, obj: ObjectDef, key: UUID, fields: list[Field], number: int) -> None:
    """Give fields of a record other values, as an admin would; those the engine keeps, past it."""
    with book.world.acting("admin") as ctx:
        values: dict[str, Any] = {}
        for each in fields:
            if each.is_editable and each.name not in {link.name for link in obj.links}:
                values.update(each.stored(value(each, number, book.known)))
        record = records.for_edit(ctx, obj, key)
        records.update(ctx, obj, record, values)
        kept = [each for each in fields if not each.is_editable and each.name not in ("created_at", "updated_at", "happened_at", "done_at")]
        past = {name: one for each in kept for name, one in each.stored(value(each, number, book.known)).items()}
        if past:
            ctx.db.info["system"] = "test"
            ctx.db.execute(update(obj.model).where(obj.model.id == key).values(**past))


def urls(book: Book, obj: ObjectDef, fields: list[Field]) -> list[str]:
    """List every page that could show a record, and every question that could find it by a field."""
    ids = own(book)
    key = book.rows[obj.name][1]
    found = [url for route in routes("GET") if route.right and not route.path.startswith(ELSEWHERE) for url in addresses(route, ids)]
    found += [f"/{obj.name}?{pair}" for each in fields for pair in _questions(each)]
    # Why somebody sees a record is told by whose it is, whatever else they see of it.
    found = [url for url in found if not url.endswith("/access")]
    for words in ("someone31", "other32", "0305550031", "city%2031", "First%20line", "territory%2032", "KEYWORD"):
        found += [
            f"/{obj.name}?q={words}",
            f"/{obj.name}/total?q={words}",
            f"/{obj.name}/choices?q={words}",
            f"/search?q={words}",
            f"/subjects?q={words}",
        ]
    with book.world.db() as db:
        db.info["system"] = "test"
        row = db.execute(select(obj.model.__table__).where(obj.model.id == key)).one()
    if obj.parent and getattr(row, obj.parent[0]):
        found += [f"/{getattr(row, obj.parent[0])}/{getattr(row, obj.parent[1])}{rest}" for rest in ("", "/timeline", "/delete")]
    if obj.customer and getattr(row, obj.customer):
        found += [f"/accounts/{getattr(row, obj.customer)}{rest}" for rest in ("", "/timeline", "/delete")]
    return list(dict.fromkeys(found))


def _questions(of: Field) -> Iterator[str]:
    yield f"sort={of.name}"
    yield f"sort=-{of.name}&cols={of.name}"
    yield f"edit={of.name}"
    for operator in of.operators[:2]:
        yield f"f.{of.name}.{operator}=1"


def asked(client: Client, pages: list[str]) -> dict[str, str]:
    found = {}
    for url in pages:
        answer = client.get(url)
        found[url] = f"{answer.status_code} " + NOISE.sub("", answer.text)
    return found


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_no_page_depends_on_what_a_hidden_field_holds(obj: ObjectDef, changeable: Opened, client: Client) -> None:
    fields = hideable(obj)
    changeable.hold(WHO, [limited(obj, [each.name for each in fields])])
    book, key = changeable.book, changeable.book.rows[obj.name][1]
    fill(book, obj, key, fields, 31)
    pages = urls(book, obj, fields)
    before = asked(client, pages)
    fill(book, obj, key, fields, 32)
    after = asked(client, pages)
    different = {url: _difference(before[url], after[url]) for url in pages if before[url] != after[url]}
    assert not different
    assert not [url for url in pages if after[url].startswith("5")]
    # The same question, asked without the limits, does see them change.
    changeable.hold(WHO, [limited(obj, [])])
    whole = asked(client, [f"/{obj.name}/{key}/history"])
    fill(book, obj, key, fields, 33)
    assert asked(client, list(whole)) != whole


def _difference(one: str, other: str) -> str:
    """Show where two pages part."""
    at = next((number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(0, at - 90) : at + 40]!r} / {other[max(0, at - 20) : at + 40]!r}"
