"""Roles: what is ready made, what can be made of it, and what nobody may give."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from saas.app import Application
from saas.auth import departments, directory, ready_roles, roles
from saas.auth.members import MemberRole, Role
from saas.auth.permissions import ACTIONS, Scope
from saas.auth.roles import Draft
from saas.core.errors import Conflict, Forbidden, Invalid
from saas.crm.registry import OBJECTS
from saas.tenants import resolve
from saas.tenants.session import control_session, tenant_session
from saas.web.roles import object_names, shapes
from tests.worlds import Client, World

HERE = "/settings/roles"
SEES = {"accounts": {"read": "all"}}


def role_id(world: World, key: str) -> UUID:
    with world.db() as db:
        return db.execute(select(Role.id).where(Role.key == key)).scalar_one()


def make(world: World, draft: Draft, who: str = "admin") -> UUID:
    with world.acting(who) as ctx:
        return roles.save(ctx, shapes(), draft)


def form(grants: dict[str, dict[str, str]] | None = None, name: str = "Helpers", **more: Any) -> dict[str, Any]:
    said = {f"grant.{obj}.{action}": scope for obj, actions in (grants or {}).items() for action, scope in actions.items()}
    return {"name": name, "description": "", **said, **more}


def seen(client: Client, key: UUID) -> str:
    found = re.search(r'name="seen" value="(\w*)"', client.get(f"{HERE}/{key}").text)
    assert found
    return found[1]


def manager(world: World, grants: dict[str, Any], fields: dict[str, Any] | None = None, name: str = "rita") -> None:
    """Let somebody in who manages roles but is no admin."""
    world.join(name, grants=grants)
    with world.acting() as ctx:
        row = ctx.db.get_one(Role, ctx.directory.members[world.members[name]].role_ids[0])
        row.fixed, row.fields = ["roles:manage"], fields or {}
        directory.touch(ctx.db)


def test_a_new_workspace_has_the_ready_made_roles_for_every_object(world: World) -> None:
    with world.acting() as ctx:
        found = {role.key: role for role in ctx.directory.roles.values()}
    assert set(found) == set(ready_roles.BY_KEY)
    for key, role in found.items():
        assert role.description, key
        if key != "admin":
            assert set(role.grants) == {obj.name for obj in OBJECTS}, key
            assert all(Scope[scope.upper()] for actions in role.grants.values() for scope in actions.values())
    assert found["viewer"].grants["accounts"] == {"read": "all"}
    assert found["viewer"].grants["notes"]["create"] == "all"
    assert set(found["member"].grants["contacts"]) == set(ACTIONS)


def test_an_older_workspace_gets_them_once_and_not_again_when_they_were_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [role.key for role in ready_roles.OTHERS]

    def take_away() -> None:
        with world.db() as db:
            db.execute(delete(Role).where(Role.key.in_(others)))
            directory.touch(db)

    admin = world.sign_in("admin")
    take_away()
    assert "Sales manager" not in admin.get(HERE).text
    # A firm whose log knows of no planting is one from before there were ready-made roles.
    monkeypatch.setattr(ready_roles, "PLANTED", "roles.planted_later")
    assert "Sales manager" in admin.get(HERE).text
    with world.acting() as ctx:
        found = {role.key: role for role in ctx.directory.roles.values()}
    assert found["salesperson"].grants["accounts"]["read"] == "all"
    take_away()
    assert "Sales manager" not in admin.get(HERE).text


def test_a_role_made_in_the_page_counts_in_the_next_request(world: World) -> None:
    admin = world.sign_in("admin")
    answer = admin.post(f"{HERE}/new", form({"accounts": {"read": "own", "create": "all"}}, fixed=["members:manage"]))
    assert answer.status_code == 303
    with world.acting() as ctx:
        role = next(role for role in ctx.directory.roles.values() if role.name == "Helpers")
    assert role.grants == {"accounts": {"read": "own", "create": "all"}}
    assert role.fixed == ("members:manage",)
    copy = admin.get(f"{HERE}/new?like={role.id}").text
    assert 'value="Helpers (copy)"' in copy
    assert re.search(r'name="grant.accounts.create" value="all" id="[^"]*" checked', copy)
    assert admin.post(f"{HERE}/{role.id}/remove").status_code == 303
    assert admin.get(f"{HERE}/{role.id}").status_code == 404


def test_the_page_of_every_role_opens_and_saves_what_it_shows(world: World) -> None:
    admin = world.sign_in("admin")
    for key in ready_roles.BY_KEY:
        page = admin.get(f"{HERE}/{role_id(world, key)}")
        assert page.status_code == 200, key
    assert "cannot be changed" in admin.get(f"{HERE}/{role_id(world, 'admin')}").text


def test_the_admin_role_is_neither_changed_nor_removed(world: World) -> None:
    key = role_id(world, "admin")
    with world.acting() as ctx, pytest.raises(Forbidden):
        roles.save(ctx, shapes(), Draft("Boss"), key, "")
    with world.acting() as ctx, pytest.raises(Invalid):
        roles.remove(ctx, key)
    assert world.sign_in("admin").post(f"{HERE}/{key}", form()).status_code == 403


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(""), "name"),
        (Draft("member"), "name"),
        (Draft("x" * 81), "name"),
        (Draft("X", grants={"planets": {"read": "all"}}), ""),
        (Draft("X", grants={"accounts": {"fly": "all"}}), "grant.accounts.fly"),
        (Draft("X", grants={"accounts": {"read": "galaxy"}}), "grant.accounts.read"),
        (Draft("X", grants={"accounts": {"create": "own"}}), "grant.accounts.create"),
        (Draft("X", fixed=("everything",)), ""),
        (Draft("X", grants=SEES, fields={"accounts": {"name": "hidden"}}), "field.accounts.name"),
        (Draft("X", grants={"contacts": {"read": "all"}}, fields={"contacts": {"family_name": "hidden"}}), "field.contacts.family_name"),
        (Draft("X", grants={"activities": {"read": "all", "create": "all"}}, fields={"activities": {"kind": "hidden"}}), "field.activities.kind"),
        (Draft("X", grants=SEES, fields={"accounts": {"secret": "hidden"}}), "field.accounts.secret"),
        (Draft("X", grants=SEES, fields={"accounts": {"phones": "gone"}}), "field.accounts.phones"),
    ],
)  # fmt: skip
def test_what_no_role_can_say_is_refused_beside_its_field(world: World, draft: Draft, field: str) -> None:
    with world.acting() as ctx, pytest.raises(Invalid) as refused:
        roles.save(ctx, shapes(), draft)
    assert field in refused.value.fields


def test_nobody_makes_a_role_wider_than_their_own(world: World) -> None:
    manager(world, {"accounts": {"read": "department", "edit": "own"}})
    for draft in (
        Draft("A", grants={"accounts": {"read": "all"}}),
        Draft("B", grants={"accounts": {"read": "own", "edit": "department"}}),
        Draft("C", grants={"contacts": {"read": "own"}}),
        Draft("D", fixed=("billing:manage",)),
    ):
        with world.acting("rita") as ctx, pytest.raises(Forbidden):
            roles.save(ctx, shapes(), draft)
    make(world, Draft("E", grants={"accounts": {"read": "department"}}, fixed=("roles:manage",)), "rita")


def test_who_has_a_field_hidden_makes_no_role_that_shows_it(world: World) -> None:
    manager(world, {"accounts": {"read": "all", "edit": "all"}}, {"accounts": {"phones": "hidden", "website": "read-only"}})
    shut = {"accounts": {"phones": "hidden", "website": "read-only"}}
    for fields in ({}, {"accounts": {"phones": "hidden"}, "contacts": {}}, {"accounts": {"phones": "read-only", "website": "hidden"}}):
        draft = Draft("F", grants={"accounts": {"read": "own", "edit": "own"}}, fields=fields)
        with world.acting("rita") as ctx, pytest.raises(Forbidden):
            roles.save(ctx, shapes(), draft)
    make(world, Draft("G", grants={"accounts": {"read": "own", "edit": "own"}}, fields=shut), "rita")
    make(world, Draft("H", grants={"accounts": {"read": "own"}}, fields={"accounts": {"phones": "hidden"}}), "rita")


def test_widening_a_role_counts_where_its_holders_are(world: World) -> None:
    manager(world, {"accounts": {"read": "department"}})
    key = make(world, Draft("Near", grants={"accounts": {"read": "own"}}))
    with world.acting() as ctx:
        far = departments.make(ctx, "Far", next(d.id for d in ctx.directory.departments.values()))
    holder = world.join("holder", grants={}, department_id=far)
    with world.acting() as ctx:
        ctx.db.add(MemberRole(member_id=holder, role_id=key))
        directory.touch(ctx.db)
    with world.acting("rita") as ctx:
        draft, before = Draft("Near", grants={"accounts": {"read": "department"}}), roles.fingerprint(ctx.directory.roles[key])
        with pytest.raises(Forbidden):
            roles.save(ctx, shapes(), draft, key, before)


def test_the_second_of_two_editors_sees_both_versions_and_loses_nothing(world: World) -> None:
    key = make(world, Draft("Helpers", grants={"accounts": {"read": "own"}}))
    first, second = world.sign_in("admin"), world.sign_in("admin")
    before = seen(second, key)
    assert first.post(f"{HERE}/{key}", form({"accounts": {"read": "all"}}, seen=seen(first, key))).status_code == 303
    mine = form({"accounts": {"read": "own"}, "contacts": {"read": "department"}}, name="Typed by the second", seen=before)
    clash = second.post(f"{HERE}/{key}", mine)
    assert clash.status_code == 409
    assert 'value="Typed by the second"' in clash.text
    assert re.search(r"Accounts · See|Companies · See", clash.text)
    found = re.search(r'name="seen" value="(\w+)"', clash.text)
    assert found
    assert found[1] != before
    assert second.post(f"{HERE}/{key}", {**mine, "seen": found[1]}).status_code == 303
    with world.acting() as ctx:
        assert ctx.directory.roles[key].name == "Typed by the second"
    with world.acting() as ctx, pytest.raises(Conflict):
        roles.save(ctx, shapes(), Draft("Late"), key, before)


def test_a_role_somebody_holds_is_not_removed(world: World) -> None:
    world.join("ann", role="marketing")
    answer = world.sign_in("admin").post(f"{HERE}/{role_id(world, 'marketing')}/remove")
    assert answer.status_code == 422
    assert "One person holds it" in answer.text


def test_a_starting_point_changes_only_ready_made_roles_that_nobody_changed(world: World) -> None:
    sales = role_id(world, "salesperson")
    with world.acting() as ctx:
        role = ctx.directory.roles[sales]
        own = {**role.grants, "accounts": {"read": "subtree"}}
        roles.save(ctx, shapes(), Draft(role.name, role.description, own), sales, roles.fingerprint(role))
    with world.acting() as ctx:
        assert ctx.workspace.rights_plan == ""
    admin = world.sign_in("admin")
    page = admin.get(f"{HERE}/plan?plan=own").text
    assert "Salesperson" in page.split("by hand")[1]
    assert admin.post(f"{HERE}/plan", {"plan": "own"}).status_code == 303
    assert admin.post(f"{HERE}/plan", {"plan": "nonsense"}).status_code == 422
    with world.acting() as ctx:
        by_key = {role.key: role for role in ctx.directory.roles.values()}
        assert ctx.workspace.rights_plan == "own"
    assert by_key["salesperson"].grants["accounts"] == {"read": "subtree"}
    assert by_key["member"].grants["accounts"]["read"] == "own"
    assert by_key["sales_manager"].grants["accounts"]["read"] == "subtree"
    assert by_key["finance"].grants["accounts"]["read"] == "all"
    with world.acting() as ctx:
        roles.choose_plan(ctx, "everyone", object_names())
    with world.acting() as ctx:
        assert ctx.directory.roles[role_id(world, "member")].grants["accounts"]["read"] == "all"


def test_a_starting_point_counts_in_the_next_request(world: World) -> None:
    member = world.sign_in("member")
    world.sign_in("admin").post("/accounts/new", {"name": "Nobody elses"})
    assert "Nobody elses" in member.get("/accounts").text
    world.sign_in("admin").post(f"{HERE}/plan", {"plan": "own"})
    assert "Nobody elses" not in member.get("/accounts").text


def test_only_who_manages_roles_gets_to_them(world: World) -> None:
    member = world.sign_in("member")
    assert member.get(HERE).status_code == 403
    assert member.post(f"{HERE}/plan", {"plan": "own"}).status_code == 403


@pytest.mark.parametrize(("chosen", "scope"), [("", "all"), ("department", "department"), ("own", "own"), ("nonsense", "all")])
def test_the_last_form_of_a_sign_up_chooses_the_starting_point(sign_up: Any, app: Application, chosen: str, scope: str) -> None:
    signup = sign_up(**({"plan": chosen} if chosen else {}))
    with control_session(app.runtime.databases) as control:
        tenant = resolve.by_slug(control, signup.slug)
    with tenant_session(app.runtime.databases, tenant) as db:
        found = directory.directory(db)
    assert found.workspace.rights_plan == (chosen if chosen in ready_roles.PLANS else "everyone")
    role = next(role for role in found.roles.values() if role.key == "member")
    assert role.grants["accounts"]["read"] == scope


def test_a_change_of_a_role_shows_first_who_would_see_what(world: World) -> None:
    world.join("ann", role="marketing")
    admin = world.sign_in("admin")
    admin.post("/accounts/new", {"name": "Acme"})
    key = role_id(world, "marketing")
    narrow = form({"accounts": {"read": "own"}}, name="Marketing", seen=seen(admin, key))
    asked = admin.post(f"{HERE}/{key}", narrow)
    assert asked.status_code == 200
    assert "One person loses records." in asked.text
    mark = re.search(r'name="effect_seen" value="(\w+)"', asked.text)
    assert mark
    with world.acting() as ctx:
        assert ctx.directory.roles[key].grants["accounts"]["read"] == "all"
    wider = {**narrow, "grant.accounts.read": "department", "effect_seen": mark[1]}
    assert "Look at what this changes" in admin.post(f"{HERE}/{key}", {**wider, "grant.accounts.read": "none"}).text
    assert admin.post(f"{HERE}/{key}", {**narrow, "effect_seen": mark[1]}).status_code == 303
    assert "loses records" in admin.get(f"{HERE}/plan?plan=own").text or "Nobody sees more" in admin.get(f"{HERE}/plan?plan=own").text
