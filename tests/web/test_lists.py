"""Lists through HTTP: what they show, how they are asked, what they never show."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from saas.auth.members import Department
from saas.core.ids import new_id
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS
from tests.queries import counted
from tests.web.pages import neighbour, rows, texts
from tests.worlds import Client, World

OWN_ONLY = {"contacts": {"read": "own", "edit": "own", "bulk": "all", "delete": "own", "assign": "own"}}


def contact(ctx: Any, family: str, given: str = "", **values: Any) -> UUID:
    made: UUID = records.create(ctx, CONTACTS, {"family_name": family, "given_name": given, **values}).id
    return made


def test_a_list_shows_its_records_with_links_and_codes(world: World) -> None:
    with world.acting() as ctx:
        made = records.create(ctx, ACCOUNTS, {"name": "Northwind <b>Traders</b>", "kind": "customer", "city": "Berlin"})
        key, code = made.id, made.code
    answer = world.sign_in().get("/accounts")
    assert rows(answer) == [str(key)]
    assert f'href="/accounts/{key}"' in answer.text
    assert code in answer.text
    assert "Northwind &lt;b&gt;Traders&lt;/b&gt;" in answer.text
    assert "<b>Traders" not in answer.text


def test_an_empty_list_says_what_to_do_next(world: World) -> None:
    admin = world.sign_in()
    assert "No contacts yet" in texts(admin.get("/contacts"))
    with world.acting() as ctx:
        contact(ctx, "Lovelace", "Ada")
    nothing = admin.get("/contacts?q=nobody-of-that-name&f.city.is=Atlantis")
    assert rows(nothing) == []
    assert "Clear the filters" in texts(nothing)
    assert 'href="/contacts"' in nothing.text


@pytest.mark.parametrize("page", ["/notes", "/nonsense", "/contacts/bulk/nonsense"])
def test_what_has_no_page_is_not_found(world: World, page: str) -> None:
    admin = world.sign_in()
    answer = admin.post(page) if "bulk" in page else admin.get(page)
    assert answer.status_code == 404


def test_a_fragment_is_the_same_block_and_brings_what_else_changed(world: World) -> None:
    with world.acting() as ctx:
        contact(ctx, "Lovelace", "Ada", city="London")
    admin = world.sign_in()
    whole = admin.get("/contacts?f.city.is=London").text
    answer = admin.htmx("/contacts?f.city.is=London", target="list")
    fragment = answer.text
    assert "<html" not in fragment
    start = fragment.index("<tr data-row")
    assert fragment[start : fragment.index("</tr>", start)] in whole
    assert 'id="list-filters"' in fragment
    assert fragment.count('hx-swap-oob="true"') == 2
    assert answer.headers["hx-push-url"] == "/contacts?f.city.is=London"
    typed = admin.get("/contacts?q=ada", headers={"HX-Request": "true", "HX-Target": "list", "HX-Trigger-Name": "q"})
    assert typed.headers["hx-replace-url"] == "/contacts?q=ada"


def test_the_total_comes_apart_from_the_rows(world: World) -> None:
    with world.acting() as ctx:
        for number in range(27):
            contact(ctx, f"Person {number:02d}")
    admin = world.sign_in()
    page = admin.get("/contacts")
    assert 'hx-get="/contacts/total"' in page.text
    assert "of 27" in texts(admin.htmx("/contacts/total", target="list-total"))
    assert "of 27" in texts(admin.get("/contacts?count=1"))
    assert "of 1" in texts(admin.htmx("/contacts/total?f.name.is=Person+05"))


def test_ten_thousand_rows_are_counted_so_far_and_exactly_when_asked(world: World) -> None:
    with world.acting() as ctx:
        first = records.create(ctx, ACCOUNTS, {"name": "First", "kind": "customer"})
        ctx.db.flush()
        columns = {column.name: getattr(first, column.name) for column in ACCOUNTS.model.__table__.c}
    made = [
        {**columns, "id": new_id(), "code": f"T-{number}", "name": f"Firm {number:05d}", "sort_key": f"firm {number:05d}"}
        for number in range(10_050)
    ]
    with world.db() as db:
        db.execute(ACCOUNTS.model.__table__.insert(), made)
    admin = world.sign_in()
    assert len(rows(admin.get("/accounts"))) == 25
    capped = admin.htmx("/accounts/total?f.kind.any=customer")
    assert "of 10,000+" in texts(capped)
    assert "Count exactly" in texts(capped)
    assert "of 10,051" in texts(admin.htmx("/accounts/total?f.kind.any=customer&count=exact"))
    rare = admin.get("/accounts?f.name.is=Firm+09999")
    assert len(rows(rare)) == 1
    assert len(rows(admin.get("/accounts?f.kind.any=customer&sort=-label"))) == 25


def test_columns_are_chosen_in_the_address_and_kept_for_the_member(world: World) -> None:
    with world.acting() as ctx:
        contact(ctx, "Lovelace", "Ada", city="London", wechat="ada1815")
    admin, other = world.sign_in(), world.sign_in("member")
    asked = admin.get("/contacts?cols=name,wechat")
    assert "ada1815" in asked.text
    assert "ada1815" not in admin.get("/contacts").text
    saved = admin.post("/contacts/columns", {"cols": ["wechat", "nonsense"], "f.city.is": "London"})
    assert saved.status_code == 303
    assert saved.headers["location"] == "/contacts?f.city.is=London&cols=name%2Cwechat"
    assert "ada1815" in admin.get("/contacts").text
    assert "ada1815" not in other.get("/contacts").text
    admin.post("/contacts/columns", {"reset": "1"})
    assert "ada1815" not in admin.get("/contacts").text


def test_ready_made_views_are_filters_in_the_address(world: World) -> None:
    member = world.join("grace")
    with world.acting() as ctx:
        mine = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Call back"}).id
        done = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Write", "done_at": ctx.now}).id
        hers = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Visit", "owner_id": member}).id
    admin = world.sign_in()
    everything = admin.get("/activities")
    assert set(rows(everything)) == {str(mine), str(done), str(hers)}
    assert "/activities?f.owner_id.any=me&amp;f.done_at.empty=1&amp;sort=due_at" in everything.text
    assert rows(admin.get("/activities?f.owner_id.any=me&f.done_at.empty=1&sort=due_at")) == [str(mine)]
    assert rows(admin.get("/activities?f.done_at.filled=1")) == [str(done)]


@pytest.mark.parametrize("obj", [ACCOUNTS, CONTACTS, ACTIVITIES], ids=lambda obj: obj.name)
def test_paging_reaches_every_row_once_forward_and_back(world: World, obj: ObjectDef) -> None:
    with world.acting() as ctx:
        for number in range(57):
            name = f"Row {number % 4}"
            values = {"name": name, "title": name, "family_name": name, "kind": "task", "due_at": None if number % 3 else ctx.now}
            kept = {name: value for name, value in values.items() if name in obj.by_name and obj.by_name[name].is_editable}
            records.create(ctx, obj, kept | ({"kind": None} if obj is ACCOUNTS else {}))
    admin = world.sign_in()
    sorts = ["label", *(f.name for f in obj.fields if f.is_sortable and f.name != obj.label_field)]
    for sort in sorts:
        for restriction in ("", "f.code.filled=1&", "q=row&"):
            up = walk(admin, f"/{obj.name}?{restriction}sort={sort}")
            down = walk(admin, f"/{obj.name}?{restriction}sort=-{sort}")
            assert len(up) == len(set(up)) == 57
            assert down == up[::-1], f"{sort} {restriction}"


def walk(client: Client, address: str) -> list[str]:
    """Go to the end and back; give the rows in order, seen both ways."""
    pages = []
    at: str | None = address
    while at:
        answer = client.get(at)
        pages.append(rows(answer))
        at = neighbour(answer, "next")
    assert [len(keys) for keys in pages] == [25, 25, 7]
    back = pages[-1:]
    while before := neighbour(answer, "prev"):
        answer = client.get(before)
        back.insert(0, rows(answer))
    assert [key for keys in back for key in keys] == [key for keys in pages for key in keys]
    return [key for keys in pages for key in keys]


def test_a_damaged_cursor_is_the_beginning(world: World) -> None:
    with world.acting() as ctx:
        keys = [contact(ctx, name) for name in ("Able", "Baker")]
    admin = world.sign_in()
    for damaged in ("x", "%00", "WyJmIiwgMSwgMl0", "bnVsbA", "W10", "WyJmIiwxLCIwMTkyYjZjMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"):
        assert rows(admin.get(f"/contacts?after={damaged}")) == [str(key) for key in keys]
        assert rows(admin.get(f"/contacts?sort=updated_at&after={damaged}"))


def test_a_person_has_another_word_for_name_than_a_company(world: World) -> None:
    world.join("li", role="admin", language="zh_Hans")
    with world.acting() as ctx:
        contact(ctx, "张", "伟")
        records.create(ctx, ACCOUNTS, {"name": "星河"})
    li = world.sign_in("li")
    for address, has, misses in (("/contacts", "姓名", "名称"), ("/contacts?edit=name", "姓名", "名称"), ("/accounts", "名称", "姓名")):
        said = texts(li.get(address))
        assert has in said, address
        assert misses not in said, address
    assert "名称" in texts(li.get("/accounts/new"))
    assert "姓名" in texts(li.get("/people/invite"))


def test_statements_do_not_grow_with_rows(world: World) -> None:
    admin = world.sign_in()
    seen: list[list[int]] = []
    for _round in range(3):
        with world.acting() as ctx:
            for number in range(7):
                firm = records.create(ctx, ACCOUNTS, {"name": f"Firm {new_id().hex}"}).id
                person = contact(ctx, f"Person {number}", account_id=firm)
                records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Call", "subject_object": "contacts", "subject_id": person})
        counts = []
        for address in ("/accounts", "/contacts", "/activities", "/contacts?q=person", "/contacts?f.city.empty=1", "/search?q=person"):
            admin.get(address)
            with counted() as sent:
                assert admin.get(address).status_code == 200
            counts.append(len(sent))
        seen.append(counts)
    assert all(now <= first for counts in seen[1:] for now, first in zip(counts, seen[0], strict=True)), seen


def test_who_sees_only_own_rows_sees_no_others_anywhere(world: World) -> None:
    world.join("eve", grants=OWN_ONLY)
    with world.acting() as ctx:
        contact(ctx, "Hidden", "Harry", city="London")
    with world.acting() as ctx:
        own = contact(ctx, "Open", "Olive", city="London", owner_id=world.members["eve"])
    eve = world.sign_in("eve")
    for address in ("/contacts", "/contacts?q=H", "/contacts?f.city.is=London", "/contacts?sort=-updated_at", "/contacts?q=London"):
        assert set(rows(eve.get(address))) <= {str(own)}
        assert "Harry" not in eve.get(address).text
    assert rows(eve.get("/contacts?f.city.is=London")) == [str(own)]
    assert "of 1" in texts(eve.htmx("/contacts/total?f.city.is=London"))
    assert "of 0" in texts(eve.htmx("/contacts/total?q=Harry"))
    assert "Harry" not in texts(eve.get("/search?q=Harry")).replace("“Harry”", "")
    assert "Hidden" not in texts(eve.htmx("/search?q=Harry", target="palette-results"))
    assert eve.get("/accounts").status_code == 403


def test_departments_reach_their_rows_by_every_way(world: World) -> None:
    with world.db() as db:
        root = db.query(Department).filter(Department.parent_id.is_(None)).one()
        north, south = (
            Department(name="North", parent_id=root.id, path=[*root.path]),
            Department(name="South", parent_id=root.id, path=[*root.path]),
        )
        for department in (north, south):
            department.id = new_id()
            department.path = [*root.path, department.id]
            db.add(department)
        db.flush()
        places = {"north": north.id, "south": south.id, "root": root.id}
    grants = {"contacts": {"read": "department"}}
    world.join("nora", grants=grants, department_id=places["north"])
    wanted = []
    with world.acting() as ctx:
        for number in range(40):
            key = contact(ctx, f"Person {number:02d}", department_id=places[("north", "south", "root")[number % 3]])
            if number % 3 == 0:
                wanted.append(str(key))
        wanted.insert(0, str(contact(ctx, "Aaron", owner_id=world.members["nora"], department_id=places["south"])))
        wanted.insert(1, str(contact(ctx, "Abel", owner_id=world.members["nora"], department_id=places["north"])))
    nora = world.sign_in("nora")
    assert rows(nora.get("/contacts")) == wanted
    assert rows(nora.get("/contacts?sort=-label")) == wanted[::-1]
    assert rows(nora.get("/contacts?f.code.filled=1")) == wanted
    assert "of 16" in texts(nora.htmx("/contacts/total"))


def test_a_link_to_a_hidden_record_is_no_filter(world: World) -> None:
    world.join("eve", grants={"contacts": {"read": "all"}, "accounts": {"read": "own"}})
    with world.acting() as ctx:
        firm = records.create(ctx, ACCOUNTS, {"name": "Secret Ltd"}).id
        contact(ctx, "Lovelace", "Ada", account_id=firm)
    address = "/contacts?" + urlencode({"f.account_id.any": firm})
    assert len(rows(world.sign_in().get(address))) == 1
    answer = world.sign_in("eve").get(address)
    assert rows(answer) == []
    assert f'href="/accounts/{firm}"' not in world.sign_in("eve").get("/contacts").text
