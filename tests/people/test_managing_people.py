"""Roles, coming and going, the last admin, and what nobody may grant."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from saas.auth import directory, membership
from saas.auth.identities import Membership
from saas.auth.members import Role
from saas.auth.membership import change_role, deactivate
from saas.core.errors import Forbidden, Invalid
from saas.tenants.session import control_session
from tests.worlds import World


def role_id(world: World, key: str) -> str:
    with world.db() as db:
        return str(db.execute(select(Role.id).where(Role.key == key)).scalar_one())


def test_a_role_given_in_the_page_counts_in_the_next_request(world: World) -> None:
    admin, member = world.sign_in("admin"), world.sign_in("member")
    assert member.get("/people/invite").status_code == 403
    answer = admin.post(f"/people/{world.members['member']}", {"role": role_id(world, "admin")})
    assert answer.status_code == 303
    assert member.get("/people/invite").status_code == 200


def test_ending_access_shuts_a_signed_in_browser_out_at_once(world: World) -> None:
    admin, member = world.sign_in("admin"), world.sign_in("member")
    assert member.get("/people").status_code == 200
    assert admin.get(f"/people/{world.members['member']}/deactivate").status_code == 200
    assert admin.post(f"/people/{world.members['member']}/deactivate").status_code == 303
    assert member.get("/people").status_code == 303
    with world.db() as db:
        identity = directory.directory(db).members[world.members["member"]].identity_id
    with control_session(world.runtime.databases) as control:
        place = control.get(Membership, (identity, world.tenant.id))
    assert place is not None
    assert not place.is_active


def test_somebody_let_in_again_has_the_role_of_before(world: World) -> None:
    admin = world.sign_in("admin")
    member = world.join("grace", role="member")
    admin.post(f"/people/{member}/deactivate")
    assert admin.post(f"/people/{member}/reactivate").status_code == 303
    assert world.sign_in("grace").get("/people").status_code == 200


def test_the_last_admin_can_neither_be_demoted_nor_leave(world: World) -> None:
    admin = world.sign_in("admin")
    answer = admin.post(f"/people/{world.members['admin']}", {"role": role_id(world, "member")})
    assert answer.status_code == 422
    assert "only admin" in answer.text
    assert admin.get("/people/invite").status_code == 200
    assert admin.post(f"/people/{world.members['admin']}/deactivate").status_code == 422


def test_with_two_admins_one_may_go_and_an_inactive_admin_does_not_count(world: World) -> None:
    second = world.join("boss", role="admin")
    admin = world.sign_in("admin")
    assert admin.post(f"/people/{second}/deactivate").status_code == 303
    assert admin.post(f"/people/{world.members['admin']}", {"role": role_id(world, "member")}).status_code == 422


def test_two_admins_who_demote_each_other_at_once_leave_one(world: World) -> None:
    world.join("boss", role="admin")
    target = role_id(world, "member")
    with world.db() as db:
        key = next(role.id for role in directory.directory(db).roles.values() if str(role.id) == target)
    outcomes: list[str] = []

    both_look = Barrier(2)

    def demote(actor: str, victim: str) -> None:
        with world.acting(actor) as ctx:
            both_look.wait()
            try:
                change_role(ctx, world.members[victim], key)
                outcomes.append("done")
            except Invalid:
                outcomes.append("refused")

    threads = [Thread(target=demote, args=pair) for pair in (("admin", "boss"), ("boss", "admin"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    with world.db() as db:
        people = directory.directory(db)
        assert len([m for m in people.members.values() if people.rights(m).is_admin]) == 1


def test_nobody_grants_more_than_they_hold_nor_touches_an_admin(world: World) -> None:
    with world.db() as db:
        clerk_role = Role(key=None, name="Clerk", grants={}, fixed=["members:manage"])
        db.add(clerk_role)
        db.flush()
        key = clerk_role.id
        admin_role = db.execute(select(Role.id).where(Role.key == "admin")).scalar_one()
        member_role = db.execute(select(Role.id).where(Role.key == "member")).scalar_one()
    clerk = world.join("clerk", role="member", grants={"accounts": {"read": "all"}})
    colleague = world.join("grace", role="member")
    with world.acting("admin") as ctx:
        change_role(ctx, clerk, key)
        directory.touch(ctx.db)
    with world.acting("clerk") as ctx, pytest.raises(Forbidden):
        change_role(ctx, colleague, admin_role)
    with world.acting("clerk") as ctx, pytest.raises(Forbidden):
        change_role(ctx, clerk, member_role)
    with world.acting("clerk") as ctx, pytest.raises(Forbidden):
        deactivate(ctx, world.members["admin"])
    with world.acting("clerk") as ctx:
        assert not membership.may_grant(ctx, ctx.directory.roles[admin_role])


def test_a_person_of_another_firm_does_not_exist(world: World, other_world: World) -> None:
    stranger = other_world.join("stranger")
    admin = world.sign_in("admin")
    assert admin.get(f"/people/{stranger}").status_code == 404
    assert admin.post(f"/people/{stranger}/deactivate").status_code == 404
    assert admin.get("/people/not-a-key").status_code == 404
