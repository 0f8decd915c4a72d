"""Taking back: whole cascades, only what is still untouched, once, with today's rights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.auth.directory import touch
from saas.auth.members import MemberRole
from saas.core.errors import Conflict, Forbidden, NotFound
from saas.crm.objects import records
from saas.crm.objects.undo import Undone, undo
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS, NOTES
from tests.worlds import World


def book(world: World) -> dict[str, UUID]:
    """Make an account with a person, a subsidiary, a note and a call."""
    with world.acting() as ctx:
        account = records.create(ctx, ACCOUNTS, {"name": "Kessler", "city": "Bonn"})
        child = records.create(ctx, ACCOUNTS, {"name": "Kessler Nord", "parent_account_id": account.id})
        person = records.create(ctx, CONTACTS, {"family_name": "Kessler", "account_id": account.id})
        note = records.create(ctx, NOTES, {"body": "On the firm", "subject_object": "accounts", "subject_id": account.id})
        call = records.create(ctx, ACTIVITIES, {"kind": "call", "title": "Hello", "subject_object": "contacts", "subject_id": person.id})
        return {"account": account.id, "child": child.id, "person": person.id, "note": note.id, "call": call.id}


def delete(world: World, obj: Any, key: UUID, who: str = "admin") -> int:
    with world.acting(who) as ctx:
        records.delete(ctx, obj, records.for_edit(ctx, obj, key, "delete"))
        return int(ctx.state["batch"])


def change(world: World, obj: Any, key: UUID, who: str = "admin", **values: Any) -> int:
    with world.acting(who) as ctx:
        records.update(ctx, obj, records.for_edit(ctx, obj, key), values)
        return int(ctx.state["batch"])


def take_back(world: World, batch: int, who: str = "admin") -> Undone:
    with world.acting(who) as ctx:
        return undo(ctx, batch)


def test_a_deleted_account_comes_back_with_notes_people_and_subsidiaries(world: World) -> None:
    keys = book(world)
    batch = delete(world, ACCOUNTS, keys["account"])
    with world.acting() as ctx:
        assert records.find(ctx, CONTACTS, keys["person"]).account_id is None
        assert records.find(ctx, ACTIVITIES, keys["call"]).customer_id is None
        with pytest.raises(NotFound):
            records.find(ctx, NOTES, keys["note"])
    done = take_back(world, batch)
    assert done.kept == []
    with world.acting() as ctx:
        account = records.find(ctx, ACCOUNTS, keys["account"])
        assert (account.name, account.city, account.code) == ("Kessler", "Bonn", "ACC-000001")
        assert account.tokens
        assert records.find(ctx, CONTACTS, keys["person"]).account_id == account.id
        assert records.find(ctx, ACCOUNTS, keys["child"]).parent_account_id == account.id
        assert records.find(ctx, NOTES, keys["note"]).body == "On the firm"
        assert records.find(ctx, ACTIVITIES, keys["call"]).customer_id == account.id


def test_links_that_a_deletion_emptied_come_back_even_on_rows_one_may_not_edit(world: World) -> None:
    keys = book(world)
    grants = {"accounts": dict.fromkeys(("read", "edit", "delete"), "all"), "contacts": {"read": "all"}}
    world.join("dora", grants=grants)
    batch = delete(world, ACCOUNTS, keys["account"], "dora")
    assert take_back(world, batch, "dora").kept == []
    with world.acting() as ctx:
        assert records.find(ctx, CONTACTS, keys["person"]).account_id == keys["account"]


def test_a_link_that_somebody_has_set_anew_stays(world: World) -> None:
    keys = book(world)
    batch = delete(world, ACCOUNTS, keys["account"])
    change(world, CONTACTS, keys["person"], account_id=keys["child"])
    assert take_back(world, batch).kept == ["Kessler"]
    with world.acting() as ctx:
        assert records.find(ctx, CONTACTS, keys["person"]).account_id == keys["child"]


def test_undoing_twice_is_refused(world: World) -> None:
    keys = book(world)
    batch = change(world, ACCOUNTS, keys["account"], city="Kiel")
    take_back(world, batch)
    with pytest.raises(Conflict):
        take_back(world, batch)


def test_of_two_undos_at_once_one_is_refused(world: World) -> None:
    keys = book(world)
    batch = delete(world, ACCOUNTS, keys["account"])

    def attempt(_number: int) -> str:
        try:
            return str(take_back(world, batch).restored > 0)
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(4) as threads:
        found = sorted(threads.map(attempt, range(4)))
    assert found == ["True", "refused", "refused", "refused"]
    with world.acting() as ctx:
        assert len(ctx.db.execute(select(NOTES.model.id)).all()) == 1


def test_only_fields_nobody_has_touched_since_go_back(world: World) -> None:
    keys = book(world)
    batch = change(world, ACCOUNTS, keys["account"], city="Kiel", territory="North")
    change(world, ACCOUNTS, keys["account"], city="Basel")
    assert take_back(world, batch).kept == ["Kessler"]
    with world.acting() as ctx:
        found = records.find(ctx, ACCOUNTS, keys["account"])
        assert (found.city, found.territory) == ("Basel", None)


def test_a_new_record_on_which_others_have_built_stays(world: World) -> None:
    with world.acting() as ctx:
        person = records.create(ctx, CONTACTS, {"family_name": "New"})
        batch = int(ctx.state["batch"])
    with world.acting() as ctx:
        records.create(ctx, NOTES, {"body": "Later", "subject_object": "contacts", "subject_id": person.id})
    assert take_back(world, batch).kept == ["New"]
    with world.acting() as ctx:
        assert records.find(ctx, CONTACTS, person.id)


def test_a_note_whose_record_is_gone_cannot_come_back(world: World) -> None:
    keys = book(world)
    batch = delete(world, NOTES, keys["note"])
    delete(world, ACCOUNTS, keys["account"])
    done = take_back(world, batch)
    assert (done.restored, done.kept) == (0, ["On the firm"])


def test_a_note_comes_back_under_the_rights_its_record_has_now(world: World) -> None:
    keys = book(world)
    world.join("ben")
    batch = delete(world, NOTES, keys["note"])
    change(world, ACCOUNTS, keys["account"], owner_id=world.members["ben"])
    take_back(world, batch)
    with world.acting() as ctx:
        assert records.find(ctx, NOTES, keys["note"]).parent_owner_id == world.members["ben"]


def test_undoing_an_assignment_takes_the_notes_back_too(world: World) -> None:
    keys = book(world)
    world.join("ben")
    batch = change(world, ACCOUNTS, keys["account"], owner_id=world.members["ben"])
    with world.acting() as ctx:
        assert records.find(ctx, NOTES, keys["note"]).parent_owner_id == world.members["ben"]
    take_back(world, batch)
    with world.acting() as ctx:
        assert records.find(ctx, NOTES, keys["note"]).parent_owner_id == world.members["admin"]


def test_others_acts_are_undone_by_admins_only(world: World) -> None:
    keys = book(world)
    batch = change(world, ACCOUNTS, keys["account"], city="Kiel")
    world.join("ben")
    with pytest.raises(Forbidden, match="Ada Admin"):
        take_back(world, batch, "ben")
    other = change(world, ACCOUNTS, keys["account"], "ben", city="Ulm")
    assert take_back(world, other).restored == 1


def test_who_lost_the_right_to_delete_cannot_bring_back_what_was_deleted(world: World) -> None:
    keys = book(world)
    world.join("ben", grants={"accounts": dict.fromkeys(("read", "edit", "delete"), "all")})
    batch = delete(world, ACCOUNTS, keys["account"], "ben")
    world.join("narrow", grants={"accounts": {"read": "own", "edit": "own", "delete": "own"}})
    with world.db() as db:
        role = db.query(MemberRole.role_id).filter(MemberRole.member_id == world.members["narrow"]).scalar()
        db.query(MemberRole).filter(MemberRole.member_id == world.members["ben"]).update({"role_id": role})
        touch(db)
    done = take_back(world, batch, "ben")
    assert "Kessler" in done.kept
    assert done.restored == 0


def test_there_is_nothing_to_undo_under_an_unknown_number(world: World) -> None:
    with pytest.raises(NotFound):
        take_back(world, 10**15)
