"""Every object, made, read, changed, deleted and undone through its pages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from saas.core.errors import NotFound
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.registry import OBJECTS, get
from tests.web.form_reader import fields
from tests.web.pages import texts, toast
from tests.worlds import Client, World

HTML = '"><img src=x onerror=alert(1)>'
REQUIRED: dict[str, dict[str, Any]] = {
    "accounts": {"name": "Kessler GmbH"},
    "contacts": {"family_name": "Kessler"},
    "activities": {"kind": "task", "title": "Send a quote"},
    "notes": {"body": "Prefers mornings"},
}
CHANGED: dict[str, tuple[str, str]] = {
    "accounts": ("city", "Bonn"),
    "contacts": ("job_title", "Buyer"),
    "activities": ("description", "With prices"),
    "notes": ("body", "Prefers evenings"),
}


def make(client: Client, object_name: str, /, **values: Any) -> str:
    """Make a record by its form; return its key."""
    answer = client.post(f"/{object_name}/new", REQUIRED[object_name] | values)
    assert answer.status_code == 303, texts(answer)
    return answer.headers["location"].rsplit("/", 1)[1]


def key_of(world: World, obj: ObjectDef) -> str:
    with world.acting() as ctx:
        return str(ctx.db.execute(select(obj.model.id).order_by(obj.model.created_at.desc()).limit(1)).scalar_one())


def made(world: World, client: Client, obj: ObjectDef) -> str:
    """Make one of an object, on a subject where it needs one; return its key."""
    subject = make(client, "contacts") if obj.parent else ""
    answer = client.post(f"/{obj.name}/new", REQUIRED[obj.name] | ({"subject": f"contacts:{subject}"} if subject else {}))
    assert answer.status_code == 303, texts(answer)
    return key_of(world, obj)


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_a_record_is_made_changed_deleted_and_undone(world: World, obj: ObjectDef) -> None:
    client = world.sign_in()
    key = made(world, client, obj)
    shown = client.get(f"/{obj.name}/{key}")
    assert shown.status_code == (200 if obj.has_page else 303)

    name, value = CHANGED[obj.name]
    form = fields(client.get(f"/{obj.name}/{key}/edit"), f"{obj.name}-form")
    answer = client.post(f"/{obj.name}/{key}/edit", form | {name: [value]})
    assert answer.status_code == 303
    with world.acting() as ctx:
        assert getattr(records.find(ctx, obj, key), name) == value

    assert client.post(toast(answer)["undo_action"]).status_code == 303
    with world.acting() as ctx:
        assert getattr(records.find(ctx, obj, key), name) != value

    assert "undo" in texts(client.get(f"/{obj.name}/{key}/delete"))
    answer = client.post(f"/{obj.name}/{key}/delete")
    assert answer.status_code == 303
    with world.acting() as ctx, pytest.raises(NotFound):
        records.find(ctx, obj, key)
    assert client.post(toast(answer)["undo_action"]).status_code == 303
    with world.acting() as ctx:
        back = records.find(ctx, obj, key)
    assert back.code.startswith(obj.prefix)


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_html_in_any_text_field_is_escaped_on_every_page(world: World, obj: ObjectDef) -> None:
    client = world.sign_in()
    subject = make(client, "contacts", family_name=HTML) if obj.parent else ""
    texts_of = {f.name: HTML for f in obj.fields if f.kind in ("text", "long_text") and f.is_editable}
    short = {name: HTML[: obj.by_name[name].max_length] for name in texts_of}  # type: ignore[attr-defined]
    values = REQUIRED[obj.name] | short | {"tag_ids": HTML.replace(",", "")[:40]} | ({"subject": f"contacts:{subject}"} if subject else {})
    assert client.post(f"/{obj.name}/new", values).status_code == 303
    key = key_of(world, obj)
    first = next(iter(texts_of))
    client.post(
        f"/{obj.name}/{key}/edit", fields(client.get(f"/{obj.name}/{key}/edit"), f"{obj.name}-form") | {first: [f"{HTML} again"[:40]]}
    )
    base = f"/{obj.name}/{key}"
    home = base if obj.has_page else f"/contacts/{subject}"
    pages = [home, f"{base}/edit", f"{base}/history", f"{base}/delete", "/today", "/subjects?q=", f"/{obj.name}/choices?q="]
    if obj.parent is None:
        pages += [f"{base}/timeline", f"{base}?compose=call", f"/activities/log?subject={obj.name}:{key}"]
    if obj.has_page:
        pages.append(f"/{obj.name}")
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        assert "<img" not in answer.text, url
    assert "&lt;img" in client.get(home).text


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_what_others_keep_to_themselves_does_not_exist(world: World, other_world: World, obj: ObjectDef) -> None:
    own = {each.name: {"read": "own", "create": "all", "edit": "own", "delete": "own"} for each in OBJECTS}
    world.join("eva", grants=own)
    key = made(world, world.sign_in(), obj)
    eva, stranger = world.sign_in("eva"), other_world.sign_in()
    base = f"/{obj.name}/{key}"
    field_name = CHANGED[obj.name][0]
    for client in (eva, stranger):
        for url in (base, f"{base}/edit", f"{base}/edit/{field_name}", f"{base}/delete", f"{base}/history", f"{base}/timeline"):
            assert client.get(url).status_code == 404, url
        for url in (f"{base}/edit", f"{base}/edit/{field_name}", f"{base}/delete", f"{base}/note", f"{base}/call", f"{base}/task"):
            answer = client.post(url, REQUIRED[obj.name])
            assert answer.status_code == 404, (url, texts(answer))
        if obj.name == "activities":
            assert client.post(f"/tasks/{key}/done").status_code == 404
        assert client.get(f"/activities/log?subject={obj.name}:{key}").status_code in ((404,) if obj.parent is None else (200,))
        assert key not in client.get(f"/{obj.name}/choices?q=").text
    with world.acting() as ctx:
        assert records.find(ctx, obj, key).version == 1


@pytest.mark.parametrize("obj", [each for each in OBJECTS if each.parent is None], ids=lambda obj: obj.name)
def test_who_may_read_but_not_change_is_told_who_can(world: World, obj: ObjectDef) -> None:
    world.join("rita", grants={each.name: {"read": "all"} for each in OBJECTS})
    key = made(world, world.sign_in(), obj)
    rita = world.sign_in("rita")
    base = f"/{obj.name}/{key}"
    shown = rita.get(base)
    assert shown.status_code == 200
    assert f"{base}/edit" not in shown.text
    assert f"{base}/delete" not in shown.text
    for answer in (
        rita.get(f"{base}/edit"),
        rita.post(f"{base}/edit", REQUIRED[obj.name]),
        rita.post(f"{base}/edit/{CHANGED[obj.name][0]}", {CHANGED[obj.name][0]: "x"}),
        rita.get(f"{base}/delete"),
        rita.post(f"{base}/delete"),
    ):
        assert answer.status_code == 403
        assert "Ada Admin" in texts(answer)
    assert rita.get(f"/{obj.name}/new").status_code == 403


@pytest.mark.parametrize("path", ["/nothings", "/nothings/new", "/nothings/choices", "/nothings/0198f2aa-0000-7000-8000-000000000000"])
def test_an_unknown_object_is_missing_for_everybody(world: World, path: str) -> None:
    assert world.sign_in().get(path).status_code == 404
    assert world.sign_in("member").get(path).status_code == 404


@pytest.mark.parametrize("key", ["x", "0198f2aa-0000-7000-8000-000000000000", "%00", "'; --", "1" * 400])
def test_a_guessed_key_is_missing(world: World, key: str) -> None:
    client = world.sign_in()
    for obj in OBJECTS:
        assert client.get(f"/{obj.name}/{key}").status_code == 404
        assert client.get(f"/{obj.name}/{key}/edit").status_code == 404


def test_a_change_without_this_sessions_token_is_refused(world: World) -> None:
    client = world.sign_in()
    key = make(client, "accounts")
    urls = (
        "/accounts/new",
        f"/accounts/{key}/edit",
        f"/accounts/{key}/edit/city",
        f"/accounts/{key}/delete",
        f"/accounts/{key}/note",
        "/undo/1",
    )
    for url in (*urls, "/activities/log", f"/tasks/{key}/done"):
        assert client.post(url, {"name": "Stolen"}, csrf="forged").status_code == 403, url
    with world.acting() as ctx:
        assert records.find(ctx, get("accounts"), key).version == 1


def test_deleting_says_in_numbers_what_goes_and_what_stays(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts")
    for name in ("Ada", "Bea"):
        make(client, "contacts", family_name=name, account_id=account)
    client.post(f"/accounts/{account}/note", {"body": "One"})
    client.post(f"/accounts/{account}/task", {"title": "Two"})
    said = texts(client.get(f"/accounts/{account}/delete"))
    assert "1 note goes with it." in said
    assert "1 activity goes with it." in said
    assert "2 contacts stay, without this link." in said


def test_sixty_characters_and_two_hundred_fit_a_page(world: World) -> None:
    client = world.sign_in()
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2
    key = make(client, "accounts", name=long.strip())
    for url in (f"/accounts/{key}", "/accounts", "/today", f"/accounts/{key}/delete"):
        assert client.get(url).status_code == 200
    answer = client.post("/accounts/new", {"name": "x" * 201})
    assert answer.status_code == 422
    assert "Shorten this to 200 characters." in texts(answer)


def test_the_heading_says_name_code_owner_tags_and_that_it_is_a_sample(world: World) -> None:
    client = world.sign_in()
    key = make(client, "accounts", name="Sierra Solar", tag_ids="VIP, 展会", kind="customer", tier="a")
    said = texts(client.get(f"/accounts/{key}"))
    for word in ("Sierra Solar", "ACC-000001", "Ada Admin", "VIP", "展会", "Customer", "A · key customer"):
        assert word in said
    assert "Sample" not in said
    with world.acting() as ctx:
        sample = records.create(ctx, get("accounts"), {"name": "Made up"}, is_sample=True)
    assert "Sample" in texts(client.get(f"/accounts/{sample.id}"))


def test_a_link_the_reader_may_not_open_is_plain_text(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts", name="Secret Holding")
    contact = make(client, "contacts", account_id=account)
    world.join("cara", grants={"contacts": {"read": "all", "edit": "all"}, "accounts": {"read": "own"}})
    shown = world.sign_in("cara").get(f"/contacts/{contact}")
    assert "Secret Holding" in shown.text
    assert account not in shown.text


def test_related_lists_show_five_and_count_only_what_the_reader_may_see(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts", name="Kessler")
    for number in range(6):
        make(client, "contacts", family_name=f"Person {number}", account_id=account)
    make(client, "accounts", name="Kessler Nord", parent_account_id=account)
    page = client.get(f"/accounts/{account}")
    said = texts(page)
    assert "Contacts 6 All 6" in said
    assert "Subsidiaries 1" in said
    assert "Person 4" in said
    assert "Person 5" not in said.split("Timeline")[1]
    assert f'href="/contacts/new?account_id={account}&amp;next=/accounts/{account}"' in page.text
    form = fields(client.get(f"/contacts/new?account_id={account}&next=/accounts/{account}"), "contacts-form")
    assert form["account_id_text"] == ["Kessler"]
    answer = client.post("/contacts/new", form | {"family_name": ["Seventh"]})
    assert answer.headers["location"] == f"/accounts/{account}"
    world.join("eva", grants={"accounts": {"read": "all"}, "contacts": {"read": "own"}})
    said = texts(world.sign_in("eva").get(f"/accounts/{account}"))
    assert "Person" not in said
    assert "Contacts 0" in said
