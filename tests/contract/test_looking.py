"""Looking as another member, at every route and every row: what both may see, and nothing changes (Rights 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from saas.auth import looking
from saas.auth.directory import touch
from saas.auth.identities import Identity
from saas.auth.members import MemberRole, Role
from saas.auth.permissions import FIXED_RIGHTS, Scope
from saas.crm.objects import listing, seen
from saas.crm.objects.listing import Query
from saas.crm.registry import OBJECTS
from saas.tenants.models import TenantBase
from saas.tenants.outbox import ControlOutbox
from saas.tenants.session import control_session
from saas.web import modules
from saas.web.looking import STOP
from saas.web.routing import SIGNED_IN, Route
from tests.contract.addresses import addresses, name_of, own, routes
from tests.contract.book import Book, Grants
from tests.worlds import Client

modules.load()
ALL = ("read", "create", "edit", "delete", "export", "bulk", "assign")
OTHER = [route for route in routes() if route.right and route.path != STOP]


def _grants(*widths: str) -> Grants:
    """Give the objects these widths in turn, for every action alike."""
    return {obj.name: dict.fromkeys(ALL, widths[place % len(widths)]) for place, obj in enumerate(OBJECTS)}


def _give_fixed(book: Book, who: str, *fixed: str) -> None:
    with book.world.db() as db:
        role = db.execute(select(MemberRole.role_id).where(MemberRole.member_id == book.people[who])).scalar_one()
        db.execute(update(Role).where(Role.id == role).values(fixed=list(fixed)))
        touch(db)


@pytest.fixture(scope="module")
def looker(book: Book) -> Iterator[Client]:
    """Be an admin who looks as somebody with every right that can be given."""
    book.grant("both", _grants("all"))
    _give_fixed(book, "both", *FIXED_RIGHTS)
    client = book.world.sign_in("admin")
    assert client.post(f"/people/{book.people['both']}/look-as").status_code == 303
    assert "You look as Both" in client.get("/today").text
    yield client
    client.post(STOP)
    _give_fixed(book, "both")
    book.grant("both", {obj.name: {"read": "all"} for obj in OBJECTS})


def _print(book: Book) -> dict[str, list[str]]:
    """Take a print of all the firm keeps, and of the people who sign in."""
    found = {}
    with book.world.db() as db:
        for table in TenantBase.metadata.sorted_tables:
            found[table.name] = sorted(str(tuple(each)) for each in db.execute(select(table)))
    with control_session(book.world.runtime.databases) as control:
        found["identities"] = sorted(str(tuple(each)) for each in control.execute(select(Identity.__table__)))
        found["outbox of all"] = sorted(str(tuple(each)) for each in control.execute(select(ControlOutbox.__table__)))
    return found


def test_no_act_changes_anything(looker: Client, book: Book) -> None:
    before = _print(book)
    for route in [route for route in OTHER if route.method != "GET"]:
        for url in list(addresses(route, own(book)))[:: 9 if "{field:" in route.path else 1]:
            for headers in ({}, {"HX-Request": "true"}):
                answer = looker.post(url, {"name": "x", "title": "x", "body": "x", "reason": "x"}, headers=headers)
                assert answer.status_code == 403, url
                assert "Nothing can be changed" in (answer.text or answer.headers["hx-trigger"]), url
    assert _print(book) == before


def test_every_page_answers_and_none_writes(looker: Client, book: Book) -> None:
    """A page that would write is closed by the database itself; the page then says that nothing can be changed."""
    before = _print(book)
    for route in [route for route in OTHER if route.method == "GET"]:
        for url in list(addresses(route, own(book)))[:: 9 if "{field:" in route.path else 1]:
            answer = looker.get(url)
            assert answer.status_code < 500, url
            assert "Nothing can be changed meanwhile" not in answer.text, f"{url} writes"
            assert "set-cookie" not in answer.headers, url
            if not route.is_open_to_onlookers:
                assert answer.status_code == 403, url
                title = "This page is Both&#39;s own" if route.right == SIGNED_IN else "Not while you look as somebody else"
                assert title in answer.text, url
            if answer.headers["content-type"].startswith("text/html") and "<html" in answer.text:
                assert "You see Onebook as Both does." in answer.text, url
                assert "Stop looking" in answer.text, url
    assert _print(book) == before


PERSONAL = [route for route in OTHER if route.path.startswith(("/me", "/preferences", "/switch", "/workspaces"))]


@pytest.mark.parametrize("route", PERSONAL, ids=name_of)
def test_personal_pages_are_closed_by_default(route: Route) -> None:
    assert not route.is_open_to_onlookers


def test_what_is_for_every_member_is_closed_unless_it_says_otherwise() -> None:
    open_ones = {route.path for route in OTHER if route.right == SIGNED_IN and route.is_open_to_onlookers}
    assert open_ones == {"/", "/today", "/search", "/subjects", "/tags", "/people", "/settings", "/logo", "/help", "/help/{name:str}"}


# (who looks, their widths), (at whom, theirs): widths of one object after the other, in turn.
PAIRS = (
    ("ann", ("all",), "nora", ("own", "department", "subtree")),
    ("nora", ("own", "department"), "both", ("all",)),
    ("sid", ("department",), "nora", ("department",)),
    ("both", ("subtree", "none"), "ann", ("none", "subtree")),
    ("ann", ("subtree",), "both", ("own", "all", "department")),
)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} as {pair[2]}")
def test_pages_show_exactly_the_rows_that_both_may_read(pair: tuple[str, Any, str, Any], book: Book) -> None:
    onlooker, mine, member, theirs = pair
    grants = {onlooker: _grants(*mine), member: _grants(*theirs)}
    for who, given in grants.items():
        book.grant(who, given)
    _give_fixed(book, onlooker, looking.RIGHT)
    readable = [_readable(book, who) for who in grants]
    client = book.world.sign_in(onlooker)
    assert client.post(f"/people/{book.people[member]}/look-as").status_code == 303
    for obj in OBJECTS:
        expected = readable[0][obj.name] & readable[1][obj.name]
        for key in book.rows[obj.name]:
            answer = client.get(f"/{obj.name}/{key}")
            is_shown = answer.status_code in (200, 303)
            assert is_shown == (key in expected), (obj.name, answer.status_code)
            assert is_shown or answer.status_code in (403, 404)
        if obj.has_page:
            assert _listed(client, obj.name, book) == expected, obj.name
    _give_fixed(book, onlooker)
    for who in grants:
        book.grant(who, {obj.name: {"read": "all"} for obj in OBJECTS})


def _readable(book: Book, who: str) -> dict[str, set[UUID]]:
    """List what somebody reads as themselves, which tests/contract/test_rights.py holds to PRODUCT's words."""
    with book.acting(who) as ctx:
        return {obj.name: {row.id for row in listing.page(ctx, obj, Query(limit=1000)).rows} for obj in OBJECTS}


