"""The exception of Rights 8: an exact match with a record one may not read names its department, and nothing else; asking for access."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from saas.auth.audit import SettingsEntry
from saas.auth.directory import touch
from saas.auth.members import Department, Member, MemberRole, Role, Workspace
from saas.core.errors import TooMany
from saas.crm.imports.matching import known_records
from saas.crm.objects import records, seen
from saas.crm.registry import get
from saas.crm.sharing import telling
from saas.crm.sharing.telling import InTheBook
from saas.tenants.outbox import TenantOutbox
from saas.web import audit_words
from tests.contract.book import Book, open_book
from tests.queries import counted
from tests.web.form_reader import fields
from tests.worlds import World

OWN = {name: {"read": "own", "edit": "own", "create": "all"} for name in ("accounts", "contacts")}
MAIL, PHONE, TAX = "anna.bauer@example.com", "+49301234567", "DE 123 456 789"
SAID = "Already in the book, kept by Service. Ask for access."


@pytest.fixture
def book(world: World) -> Book:
    """Give a firm in which Sales and Service see only what is their own; Service keeps a customer."""
    found = open_book(world)
    for who in ("ann", "sid"):
        found.grant(who, OWN)
    keep(found, "contacts", given_name="Anna", family_name="Secret", emails=entries(MAIL), phones=entries(PHONE))
    keep(found, "accounts", name="Secret GmbH", tax_number=TAX, emails=entries("office@secret.example"))
    return found


def entries(*texts: str) -> list[dict[str, str]]:
    return [{"value": text, "label": "work"} for text in texts]


def keep(book: Book, kind: str, place: str = "Service", owner: str = "sid", /, **values: Any) -> UUID:
    """Make a record past all rights, except its owner's."""
    is_sample = values.pop("is_sample", False)
    with book.acting("admin") as ctx:
        given = {**values, "owner_id": book.people[owner], "department_id": book.places[place]}
        made: UUID = records.create(ctx, get(kind), given, is_sample=is_sample).id
    return made


def told(book: Book, kind: str, /, who: str = "ann", **values: Any) -> InTheBook | None:
    with book.acting(who) as ctx:
        try:
            telling.check(ctx, book.world.runtime.redis, seen.named(ctx, kind), values)
        except InTheBook as error:
            return error
    return None


def entries_of(book: Book, what: str) -> list[SettingsEntry]:
    with book.world.db() as db:
        return list(db.execute(select(SettingsEntry).where(SettingsEntry.what == what).order_by(SettingsEntry.id)).scalars())


def letters(book: Book) -> list[dict[str, Any]]:
    with book.world.db() as db:
        query = select(TenantOutbox.args).where(TenantOutbox.job == "mail.send").order_by(TenantOutbox.id)
        return [args for args in db.execute(query).scalars() if "asks for access" in args["subject"] or "申请" in args["subject"]]


def count(book: Book, name: str) -> int:
    return len(book.everything(get(name)))


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("contacts", {"emails": entries(MAIL)}, "emails"),
        ("contacts", {"emails": entries("Anna.Bauer@EXAMPLE.com")}, "emails"),
        ("contacts", {"phones": entries(PHONE)}, "phones"),
        ("accounts", {"tax_number": "de123456789"}, "tax_number"),
        ("accounts", {"emails": entries("office@secret.example")}, "emails"),
    ],
)
def test_an_exact_match_of_each_nature_names_the_department_and_nothing_else(book: Book, name: str, values: Any, field: str) -> None:
    found = told(book, name, **values)
    assert found is not None
    assert found.fields == {field: SAID}


def test_what_is_not_an_exact_match_of_these_does_not_exist(book: Book) -> None:
    assert told(book, "contacts", emails=entries("anna.bauer@example.org"), given_name="Anna", family_name="Secret") is None
    assert told(book, "accounts", name="Secret GmbH") is None
    assert told(book, "contacts", emails=entries("office@secret.example")) is None


def test_several_matches_are_told_as_one_by_the_oldest(book: Book) -> None:
    keep(book, "contacts", "North", "nora", given_name="Other", emails=entries(MAIL))
    found = told(book, "contacts", emails=entries("new@example.com", MAIL), phones=entries(PHONE))
    assert found is not None
    assert (found.fields, found.line) == ({"emails": SAID}, 1)


