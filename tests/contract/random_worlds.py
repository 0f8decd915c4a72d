"""Firms made by dice: a tree, roles, people, rules, shares and rows, small enough to be read and odd enough to be wrong about."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from saas.auth.members import Department, Member, MemberDepartment, MemberRole, Role
from saas.auth.permissions import ACTIONS
from saas.auth.sharing import RecordShare, SharingRule
from saas.core.clock import now
from saas.crm.registry import BY_NAME
from tests.contract.naive import CHILDREN, WIDTHS, Person, Row, Rule, Share, World

OBJECTS = ("accounts", "contacts", "activities", "notes")
TIERS = ("a", "b", None)
FIELDS = {"accounts": ("tier", "phones", "industry"), "contacts": ("emails", "birth_date"), "activities": ("place",), "notes": ()}


def roll(seed: int) -> World:
    """Make a firm; the same one for the same seed."""
    dice = Random(seed)
    tree: dict[str, str | None] = {"d0": None}
    for number in range(1, dice.randint(2, 7)):
        tree[f"d{number}"] = dice.choice(list(tree))
    places = list(tree)
    roles = [f"r{number}" for number in range(dice.randint(1, 3))]
    grants = {role: {obj: _actions(dice) for obj in OBJECTS if dice.random() < 0.9} for role in roles}
    fields = {role: {obj: _limits(dice, obj) for obj in OBJECTS if dice.random() < 0.5} for role in roles}
    people = {f"p{number}": _person(dice, places, roles) for number in range(dice.randint(2, 4))}
    owners = [None, *people]
    rows: dict[str, dict[int, Row]] = {name: {} for name in OBJECTS}
    for obj in OBJECTS:
        for number in range(dice.randint(4, 14)):
            key = OBJECTS.index(obj) * 1000 + number + 1
            rows[obj][key] = _row(dice, obj, key, rows, owners, places)
    rules = [_rule(dice, places, roles) for _number in range(dice.choice((0, 1, 2, 4)))]
    shares = [_share(dice, rows, people, places) for _number in range(dice.choice((0, 1, 3, 6)))]
    return World(tree, people, grants, fields, rules, shares, rows)


def _actions(dice: Random) -> dict[str, str]:
    read = dice.choice(WIDTHS)
    found = {"read": read}
    for action in ACTIONS[1:]:
        if dice.random() < 0.8:
            found[action] = dice.choice(WIDTHS)
    return found


def _limits(dice: Random, obj: str) -> dict[str, str]:
    return {name: dice.choice(("hidden", "read-only")) for name in FIELDS[obj] if dice.random() < 0.5}


def _person(dice: Random, places: list[str], roles: list[str]) -> Person:
    kind = dice.random()
    held = tuple(dice.sample(roles, dice.randint(0 if kind < 0.1 else 1, len(roles))))
    further = tuple(place for place in places if dice.random() < 0.15)
    return Person(dice.choice(places), further, held, is_viewer=kind > 0.85, is_admin=0.8 < kind <= 0.85)


def _row(dice: Random, obj: str, key: int, rows: dict[str, dict[int, Row]], owners: list[str | None], places: list[str]) -> Row:
    row = Row(key, dice.choice(owners), dice.choice(places), {"tier": dice.choice(TIERS), "kind": dice.choice(("customer", None))})
    if obj == "contacts" and dice.random() < 0.7:
        row.customer = dice.choice(list(rows["accounts"]))
    if obj in CHILDREN:
        row.author = dice.choice([name for name in owners if name])
        row.owner = dice.choice([name for name in owners if name])
        if obj == "notes" or dice.random() < 0.8:
            kind = dice.choice(("accounts", "contacts"))
            row.subject = (kind, dice.choice(list(rows[kind])))
            subject = rows[kind][row.subject[1]]
            row.customer = subject.key if kind == "accounts" else subject.customer
        if obj == "activities" and dice.random() < 0.3:
            row.participants = (dice.choice([name for name in owners if name]),)
    return row


def _rule(dice: Random, places: list[str], roles: list[str]) -> Rule:
    obj = dice.choice(("accounts", "contacts"))
    to_role = dice.choice(roles) if dice.random() < 0.4 else None
    field = dice.choice((None, "tier", "kind") if obj == "accounts" else (None, "tier"))
    chosen = () if field is None else ("customer", "a") if field == "kind" else tuple(dice.sample(("a", "b"), dice.randint(1, 2)))
    return Rule(
        obj, dice.choice(places), dice.random() < 0.5, None if to_role else dice.choice(places), not to_role and dice.random() < 0.5, to_role,
        dice.random() < 0.5, dice.random() < 0.4, field, chosen,
        tuple(name for name in ("contacts", "activities") if dice.random() < 0.5) if obj == "accounts" else (),
    )  # fmt: skip


def _share(dice: Random, rows: dict[str, dict[int, Row]], people: dict[str, Person], places: list[str]) -> Share:
    obj = dice.choice(("accounts", "contacts"))
    to_member = dice.choice(list(people)) if dice.random() < 0.5 else None
    to_department = None if to_member else dice.choice(places)
    subtree = to_department is not None and dice.random() < 0.5
    return Share(obj, dice.choice(list(rows[obj])), to_member, to_department, subtree, dice.random() < 0.5, dice.random() < 0.2)


def key_of(name: str | int) -> UUID:
    """Give the key by which somebody or something of a firm is kept."""
    return UUID(
        int=0x0190_0000_0000_7000_8000_0000_0000_0000
        + (name if isinstance(name, int) else sum(ord(c) << (16 * i) for i, c in enumerate(name)))
    )


def keep(db: Session, world: World) -> None:
    """Write a firm into an empty schema, as the system; the caller rolls it back."""
    db.info["system"] = "a firm made by dice"
    db.execute(insert(Department), [
        {"id": key_of(name), "parent_id": key_of(above) if above else None, "name": name, "path": [key_of(each) for each in reversed(world.line(name))]}
        for name, above in world.tree.items()
    ])  # fmt: skip
    roles = [
        {"id": key_of(name), "key": None, "name": name, "grants": grants, "fixed": [], "fields": world.fields[name], "description": ""}
        for name, grants in world.grants.items()
    ]
    roles.append({"id": key_of("ad"), "key": "admin", "name": "Admin", "grants": {}, "fixed": [], "fields": {}, "description": ""})
    db.execute(insert(Role), roles)
    db.execute(insert(Member), [
        {"id": key_of(name), "identity_id": None, "name": name, "seat": "viewer" if one.is_viewer else "full", "status": "active", "department_id": key_of(one.home)}
        for name, one in world.people.items()
    ])  # fmt: skip
    held = [(name, role) for name, one in world.people.items() for role in (*one.roles, *(["ad"] if one.is_admin else []))]
    _many(db, MemberRole, [{"member_id": key_of(name), "role_id": key_of(role)} for name, role in held])
    further = [(name, place) for name, one in world.people.items() for place in one.further]
    _many(db, MemberDepartment, [{"member_id": key_of(name), "department_id": key_of(place)} for name, place in further])
    _many(db, SharingRule, [_rule_row(rule) for rule in world.rules])
    for obj in OBJECTS:
        _many(db, BY_NAME[obj].model, [_record(world, obj, row) for row in world.rows[obj].values()])
    _many(db, RecordShare, [_share_row(share) for share in world.shares])


def _many(db: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.execute(insert(model.__table__), rows)


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "object": rule.object, "from_department_id": key_of(rule.source), "from_subtree": rule.source_subtree,
        "to_department_id": key_of(rule.to_department) if rule.to_department else None, "to_subtree": rule.to_subtree,
        "to_role_id": key_of(rule.to_role) if rule.to_role else None, "may_edit": rule.may_edit, "may_export": rule.may_export,
        "field": rule.field, "choices": list(rule.choices), "carries": list(rule.carries),
    }  # fmt: skip


def _share_row(share: Share) -> dict[str, Any]:
    return {
        "object": share.object, "record_id": key_of(share.record), "to_member_id": key_of(share.to_member) if share.to_member else None,
        "to_department_id": key_of(share.to_department) if share.to_department else None, "to_subtree": share.to_subtree,
        "may_edit": share.may_edit, "expires_at": now() - timedelta(hours=1) if share.is_over else None, "reason": "",
    }  # fmt: skip


def _record(world: World, obj: str, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": key_of(row.key), "code": f"X-{row.key}", "department_id": key_of(row.department),
        "owner_id": key_of(row.owner) if row.owner else None, "sort_key": f"k{row.key % 7}", "created_by": key_of(row.author) if row.author else None,
    }  # fmt: skip
    if obj in CHILDREN:
        subject = world.rows[row.subject[0]][row.subject[1]] if row.subject else None
        found |= {
            "title": "x", "subject_object": row.subject[0] if row.subject else None, "subject_id": key_of(subject.key) if subject else None,
            "customer_id": key_of(row.customer) if row.customer else None,
            "parent_owner_id": key_of(subject.owner) if subject and subject.owner else None,
            "parent_department_id": key_of(subject.department) if subject else None,
        }  # fmt: skip
        extra = (
            {"kind": "task", "happened_at": now(), "participants": [key_of(name) for name in row.participants]}
            if obj == "activities"
            else {"body": "x"}
        )
        return found | extra
    return (
        found
        | {"name": "x", "tier": row.choices["tier"]}
        | ({"kind": row.choices["kind"]} if obj == "accounts" else {"account_id": key_of(row.customer) if row.customer else None})
    )
