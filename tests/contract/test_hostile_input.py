"""Whatever an address, a cookie, a header or a form says, the answer is an answer: never a fault of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from saas.app import Application
from saas.core.errors import DomainError
from saas.crm.objects import forms, listing, records, timeline
from saas.crm.objects.fields import Field, LongText, Text
from saas.crm.objects.listing import Filter, Query
from saas.crm.registry import OBJECTS
from saas.web import modules
from tests.contract.addresses import addresses, name_of, own, public_routes, routes
from tests.contract.book import Book, of, open_book
from tests.worlds import Client, found_firm

modules.load()

LONG = "a" * 10_000
DEEP = "[" * 1_400
TEXTS = (
    "\x00", "a\x00b", LONG, "-1", "0", "9" * 40, "1e999", "NaN", "Infinity", "-0", "{", "[]", "null", DEEP, "%", "%%s", "\\", "'; --", '"',
    "\u202e\u0000x", "\ufeff", "９９", "٣", "0000-00-00", "9999-12-31", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "2031-01-01T10:00+23:59", "2031-02-30", "tomorrow", "me", "../../etc", "//evil.example", "javascript:alert(1)", "🦊" * 20,
)  # fmt: skip
# Enough for fields that keep any text; all others read it, and get every one of TEXTS.
PLAIN_TEXTS = ("\x00", "a\x00b", LONG, "%", "\\", "\u202e\u0000x")


def _texts_for(field: Field) -> tuple[str, ...]:
    return PLAIN_TEXTS if type(field) in (Text, LongText) else TEXTS


# Raw bytes of addresses that are no text at all.
RAW = ("%FF%FE", "%ED%A0%80", "%00", "a%0d%0aSet-Cookie:x=y", "%", "%zz", "&&==;;")


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


KEY = "01900000-0000-7000-8000-000000000001"
SORT_VALUES: tuple[Any, ...] = (
    "\x00", "\ud800", None, 7, 1e308, float("inf"), True, [], {}, "2031-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "2031-01-01T00:00:00", "x" * 5_000,
)  # fmt: skip
CURSORS = [
    *(_cursor([way, value, KEY]) for way in ("f", "b", 7, None) for value in SORT_VALUES),
    _cursor(["f", "x", 7]), _cursor(["f", "x"]), _cursor({"f": 1}), _cursor("f"), _cursor(None), _cursor(["f", "x", KEY, 1]),
    base64.urlsafe_b64encode(DEEP.encode()).decode(), base64.urlsafe_b64encode(b"\xff\xfe").decode(), "é", "=", "====", "A", "\ud83e",
]  # fmt: skip
STORY_CURSORS = [
    *(_cursor({name: place}) for name in ("notes", "activities", "changes", "else") for place in (
        None, 7, -1, -(10**30), 10**30, 1e308, float("inf"), float("nan"), "7", "x", [], {}, True, ["2031-01-01", KEY], ["x", KEY],
        ["2031-01-01T00:00:00", "x"], ["0001-01-01T00:00:00+23:59", KEY], ["9999-12-31T23:59:59-23:59", KEY], [7, 7], [None, None],
        ["2031-01-01T00:00:00+00:00", KEY, 1], "٣",
    )),
    *CURSORS[::4],
]  # fmt: skip


@pytest.fixture(scope="module")
def book(portal: BlockingPortal, app: Application) -> Iterator[Book]:
    """Give a firm of this file's own: what its admin sends is often accepted, and moves people, rights and rows."""
    found = open_book(found_firm(portal, app, "Hostile"))
    yield found
    for client in found.world.clients:
        client.close()


@pytest.fixture(scope="module")
def admin(book: Book) -> Client:
    return book.world.sign_in("admin")


# Every name that a page of ours reads from an address, in one address at a time for each odd text.
NAMES = (
    "q after before sort cols edit op v v_text min max count kind day compose next subject subject_text name make object token language theme "
    "page row_version seen_version for owner_id account_id f.name.is f.owner_id.any f.created_at.min f..is f.x f. id role address workspace key"
).split()