def test_a_match_one_may_read_says_nothing_of_this_kind(book: Book) -> None:
    assert told(book, "contacts", who="sid", emails=entries(MAIL)) is None
    assert told(book, "contacts", who="admin", emails=entries(MAIL)) is None
    keep(book, "contacts", "Sales", "ann", family_name="Mine", emails=entries(MAIL))
    assert told(book, "contacts", emails=entries(MAIL)) is None


def test_samples_are_no_customers(book: Book) -> None:
    keep(book, "contacts", given_name="Sample", emails=entries("sample@example.com"), is_sample=True)
    assert told(book, "contacts", emails=entries("sample@example.com")) is None


def test_a_field_hidden_from_the_writer_tells_nothing(book: Book) -> None:
    with book.world.db() as db:
        role = db.execute(select(MemberRole.role_id).where(MemberRole.member_id == book.people["ann"])).scalar_one()
        db.execute(update(Role).where(Role.id == role).values(fields={"contacts": {"emails": "hidden"}}))
        touch(db)
    assert told(book, "contacts", emails=entries(MAIL)) is None
    assert told(book, "contacts", phones=entries(PHONE)) is not None


def test_switched_off_it_is_said_neither_by_forms_nor_by_imports(book: Book) -> None:
    admin = book.world.sign_in()
    page = admin.get("/settings").text
    assert 'value="contacts" id="field-tells_of-contacts" checked' in page
    assert admin.post("/settings/in-the-book", {"tells_of": ["accounts"]}).status_code == 303
    with book.world.db() as db:
        assert db.get_one(Workspace, 1).tells_of == ["accounts", "leads"]
    (entry,) = entries_of(book, "workspace.tells_of")
    assert entry.after == {"tells_of": ["accounts", "leads"]}
    assert told(book, "contacts", emails=entries(MAIL)) is None
    assert told(book, "accounts", tax_number=TAX) is not None
    with book.acting("ann") as ctx:
        assert known_records(ctx, get("contacts"), [f"email:{MAIL}"]) == {}
        assert known_records(ctx, get("accounts"), ["tax:de123456789"]) != {}
    assert book.world.sign_in("ann").post("/settings/in-the-book", {}).status_code == 403


def test_after_twenty_answers_nothing_is_told_by_a_refusal_either(book: Book) -> None:
    for _turn in range(telling.TELLINGS_AN_HOUR):
        assert told(book, "contacts", emails=entries(MAIL)) is not None
    for address in (MAIL, "nobody@example.com"):
        with pytest.raises(TooMany):
            told(book, "contacts", emails=entries(address))
    assert told(book, "contacts", given_name="Anna") is None
    assert told(book, "contacts", who="nora", emails=entries("nobody@example.com")) is None


def test_a_form_refuses_keeps_what_was_typed_and_saves_all_the_same(book: Book) -> None:
    ann, before = book.world.sign_in("ann"), count(book, "contacts")
    typed = {"given_name": "Anne", "family_name": "Bauer", "emails": "ANNA.Bauer@example.com", "phones": "030 1234567"}
    refused = ann.post("/contacts/new", typed)
    assert refused.status_code == 422
    assert SAID in refused.text
    assert "Secret" not in refused.text
    sent = fields(refused, "contacts-form")
    assert sent["emails"][0] == "ANNA.Bauer@example.com"
    assert count(book, "contacts") == before
    (entry,) = entries_of(book, "match.told")
    assert (entry.actor_id, entry.after) == (book.people["ann"], {"object": "contacts", "kept_by": "Service"})
    assert "Save it all the same" in refused.text

    other = ann.post("/contacts/new", {**typed, "told": ["email:somebody@example.com"], "in_the_book": "save"})
    assert other.status_code == 422
    saved = ann.post("/contacts/new", {**typed, "told": sent["told"], "in_the_book": "save"})
    assert saved.status_code == 303
    assert count(book, "contacts") == before + 1


