"""Rows that are in the book already, records one may not see or change, owners: an import can do no more than its author."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from saas.auth.directory import touch
from saas.auth.members import Department, Member
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.crm.imports import choosing, runs, work
from tests.crm.imports.steps import bring_in, journal_of, records, upload
from tests.worlds import World

FIRST = [{"ID": f"c{n}", "Name": f"Firm {n}", "City": "Paris", "E-mail": f"a{n}@x.example"} for n in range(6)]
OWN = {"accounts": {"read": "own", "create": "all", "edit": "own", "delete": "own"}}


def department(world: World, name: str) -> UUID:
    """Make a department beside the first."""
    with world.db() as db:
        root = db.query(Department.id).filter(Department.parent_id.is_(None)).scalar()
        made = Department(name=name, parent_id=root, path=[])
        db.add(made)
        db.flush()
        made.path = [root, made.id]
        touch(db)
        return made.id


def names(world: World, kind: str = "accounts") -> dict[str, Any]:
    return {record.external_id: (record.name, record.city) for record in records(world, kind)}


def test_create_leaves_known_rows_out(world: World) -> None:
    bring_in(world, FIRST, "accounts")
    again = bring_in(
        world, [{**row, "City": "Rome"} for row in FIRST] + [{"ID": "new", "Name": "N", "City": "Oslo", "E-mail": ""}], "accounts"
    )
    assert (again.counts["made"], again.counts["left_out"]) == (1, 6)
    assert names(world)["c0"] == ("Firm 0", "Paris")
    assert {issue.said["figures"]["code"] for issue in again.issues("exists")} == {f"ACC-00000{n}" for n in range(1, 7)}


def test_update_changes_known_rows_only(world: World) -> None:
    bring_in(world, FIRST, "accounts")
    rows = [
        {"ID": "c1", "Name": "Firm 1", "City": "Rome", "E-mail": ""},
        {"ID": "c2", "Name": "Firm 2", "City": "", "E-mail": ""},
        {"ID": "zz", "Name": "Z", "City": "", "E-mail": ""},
    ]
    done = bring_in(world, rows, "accounts", mode="update", key=["id"])
    assert {name: done.counts.get(name, 0) for name in ("made", "changed", "same", "left_out")} == {
        "made": 0,
        "changed": 1,
        "same": 1,
        "left_out": 1,
    }
    found = names(world)
    assert (found["c1"], found["c2"], "zz" in found) == (("Firm 1", "Rome"), ("Firm 2", "Paris"), False)
    (change,) = journal_of(world, done.id)
    assert (change.action, change.version, change.before, change.after) == ("update", 2, {"city": "Paris"}, {"city": "Rome"})


def test_upsert_does_both_and_unites_lists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(world, FIRST, "accounts")
    monkeypatch.setattr(work, "BATCH_ROWS", 3)
    rows = [{"ID": f"c{n}", "Name": f"Firm {n}", "City": "Paris", "E-mail": f"b{n}@x.example"} for n in range(4, 9)] + [
        {"ID": "c4", "Name": "again", "City": "Bonn", "E-mail": ""}
    ]
    trial = upload(world, rows, "accounts").check(mode="upsert", key=["id"])
    said = trial.counts
    trial.finish()
    assert trial.counts == said
    assert (said["made"], said["changed"], said["left_out"]) == (3, 2, 1)
    found = {record.external_id: record for record in records(world, "accounts")}
    assert [entry["value"] for entry in found["c4"].emails] == ["a4@x.example", "b4@x.example"]
    assert (found["c4"].name, len(found)) == ("Firm 4", 9)


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    bring_in(world, FIRST, "accounts")
    done = bring_in(world, FIRST, "accounts", mode="upsert", key=["id"])
    assert (done.counts["same"], done.counts.get("changed", 0), done.counts.get("made", 0)) == (6, 0, 0)
    assert journal_of(world, done.id) == []


def test_rows_kept_by_a_hidden_department_are_said_so_and_left_alone(world: World) -> None:
    bring_in(world, FIRST, "accounts")
    with world.db() as db:
        home = db.execute(select(Member.department_id).where(Member.id == world.members["admin"])).scalar_one()
        db.execute(update(Department).where(Department.id == home).values(name="Sales North"))
        touch(db)
    world.join("bob", grants=OWN, department_id=department(world, "South"))
    rows = [{"Name": "Other name", "E-mail": "a1@x.example", "City": "Rome"}, {"Name": "Firm 2", "E-mail": "", "City": "Rome"}]
    done = bring_in(world, rows, "accounts", who="bob", mode="upsert", key=["email", "name"])
    assert (done.counts["left_out"], done.counts["made"]) == (1, 1)
    (issue,) = done.issues("hidden")
    assert issue.said["figures"] == {"department": "Sales North"}
    # A name alone tells nothing about what one may not see: the row is new.
    assert sorted(record.name for record in records(world, "accounts")) == sorted(["Firm 2", *(f"Firm {n}" for n in range(6))])


def test_readable_rows_that_one_may_not_change_are_left_out(world: World) -> None:
    bring_in(world, FIRST, "accounts")
    world.join("reader", grants={"accounts": {"read": "all", "create": "all", "edit": "own"}})
    done = bring_in(world, [{**FIRST[0], "City": "Rome"}], "accounts", who="reader", mode="upsert", key=["id"])
    assert [issue.code for issue in done.issues()] == ["not_editable"]
    assert names(world)["c0"] == ("Firm 0", "Paris")


def test_owners_are_members_or_people_still_expected(world: World) -> None:
    world.join("eva")
    rows = [
        {"Last name": f"N{n}", "Owner": owner} for n, owner in enumerate(["Eva", "lena@firm.example", "lena@firm.example", "", "Nobody"])
    ]
    trial = upload(world, rows).check()
    assert trial.run.counts["texts"]["owner"] == {"Eva": 1, "lena@firm.example": 2, "Nobody": 1}
    trial.decide(owners={"lena@firm.example": "expected", "Nobody": "me"})
    assert trial.run.counts["groups"] == {}
    trial.finish()
    with world.db() as db:
        lena = db.execute(select(Member).where(Member.email == "lena@firm.example")).scalar_one()
    assert (lena.status, lena.name, lena.identity_id) == ("expected", "lena", None)
    admin = world.members["admin"]
    assert [record.owner_id for record in records(world, "contacts")] == [world.members["eva"], lena.id, lena.id, admin, admin]


def test_nobody_gives_records_to_those_they_may_not(world: World) -> None:
    world.join("eva")
    world.join("bob", grants={"contacts": {"read": "all", "create": "all", "edit": "all"}})
    done = bring_in(world, [{"Last name": "N", "Owner": "Eva"}], who="bob")
    assert [record.owner_id for record in records(world, "contacts")] == [world.members["bob"]]
    assert [issue.code for issue in done.issues()] == ["may_not_assign"]
    trial = upload(world, [{"Last name": "M", "Owner": "X"}], who="bob").check()
    with trial.acting() as (ctx, run), pytest.raises(Invalid):
        choosing.decide(ctx, run, owners={"X": str(world.members["eva"])})
    with trial.acting() as (ctx, run), pytest.raises(Forbidden):
        choosing.decide(ctx, run, owners={"X": "expected"})


def test_companies_that_one_may_not_make_are_kept_beside_the_contact(world: World) -> None:
    bring_in(world, [{"Name": "Known Ltd"}], "accounts")
    world.join("bob", grants={"contacts": {"read": "all", "create": "all"}, "accounts": {"read": "all"}})
    done = bring_in(world, [{"Last name": "A", "Company": "Known Limited"}, {"Last name": "B", "Company": "Fresh Ltd"}], who="bob")
    (known,) = records(world, "accounts")
    first, second = records(world, "contacts")
    assert (first.account_id, second.account_id) == (known.id, None)
    assert second.custom["import"] == {"Account": "Fresh Ltd"}
    assert [issue.code for issue in done.issues()] == ["link_not_made"]


def test_a_run_is_its_authors_and_the_admins(world: World) -> None:
    world.join("eva")
    world.join("bob")
    mine = upload(world, FIRST, "accounts", who="eva")
    with world.acting("bob") as ctx, pytest.raises(NotFound):
        runs.find(ctx, mine.id)
    with world.acting("admin") as ctx:
        assert runs.find(ctx, mine.id).id == mine.id
        assert [run.id for run in runs.all_runs(ctx)] == [mine.id]
    with world.acting("bob") as ctx:
        assert runs.all_runs(ctx) == []


def test_a_member_without_the_right_to_make_records_cannot_start(world: World) -> None:
    world.join("viewer", grants={"accounts": {"read": "all"}, "contacts": {"read": "all"}})
    with pytest.raises(Forbidden):
        upload(world, FIRST, "accounts", who="viewer")


def test_an_author_who_leaves_in_the_middle_ends_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_ROWS", 2)
    world.join("eva")
    going = upload(world, FIRST, "accounts", who="eva").check().begin()
    assert going.one_batch()
    with world.db() as db:
        db.execute(update(Member).where(Member.id == world.members["eva"]).values(status="inactive"))
        touch(db)
    world.work()
    with world.acting("admin") as ctx:
        run = runs.find(ctx, going.id)
        assert (run.state, run.counts["problem"]["code"], run.counts["made"]) == ("done", "not_allowed_now", 2)
        runs.revert(ctx, run)
    world.work()
    assert records(world, "accounts") == []


def test_mapping_is_checked(world: World) -> None:
    trial = upload(world, FIRST, "accounts")
    wrong: list[tuple[dict[int, str], dict[str, Any], str]] = [
        ({0: "name", 1: "name"}, {}, "mapping"),
        ({}, {}, "mapping"),
        ({0: "tokens"}, {}, "mapping"),
        ({99: "name"}, {}, "mapping"),
        ({0: "account_id.name"}, {}, "mapping"),
        ({0: "name", 1: "emails:nonsense"}, {}, "mapping"),
        ({0: "name"}, {"mode": "merge"}, "mode"),
        ({0: "name"}, {"mode": "update", "key": []}, "key"),
        ({0: "name"}, {"mode": "update", "key": ["id"]}, "key"),
        ({0: "name"}, {"key": ["shoe"]}, "mode"),
        ({0: "name"}, {"date_order": "dym"}, "date_order"),
    ]
    for columns, options, field in wrong:
        with trial.acting() as (ctx, run), pytest.raises(Invalid) as refused:
            choosing.set_mapping(ctx, run, columns, {"key": ["name"], **options})
        assert list(refused.value.fields) == [field]
    assert trial.run.state == "prepared"


def test_busy_and_finished_runs_cannot_be_changed(world: World) -> None:
    done = bring_in(world, FIRST, "accounts")
    with done.acting() as (ctx, run):
        for verb in (runs.begin, runs.cancel, choosing.check_again):
            with pytest.raises(Conflict):
                verb(ctx, run)
        with pytest.raises(Conflict):
            choosing.set_mapping(ctx, run, {1: "name"}, {})
