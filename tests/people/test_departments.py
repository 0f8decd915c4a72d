"""The tree of departments: what can be made of it, and what must stay true while two people change it."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from saas.auth import departments, directory
from saas.auth.audit import SettingsEntry
from saas.auth.members import Department, MemberDepartment, Role
from saas.core.errors import Forbidden, Invalid
from saas.core.ids import new_id
from saas.crm import registry
from saas.crm.accounts.model import Account
from saas.crm.objects import records
from saas.crm.placement import counting, moving
from tests.worlds import World


def root(world: World) -> UUID:
    with world.db() as db:
        return db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar_one()


def make(world: World, name: str, parent: UUID | None = None, who: str = "admin") -> UUID:
    with world.acting(who) as ctx:
        return departments.make(ctx, name, parent or root(world))


def path(world: World, key: UUID) -> list[str]:
    with world.db() as db:
        tree = directory.directory(db).departments
        return [tree[one].name for one in tree[key].path]


def account(world: World, name: str, department: UUID, who: str = "admin") -> UUID:
    with world.acting(who) as ctx:
        record = records.create(ctx, registry.get("accounts"), {"name": name})
        records.update(ctx, registry.get("accounts"), record, {"department_id": department})
        return record.id


def test_a_department_moves_with_everything_below_it(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    north = make(world, "North", sales)
    berlin = make(world, "Berlin", north)
    with world.acting() as ctx:
        departments.move(ctx, north, service)
    assert path(world, berlin) == ["Everyone", "Service", "North", "Berlin"]
    assert path(world, north) == ["Everyone", "Service", "North"]
    with world.acting() as ctx:
        assert ctx.directory.below({service}) == {service, north, berlin}
        assert ctx.directory.below({sales}) == {sales}


def test_a_department_cannot_be_placed_inside_itself_nor_the_top_anywhere(world: World) -> None:
    sales = make(world, "Sales")
    north = make(world, "North", sales)
    for moved, target in ((sales, north), (sales, sales), (root(world), sales)):
        with world.acting() as ctx, pytest.raises(Invalid):
            departments.move(ctx, moved, target)


def test_names_are_unique_among_siblings_only(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    make(world, "North", sales)
    other = make(world, "North", service)
    for name in ("north", "  NORTH ", ""):
        with world.acting() as ctx, pytest.raises(Invalid):
            departments.make(ctx, name, sales)
    with world.acting() as ctx, pytest.raises(Invalid):
        departments.move(ctx, other, sales)
    with world.acting() as ctx, pytest.raises(Invalid):
        departments.rename(ctx, sales, "SERVICE")
    with world.acting() as ctx:
        departments.rename(ctx, sales, "SALES")


def test_nesting_ends_somewhere(world: World) -> None:
    at = root(world)
    for number in range(departments.DEEPEST - 1):
        at = make(world, f"Level {number}", at)
    with world.acting() as ctx, pytest.raises(Invalid):
        departments.make(ctx, "One too deep", at)


def test_what_is_in_a_department_keeps_it_until_it_is_moved(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    ann = world.join("ann", department_id=sales)
    with world.db() as db:
        db.add(MemberDepartment(member_id=world.members["admin"], department_id=sales))
        directory.touch(db)
    record = account(world, "Acme", sales)
    admin = world.sign_in("admin")
    here = f"/settings/departments/{sales}"
    refused = admin.post(f"{here}/remove")
    assert refused.status_code == 422
    assert "2 people belong to it" in refused.text
    assert "One record is in it" in refused.text
    assert admin.post(f"{here}/empty", {"target": str(sales)}).status_code == 422
    assert admin.post(f"{here}/empty", {"target": str(service)}).status_code == 303
    with world.acting() as ctx:
        assert ctx.directory.members[ann].department_id == service
        assert ctx.directory.extra_departments[world.members["admin"]] == {service}
        assert ctx.db.get(Account, record).department_id == service
        assert ctx.db.get(Account, record).owner_id == world.members["admin"]
    assert "Nobody and nothing is left" in admin.get(f"{here}/remove").text
    assert admin.post(f"{here}/remove").status_code == 303
    assert admin.get(here).status_code == 404


def test_many_records_of_a_department_move_as_a_job_in_one_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "STEP", 3)
    sales, service = make(world, "Sales"), make(world, "Service")
    for number in range(7):
        account(world, f"Acme {number}", sales)
    admin = world.sign_in("admin")
    assert admin.post(f"/settings/departments/{sales}/empty", {"target": str(service)}).status_code == 303
    assert "0 of 7" in admin.get(f"/settings/departments/{sales}/remove").text
    assert admin.post(f"/settings/departments/{sales}/remove").status_code == 422
    world.work()
    with world.acting() as ctx:
        assert counting.of_department(ctx, sales) == {}
        assert counting.of_department(ctx, service) == {"accounts": 7}
        entry = ctx.db.execute(select(SettingsEntry).where(SettingsEntry.what == "records.moved")).scalar_one()
    assert entry.after["moved"] == {"accounts": 7}
    assert admin.post(f"/undo/{entry.after['batch']}").status_code == 303
    with world.acting() as ctx:
        assert counting.of_department(ctx, sales) == {"accounts": 7}


def test_a_manager_of_people_moves_only_what_they_may_give_away(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    world.join("hr", grants={"accounts": {"read": "own", "edit": "own", "assign": "own"}}, department_id=service)
    with world.acting() as ctx:
        role = ctx.directory.roles[ctx.directory.members[world.members["hr"]].role_ids[0]]
        ctx.db.get_one(Role, role.id).fixed = ["members:manage"]
        directory.touch(ctx.db)
    record = account(world, "Secret", sales)
    hr = world.sign_in("hr")
    hr.post(f"/settings/departments/{sales}/empty", {"target": str(service)})
    with world.acting() as ctx:
        assert ctx.db.get(Account, record).department_id == sales
    page = hr.get(f"/settings/departments/{sales}/remove")
    assert "Other records in it are out of your reach" in page.text
    assert "Secret" not in page.text


def test_who_sees_only_below_cannot_pull_other_departments_below(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    world.join("chief", grants={"accounts": {"read": "subtree"}}, department_id=sales)
    with world.acting() as ctx:
        ctx.db.get_one(Role, ctx.directory.members[world.members["chief"]].role_ids[0]).fixed = ["members:manage"]
        directory.touch(ctx.db)
    with world.acting("chief") as ctx, pytest.raises(Forbidden):
        departments.move(ctx, service, sales)
    own = make(world, "North", sales, "chief")
    with world.acting("chief") as ctx:
        departments.rename(ctx, own, "South")


def test_a_head_is_an_active_member_and_every_change_is_written_down(world: World) -> None:
    sales = make(world, "Sales")
    ann = world.join("ann", department_id=sales)
    admin = world.sign_in("admin")
    form = {"name": "Sales and more", "parent": str(root(world)), "head": str(ann)}
    assert admin.post(f"/settings/departments/{sales}", form).status_code == 303
    assert "Ann" in admin.get("/settings/departments").text
    bad = admin.post(f"/settings/departments/{sales}", {**form, "head": str(new_id())})
    assert bad.status_code == 422
    with world.db() as db:
        assert directory.directory(db).departments[sales].head_id == ann
        verbs = set(db.execute(select(SettingsEntry.what)).scalars())
    assert {"department.made", "department.renamed", "department.head"} <= verbs


def test_two_thousand_departments_stay_usable(world: World) -> None:
    top = root(world)
    with world.db() as db:
        rows, parents = [], [(top, [top])]
        for number in range(2_000):
            key = new_id()
            parent, above = parents[number // 4]
            parents.append((key, [*above, key]))
            rows.append({"id": key, "parent_id": parent, "name": f"Unit {number}", "path": [*above, key]})
        for row in rows:
            db.execute(insert(Department).values(**row))
        directory.touch(db)
    admin = world.sign_in("admin")
    page = admin.get("/settings/departments")
    assert page.text.count("data-row") == 5
    assert "Unit 1999" in admin.get("/settings/departments?q=unit+1999").text
    assert admin.get("/settings/departments?q=unit").text.count("data-row") == 100
    assert "Unit 7" in admin.get(f"/settings/departments/{rows[1]['id']}").text
    with world.acting() as ctx:
        departments.move(ctx, rows[1]["id"], rows[0]["id"])
    with world.db() as db:
        tree = directory.directory(db).departments
    assert all(tree[one.parent_id].path == one.path[:-1] for one in tree.values() if one.parent_id)


def test_only_who_manages_people_sees_the_tree(world: World) -> None:
    assert world.sign_in("member").get("/settings/departments").status_code == 403
    assert "/settings/departments" not in world.sign_in("member").get("/settings").text
    assert 'href="/settings/departments"' in world.sign_in("admin").get("/settings").text


def test_a_move_shows_first_who_would_see_what(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    north = make(world, "North", service)
    world.join("chief", grants={"accounts": {"read": "subtree"}}, department_id=sales)
    account(world, "Acme", north)
    admin = world.sign_in("admin")
    here, form = f"/settings/departments/{north}", {"name": "Norden", "parent": str(sales), "head": ""}
    asked = admin.post(here, form)
    assert asked.status_code == 200
    assert "One person gains records." in asked.text
    assert path(world, north) == ["Everyone", "Service", "North"]
    seen = re.search(r'name="effect_seen" value="(\w+)"', asked.text)
    assert seen
    other = {**form, "parent": str(root(world)), "effect_seen": seen[1]}
    assert admin.post(here, other).status_code == 303
    assert path(world, north) == ["Everyone", "Norden"]
    assert admin.post(here, {**form, "effect_seen": seen[1]}).status_code == 303
    assert path(world, north) == ["Everyone", "Sales", "Norden"]


def test_only_an_admin_moves_an_admin_out_of_a_department(world: World) -> None:
    sales, service = make(world, "Sales"), make(world, "Service")
    world.join("boss", role="admin", department_id=sales)
    world.join("hr", grants={}, department_id=service)
    with world.acting() as ctx:
        ctx.db.get_one(Role, ctx.directory.members[world.members["hr"]].role_ids[0]).fixed = ["members:manage"]
        directory.touch(ctx.db)
    with world.acting("hr") as ctx, pytest.raises(Forbidden):
        departments.move_people(ctx, sales, service)
    with world.acting() as ctx:
        assert departments.move_people(ctx, sales, service) == 1
