"""Taking a whole import back: what nobody has used goes, what was changed gets its values back, what was used stays and is counted."""

from __future__ import annotations

import pytest

from saas.core.errors import Forbidden, NotFound
from saas.crm import registry
from saas.crm.imports import work
from saas.crm.imports.runs import cancel, find, revert
from saas.crm.objects import records as doors
from tests.crm.imports.steps import bring_in, journal_of, records, upload
from tests.worlds import World

PEOPLE = [{"First name": f"G{n}", "Last name": f"F{n}", "E-mail": f"p{n}@x.example", "Company": f"Firm {n % 4}"} for n in range(12)]


def test_everything_goes_and_the_journal_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    done = bring_in(world, PEOPLE)
    monkeypatch.setattr("saas.crm.imports.reverting.BATCH_ROWS", 5)
    done.revert()
    assert done.run.state == "reverted"
    assert {name: done.run.undo_note[name] for name in ("gone", "restored", "kept")} == {"gone": 16, "restored": 0, "kept": 0}
    assert records(world, "contacts") == records(world, "accounts") == []
    made, gone = [], []
    for change in journal_of(world, done.id):
        (made if change.action == "create" else gone).append((change.object, change.record_id, change.after or change.before))
    assert sorted(made, key=str) == sorted(gone, key=str)
    assert len(made) == 16


def test_what_was_used_since_stays_with_what_it_hangs_on(world: World) -> None:
    done = bring_in(world, PEOPLE)
    contacts = {record.family_name: record for record in records(world, "contacts")}
    accounts = {record.name: record for record in records(world, "accounts")}
    notes, people = registry.get("notes"), registry.get("contacts")
    with world.acting() as ctx:
        doors.update(ctx, people, doors.for_edit(ctx, people, contacts["F5"].id), {"job_title": "CEO"})
        doors.create(ctx, notes, {"body": "Met at the fair", "subject_object": "accounts", "subject_id": accounts["Firm 3"].id})
    done.revert()
    assert [record.family_name for record in records(world, "contacts")] == ["F5"]
    assert sorted(record.name for record in records(world, "accounts")) == ["Firm 1", "Firm 3"]
    assert {name: done.run.undo_note[name] for name in ("gone", "kept")} == {"gone": 13, "kept": 3}


def test_changed_records_get_their_values_back(world: World) -> None:
    bring_in(world, [{"ID": f"c{n}", "Name": f"Firm {n}", "City": "Paris"} for n in range(4)], "accounts")
    rows = [{"ID": f"c{n}", "Name": f"Firm {n}", "City": "Rome", "Tags": "new"} for n in range(6)]
    done = bring_in(world, rows, "accounts", mode="upsert", key=["id"])
    accounts = registry.get("accounts")
    found = {record.external_id: record for record in records(world, "accounts")}
    with world.acting() as ctx:
        doors.update(ctx, accounts, doors.for_edit(ctx, accounts, found["c0"].id), {"city": "Bonn"})
        doors.update(ctx, accounts, doors.for_edit(ctx, accounts, found["c1"].id), {"region": "Lazio"})
    done.revert()
    found = {record.external_id: record for record in records(world, "accounts")}
    assert {key: (record.city, record.tag_ids) for key, record in found.items()} == {
        "c0": ("Bonn", []), "c1": ("Paris", []), "c2": ("Paris", []), "c3": ("Paris", []),
    }  # fmt: skip
    assert found["c1"].region == "Lazio"
    assert {name: done.run.undo_note[name] for name in ("gone", "restored", "kept")} == {"gone": 2, "restored": 3, "kept": 1}


def test_a_stopped_run_can_be_taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_ROWS", 5)
    going = upload(world, PEOPLE).check().begin()
    assert going.one_batch()
    with going.acting() as (ctx, run):
        cancel(ctx, run)
    world.work()
    assert (going.run.state, len(records(world, "contacts"))) == ("done", 5)
    going.revert()
    assert records(world, "contacts") == records(world, "accounts") == []


def test_only_the_author_or_an_admin_takes_an_import_back_and_with_their_own_rights(world: World) -> None:
    world.join("eva")
    world.join("bob")
    done = bring_in(world, [{**row, "Owner": "Bob" if row["Last name"] == "F0" else "Eva"} for row in PEOPLE], who="eva")
    with world.acting("bob") as ctx, pytest.raises(NotFound):
        find(ctx, done.id)
    with world.acting("bob") as ctx, done.acting() as (_ctx, run), pytest.raises(Forbidden):
        revert(ctx, run)
    # A plain member deletes only what is theirs.
    done.revert("eva")
    assert [record.family_name for record in records(world, "contacts")] == ["F0"]
    assert done.run.undo_note["kept"] == 2


def test_pressing_twice_reverts_once(world: World) -> None:
    done = bring_in(world, PEOPLE)
    for _time in range(2):
        with done.acting() as (ctx, run):
            revert(ctx, run)
    world.work()
    assert done.run.undo_note["gone"] == 16
    with done.acting() as (ctx, run):
        revert(ctx, run)
    assert done.run.state == "reverted"
