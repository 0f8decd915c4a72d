"""Somebody leaves: access ends at once, the firm keeps its customers, and it can be taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.auth import departments, directory, membership
from saas.auth.audit import SettingsEntry
from saas.auth.members import Role
from saas.auth.sharing import RecordShare
from saas.crm import registry
from saas.crm.accounts.model import Account
from saas.crm.activities.model import Activity
from saas.crm.activities.tasks import finish
from saas.crm.objects import records
from saas.crm.placement import moving
from tests.worlds import World


def accounts(world: World, who: str, number: int) -> list[UUID]:
    with world.acting(who) as ctx:
        return [records.create(ctx, registry.get("accounts"), {"name": f"{who} {one}"}).id for one in range(number)]


def owners(world: World, model: Any, keys: list[UUID]) -> set[UUID]:
    with world.acting() as ctx:
        return set(ctx.db.execute(select(model.owner_id).where(model.id.in_(keys))).scalars())


def test_one_page_ends_access_and_hands_on_everything(world: World) -> None:
    ann, ben = world.join("ann"), world.join("ben")
    with world.acting() as ctx:
        north = departments.make(ctx, "North", next(d.id for d in ctx.directory.departments.values()))
        departments.lead(ctx, north, ann)
    keys = accounts(world, "ann", 3)
    with world.acting("ann") as ctx:
        open_task, done_task = (
            records.create(ctx, registry.get("activities"), {"kind": "task", "title": title}).id for title in ("open", "done")
        )
        finish(ctx, done_task)
    with world.db() as db:
        db.add(RecordShare(object="accounts", record_id=keys[0], to_member_id=ann))
        directory.touch(db)
    admin, herself = world.sign_in("admin"), world.sign_in("ann")
    page = admin.get(f"/people/{ann}/leave").text
    assert "(3)" in page
    assert "North" in page
    assert herself.get("/today").status_code == 200
    form = {"to.accounts": str(ben), "to.activities": str(world.members["admin"]), "head": str(ben)}
    assert admin.post(f"/people/{ann}/leave", form).status_code == 303
    assert herself.get("/today").status_code == 303
    assert owners(world, Account, keys) == {ben}
    assert owners(world, Activity, [open_task]) == {world.members["admin"]}
    assert owners(world, Activity, [done_task]) == {ann}
    with world.acting() as ctx:
        assert ctx.directory.departments[north].head_id == ben
        assert ctx.directory.members[ann].status == "inactive"
        assert ctx.db.execute(select(RecordShare.id)).first() is None
    report = admin.get(f"/people/{ann}/leave").text
    assert "Take the handing on back" in report
    assert "Handed on" in report
    with world.db() as db:
        batch = db.execute(select(SettingsEntry).where(SettingsEntry.what == "records.moved")).scalar_one().after["batch"]
    admin.post(f"/undo/{batch}")
    assert owners(world, Account, keys) == {ann}


def test_many_records_are_handed_on_by_a_job_in_one_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "STEP", 4)
    ann, ben = world.join("ann"), world.join("ben")
    keys = accounts(world, "ann", 10)
    admin = world.sign_in("admin")
    assert admin.post(f"/people/{ann}/leave", {"to.accounts": str(ben)}).status_code == 303
    assert "0 of 10" in admin.get(f"/people/{ann}/leave").text
    assert admin.post(f"/people/{ann}/leave", {"to.accounts": str(ben)}).status_code == 422
    world.work()
    assert owners(world, Account, keys) == {ben}
    with world.db() as db:
        entry = db.execute(select(SettingsEntry).where(SettingsEntry.what == "records.moved")).scalar_one()
    assert entry.after["moved"] == {"accounts": 10}
    admin.post(f"/undo/{entry.after['batch']}")
    assert owners(world, Account, keys) == {ann}


def test_a_job_whose_giver_has_left_stops_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "STEP", 2)
    ann, ben, boss = world.join("ann"), world.join("ben"), world.join("boss", role="admin")
    keys = accounts(world, "ann", 3)
    world.sign_in("boss").post(f"/people/{ann}/leave", {"to.accounts": str(ben)})
    world.sign_in("admin").post(f"/people/{boss}/deactivate")
    world.work()
    assert owners(world, Account, keys) == {ann}
    assert "Moving records stopped" in world.sign_in("admin").get("/settings/audit").text


def test_records_go_only_to_who_may_read_them_and_be_assigned_to(world: World) -> None:
    ann, blind = world.join("ann"), world.join("blind", grants={"contacts": {"read": "all"}})
    accounts(world, "ann", 1)
    admin = world.sign_in("admin")
    for target in (str(blind), str(ann)):
        answer = admin.post(f"/people/{ann}/leave", {"to.accounts": target})
        assert answer.status_code == 422
        assert "Choose one of the list." in answer.text
    with world.acting() as ctx:
        assert ctx.directory.members[ann].status == "active"


def test_what_the_acting_member_may_not_move_stays_and_is_not_hinted_at_by_name(world: World) -> None:
    ann = world.join("ann")
    keys = accounts(world, "ann", 2)
    everything = {
        obj.name: dict.fromkeys(("read", "create", "edit", "delete", "export", "bulk", "assign"), "all") for obj in registry.OBJECTS
    }
    world.join("hr", grants={**everything, "accounts": {"read": "own", "edit": "own", "assign": "all"}})
    with world.acting() as ctx:
        ctx.db.get_one(Role, ctx.directory.members[world.members["hr"]].role_ids[0]).fixed = ["members:manage"]
        narrow = Role(key=None, name="Narrow", grants={"accounts": {"read": "own"}}, fixed=[])
        ctx.db.add(narrow)
        ctx.db.flush()
        key = narrow.id
        directory.touch(ctx.db)
    with world.acting() as ctx:
        membership.change_roles(ctx, ann, [key])
    hr = world.sign_in("hr")
    page = hr.get(f"/people/{ann}/leave").text
    assert "out of your reach" in page
    assert "ann 0" not in page
    assert hr.post(f"/people/{ann}/leave", {}).status_code == 303
    assert owners(world, Account, keys) == {ann}


def test_the_last_admin_and_oneself_stay(world: World) -> None:
    admin = world.sign_in("admin")
    assert admin.post(f"/people/{world.members['admin']}/leave", {}).status_code == 422
    assert world.sign_in("member").post(f"/people/{world.members['admin']}/leave", {}).status_code == 403
