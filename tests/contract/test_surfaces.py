"""Every route, asked by members who see part of the firm: what they may not read does not exist, and is named nowhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from saas.crm.registry import OBJECTS
from saas.web import modules
from saas.web.routing import Route
from tests.contract.addresses import addresses, name_of, own, routes
from tests.contract.opened import Opened, Says, Truth
from tests.worlds import Client

modules.load()
NAMES = tuple(obj.name for obj in OBJECTS)
ALL = dict.fromkeys(("create", "edit", "delete", "assign", "bulk", "export"), "all")
# Who asks, with which roles: each sees some rows by place, some by rules, some by shares, and some not at all.
PARTS = {
    "sid": [Says({name: {**ALL, "read": "department"} for name in NAMES})],
    "nora": [Says({name: {**ALL, "read": "own"} for name in NAMES}), Says({"contacts": {"read": "department", "edit": "own"}})],
}
# Pages that are about other things than records, and show none.
ELSEWHERE = ("/settings", "/people", "/me", "/help", "/switch", "/workspaces", "/logo", "/preferences", "/samples", "/tags", "/look-as")
# Acts that change records, by the test that judges how far each reaches. One that is not here fails: it is not yet judged.
JUDGED = {
    "POST /{object:str}/bulk/{act:str}": "test_rights: acts on many rows",
    "POST /{object:str}/bulk/{act:str}/do": "test_rights: acts on many rows; below: bulk by keys",
    "POST /{object:str}/columns": "keeps a preference, of fields that are seen (test_hidden_fields)",
    "POST /{object:str}/new": "test_rights: making for others, links; test_closed_fields",
    "POST /undo/{batch:str}": "test_closed_fields: undo; tests/crm/objects/test_undo.py",
    "POST /activities/log": "test_rights: writing on a record",
    "POST /tasks/{id:str}/done": "below: rows that may not be read",
    "POST /tasks/{id:str}/undone": "below: rows that may not be read",
}


def about_a_record(route: Route) -> bool:
    return route.path.startswith(("/{object:str}/{id:str}", "/tasks/{id:str}"))


def test_every_route_is_judged() -> None:
    """Pages are walked below, and acts on one record refused below; any other act on records needs a test that is named above."""
    for route in routes():
        if route.right is None or route.method == "GET" or route.path.startswith((*ELSEWHERE, "/imports")) or about_a_record(route):
            continue
        assert name_of(route) in JUDGED, f"{name_of(route)}: this route is not yet judged"


@pytest.fixture(params=list(PARTS))
def part(request: pytest.FixtureRequest, changeable: Opened) -> tuple[Client, Truth]:
    changeable.hold(request.param, PARTS[request.param])
    return changeable.book.world.sign_in(request.param), Truth(changeable, request.param, changeable.rows())


def test_rows_that_may_not_be_read_do_not_exist_on_any_route(part: tuple[Client, Truth]) -> None:
    client, truth = part
    for obj in OBJECTS:
        readable = truth.all_that(obj.name, "read")
        unread = [key for key in truth.rows[obj.name] if key not in readable]
        assert unread
        assert readable
        ids = own(truth.book)
        for number, route in enumerate(route for route in routes() if about_a_record(route)):
            key = unread[number % len(unread)]
            ids = type(ids)({**ids.records, obj.name: str(key)}, ids.others)
            for url in [url for url in addresses(route, ids) if str(key) in url][:2]:
                answer = client.get(url) if route.method == "GET" else client.post(url, {"title": "x", "body": "x", "due_at": "2031-01-01"})
                assert answer.status_code == 404, (name_of(route), url)
                _names_nothing(answer.text, obj.name, {key}, truth, url)


def test_no_page_names_a_row_that_may_not_be_read(part: tuple[Client, Truth]) -> None:
    client, truth = part
    unread = {obj.name: set(truth.rows[obj.name]) - truth.all_that(obj.name, "read") for obj in OBJECTS}
    for turn in range(3):
        chosen = {}
        for obj in OBJECTS:
            found = sorted(truth.all_that(obj.name, "read"), key=lambda key: (_is_torn(truth.rows[obj.name][key], unread), str(key)))
            chosen[obj.name] = str(found[-1 - turn])
        ids = type(own(truth.book))(chosen, own(truth.book).others)
        for route in routes("GET"):
            if route.right is None or route.path.startswith((*ELSEWHERE, "/imports")) or (turn and "{id:" not in route.path):
                continue
            for url in list(addresses(route, ids))[:: 9 if "{field:" in route.path else 1]:
                answer = client.get(url)
                assert answer.status_code < 500, url
                for name, keys in unread.items():
                    _names_nothing(answer.text, name, keys, truth, url)


def _is_torn(row: Any, unread: dict[str, set[UUID]]) -> bool:
    """Tell whether a row points to something that may not be read: there is most to give away."""
    everything = set().union(*unread.values())
    return any(getattr(row, name, None) in everything for name in ("account_id", "parent_account_id", "subject_id"))


def _names_nothing(text: str, name: str, keys: set[UUID], truth: Truth, url: str) -> None:
    for key in keys:
        if str(key) not in url:
            assert str(key) not in text, (url, name, truth.rows[name][key].code)
        assert truth.rows[name][key].code not in text, (url, truth.rows[name][key].code)


def test_questions_find_no_row_that_may_not_be_read(part: tuple[Client, Truth]) -> None:
    client, truth = part
    for obj in OBJECTS:
        unread = set(truth.rows[obj.name]) - truth.all_that(obj.name, "read")
        for key in sorted(unread)[:4]:
            row = truth.rows[obj.name][key]
            for words in (row.code, obj.label_of(row)):
                for url in ("/search", "/subjects", f"/{obj.name}", f"/{obj.name}/choices", f"/{obj.name}/total"):
                    answer = client.get(url, params={"q": words})
                    assert str(key) not in answer.text, (url, words)
            for link in obj.links:
                answer = client.get(f"/{obj.name}", params={f"f.{link.name}.any": str(getattr(row, link.name))})
                assert str(key) not in answer.text


def test_acts_on_many_skip_what_may_not_be_read(part: tuple[Client, Truth]) -> None:
    """By their keys, as a page made by hand might send them; and the tags of what may not be changed stay as they are."""
    client, truth = part
    for obj in (obj for obj in OBJECTS if obj.has_page):
        keys = [str(key) for key in truth.rows[obj.name] if not truth.may(obj.name, key, "edit")]
        assert keys
        answer = client.post(f"/{obj.name}/bulk/tags/do", {"id": keys, "add": "Climbing", "expected": "999"})
        assert answer.status_code in (303, 422)
        after = {row.id: row.tag_ids for row in truth.book.everything(obj)}
        assert all(after[UUID(key)] == truth.rows[obj.name][UUID(key)].tag_ids for key in keys)
