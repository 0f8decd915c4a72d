"""Acts on many rows: who may, what is said before, what happens, and that it can be taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from saas.auth.members import Department
from saas.core.ids import new_id
from saas.crm.notes.model import Note
from saas.crm.objects import bulk, records
from saas.crm.objects.journal_tables import JournalBatch
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS, NOTES
from saas.crm.tags import verbs
from tests.queries import counted
from tests.web.pages import form_of, rows, texts, toast
from tests.worlds import Client, World

OWN = {"read": "all", "edit": "own", "delete": "own", "bulk": "all", "assign": "own"}


def people(ctx: Any, *names: str, **values: Any) -> list[str]:
    return [str(records.create(ctx, CONTACTS, {"family_name": name, **values}).id) for name in names]


def ask(client: Client, act: str, data: dict[str, Any], obj: str = "contacts") -> httpx.Response:
    answer = client.post(f"/{obj}/bulk/{act}", data)
    assert answer.status_code == 200, texts(answer)
    return answer


def do(client: Client, act: str, data: dict[str, Any], obj: str = "contacts", **more: Any) -> httpx.Response:
    """Ask, and submit the form that came."""
    answer = client.post(f"/{obj}/bulk/{act}/do", {**form_of(ask(client, act, data, obj), "bulk-form"), **more})
    assert answer.status_code == 303, texts(answer)
    return answer


def test_assigning_moves_rows_and_their_children_to_the_new_owner_and_can_be_undone(world: World) -> None:
    with world.db() as db:
        root = db.query(Department).filter(Department.parent_id.is_(None)).one()
        north = Department(id=new_id(), name="North", parent_id=root.id, path=[])
        north.path = [root.id, north.id]
        db.add(north)
    grace = world.join("grace", department_id=north.id)
    with world.acting() as ctx:
        ids = people(ctx, "Able", "Baker", "Charlie")
        records.create(ctx, NOTES, {"body": "Likes tea", "subject_object": "contacts", "subject_id": UUID(ids[0])})
    admin = world.sign_in()
    form = ask(admin, "assign", {"id": ids[:2], "back": "/contacts?sort=-label"})
    assert "Assign 2 contacts" in texts(form)
    done = do(admin, "assign", {"id": ids[:2], "back": "/contacts?sort=-label"}, owner_id=str(grace))
    assert done.headers["location"] == "/contacts?sort=-label"
    assert toast(done)["message"] == "2 contacts assigned"
    assert set(rows(admin.get(f"/contacts?f.owner_id.any={grace}"))) == set(ids[:2])
    assert set(rows(admin.get(f"/contacts?f.department_id.any={north.id}"))) == set(ids[:2])
    with world.db() as db:
        db.info["system"] = "test"
        assert db.execute(select(Note.parent_owner_id, Note.parent_department_id)).one() == (grace, north.id)
        assert db.execute(select(func.count()).select_from(JournalBatch).where(JournalBatch.label == "contacts.assign")).scalar() == 1
    assert admin.post(toast(done)["undo_action"]).status_code == 303
    assert rows(admin.get(f"/contacts?f.owner_id.any={grace}")) == []
    assert len(rows(admin.get("/contacts?f.owner_id.any=me"))) == 3


def test_deleting_says_what_goes_with_it_and_undo_brings_all_back(world: World) -> None:
    with world.acting() as ctx:
        firm = records.create(ctx, ACCOUNTS, {"name": "Northwind"}).id
        child = records.create(ctx, ACCOUNTS, {"name": "Northwind South", "parent_account_id": firm}).id
        other = str(records.create(ctx, ACCOUNTS, {"name": "Other"}).id)
        (person,) = people(ctx, "Able", account_id=firm)
        for number in range(3):
            records.create(ctx, NOTES, {"body": f"Note {number}", "subject_object": "accounts", "subject_id": firm})
        records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Call", "subject_object": "accounts", "subject_id": child})
    admin = world.sign_in()
    chosen = {"id": [str(firm), str(child)]}
    form = texts(ask(admin, "delete", chosen, "accounts"))
    assert "Delete 2 accounts" in form
    assert "1 activity and 3 notes go with them" in form
    done = do(admin, "delete", chosen, "accounts")
    assert toast(done)["message"] == "2 accounts deleted"
    assert rows(admin.get("/accounts")) == [other]
    assert rows(admin.get("/activities")) == []
    assert rows(admin.get("/contacts?f.account_id.filled=1")) == []
    assert admin.post(toast(done)["undo_action"]).status_code == 303
    assert len(rows(admin.get("/accounts"))) == 3
    assert rows(admin.get(f"/accounts?f.parent_account_id.any={firm}")) == [str(child)]
    assert rows(admin.get(f"/contacts?f.account_id.any={firm}")) == [person]
    assert len(rows(admin.get("/activities"))) == 1
    assert len(rows(admin.get("/accounts?q=northwind"))) == 2


def test_tags_are_added_and_removed_and_new_words_become_tags(world: World) -> None:
    with world.acting() as ctx:
        old = verbs.make(ctx, "Old")
        ids = people(ctx, "Able", "Baker", tag_ids=[old])
    admin = world.sign_in()
    refused = admin.post("/contacts/bulk/tags/do", form_of(ask(admin, "tags", {"id": ids}), "bulk-form"))
    assert refused.status_code == 422
    assert "Choose a tag to add or to remove" in texts(refused)
    done = do(admin, "tags", {"id": ids}, add="VIP，Fair 2026, vip", take=str(old))
    assert toast(done)["message"] == "Tags of 2 contacts changed"
    with world.acting() as ctx:
        names = {tag.name: tag.id for tag in verbs.all_tags(ctx.db)}
    assert set(names) == {"Old", "VIP", "Fair 2026"}
    assert set(rows(admin.get(f"/contacts?f.tag_ids.any={names['VIP']}"))) == set(ids)
    assert rows(admin.get(f"/contacts?f.tag_ids.any={old}")) == []
    again = do(admin, "tags", {"id": ids}, add="VIP")
    assert toast(again)["message"] == "Nothing was changed."
    assert toast(again)["undo_action"] is None
    admin.post(toast(done)["undo_action"])
    assert set(rows(admin.get(f"/contacts?f.tag_ids.any={old}"))) == set(ids)


def test_rows_one_may_not_change_are_skipped_and_counted(world: World) -> None:
    world.join("eve", grants={"contacts": OWN})
    with world.acting() as ctx:
        theirs = people(ctx, "Able", "Baker")
        own = people(ctx, "Charlie", owner_id=world.members["eve"])
    eve = world.sign_in("eve")
    form = texts(ask(eve, "delete", {"id": [*theirs, *own]}))
    assert "Delete 1 contact" in form
    assert "2 rows are left as they are" in form
    done = do(eve, "delete", {"id": [*theirs, *own]})
    assert toast(done)["message"] == "1 contact deleted · 2 skipped"
    assert set(rows(world.sign_in().get("/contacts"))) == set(theirs)


def test_forged_keys_of_other_departments_and_firms_are_skipped(world: World, other_world: World) -> None:
    world.join("eve", grants={"contacts": {**OWN, "read": "own"}})
    with other_world.acting() as ctx:
        foreign = people(ctx, "Foreign")
    with world.acting() as ctx:
        hidden = people(ctx, "Hidden")
        own = people(ctx, "Own", owner_id=world.members["eve"])
    eve = world.sign_in("eve")
    made_up = [str(new_id()), "nonsense"]
    for act, more in (
        ("tags", {"add": "VIP"}),
        ("assign", {"owner_id": str(world.members["eve"]), "keep_department": "1"}),
        ("delete", {}),
    ):
        answer = do(eve, act, {"id": [*foreign, *hidden, *made_up]}, **more) if act != "assign" else None
        if answer is not None:
            assert toast(answer)["message"] == "Nothing was changed. · 3 skipped"
    done = do(eve, "delete", {"id": [*foreign, *hidden, *own]})
    assert toast(done)["message"] == "1 contact deleted · 2 skipped"
    assert rows(world.sign_in().get("/contacts")) == hidden
    assert rows(other_world.sign_in().get("/contacts")) == foreign


def test_assigning_reaches_only_members_within_reach(world: World) -> None:
    grace = world.join("grace")
    world.join("eve", grants={"contacts": OWN})
    blind = world.join("blind", grants={"accounts": {"read": "all"}})
    with world.acting() as ctx:
        own = people(ctx, "Own", owner_id=world.members["eve"])
    eve, admin = world.sign_in("eve"), world.sign_in()
    for client, owner in ((eve, grace), (eve, "none"), (admin, blind), (admin, new_id()), (admin, "nonsense"), (admin, "")):
        sent = form_of(ask(client, "assign", {"id": own}), "bulk-form")
        assert client.post("/contacts/bulk/assign/do", {**sent, "owner_id": str(owner)}).status_code == 422
    assert "Blind" not in texts(ask(admin, "assign", {"id": own}))
    assert toast(do(admin, "assign", {"id": own}, owner_id="none"))["message"] == "1 contact assigned"
    assert rows(admin.get("/contacts?f.owner_id.empty=1")) == own


def test_all_that_match_are_meant_whatever_is_shown(world: World) -> None:
    with world.acting() as ctx:
        london = people(ctx, *(f"Person {number:02d}" for number in range(40)), city="London")
        paris = people(ctx, "Parisian", city="Paris")
    admin = world.sign_in()
    page = admin.get("/contacts?f.city.is=London&sort=-label")
    sent = {**form_of(page, "bulk"), "all": "1", "id": london[:1]}
    assert sent["back"] == ["/contacts?f.city.is=London&sort=-label"]
    assert "Delete 40 contacts" in texts(ask(admin, "delete", sent))
    done = do(admin, "delete", sent)
    assert toast(done)["message"] == "40 contacts deleted"
    assert rows(admin.get("/contacts")) == paris
    admin.post(toast(done)["undo_action"])
    assert "of 41" in texts(admin.htmx("/contacts/total"))


def test_a_selection_that_grew_meanwhile_is_asked_about_again(world: World) -> None:
    with world.acting() as ctx:
        people(ctx, "Able", city="London")
    admin = world.sign_in()
    sent = form_of(ask(admin, "delete", {"all": "1", "f.city.is": "London"}), "bulk-form")
    with world.acting() as ctx:
        people(ctx, "Baker", city="London")
    again = admin.post("/contacts/bulk/delete/do", sent)
    assert again.status_code == 422
    assert "Delete 2 contacts" in texts(again)
    assert len(rows(admin.get("/contacts"))) == 2


def test_an_unreadable_filter_means_no_rows(world: World) -> None:
    with world.acting() as ctx:
        people(ctx, "Able", city="London")
    admin = world.sign_in()
    for wrong in ({"f.nonsense.is": "x"}, {"f.city.is": ""}, {"f.birth_date.min": "soon"}):
        assert "Nothing is selected" in texts(ask(admin, "delete", {"all": "1", **wrong}))
    assert len(rows(admin.get("/contacts"))) == 1


def test_the_way_back_leads_to_no_other_page(world: World) -> None:
    with world.acting() as ctx:
        ids = people(ctx, "Able")
    admin = world.sign_in()
    for back in ("https://evil.example", "//evil.example", "/people", "/contacts/../people", "/contactsx"):
        assert do(admin, "tags", {"id": ids, "back": back}, add=new_id().hex[:8]).headers["location"] == "/contacts"


def test_whoever_may_not_do_it_is_not_offered_it(world: World) -> None:
    world.join("reader", grants={"contacts": {"read": "all"}})
    world.join("tagger", grants={"contacts": {"read": "all", "edit": "all", "bulk": "all"}})
    with world.acting() as ctx:
        ids = people(ctx, "Able")
    reader, tagger = world.sign_in("reader"), world.sign_in("tagger")
    assert "bulk-bar" not in reader.get("/contacts").text
    assert reader.post("/contacts/bulk/delete", {"id": ids}).status_code == 403
    assert "/contacts/bulk/delete" not in tagger.get("/contacts").text
    assert "/contacts/bulk/tags" in tagger.get("/contacts").text
    assert tagger.post("/contacts/bulk/delete/do", {"id": ids, "expected": "1"}).status_code == 403
    assert rows(reader.get("/contacts")) == ids


def test_names_with_markup_stay_text(world: World) -> None:
    with world.acting() as ctx:
        ids = people(ctx, "<img src=x>")
        verbs.make(ctx, "<img src=y>")
    admin = world.sign_in()
    for act in ("assign", "tags", "delete"):
        assert "<img" not in ask(admin, act, {"id": ids, "back": "/contacts?q=<img src=z>"}).text


def test_too_many_rows_are_refused_with_a_way_out(world: World) -> None:
    with world.acting() as ctx:
        first = records.create(ctx, CONTACTS, {"family_name": "First"})
        columns = {column.name: getattr(first, column.name) for column in CONTACTS.model.__table__.c}
    made = [{**columns, "id": new_id(), "code": f"T-{number}"} for number in range(bulk.MAX_ROWS)]
    with world.db() as db:
        db.execute(CONTACTS.model.__table__.insert(), made)
    admin = world.sign_in()
    form = ask(admin, "delete", {"all": "1"})
    assert "At most 5,000 can be changed at once" in texts(form)
    answer = admin.post("/contacts/bulk/delete/do", {"all": "1", "expected": "999999"})
    assert answer.status_code == 422
    assert "of 5,001" in texts(admin.htmx("/contacts/total"))
    with counted() as few:
        done = do(admin, "tags", {"all": "1", "f.code.has": "T-1"}, add="Seen")
    assert int(toast(done)["message"].split()[2].replace(",", "")) > 1000
    assert len(few) < 60


def test_a_fragment_for_the_sheet_is_the_page_without_its_frame(world: World) -> None:
    with world.acting() as ctx:
        ids = people(ctx, "Able")
    admin = world.sign_in()
    sheet = admin.request(
        "POST", "/contacts/bulk/delete", data={"id": ids, "csrf_token": admin.csrf()}, headers={"HX-Request": "true", "HX-Target": "sheet"}
    )
    assert sheet.status_code == 200
    assert "<html" not in sheet.text
    assert "data-sheet" in sheet.text


def test_an_act_on_many_rows_is_taken_back_whole_but_never_over_later_changes(world: World) -> None:
    grace = world.join("grace")
    with world.acting() as ctx:
        firms = [
            records.create(ctx, ACCOUNTS, {"name": f"Firm {number:02d}", "owner_id": grace if number % 2 else ctx.member.id}).id
            for number in range(30)
        ]
        for number, firm in enumerate(firms):
            people(ctx, f"Person {number:02d}", account_id=firm)
            records.create(ctx, NOTES, {"body": f"Note {number}", "subject_object": "accounts", "subject_id": firm})
    admin = world.sign_in()
    before = {page: rows(admin.get(page)) for page in ("/accounts?f.owner_id.any=me", f"/accounts?f.owner_id.any={grace}")}
    assigned = do(admin, "assign", {"all": "1"}, "accounts", owner_id=str(grace))
    with world.acting() as ctx:
        changed = records.for_edit(ctx, ACCOUNTS, firms[0])
        records.update(ctx, ACCOUNTS, changed, {"city": "Cork"})
    with counted() as sent:
        undone = admin.post(toast(assigned)["undo_action"])
    assert len(sent) < 60
    assert toast(undone)["message"] == "Undone"
    assert {page: rows(admin.get(page)) for page in before} == before
    assert rows(admin.get("/accounts?f.city.is=Cork")) == [str(firms[0])]

    deleted = do(admin, "delete", {"all": "1"}, "accounts")
    assert toast(deleted)["message"] == "30 accounts deleted"
    assert rows(admin.get("/contacts?f.account_id.filled=1")) == []
    with counted() as sent:
        admin.post(toast(deleted)["undo_action"])
    assert len(sent) < 60
    assert {page: rows(admin.get(page)) for page in before} == before
    assert "of 30" in texts(admin.htmx("/contacts/total?f.account_id.filled=1"))
    with world.db() as db:
        db.info["system"] = "test"
        assert db.execute(select(func.count()).select_from(Note).where(Note.parent_owner_id == grace)).scalar() == 15