def _odd_queries() -> Iterator[str]:
    for text in [text[:2_000] for text in TEXTS if text != DEEP]:
        # An address is at most 65,536 bytes long for the client of these tests.
        step = max(1, min(len(NAMES), 50_000 // (len(quote(text)) + 20)))
        for start in range(0, len(NAMES), step):
            yield "&".join(f"{name}={quote(text)}" for name in NAMES[start : start + step])
    for raw in RAW:
        yield "&".join(f"{name}={raw}" for name in NAMES[:12])
    yield "&".join(f"{name}=" for name in NAMES)
    yield "&".join(["q=a"] * 3_000)
    yield "&".join(f"f.x{number}.is=1" for number in range(400))


PAGES = routes("GET")
READERS = {"/{object:str}", "/{object:str}/new", "/{object:str}/total", "/{object:str}/{id:str}/timeline", "/search"}


@pytest.mark.parametrize("route", PAGES, ids=name_of)
def test_every_page_answers_odd_addresses(route, admin: Client, book: Book) -> None:  # type: ignore[no-untyped-def]
    is_reader = route.path in READERS
    urls = list(addresses(route, own(book)))
    for url in urls if is_reader else urls[:1]:
        # Pages that read little from their address are asked with some of the texts only.
        for number, query in enumerate(_odd_queries() if is_reader else islice(_odd_queries(), 0, None, 4)):
            target = ("list", "sheet", "timeline", "palette-results", "composer")[number % 5]
            _answered(admin.get(f"{url}?{query}", headers={"HX-Request": "true", "HX-Target": target} if number % 2 else {}), query)


@pytest.mark.parametrize("route", public_routes("GET"), ids=name_of)
def test_every_public_page_answers_odd_addresses(route, book: Book) -> None:  # type: ignore[no-untyped-def]
    stranger = book.world.visit(host=book.world.runtime.settings.host())
    for url in addresses(route, own(book)):
        for query in islice(_odd_queries(), 0, None, 3):
            answer = stranger.get(f"{url}?{query}")
            assert answer.status_code < 500, f"{url}?{query[:300]}"


def _answered(answer: httpx.Response, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code}"
    assert "\x00" not in answer.text


@pytest.mark.parametrize("obj", [obj for obj in OBJECTS if obj.has_page], ids=lambda obj: obj.name)
def test_forged_places_in_lists_are_the_beginning_or_a_place(obj, admin: Client, book: Book) -> None:  # type: ignore[no-untyped-def]
    with book.acting("admin") as ctx:
        for sort in ("", *(f.name for f in listing.sortable(obj))):
            for cursor in CURSORS:
                for is_descending in (False, True):
                    listing.page(ctx, obj, Query(sort=sort, is_descending=is_descending, cursor=cursor))
        for cursor in CURSORS:
            listing.page(ctx, obj, Query(filters=(Filter("owner_id", "filled"),), cursor=cursor, search="name"))
    for cursor in CURSORS[:20]:
        _answered(admin.get(f"/{obj.name}", params={"after": cursor.encode("utf-8", "replace").decode()}), cursor)


def test_forged_places_in_stories_are_the_beginning_or_a_place(admin: Client, book: Book) -> None:
    account = book.rows["accounts"][0]
    with book.acting("admin") as ctx:
        record = ctx.db.get_one(of("accounts").model, account)
        for cursor in STORY_CURSORS:
            timeline.page(ctx, of("accounts"), record, None, cursor)
    for before in ("-1", "9" * 30, "x", "٣", ""):
        _answered(admin.get(f"/accounts/{account}/history", params={"before": before}), before)
        _answered(admin.get(f"/accounts/{account}/timeline", params={"after": before}), before)


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_every_filter_takes_or_refuses_any_text(obj, book: Book) -> None:  # type: ignore[no-untyped-def]
    with book.acting("admin") as ctx:
        for field in obj.fields:
            for number, text in enumerate(_texts_for(field)):
                operators = ("min", "max") if "min" in field.operators else ((*field.operators, "nonsense")[number % len(field.operators)],)
                for operator in operators:
                    values = (text, "x") if operator in ("any", "has") else (text,)
                    wanted = Query(filters=(Filter(field.name, operator, values),), limit=2)
                    with ctx.db.begin_nested():
                        found = listing.page(ctx, obj, wanted)
                        assert found.problems or found.rows is not None


FORMS = [route for route in routes("POST") if "/sign-" not in route.path and "/sessions/" not in route.path]


@pytest.mark.parametrize("route", FORMS, ids=name_of)
def test_every_form_takes_or_refuses_odd_values(route, book: Book) -> None:  # type: ignore[no-untyped-def]
    names = sorted(
        {f.name for obj in OBJECTS for f in obj.fields} | {*NAMES, "body", "title", "current", "password", "email", "login_name"}
    )
    client = book.world.sign_in("admin")
    is_writer = "edit" in route.path or route.path.endswith("/new")
    for url in list(addresses(route, own(book)))[:: 11 if "{field:" in route.path else 1 if is_writer else 3]:
        if url.endswith(("/delete", "/deactivate", "/remove", "/do")):
            continue
        for text in TEXTS[:: 2 if is_writer else 5]:
            data = dict.fromkeys(names, text) | {f"{name}_label": text for name in ("emails", "phones")}
            data |= {f"{name}_currency": text for name in names[:3]} | {"due_at_time": text}
            answer = client.post(url, data)
            assert answer.status_code < 500, (url, text[:40])


@pytest.mark.parametrize("obj", [obj for obj in OBJECTS if obj.has_page], ids=lambda obj: obj.name)
def test_each_field_alone_takes_or_refuses_any_text(obj, admin: Client, book: Book) -> None:  # type: ignore[no-untyped-def]
    with book.acting("admin") as ctx:
        record = records.for_edit(ctx, obj, book.rows[obj.name][2])
        for field in [f for f in obj.fields if f.is_editable]:
            for text in _texts_for(field):
                form = {field.name: [text], f"{field.name}_text": [text], f"{field.name}_time": [text], f"{field.name}_currency": [text]}
                point = ctx.db.begin_nested()
                try:
                    typed = forms.read(ctx, obj, [field], form)
                    if not typed.errors:
                        forms.save(ctx, obj, record, typed, record.version)
                        ctx.db.flush()
                except DomainError:
                    pass
                finally:
                    point.rollback()
                    ctx.state.pop("batch", None)
                    ctx.state.pop("labels", None)
                    ctx.state.pop("weighed", None)
        ctx.db.rollback()


def test_cookies_and_headers_may_say_anything(book: Book) -> None:
    client = book.world.sign_in("admin")
    session = client._client.cookies["session"]
    odd = ["%00", quote(DEEP), quote('{"message": {}, "tone": [], "undo_action": 7}'), quote("null"), "x" * 3_000, "accounts:x.contacts", ":::...", "%FF",
           f"accounts:{'0' * 32}." * 40, quote('{"message":"\\ud800"}')]  # fmt: skip
    for text in odd:
        for name in ("toast", "recent", "language", "visitor", "rail", "session", "theme", "columns"):
            cookies = f"session={session}; {name}={text}"
            answer = client.get("/today", headers={"Cookie": cookies})
            assert answer.status_code < 500, (name, text[:60])
    for header in ("Accept-Language", "User-Agent", "Referer", "Origin", "X-Forwarded-For", "HX-Target", "HX-Trigger-Name", "X-Csrf-Token", "Range",
                   "If-None-Match", "Content-Type", "Sec-Fetch-Site"):  # fmt: skip
        for text in ("", ";;;,q=", "x" * 4_000, "zh-Hans;q=abc, en;q=-1", "::::", "\u00e9".encode("latin-1").decode("latin-1"), "0" * 500):
            for url in ("/today", "/accounts", "/search?q=a"):
                answer = client.request("GET", url, headers={header: text.encode("latin-1")})
                assert answer.status_code < 500, (header, text[:40])
    for host in (
        "",
        "localhost:x",
        "[::1",
        "[",
        ".localhost",
        "..localhost",
        "a" * 300 + ".localhost",
        "\u00e9.localhost",
        "xn--.localhost",
        "localhost:",
    ):
        answer = client.request("GET", "/today", headers={"Host": host.encode("utf-8")})
        assert answer.status_code < 500, host


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b"{"),
    ("application/json", b"[1]"),
    ("text/plain", b"x=y"),
    ("application/x-www-form-urlencoded", b"\xff\xfe%FF=%00&&&=&a"),
    ("application/x-www-form-urlencoded", b"a=1&" * 20_000),
    ("application/x-www-form-urlencoded; charset=nonsense", b"a=1"),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=b", b"--c\r\n\r\nx"),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xff\x00../x"\r\n\r\nx\r\n--b--\r\n',
    ),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=xx\r\n\r\n\xff\r\n--b--\r\n',
    ),
    ("multipart/form-data; boundary=" + "b" * 500, b""),
    ("", b"a=1"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 100),
)


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_bodies_that_are_no_forms_are_refused_in_one_clear_answer(number: int, book: Book) -> None:
    kind, body = BODIES[number]
    client = book.world.sign_in("admin")
    token = client.csrf()
    for url in ("/accounts/new", "/imports/new", "/settings/logo", "/sign-in"):
        answer = client.request("POST", url, content=body, headers={"Content-Type": kind, "X-CSRF-Token": token})
        assert answer.status_code < 500, (url, kind, body[:80], answer.text[:300])
        assert answer.headers["content-type"].startswith("text/html") or answer.status_code in (303, 204), (url, kind)


def test_a_body_larger_than_a_page_accepts_is_refused(book: Book) -> None:
    client = book.world.sign_in("admin")
    answer = client.post("/accounts/new", {"name": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "larger" in answer.text


@pytest.mark.parametrize("path", ["/static/%2e%2e/%2e%2e/app.py", "/static//etc/passwd", "/static/..%2f..%2fapp.py", "/static/",
                                  "/static/\x00", "/static/manifest.json/x"])  # fmt: skip
def test_files_beside_the_built_ones_are_not_served(path: str, book: Book) -> None:
    answer = book.world.visit().get(quote(path, safe="/%"))
    assert answer.status_code in (400, 404, 405), answer.status_code
    assert "import" not in answer.text