def test_editing_tells_only_of_what_it_brings_in(book: Book) -> None:
    ann = book.world.sign_in("ann")
    mine = keep(book, "contacts", "Sales", "ann", family_name="Mine")
    form = {"family_name": "Mine", "row_version": "1"}
    refused = ann.post(f"/contacts/{mine}/edit", {**form, "phones": "030 / 123 45 67"})
    assert refused.status_code == 422
    assert SAID in refused.text
    saved = ann.post(f"/contacts/{mine}/edit", {**form, "phones": "030 / 123 45 67", "told": f"phone:{PHONE}", "in_the_book": "save"})
    assert saved.status_code == 303
    keep(book, "contacts", given_name="Later", phones=entries(PHONE))
    again = ann.post(f"/contacts/{mine}/edit", {"family_name": "Mine", "row_version": "2", "job_title": "CEO", "phones": PHONE})
    assert again.status_code == 303


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "fact-emails"}])
def test_editing_in_place_tells_too_with_and_without_scripts(book: Book, headers: dict[str, str]) -> None:
    ann = book.world.sign_in("ann")
    mine = keep(book, "contacts", "Sales", "ann", family_name="Mine")
    url, form = f"/contacts/{mine}/edit/emails", {"emails": MAIL, "row_version": "1"}
    refused = ann.post(url, form, headers=headers)
    assert refused.status_code == 422
    assert SAID in refused.text
    assert "Save it all the same" in refused.text
    asked = ann.post(url, {**form, "told": f"email:{MAIL}", "in_the_book": "ask"}, headers=headers)
    assert asked.status_code == 200
    assert "Your request was sent." in asked.text
    assert len(letters(book)) == 1
    saved = ann.post(url, {**form, "told": f"email:{MAIL}", "in_the_book": "save"}, headers=headers)
    assert saved.status_code == (200 if headers else 303)
    assert next(row.version for row in book.everything(get("contacts")) if row.id == mine) == 2


def test_asking_writes_to_the_head_who_can_share_it_once_a_day(book: Book) -> None:
    with book.world.db() as db:
        db.execute(update(Department).where(Department.id == book.places["Service"]).values(head_id=book.people["sid"]))
        touch(db)
    hidden = next(row.id for row in book.everything(get("contacts")) if row.family_name == "Secret")
    ann = book.world.sign_in("ann")
    form = {"family_name": "Bauer", "emails": MAIL, "in_the_book": "ask"}
    answers = [
        ann.post("/contacts/new", form),
        ann.post("/contacts/new", form),
        ann.post("/contacts/new", {**form, "emails": "no@example.com"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all("Your request was sent." in answer.text and str(hidden) not in answer.text for answer in answers)
    (letter,) = letters(book)
    assert letter["to"].startswith("sid-")
    assert f"Ann (Sales) asks for access to the contact with the e-mail {MAIL}." in letter["text"]
    assert f"/contacts/{hidden}/access" in letter["text"]
    (entry,) = entries_of(book, "access.asked")
    assert entry.after == {"object": "contacts", "kept_by": "Service"}
    assert book.world.sign_in("sid").get(f"/contacts/{hidden}/access").status_code == 200


def test_without_a_head_who_can_share_it_the_admins_are_asked(book: Book) -> None:
    with book.world.db() as db:
        db.execute(update(Department).where(Department.id == book.places["Service"]).values(head_id=book.people["nora"]))
        touch(db)
    book.world.sign_in("ann").post("/contacts/new", {"family_name": "Bauer", "phones": PHONE, "in_the_book": "ask"})
    (letter,) = letters(book)
    assert letter["to"].startswith("admin-")


def test_it_is_said_in_chinese_too(book: Book) -> None:
    with book.world.db() as db:
        db.execute(update(Member).values(language="zh_Hans"))
        touch(db)
    refused = book.world.sign_in("ann").post("/contacts/new", {"family_name": "Bauer", "emails": MAIL})
    assert "系统中已有此客户，由Service负责。请申请访问权限。" in refused.text
    assert "仍然保存" in refused.text
    book.world.sign_in("ann").post("/contacts/new", {"family_name": "Bauer", "emails": MAIL, "in_the_book": "ask"})
    assert "Ann（Sales）申请访问邮箱为" in letters(book)[0]["text"]


def test_the_audit_log_says_it_as_a_sentence(book: Book) -> None:
    book.world.sign_in("ann").post("/contacts/new", {"family_name": "Bauer", "emails": MAIL})
    (entry,) = entries_of(book, "match.told")
    with book.acting("admin") as ctx:
        said = audit_words.sentence(ctx.directory, entry, "Onebook")
    assert said == "Ann was told that a record is in the book already (Contacts, kept by Service)"


def test_a_save_asks_the_database_once_more_and_only_if_anything_is_hidden(book: Book) -> None:
    def cost(who: str, **values: Any) -> int:
        with book.acting(who) as ctx, counted() as sent:
            telling.check(ctx, book.world.runtime.redis, get("contacts"), values)
        return len(sent)

    assert cost("ann", emails=entries("new@example.com"), phones=entries("+49301111111")) == 1
    assert cost("ann", given_name="Anna") == 0
    assert cost("admin", emails=entries("new@example.com")) == 0
