"""Nobody places a new person where the roles given would open more than they hold themselves (Rights 11)."""

from __future__ import annotations

import secrets
from uuid import UUID

import pytest
from sqlalchemy import func, select

from saas.auth import invitations, membership, staff
from saas.auth.context import Context
from saas.auth.invitations import Invited
from saas.auth.members import Invitation, Member
from saas.auth.staff import Newcomer
from saas.core.errors import Forbidden
from tests.people.test_several_roles import place, role
from tests.worlds import World

LOOKS = {"accounts": {"read": "department"}}


@pytest.fixture
def north(world: World) -> UUID:
    """A department in which `hr` hires; the rest of the firm is closed to them."""
    key = place(world, "North")
    hires = role(world, "Hires", LOOKS, fixed=["members:manage"])
    hr = world.join("hr", grants={})
    with world.acting() as ctx:
        membership.change_roles(ctx, hr, [hires])
        membership.place(ctx, hr, key, [])
    return key


def invite(ctx: Context, world: World, role_id: UUID, department: UUID | None) -> Invitation:
    who = Invited(f"{secrets.token_hex(6)}@example.com", "Mia", role_id, department, "en")
    return invitations.invite(ctx, world.runtime.settings, who)


def hire(ctx: Context, world: World, role_id: UUID, department: UUID | None) -> None:
    who = Newcomer("Mia", f"mia{secrets.token_hex(4)}", role_id, department)
    staff.make(ctx, world.runtime.databases, world.runtime.settings.secret_key, who)


def test_an_invitation_leads_only_where_its_sender_may_look(world: World, north: UUID) -> None:
    south, looks = place(world, "South"), role(world, "Looks", LOOKS)
    with world.acting("hr") as ctx:
        invite(ctx, world, looks, north)
    for department in (south, None):
        with world.acting("hr") as ctx, pytest.raises(Forbidden):
            invite(ctx, world, looks, department)
    with world.db() as db:
        assert db.execute(select(func.count()).select_from(Invitation)).scalar_one() == 1
    with world.acting() as ctx:
        invite(ctx, world, looks, south)


def test_an_invitation_of_somebody_else_is_not_sent_again_out_of_reach(world: World, north: UUID) -> None:
    south, looks = place(world, "South"), role(world, "Looks", LOOKS)
    with world.acting() as ctx:
        far, near = invite(ctx, world, looks, south).id, invite(ctx, world, looks, north).id
    with world.acting("hr") as ctx, pytest.raises(Forbidden):
        invitations.resend(ctx, world.runtime.settings, far)
    with world.acting("hr") as ctx:
        invitations.resend(ctx, world.runtime.settings, near)


def test_a_sign_in_without_e_mail_is_made_only_where_its_maker_may_look(world: World, north: UUID) -> None:
    south, looks = place(world, "South"), role(world, "Looks", LOOKS)
    with world.acting("hr") as ctx:
        hire(ctx, world, looks, north)
    with world.acting("hr") as ctx, pytest.raises(Forbidden):
        hire(ctx, world, looks, south)
    with world.db() as db:
        assert db.execute(select(Member.department_id).where(Member.login_name.is_not(None))).scalars().all() == [north]


def test_the_page_refuses_it_too(world: World, north: UUID) -> None:
    south, looks = place(world, "South"), role(world, "Looks", LOOKS)
    hr = world.sign_in("hr")
    form = {"email": f"{secrets.token_hex(6)}@example.com", "name": "Mia", "role": str(looks), "department": str(south), "language": "en"}
    assert hr.post("/people/invite", form).status_code == 403
    assert hr.post("/people/invite", {**form, "department": str(north)}).status_code == 303
