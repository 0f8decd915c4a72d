"""Access checks: what is pinned stays true whatever door a change of rights comes through, and says why it stopped somebody."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from saas.auth import departments, directory, membership
from saas.auth.audit import SettingsEntry
from saas.auth.directory import CheckInfo
from saas.auth.members import Role
from saas.auth.sharing import AccessCheck
from saas.core.clock import now
from saas.core.errors import Forbidden, Invalid
from saas.core.ids import new_id
from saas.crm.sharing import checks, rules, shares
from saas.crm.sharing.rules import Draft
from saas.crm.sharing.shares import Offer
from saas.tenants.fleet_apply import UPGRADED_JOB
from saas.tenants.outbox import enqueue
from tests.contract.book import Book, of, open_book
from tests.worlds import World

OWN = {"accounts": {"read": "department", "edit": "own", "create": "all"}, "contacts": {"read": "own", "edit": "own"}}


@pytest.fixture
def book(world: World) -> Book:
    """Give a firm of departments that see only themselves."""
    found = open_book(world)
    for who in ("ann", "nora", "sid"):
        found.grant(who, OWN)
    found.grant("both", OWN | {"accounts": {"read": "own"}})
    return found


def check(who: str, key: UUID, action: str = "read", obj: str = "accounts", *, is_always: bool = False, field: str = "", of_department: UUID | None = None) -> CheckInfo:  # fmt: skip
    return CheckInfo(new_id(), who, key, is_always, action, obj, field, of_department)


def pinned(book: Book, info: CheckInfo) -> UUID:
    with book.acting("admin") as ctx:
        return checks.pin(ctx, info)


def opened(book: Book, source: str, to: str) -> Draft:
    return Draft("accounts", book.places[source], from_subtree=False, to=book.places[to], is_to_role=False)


def test_a_rule_that_breaks_a_check_is_held_back_with_the_reason(book: Book) -> None:
    pinned(book, check("department", book.places["Service"], of_department=book.places["Sales"]))
    with pytest.raises(Forbidden, match=r"Service: never sees accounts of the department Sales.*Sid"), book.acting("admin") as ctx:
        rules.save(ctx, opened(book, "Sales", "Service"))
    with book.acting("admin") as ctx:
        assert ctx.directory.rules == {}
        rules.save(ctx, opened(book, "North", "Service"))


def test_who_belongs_to_both_breaks_it_and_is_named(book: Book) -> None:
    """Somebody of Service who also belongs to Sales reads Sales by that place: the sentence is not true and cannot be pinned."""
    key = pinned(book, check("department", book.places["Service"], of_department=book.places["Sales"]))
    with pytest.raises(Forbidden, match="Both"):
        book.grant("both", OWN)
    with book.acting("admin") as ctx:
        checks.remove(ctx, key)
    book.grant("both", OWN)
    with pytest.raises(Invalid, match="Both"):
        pinned(book, check("department", book.places["Service"], of_department=book.places["Sales"]))


def test_field_sentences_hold_against_roles_and_further_roles(book: Book) -> None:
    hiding = _role(book, "Hides", OWN, {"accounts": {"phones": "hidden"}})
    showing = _role(book, "Shows", {"accounts": {"read": "own"}})
    with book.acting("admin") as ctx:
        membership.change_roles(ctx, book.people["sid"], [hiding])
        membership.change_roles(ctx, book.people["both"], [hiding])
    pinned(book, check("department", book.places["Service"], field="phones"))
    with pytest.raises(Forbidden, match="Sid"), book.acting("admin") as ctx:
        membership.change_roles(ctx, book.people["sid"], [hiding, showing])
    with pytest.raises(Forbidden, match="Sid"):
        _open_fields(book, hiding)


def test_moving_departments_people_and_shares_are_held_too(book: Book) -> None:
    for who in ("sid", "both"):
        book.grant(who, {"accounts": {"read": "subtree", "edit": "own"}})
    sid = book.people["sid"]
    pinned(book, check("member", sid, of_department=book.places["North"]))
    with pytest.raises(Forbidden), book.acting("admin") as ctx:
        departments.move(ctx, book.places["Sales"], book.places["Service"])
    with pytest.raises(Forbidden), book.acting("admin") as ctx:
        membership.place(ctx, sid, book.places["Service"], [book.places["North"]])
    with book.acting("admin") as ctx:
        north = next(row for row in book.everything(of("accounts")) if row.department_id == book.places["North"])
        sales = next(row for row in book.everything(of("accounts")) if row.department_id == book.places["Sales"])
        shares.give(ctx, of("accounts"), sales.id, Offer(sid, is_department=False))
    with pytest.raises(Forbidden, match="Sid"), book.acting("admin") as ctx:
        shares.give(ctx, of("accounts"), north.id, Offer(sid, is_department=False, expires_at=now() + timedelta(days=1)))


def test_always_sentences_keep_doors_open(book: Book) -> None:
    book.grant("ann", OWN | {"accounts": {"read": "all", "edit": "department"}})
    pinned(book, check("member", book.people["ann"], is_always=True))
    pinned(book, check("member", book.people["ann"], "edit", is_always=True, of_department=book.places["Sales"]))
    with pytest.raises(Forbidden, match="Ann: always sees accounts"):
        book.grant("ann", OWN | {"accounts": {"read": "subtree", "edit": "department"}})
    with pytest.raises(Forbidden, match="Ann: may always change"):
        book.grant("ann", OWN | {"accounts": {"read": "all", "edit": "own"}})


def test_admins_are_left_out_and_what_was_broken_blocks_nothing_more(book: Book) -> None:
    key = pinned(book, check("member", book.people["admin"], "delete"))
    with book.world.db() as db:
        # As an upgrade would leave it: a sentence that is not true.
        db.execute(update(AccessCheck).where(AccessCheck.id == key).values(who_id=book.people["sid"], action="read"))
        db.execute(update(directory.Workspace).values(version=directory.Workspace.version + 1))
    with book.acting("admin") as ctx:
        membership.place(ctx, book.people["sid"], book.places["Sales"], [])
    with pytest.raises(Invalid, match="not so at present"):
        pinned(book, check("member", book.people["sid"]))


def test_sentences_without_sense_are_refused(book: Book) -> None:
    place = book.places["Sales"]
    for info, field in (
        (check("department", new_id()), "who"),
        (check("team", place), "who"),
        (check("department", place, "fly"), "action"),
        (check("department", place, obj="notes"), "what"),
        (check("department", place, field="nothing"), "what"),
        (check("department", place, "delete", field="phones"), "action"),
        (check("department", place, of_department=new_id()), "department"),
        (check("department", place, "create", of_department=place), "department"),
        (check("department", place, field="phones", of_department=place), "department"),
    ):
        with pytest.raises(Invalid) as refused:
            pinned(book, info)
        assert field in refused.value.fields, info


def test_the_pages_pin_show_hold_back_and_remove(book: Book) -> None:
    admin = book.world.sign_in("admin")
    here, place = "/settings/access-checks", book.places["Service"]
    form = {"who": f"department:{place}", "often": "never", "action": "edit", "what": "contacts.emails", "department": ""}
    assert "Choose whom it is about." in admin.post(f"{here}/new", form | {"who": "department:7"}).text
    refused = admin.post(f"{here}/new", form)
    assert refused.status_code == 422
    assert "This is not so at present." in refused.text
    assert admin.post(f"{here}/new", form | {"action": "delete", "what": "contacts"}).status_code == 303
    assert "Service: never deletes contacts" in admin.get(here).text
    with book.acting("admin") as ctx:
        role = next(role for role in ctx.directory.roles.values() if role.name == "Role of sid")
        key = next(iter(ctx.directory.checks))
    url, roles = (
        f"/people/{book.people['sid']}",
        [str(role.id), str(_role(book, "Deletes", {"contacts": {"read": "all", "delete": "all"}}))],
    )
    seen = re.search(r'name="effect_seen" value="(\w+)"', admin.post(url, {"role": roles}).text)
    assert seen
    answer = admin.post(url, {"role": roles, "effect_seen": seen[1]})
    assert answer.status_code == 403
    assert "Service: never deletes contacts" in answer.text
    assert "Sid" in answer.text
    assert admin.post(f"{here}/{key}/remove").status_code == 303
    assert admin.post(f"{here}/{key}/remove").status_code == 404
    assert "No checks yet" in admin.get(here).text
    with book.world.db() as db:
        verbs = list(db.execute(select(SettingsEntry.what).where(SettingsEntry.what.like("check.%"))).scalars())
    assert verbs == ["check.pinned", "check.removed"]


def _open_fields(book: Book, role_id: UUID) -> None:
    with book.world.db() as db:
        directory.touch(db)
        db.execute(update(Role).where(Role.id == role_id).values(fields={}))


def _role(book: Book, name: str, grants: dict[str, dict[str, str]], fields: dict[str, dict[str, str]] | None = None) -> UUID:
    with book.world.db() as db:
        role = Role(key=None, name=name, grants=grants, fixed=[], fields=fields or {})
        db.add(role)
        directory.touch(db)
        db.flush()
        return role.id


def test_an_upgrade_that_breaks_a_check_is_told_to_admins(book: Book) -> None:
    key = pinned(book, check("member", book.people["admin"], "delete"))
    with book.world.db() as db:
        db.execute(update(AccessCheck).where(AccessCheck.id == key).values(who_id=book.people["sid"], action="read"))
        db.execute(update(directory.Workspace).values(version=directory.Workspace.version + 1))
        enqueue(db, UPGRADED_JOB)
    book.world.work()
    with book.world.db() as db:
        entry = db.execute(select(SettingsEntry).where(SettingsEntry.what == "check.broken")).scalar_one()
    assert entry.after == {"sentence": "Sid: never sees accounts"}
