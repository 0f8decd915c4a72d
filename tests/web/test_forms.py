"""Forms: every kind of field there and back, nothing typed lost, links typed by name, two people at once."""

from __future__ import annotations

from typing import Any

import pytest

from saas.crm.objects import records
from saas.crm.objects.views import tag_cells
from saas.crm.registry import get
from tests.web.form_reader import fields
from tests.web.pages import texts, toast
from tests.web.test_records import make
from tests.worlds import Client, World

# What is typed, by field, and what is kept.
TYPED: dict[str, list[tuple[str, dict[str, Any], Any]]] = {
    "accounts": [
        ("name", {"name": "  Müller   & Söhne\x00 "}, "Müller & Söhne"),
        ("description", {"description": "One\r\n  two\x00"}, "One\n  two"),
        ("kind", {"kind": "customer"}, "customer"),
        ("website", {"website": "example.com/shop"}, "https://example.com/shop"),
        ("employees", {"employees": "1,250"}, 1250),
        ("employees", {"employees": "1.250"}, None),
        ("annual_revenue", {"annual_revenue": "1.234,5678", "annual_revenue_currency": "CNY"}, "1234.5678"),
        ("annual_revenue", {"annual_revenue": "5万", "annual_revenue_currency": "EUR"}, "50000.0000"),
        ("founded_on", {"founded_on": "3 Dec 1987"}, "1987-12-03"),
        ("founded_on", {"founded_on": "3.12.1987"}, "1987-12-03"),
        ("founded_on", {"founded_on": "1987年12月3日"}, "1987-12-03"),
        (
            "emails",
            {"emails": ["a@example.com", " b@Example.com ", ""], "emails_label": ["work", "home", "work"]},
            ["a@example.com", "b@example.com"],
        ),
        ("phones", {"phones": ["030 1234567", "+86 10 1234 5678"], "phones_label": ["work", "mobile"]}, ["+49301234567", "+861012345678"]),
        ("tag_ids", {"tag_ids": "VIP, 展会, vip"}, ["VIP", "展会"]),
        ("country", {"country": "DE"}, "DE"),
    ],
    "contacts": [("no_calls", {"no_calls": ["", "1"]}, True), ("birth_date", {"birth_date": "1990-02-28"}, "1990-02-28")],
}
CASES = [(name, *case) for name, cases in TYPED.items() for case in cases]


