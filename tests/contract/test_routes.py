"""Every route of the product: who is let in, and that the same refusals meet everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saas.crm.registry import OBJECTS
from saas.web import modules
from saas.web.routing import SIGNED_IN
from tests.contract.addresses import NEVER, addresses, name_of, own, public_routes, routes, same
from tests.contract.book import Book
from tests.worlds import Client, World

modules.load()
HTMX = {"HX-Request": "true"}
ROUTES = routes()
# Acts on oneself that need nothing of what they name to exist: repeating them must not fail.
REPEATABLE = {"POST /me/sessions/{id:str}/end"}


@pytest.fixture(scope="module")
def nobody(book: Book) -> Iterator[Client]:
    """Be a member whose role gives nothing."""
    book.grant("sid", {})
    yield book.world.sign_in("sid")
    book.grant("sid", {obj.name: {"read": "all"} for obj in OBJECTS})


def _first(route, book: Book) -> str:  # type: ignore[no-untyped-def]
    return next(addresses(route, own(book)))


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_strangers_get_to_the_door_and_no_further(route, book: Book) -> None:  # type: ignore[no-untyped-def]
    stranger = book.world.visit()
    for url in addresses(route, own(book)):
        if route.method == "GET":
            plain, script = stranger.get(url), stranger.get(url, headers=HTMX)
        else:
            assert stranger.request("POST", url, data={}).status_code == 403
            plain, script = stranger.post(url), stranger.post(url, headers=HTMX)
        if route.right:
            assert plain.status_code == 303, url
            assert plain.headers["location"].startswith("/sign-in"), url
            assert script.status_code == 401, url
            assert script.text == ""
        else:
            assert route.why
            assert plain.status_code < 500, url


@pytest.mark.parametrize("route", [route for route in ROUTES if route.right], ids=name_of)
def test_a_session_of_another_firm_is_nobody(route, book: Book, neighbour: World) -> None:  # type: ignore[no-untyped-def]
    token = neighbour.sign_in("admin")._client.cookies["session"]
    guest = book.world.visit(token)
    url = _first(route, book)
    answer = guest.get(url) if route.method == "GET" else guest.post(url)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.right not in (None, SIGNED_IN)], ids=name_of)
def test_a_role_without_rights_opens_nothing(route, nobody: Client, book: Book) -> None:  # type: ignore[no-untyped-def]
    for url in addresses(route, own(book)):
        answer = nobody.get(url) if route.method == "GET" else nobody.post(url)
        assert answer.status_code in (403, 404), url


@pytest.mark.parametrize("route", [r for r in ROUTES if r.right == SIGNED_IN and r.method == "GET"], ids=name_of)
def test_pages_for_everybody_show_no_record_to_who_may_read_none(route, nobody: Client, book: Book) -> None:  # type: ignore[no-untyped-def]
    for query in ("", "?q=ACC", "?q=name", "?q=CON-000001"):
        answer = nobody.get(_first(route, book) + query)
        assert answer.status_code < 500
        for obj in OBJECTS:
            for key in book.rows[obj.name]:
                assert str(key) not in answer.text


UNSAFE = [*routes("POST"), *public_routes("POST")]


@pytest.mark.parametrize("route", UNSAFE, ids=lambda r: f"{'public' if r in public_routes() else 'workspace'} {r.path}")
def test_an_unsafe_request_needs_its_token_and_its_own_origin(route, book: Book) -> None:  # type: ignore[no-untyped-def]
    if route in public_routes():
        client = book.world.visit(host=book.world.runtime.settings.host())
    else:
        client = book.world.sign_in("admin")
    url = _first(route, book)
    token = client.csrf()
    assert token
    for data, headers in (
        ({}, {}),
        ({"csrf_token": ""}, {}),
        ({"csrf_token": token[:-1]}, {}),
        ({"csrf_token": token}, {"Origin": "https://evil.example"}),
        ({"csrf_token": token}, {"Origin": "null"}),
        ({"csrf_token": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf_token": token}, {"Sec-Fetch-Site": "same-site"}),
    ):
        assert client.request("POST", url, data=data, headers=headers).status_code == 403, (data, headers)
    assert client.request("POST", f"{url}?csrf_token=", json={}).status_code == 403


WITH_KEY = [r for r in ROUTES if (r.right and "id:str" in r.path) or "tag:str" in r.path]


@pytest.mark.parametrize("route", WITH_KEY, ids=name_of)
def test_what_belongs_to_another_firm_does_not_exist(route, book: Book, neighbour: World) -> None:  # type: ignore[no-untyped-def]
    """Its keys, keys of nothing and what is no key are all the same: not there."""
    client = neighbour.sign_in("admin")
    for ids in (own(book), same(str(NEVER)), same("7"), same("%00"), same("..%2F.."), same("x" * 3000), same("%F0%9F%A6%8A")):
        for url in list(addresses(route, ids))[:: 7 if "{field:" in route.path else 1]:
            answer = client.get(url) if route.method == "GET" else client.post(url, {"title": "x", "body": "x", "due_at": "2031-01-01"})
            if name_of(route) in REPEATABLE:
                assert answer.status_code in (303, 404), url
            else:
                assert answer.status_code in (404, 405), (url, answer.status_code)


def test_methods_that_no_route_has_are_refused(book: Book) -> None:
    client = book.world.sign_in("admin")
    for method in ("PUT", "DELETE", "PATCH"):
        for url in ("/accounts", "/today", f"/accounts/{book.rows['accounts'][0]}"):
            assert client.request(method, url).status_code in (404, 405)
    assert client.request("TRACE", "/today").status_code in (404, 405)
