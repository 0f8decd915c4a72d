"""The effect of a change of rights in a book too large to count while somebody waits: a job counts it, the page shows it later."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from saas.auth import membership
from saas.crm.sharing import counted, effect
from saas.crm.sharing.effect import Bound, TooLarge
from tests.people.test_effect_of_people import accounts
from tests.people.test_several_roles import place, role
from tests.worlds import Client, World

COUNTING = "the effect is being counted"
SEEN = re.compile(r'name="effect_seen" value="(\w+)"')


@pytest.fixture(params=[Bound(0, 1 << 40), Bound(1 << 40, 0)], ids=["rows", "pairs"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every book for a large one."""
    monkeypatch.setattr(counted, "WITHIN", request.param)


def polled(client: Client, page: str) -> str:
    found = re.search(r'hx-get="(/settings/effect/[^"]+)"', page)
    assert found
    return str(client.get(found[1].replace("&amp;", "&")).text)


@pytest.mark.usefixtures("large")
def test_a_job_counts_for_the_page_that_waits_and_for_the_form_sent_again(world: World) -> None:
    accounts(world, 4)
    ann = world.join("ann", grants={})
    wide = role(world, "Wide", {"accounts": {"read": "all"}})
    admin, form = world.sign_in("admin"), {"role": [str(wide)]}
    url = f"/people/{ann}"
    asked = admin.post(url, form)
    assert asked.status_code == 200
    assert COUNTING in asked.text
    assert not SEEN.search(asked.text)
    assert COUNTING in polled(admin, asked.text)
    assert COUNTING in admin.post(url, form).text
    world.work()
    answer = polled(admin, asked.text)
    assert "will read 4 more accounts." in answer
    mark = SEEN.search(answer)
    assert mark
    assert 'form="person-form"' in answer
    again = admin.post(url, form).text
    assert "will read 4 more accounts." in again
    assert SEEN.search(again)[1] == mark[1]  # type: ignore[index]
    assert admin.post(url, {**form, "effect_seen": mark[1]}).status_code == 303
    with world.acting() as ctx:
        assert ctx.directory.members[ann].role_ids == (wide,)


@pytest.mark.usefixtures("large")
def test_a_count_is_for_whoever_asked_and_only_as_long_as_rights_stay(world: World) -> None:
    accounts(world, 2)
    ann = world.join("ann", grants={})
    world.join("boss", role="admin")
    wide = role(world, "Wide", {"accounts": {"read": "all"}})
    admin, boss = world.sign_in("admin"), world.sign_in("boss")
    asked = admin.post(f"/people/{ann}", {"role": [str(wide)]}).text
    role(world, "Other", {})
    world.work()
    assert "meanwhile" in polled(admin, asked)
    asked = admin.post(f"/people/{ann}", {"role": [str(wide)]}).text
    world.work()
    assert "2 more accounts" not in polled(boss, asked)
    assert "2 more accounts" in polled(admin, asked)


@pytest.mark.usefixtures("large")
def test_roles_departments_and_starting_points_wait_the_same_way(world: World) -> None:
    north, south = place(world, "North"), place(world, "South")
    accounts(world, 3, department=north)
    world.join("ben")
    cid = world.join("cid", grants={"accounts": {"read": "subtree"}})
    with world.acting() as ctx:
        membership.place(ctx, cid, south, [])
    admin = world.sign_in("admin")
    assert COUNTING in admin.get("/settings/roles/plan?plan=own").text
    world.work()
    assert "records" in (page := admin.get("/settings/roles/plan?plan=own").text)
    assert COUNTING not in page
    moved: dict[str, Any] = {"name": "North", "parent": str(south)}
    assert COUNTING in admin.post(f"/settings/departments/{north}", moved).text
    world.work()
    assert "will read 3 more accounts." in admin.post(f"/settings/departments/{north}", moved).text


def test_what_a_job_is_told_makes_the_same_directory(world: World) -> None:
    north = place(world, "North")
    ann = world.join("ann")
    with world.acting() as ctx:
        before, person = ctx.directory, ctx.directory.members[ann]
        key = person.role_ids[0]
        after = effect.changed(
            before,
            members={**before.members, ann: replace(person, department_id=north, seat="viewer")},
            roles={**before.roles, key: replace(before.roles[key], grants={"accounts": {"read": "own"}})},
            departments={one: place for one, place in before.departments.items() if one != north},
            extra_departments={**before.extra_departments, ann: frozenset({person.department_id})},
        )
        again = counted.applied(before, counted.difference(before, after))
        for part in counted.PARTS:
            assert getattr(again, part) == getattr(after, part)
        assert counted.difference(before, before) == {}


def test_a_bound_keeps_to_itself_what_is_small(world: World) -> None:
    accounts(world, 2)
    ann = world.join("ann", grants={})
    with world.acting() as ctx:
        person = ctx.directory.members[ann]
        after = effect.changed(ctx.directory, members={**ctx.directory.members, ann: replace(person, role_ids=ctx.member.role_ids)})
        assert effect.preview(ctx, after, counted.WITHIN) == effect.preview(ctx, after)
        with pytest.raises(TooLarge):
            effect.preview(ctx, after, Bound(rows=0, pairs=1 << 40))


@pytest.mark.usefixtures("large")
def test_a_sharing_rule_not_saved_yet_waits_too(world: World) -> None:
    north, south = place(world, "North"), place(world, "South")
    accounts(world, 3, department=north)
    cid = world.join("cid", grants={"accounts": {"read": "own"}})
    with world.acting() as ctx:
        membership.place(ctx, cid, south, [])
    admin = world.sign_in("admin")
    form = {"object": "accounts", "from": str(north), "to": f"department:{south}", "level": "read", "then": "show"}
    asked = admin.post("/settings/sharing/new", form).text
    assert COUNTING in asked
    world.work()
    assert "South will read 3 more accounts." in polled(admin, asked)
    assert "South will read 3 more accounts." in admin.post("/settings/sharing/new", form).text