def kept(world: World, object_name: str, key: str, field_name: str) -> Any:
    """Read a field's value in plain form."""
    with world.acting() as ctx:
        obj = get(object_name)
        value = obj.by_name[field_name].value_of(records.find(ctx, obj, key))  # type: ignore[arg-type]
        if field_name == "tag_ids":
            return [cell.text for cell in _tags(ctx, value)]
    if isinstance(value, tuple):
        return str(value[0])
    if isinstance(value, list):
        return [entry["value"] for entry in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _tags(ctx: Any, value: Any) -> list[Any]:
    return [tag_cells(ctx)[key] for key in value]


@pytest.mark.parametrize(("object_name", "field_name", "typed", "wanted"), CASES, ids=lambda case: str(case)[:40])
def test_every_kind_of_field_goes_there_and_back(
    world: World, object_name: str, field_name: str, typed: dict[str, Any], wanted: Any
) -> None:
    client = world.sign_in()
    required = {"accounts": {"name": "Plain"}, "contacts": {"family_name": "Plain"}}[object_name]
    answer = client.post(f"/{object_name}/new", required | typed)
    if wanted is None:
        assert answer.status_code == 422
        return
    assert answer.status_code == 303, texts(answer)
    key = answer.headers["location"].rsplit("/", 1)[1]
    assert kept(world, object_name, key, field_name) == wanted
    # What the form then shows, sent back untouched, changes nothing.
    form = fields(client.get(f"/{object_name}/{key}/edit"), f"{object_name}-form")
    answer = client.post(f"/{object_name}/{key}/edit", form)
    assert answer.status_code == 303
    assert toast(answer) == {}
    with world.acting() as ctx:
        assert records.find(ctx, get(object_name), key).version == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_form_shown_in_either_language_is_read_back_the_same(world: World, language: str) -> None:
    world.join("li", role="admin", language=language, timezone="Asia/Shanghai")
    client = world.sign_in("li")
    account = {
        "name": "Xinghe",
        "employees": "12,345",
        "annual_revenue": "1,234.56",
        "founded_on": "1999-1-2",
        "phones": "+86 10 6552 9988",
    }
    keys = {"accounts": make(client, "accounts", **account)}
    keys["activities"] = make(client, "activities", kind="meeting", due_at="2026-12-03", due_at_time="09:30", participants="Ada Admin")
    for name, key in keys.items():
        form = fields(client.get(f"/{name}/{key}/edit"), f"{name}-form")
        answer = client.post(f"/{name}/{key}/edit", form)
        assert answer.status_code == 303, texts(answer)
        assert toast(answer) == {}


def test_a_refused_form_keeps_every_letter_and_says_what_to_do(world: World) -> None:
    client = world.sign_in()
    typed = {
        "given_name": "Ada",
        "family_name": "",
        "emails": ["good@example.com", "not an address"],
        "emails_label": ["home", "work"],
        "birth_date": "yesterdayish",
        "tag_ids": "VIP, new one",
        "description": "Line one\nline two",
        "preferred_channel": "phone",
        "account_id": "",
        "account_id_text": "Kesler",
    }
    answer = client.post("/contacts/new", typed)
    assert answer.status_code == 422
    said = texts(answer)
    assert "Fill this in." in said
    assert "not an address is not an e-mail address." in said
    assert "Type a date such as 3 Dec 2026." in said
    form = fields(answer, "contacts-form")
    for name, value in typed.items():
        wanted = [value] if isinstance(value, str) else value
        assert [each for each in form[name] if each] == [each for each in wanted if each], name
    with world.acting() as ctx:
        assert ctx.db.query(get("contacts").model).count() == 0
    form["family_name"], form["emails"], form["birth_date"], form["account_id_text"] = ["Lovelace"], ["good@example.com"], [""], [""]
    assert client.post("/contacts/new", form).status_code == 303


def account_of(world: World, contact: str) -> Any:
    with world.acting() as ctx:
        return records.find(ctx, get("contacts"), contact).account_id  # type: ignore[arg-type]


def test_without_scripts_a_name_finds_its_account(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts", name="Kessler GmbH")
    contact = make(client, "contacts", account_id="", account_id_text=" kessler  gmbh ")
    assert str(account_of(world, contact)) == account


def test_without_scripts_another_name_moves_the_link_and_an_empty_one_clears_it(world: World) -> None:
    client = world.sign_in()
    old, new = make(client, "accounts", name="Old"), make(client, "accounts", name="New")
    contact = make(client, "contacts", account_id=old, account_id_text="Old")
    form = fields(client.get(f"/contacts/{contact}/edit"), "contacts-form")
    assert form["account_id"] == [old]
    assert client.post(f"/contacts/{contact}/edit", form | {"account_id_text": ["New"]}).status_code == 303
    assert str(account_of(world, contact)) == new
    form = fields(client.get(f"/contacts/{contact}/edit"), "contacts-form")
    assert client.post(f"/contacts/{contact}/edit", form | {"account_id_text": [""]}).status_code == 303
    assert account_of(world, contact) is None


def test_an_unknown_name_offers_what_is_like_it_and_to_make_it(world: World) -> None:
    client = world.sign_in()
    make(client, "accounts", name="Kessler GmbH")
    answer = client.post("/contacts/new", {"family_name": "Ada", "account_id": "", "account_id_text": "Kessler"})
    assert answer.status_code == 422
    assert "Nothing is called “Kessler” yet." in texts(answer)
    assert "Create “Kessler”" in texts(answer)
    assert "Kessler GmbH" in texts(answer)
    form = fields(answer, "contacts-form")
    answer = client.post("/contacts/new", form | {"account_id_pick": ["new"]})
    assert answer.status_code == 303
    contact = answer.headers["location"].rsplit("/", 1)[1]
    with world.acting() as ctx:
        assert records.find(ctx, get("accounts"), account_of(world, contact)).name == "Kessler"
    # Both were made by one act, and go by one undo.
    assert client.post(toast(answer)["undo_action"]).status_code == 303
    with world.acting() as ctx:
        assert ctx.db.query(get("contacts").model).count() == 0
        assert ctx.db.query(get("accounts").model).count() == 1


def test_of_two_with_one_name_the_writer_chooses(world: World) -> None:
    client = world.sign_in()
    make(client, "accounts", name="Twin", city="Bonn")
    second = make(client, "accounts", name="Twin", city="Kiel")
    answer = client.post("/contacts/new", {"family_name": "Ada", "account_id": "", "account_id_text": "twin"})
    assert answer.status_code == 422
    assert "Several are called “twin”. Choose one." in texts(answer)
    assert "Kiel" in texts(answer)
    answer = client.post("/contacts/new", fields(answer, "contacts-form") | {"account_id_pick": [second]})
    assert answer.status_code == 303
    assert str(account_of(world, answer.headers["location"].rsplit("/", 1)[1])) == second


def test_a_chosen_new_name_is_made_with_the_record(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts", account_id="new", account_id_text="Fresh Ltd")
    with world.acting() as ctx:
        assert records.find(ctx, get("accounts"), account_of(world, contact)).name == "Fresh Ltd"


def test_a_link_to_what_one_may_not_see_is_refused(world: World) -> None:
    account = make(world.sign_in(), "accounts", name="Secret")
    own = {"read": "own", "create": "all", "edit": "own"}
    world.join("eva", grants={"contacts": own, "accounts": own})
    eva = world.sign_in("eva")
    assert eva.post("/contacts/new", {"family_name": "Spy", "account_id": account}).status_code == 422
    answer = eva.post("/contacts/new", {"family_name": "Spy", "account_id": account, "account_id_text": "Secret"})
    assert answer.status_code == 422
    assert account not in eva.get(f"/contacts/new?account_id={account}").text
    assert "Secret" not in eva.get("/accounts/choices?q=Secret").text


def test_the_combobox_offers_what_is_typed_under_the_readers_rights(world: World) -> None:
    client = world.sign_in()
    make(client, "accounts", name="Kessler GmbH", city="Stuttgart")
    answer = client.htmx("/accounts/choices?name=account_id&account_id_text=kess&make=1", "field-account_id-options")
    assert "Kessler GmbH" in texts(answer)
    assert "Stuttgart · ACC-000001" in texts(answer)
    assert 'data-value="new"' in answer.text
    assert 'data-value="new"' not in client.get("/accounts/choices?name=account_id&account_id_text=kessler+gmbh&make=1").text
    assert "Nothing found" in texts(client.get("/accounts/choices?q=zzzz%00"))
    assert client.get("/accounts/choices?q=" + "x" * 5000).status_code == 200


def pair(world: World) -> tuple[Client, Client]:
    world.join("ben", role="admin")
    return world.sign_in(), world.sign_in("ben")


def test_the_second_of_two_editors_sees_both_versions_and_loses_nothing(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "accounts", name="Kessler", city="Bonn", legal_name="Kessler OHG")
    url = f"/accounts/{key}/edit"
    form = fields(ada.get(url), "accounts-form")
    bens = fields(ben.get(url), "accounts-form")
    assert ben.post(url, bens | {"city": ["Berlin"], "territory": ["North"]}).status_code == 303
    answer = ada.post(url, form | {"city": ["Kiel"], "legal_name": ["Kessler GmbH"], "tag_ids": ["VIP"]})
    assert answer.status_code == 409
    said = texts(answer)
    assert "Ben changed this while you were editing it" in said
    assert "Kiel" in said
    assert "Berlin" in said
    assert "Also changed meanwhile, and kept: Territory" in said
    with world.acting() as ctx:
        assert records.find(ctx, get("accounts"), key).city == "Berlin"  # type: ignore[arg-type]

    decided = fields(answer, "conflict-form")
    assert decided["keep.city"] == ["mine"]
    assert ada.post(url, decided).status_code == 303
    with world.acting() as ctx:
        found = records.find(ctx, get("accounts"), key)  # type: ignore[arg-type]
        assert (found.city, found.legal_name, found.territory, len(found.tag_ids)) == ("Kiel", "Kessler GmbH", "North", 1)


def test_picking_the_others_version_keeps_the_rest_of_ones_own(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "contacts", city="Bonn", job_title="Buyer")
    url = f"/contacts/{key}/edit"
    form = fields(ada.get(url), "contacts-form")
    ben.post(f"{url}/city", {"city": "Berlin"})
    answer = ada.post(url, form | {"city": ["Kiel"], "job_title": ["Head of purchasing"]})
    assert answer.status_code == 409
    assert ada.post(url, fields(answer, "conflict-form") | {"keep.city": ["theirs"]}).status_code == 303
    with world.acting() as ctx:
        found = records.find(ctx, get("contacts"), key)  # type: ignore[arg-type]
        assert (found.city, found.job_title) == ("Berlin", "Head of purchasing")


def test_a_third_change_while_deciding_is_shown_too(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "accounts", city="Bonn")
    url = f"/accounts/{key}/edit"
    form = fields(ada.get(url), "accounts-form")
    ben.post(f"{url}/city", {"city": "Berlin"})
    answer = ada.post(url, form | {"city": ["Kiel"]})
    ben.post(f"{url}/city", {"city": "Basel"})
    answer = ada.post(url, fields(answer, "conflict-form"))
    assert answer.status_code == 409
    assert "Basel" in texts(answer)
    assert ada.post(url, fields(answer, "conflict-form")).status_code == 303


def test_changes_in_different_fields_merge_without_a_word(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "accounts", city="Bonn", emails=["a@example.com"], annual_revenue="5", phones=["030 123456"])
    url = f"/accounts/{key}/edit"
    form = fields(ada.get(url), "accounts-form")
    bens = fields(ben.get(url), "accounts-form")
    assert ben.post(url, bens | {"emails": ["b@example.com"], "annual_revenue": ["7"]}).status_code == 303
    assert ada.post(url, form | {"city": ["Kiel"]}).status_code == 303
    with world.acting() as ctx:
        found = records.find(ctx, get("accounts"), key)  # type: ignore[arg-type]
        assert (found.city, found.emails[0]["value"], found.annual_revenue) == ("Kiel", "b@example.com", 7)


def test_two_who_type_the_same_have_no_conflict(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "accounts", city="Bonn")
    url = f"/accounts/{key}/edit"
    form = fields(ada.get(url), "accounts-form")
    ben.post(f"{url}/city", {"city": "Kiel"})
    assert ada.post(url, form | {"city": ["Kiel"]}).status_code == 303


def test_a_value_is_edited_where_it_stands(world: World) -> None:
    client = world.sign_in()
    key = make(client, "accounts", city="Bonn")
    url = f"/accounts/{key}/edit/city"
    assert client.get(url).headers["location"] == f"/accounts/{key}/edit#field-city"
    opened = client.htmx(url, "fact-city")
    form = fields(opened, url)
    headers = {"HX-Request": "true", "HX-Target": "fact-city"}
    saved = client.post(url, form | {"city": ["Kiel"]}, headers=headers)
    assert saved.status_code == 200
    assert saved.text.lstrip().startswith('<dd id="fact-city"')
    assert "Kiel" in saved.text
    assert "/undo/" in saved.headers["hx-trigger"]
    in_list = client.post(url, {"city": "Köln"}, headers=headers | {"HX-Target": "row-1-city"})
    assert in_list.text.lstrip().startswith('<td id="row-1-city"')
    refused = client.post(f"/accounts/{key}/edit/employees", {"employees": "many"}, headers=headers | {"HX-Target": "fact-employees"})
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    assert refused.text.lstrip().startswith('<dd id="fact-employees"')
    assert client.post(f"/accounts/{key}/edit/employees", {"employees": "many"}).status_code == 422
    for name in ("code", "created_at", "nothing", "sort_key"):
        assert client.post(f"/accounts/{key}/edit/{name}", {name: "x"}).status_code == 404


def test_editing_in_place_what_somebody_just_changed_shows_theirs_first(world: World) -> None:
    ada, ben = pair(world)
    key = make(ada, "accounts", city="Bonn")
    url, headers = f"/accounts/{key}/edit/city", {"HX-Request": "true", "HX-Target": "fact-city"}
    form = fields(ada.htmx(url, "fact-city"), url)
    ben.post(url, {"city": "Berlin"})
    answer = ada.post(url, form | {"city": ["Kiel"]}, headers=headers)
    assert answer.status_code == 409
    assert "Ben changed this to “Berlin” meanwhile." in texts(answer)
    assert ada.post(url, fields(answer, url), headers=headers).status_code == 200
    with world.acting() as ctx:
        assert records.find(ctx, get("accounts"), key).city == "Kiel"  # type: ignore[arg-type]


def test_an_owner_is_chosen_among_those_one_may_assign_to(world: World) -> None:
    world.join("ben")
    grants = {"accounts": {"read": "all", "create": "all", "edit": "all", "assign": "own"}}
    world.join("eva", grants=grants)
    eva, admin = world.sign_in("eva"), world.sign_in()
    key = make(eva, "accounts")
    assert "owner_id" not in fields(eva.get(f"/accounts/{key}/edit"), "accounts-form")
    assert eva.post(f"/accounts/{key}/edit/owner_id", {"owner_id": str(world.members["ben"])}).status_code == 404
    answer = admin.post(
        f"/accounts/{key}/edit", fields(admin.get(f"/accounts/{key}/edit"), "accounts-form") | {"owner_id": [str(world.members["ben"])]}
    )
    assert answer.status_code == 303
    assert "Ben" in texts(admin.get(f"/accounts/{key}"))