def _listed(client: Client, name: str, book: Book) -> set[UUID]:
    """Turn the pages of a list to the end."""
    found: set[UUID] = set()
    url = f"/{name}"
    for _turn in range(50):
        answer = client.get(url)
        if answer.status_code == 403:
            return found
        assert answer.status_code == 200
        found |= {key for key in book.rows[name] if f'id="row-{key}"' in answer.text}
        after = re.search(r'href="([^"]*[?&;]after=[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="([^"]*)"', answer.text)
        if after is None:
            return found
        url = unescape(after[1] or after[2])
    raise AssertionError("a list without an end")


def test_fields_hidden_from_either_are_hidden(book: Book) -> None:
    obj = OBJECTS[0]
    first, second = [f.name for f in obj.fields if f.name != obj.label_field and f.is_editable][:2]
    for who, field in (("ann", first), ("nora", second)):
        book.grant(who, _grants("all"))
        with book.world.db() as db:
            role = db.execute(select(MemberRole.role_id).where(MemberRole.member_id == book.people[who])).scalar_one()
            db.execute(update(Role).where(Role.id == role).values(fields={obj.name: {field: "hidden"}}))
            touch(db)
    with book.acting("ann") as ctx:
        people = ctx.directory
        rights = looking.rights_of(people, ctx.member, people.members[book.people["nora"]])
        theirs = replace(ctx, member=people.members[book.people["nora"]], rights=rights, onlooker=ctx.member)
        assert {first, second}.isdisjoint(f.name for f in seen.seen(theirs, obj).fields)
        assert all(not rights.may(f"{obj.name}:{action}") for action in ALL if action != "read")
        assert not any(rights.may(right) for right in FIXED_RIGHTS)
    with book.world.db() as db:
        db.execute(update(Role).where(Role.name.in_(["Role of ann", "Role of nora"])).values(fields={}))
        touch(db)
    for who in ("ann", "nora"):
        book.grant(who, {each.name: {"read": "all"} for each in OBJECTS})


def test_an_admin_as_an_admin_may_only_read(book: Book) -> None:
    with book.acting("admin") as ctx:
        rights = looking.rights_of(ctx.directory, ctx.member, ctx.member)
        assert not rights.is_admin
        for obj in OBJECTS:
            assert [action for action in ALL if rights.may(f"{obj.name}:{action}")] == ["read"]
            assert rights.scope(obj.name, "read") is Scope.ALL
        assert {right for right in FIXED_RIGHTS if rights.may(right)} == set(FIXED_RIGHTS) - {"data:export"}
