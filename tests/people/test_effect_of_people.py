"""Before somebody's roles, departments or seat change, the page says who would gain and lose what; the second Save is for real."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from saas.auth import departments
from saas.crm import registry
from saas.crm.objects import records
from tests.people.test_several_roles import place, role
from tests.worlds import Client, World


def accounts(world: World, number: int, who: str = "admin", department: UUID | None = None) -> None:
    with world.acting(who) as ctx:
        for count in range(number):
            record = records.create(ctx, registry.get("accounts"), {"name": f"Acme {who} {count}"})
            if department:
                records.update(ctx, registry.get("accounts"), record, {"department_id": department})


def twice(client: Client, url: str, form: dict[str, Any]) -> str:
    """Send a form, look at what it would change, send it again; return the first page."""
    asked = client.post(url, form)
    assert asked.status_code == 200
    found = re.search(r'name="effect_seen" value="(\w+)"', asked.text)
    assert found
    assert client.post(url, {**form, "effect_seen": found[1]}).status_code == 303
    return str(asked.text)


def test_a_role_shows_its_effect_by_name_before_it_is_saved(world: World) -> None:
    accounts(world, 4)
    ann = world.join("ann", grants={})
    wide, narrow = role(world, "Wide", {"accounts": {"read": "all"}}), role(world, "Narrow", {"accounts": {"read": "own"}})
    admin = world.sign_in("admin")
    page = twice(admin, f"/people/{ann}", {"role": [str(wide)]})
    with world.acting() as ctx:
        person = ctx.directory.members[ann]
        assert person.role_ids == (wide,)
    assert f"{person.name} will read 4 more accounts." in page
    assert f'value="{wide}" id="field-role-{wide}" checked' in page
    page = twice(admin, f"/people/{ann}", {"role": [str(narrow)]})
    assert f"{person.name} will no longer see 4 accounts." in page


def test_another_change_than_the_one_seen_is_shown_first(world: World) -> None:
    accounts(world, 2)
    ann = world.join("ann", grants={})
    reads, edits = role(world, "Reads", {"accounts": {"read": "all"}}), role(world, "Edits", {"accounts": {"read": "all", "edit": "all"}})
    admin = world.sign_in("admin")
    seen = re.search(r'name="effect_seen" value="(\w+)"', admin.post(f"/people/{ann}", {"role": [str(reads)]}).text)
    assert seen
    answer = admin.post(f"/people/{ann}", {"role": [str(edits)], "effect_seen": seen[1]})
    assert "will be able to change 2 more accounts." in answer.text
    with world.acting() as ctx:
        assert edits not in ctx.directory.members[ann].role_ids


def test_what_changes_nothing_for_anybody_is_saved_at_once(world: World) -> None:
    ann = world.join("ann", grants={})
    wide = role(world, "Wide", {"accounts": {"read": "all"}})
    assert world.sign_in("admin").post(f"/people/{ann}", {"role": [str(wide)]}).status_code == 303


def test_a_viewers_seat_shows_what_can_no_longer_be_changed(world: World) -> None:
    accounts(world, 3)
    ann = world.join("ann", grants={"accounts": {"read": "all", "edit": "all"}})
    with world.acting() as ctx:
        held = [str(key) for key in ctx.directory.members[ann].role_ids]
    page = twice(world.sign_in("admin"), f"/people/{ann}", {"role": held, "seat": "viewer"})
    assert "will no longer be able to change 3 accounts." in page


def test_a_new_home_shows_its_effect_and_asks_about_the_records_on_one_page(world: World) -> None:
    north = place(world, "North")
    accounts(world, 5, department=north)
    ann = world.join("ann", grants={"accounts": {"read": "department", "create": "all", "edit": "own"}})
    accounts(world, 2, "ann")
    admin = world.sign_in("admin")
    with world.acting() as ctx:
        held = [str(key) for key in ctx.directory.members[ann].role_ids]
    form = {"role": held, "department": str(north), "further_known": "1"}
    asked = admin.post(f"/people/{ann}", form)
    assert "will read 5 more accounts." in asked.text
    assert "come along" in asked.text
    mark = re.search(r'name="effect_seen" value="(\w+)"', asked.text)
    assert mark
    answer = admin.post(f"/people/{ann}", {**form, "records": "stay", "effect_seen": mark[1]})
    assert answer.status_code == 303
    with world.acting() as ctx:
        assert ctx.directory.members[ann].department_id == north


def test_what_nobody_may_give_shows_no_effect(world: World) -> None:
    accounts(world, 3)
    ann = world.join("ann", grants={})
    wide = role(world, "Wide", {"accounts": {"read": "all"}})
    hires = role(world, "Hires", {"accounts": {"read": "own"}}, fixed=["members:manage"])
    hr = world.join("hr", grants={})
    world.sign_in("admin").post(f"/people/{hr}", {"role": [str(hires)]})
    answer = world.sign_in("hr").post(f"/people/{ann}", {"role": [str(wide)]})
    assert answer.status_code == 403
    assert "3 more" not in answer.text


def test_the_departments_typed_are_still_there_when_the_effect_is_shown(world: World) -> None:
    north, south = place(world, "North"), place(world, "South")
    accounts(world, 2, department=south)
    ann = world.join("ann", grants={"accounts": {"read": "department"}})
    with world.acting() as ctx:
        held = [str(key) for key in ctx.directory.members[ann].role_ids]
        departments.make(ctx, "West", north)
    page = world.sign_in("admin").post(f"/people/{ann}", {"role": held, "further_known": "1", "further_new": str(south)}).text
    assert "will read 2 more accounts." in page
    assert re.search(rf'<option value="{south}" selected', page)
