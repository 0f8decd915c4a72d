"""One person, several roles, several departments: what they add up to, what moving asks, and what a viewer keeps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.auth import departments, directory, membership
from saas.auth.audit import SettingsEntry
from saas.auth.members import Role
from saas.core.errors import Forbidden, Invalid
from saas.crm import registry
from saas.crm.accounts.model import Account
from saas.crm.objects import records
from saas.web import person_rights
from tests.worlds import Client, World


def role(world: World, name: str, grants: dict[str, Any], **more: Any) -> UUID:
    with world.db() as db:
        row = Role(key=None, name=name, grants=grants, fixed=more.pop("fixed", []), **more)
        db.add(row)
        db.flush()
        directory.touch(db)
        return row.id


def place(world: World, name: str) -> UUID:
    with world.acting() as ctx:
        return departments.make(ctx, name, next(d.id for d in ctx.directory.departments.values() if d.parent_id is None))


def post(client: Client, url: str, form: dict[str, Any]) -> Any:
    return client.post(url, form)


def test_several_roles_add_up_and_the_page_says_from_which(world: World) -> None:
    ann = world.join("ann", grants={})
    looks = role(world, "Looks", {"accounts": {"read": "all"}}, fields={"accounts": {"website": "hidden", "phones": "hidden"}})
    works = role(
        world, "Works", {"accounts": {"read": "own", "edit": "own"}}, fields={"accounts": {"website": "read-only", "phones": "hidden"}}
    )
    admin = world.sign_in("admin")
    assert admin.post(f"/people/{ann}", {"role": [str(looks), str(works)]}).status_code == 303
    with world.acting() as ctx:
        person = ctx.directory.members[ann]
        assert set(person.role_ids) == {looks, works}
        found = next(row for row in person_rights.table(ctx, person).rows if row.label == registry.get("accounts").plural)
    assert (found.cells[0].text, found.cells[0].roles) == ("All records", "Looks")
    assert (found.cells[2].text, found.cells[2].roles) == ("Own", "Works")
    assert (len(found.hidden), len(found.read_only)) == (1, 1)
    page = admin.get(f"/people/{ann}").text
    assert "Looks" in page
    assert "All records" in page


def test_taking_one_of_two_roles_away_counts_at_once(world: World) -> None:
    ann = world.join("ann", grants={})
    looks, works = role(world, "Looks", {"accounts": {"read": "all"}}), role(world, "Works", {"contacts": {"read": "all"}})
    admin, herself = world.sign_in("admin"), world.sign_in("ann")
    admin.post(f"/people/{ann}", {"role": [str(looks), str(works)]})
    assert herself.get("/accounts").status_code == 200
    admin.post(f"/people/{ann}", {"role": [str(works)]})
    assert herself.get("/accounts").status_code == 403
    assert admin.post(f"/people/{ann}", {"seat": "full"}).status_code == 422


def test_moving_somebody_asks_whether_the_records_come_along(world: World) -> None:
    north = place(world, "North")
    ann = world.join("ann")
    with world.acting("ann") as ctx:
        keys = [records.create(ctx, registry.get("accounts"), {"name": f"Acme {number}"}).id for number in range(3)]
    admin = world.sign_in("admin")
    with world.acting() as ctx:
        held = [str(key) for key in ctx.directory.members[ann].role_ids]
        home = ctx.directory.members[ann].department_id
    form = {"role": held, "department": str(north), "further_known": "1", "further_new": str(home)}
    asked = admin.post(f"/people/{ann}", form)
    assert asked.status_code == 200
    assert "come along" in asked.text
    with world.acting() as ctx:
        assert ctx.directory.members[ann].department_id == home
    assert admin.post(f"/people/{ann}", {**form, "records": "stay"}).status_code == 303
    with world.acting() as ctx:
        assert ctx.directory.members[ann].department_id == north
        assert ctx.directory.extra_departments[ann] == {home}
        assert ctx.db.get(Account, keys[0]).department_id == home
    admin.post(f"/people/{ann}", {"role": held, "department": str(home), "records": "stay"})
    admin.post(f"/people/{ann}", {**form, "records": "move"})
    with world.acting() as ctx:
        assert {ctx.db.get(Account, key).department_id for key in keys} == {north}
        entry = ctx.db.execute(select(SettingsEntry).where(SettingsEntry.what == "records.moved")).scalar_one()
    assert entry.after["moved"] == {"accounts": 3}


def test_a_viewer_keeps_only_looking_and_pays_nothing(world: World) -> None:
    ann = world.join("ann")
    admin, herself = world.sign_in("admin"), world.sign_in("ann")
    assert herself.get("/accounts/new").status_code == 200
    with world.acting() as ctx:
        held = [str(key) for key in ctx.directory.members[ann].role_ids]
    assert admin.post(f"/people/{ann}", {"role": held, "seat": "viewer"}).status_code == 303
    assert herself.get("/accounts/new").status_code == 403
    assert herself.get("/accounts").status_code == 200
    assert "only seeing and commenting remain" in admin.get(f"/people/{ann}").text
    assert admin.post(f"/people/{ann}", {"role": held, "seat": "throne"}).status_code == 422


def test_the_last_admin_keeps_a_full_seat(world: World) -> None:
    with world.acting() as ctx, pytest.raises(Invalid):
        membership.change_seat(ctx, world.members["admin"], "viewer")
    world.join("boss", role="admin")
    with world.acting() as ctx:
        membership.change_seat(ctx, world.members["boss"], "viewer")
    with world.acting() as ctx, pytest.raises(Invalid):
        membership.change_seat(ctx, world.members["admin"], "viewer")


def test_nobody_places_people_where_they_would_see_more_than_the_one_who_does(world: World) -> None:
    north, south = place(world, "North"), place(world, "South")
    near = role(world, "Near", {"accounts": {"read": "department"}}, fixed=["members:manage"])
    for name in ("hr", "ann"):
        world.join(name, grants={}, department_id=north)
        with world.acting() as ctx:
            membership.change_roles(ctx, world.members[name], [near])
    for verb in (
        lambda ctx: membership.place(ctx, world.members["ann"], south, []),
        lambda ctx: membership.place(ctx, world.members["ann"], north, [south]),
        lambda ctx: membership.place(ctx, world.members["hr"], north, [south]),
    ):
        with world.acting("hr") as ctx, pytest.raises(Forbidden):
            verb(ctx)
    far = world.join("far", grants={}, department_id=south)
    with world.acting("hr") as ctx, pytest.raises(Forbidden):
        membership.change_roles(ctx, far, [near])
