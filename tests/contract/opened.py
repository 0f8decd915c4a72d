"""The firm of `book`, opened up: rules and shares between its departments, and members with several roles, as PRODUCT's points 3 and 4 allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from saas.auth.directory import touch
from saas.auth.members import Member, MemberRole, Role
from saas.auth.sharing import RecordShare, SharingRule
from saas.core.clock import now
from saas.core.ids import new_id
from saas.crm.objects.fields import Choice
from saas.crm.registry import BY_NAME, OBJECTS
from tests.contract import naive
from tests.contract.book import PEOPLE, TREE, Book, Grants
from tests.contract.naive import Row, Rule, Share, World

Limits = Mapping[str, Mapping[str, str]]
ADMIN = "admin"


@dataclass(frozen=True)
class Says:
    """What one role says: `grants` object → action → scope name, `fields` object → field → `hidden` or `read-only`."""

    grants: Grants
    fields: Limits = field(default_factory=dict)


def _role(who: str, number: int) -> str:
    return f"Role of {who}" if number == 0 else f"Role {number + 1} of {who}"


# object, from, its subtree, to a department, its subtree, to a role, edit, export, condition, carried along
RULES = (
    Rule("accounts", "Sales", True, "Service", False, None, False, True, "tier", ("a", "b"), ("contacts", "activities")),
    Rule("accounts", "Service", False, "Sales", True, None, True, False, None, (), ()),
    Rule("contacts", "North", False, None, False, "Role of sid", True, True, None, (), ()),
    Rule("accounts", "Everyone", True, None, False, "Role of nora", False, False, "kind", ("customer", "supplier"), ("activities",)),
    Rule("contacts", "Service", False, "North", False, None, True, False, "tier", ("a",), ()),
    Rule("contacts", "Everyone", False, "Service", True, None, False, False, "tier", ("b", "c"), ()),
)  # fmt: skip


@dataclass
class Opened:
    """The firm with the rules and shares that were made in it."""

    book: Book
    rules: list[Rule]
    shares: list[Share]
    held: dict[str, Sequence[Says]] = field(default_factory=dict)
    viewers: set[str] = field(default_factory=set)

    def hold(self, who: str, roles: Sequence[Says], *, is_viewer: bool = False) -> None:
        """Give a member these roles and no others, on a full or a viewer's seat."""
        key = self.book.people[who]
        with self.book.world.db() as db:
            known = dict(db.execute(select(Role.name, Role.id)).all())
            db.execute(delete(MemberRole).where(MemberRole.member_id == key))
            for number, says in enumerate(roles):
                name = _role(who, number)
                values = {"grants": says.grants, "fields": says.fields}
                if name in known:
                    db.execute(update(Role).where(Role.id == known[name]).values(**values))
                else:
                    known[name] = new_id()
                    db.execute(insert(Role).values(id=known[name], key=None, name=name, fixed=[], description="", **values))
                db.execute(insert(MemberRole).values(member_id=key, role_id=known[name]))
            db.execute(update(Member).where(Member.id == key).values(seat="viewer" if is_viewer else "full"))
            touch(db)
        self.held[who] = roles
        self.viewers.discard(who)
        if is_viewer:
            self.viewers.add(who)

    def rows(self) -> dict[str, dict[UUID, Any]]:
        return {obj.name: {row.id: row for row in self.book.everything(obj)} for obj in OBJECTS}

    def world(self, rows: dict[str, dict[UUID, Any]]) -> World:
        """Say the firm as the naive model reads it."""
        people = {
            who: naive.Person(home, further, tuple(_role(who, n) for n in range(len(self.held.get(who, ())))), who in self.viewers)
            for who, (home, further) in PEOPLE.items()
        }
        people[ADMIN] = naive.Person("Everyone", is_admin=True)
        roles = {_role(who, number): says for who, held in self.held.items() for number, says in enumerate(held)}
        return World(
            tree={"Everyone": None, **TREE},
            people=people,
            grants={name: says.grants for name, says in roles.items()},
            fields={name: {obj: dict(said) for obj, said in says.fields.items()} for name, says in roles.items()},
            rules=self.rules,
            shares=self.shares,
            rows={name: {key: self._row(name, row) for key, row in found.items()} for name, found in rows.items()},
        )

    def _row(self, name: str, row: Any) -> Row:
        names = {key: who for who, key in self.book.people.items()}
        places = {key: place for place, key in self.book.places.items()}
        obj = BY_NAME[name]
        kind, subject = (getattr(row, column) for column in obj.parent) if obj.parent else (None, None)
        return Row(
            key=row.id,
            owner=names[row.owner_id] if row.owner_id else None,
            department=places[row.department_id],
            choices={one.name: getattr(row, one.name) for one in obj.fields if isinstance(one, Choice)},
            customer=getattr(row, obj.customer) if obj.customer else None,
            subject=(kind, subject) if kind else None,
            author=names.get(row.created_by),
            participants=[names[key] for key in getattr(row, obj.open_to)] if obj.open_to else (),
        )


def open_up(book: Book) -> Opened:
    """Make the rules, and shares of every kind: to read and to edit, to members and departments, with and without an end, and over."""
    rules = [_with_real_choices(rule) for rule in RULES]
    firm = Opened(book, rules, [])
    for who in PEOPLE:
        firm.hold(who, [Says({obj.name: {"read": "all"} for obj in OBJECTS})])
    with book.world.db() as db:
        known = dict(db.execute(select(Role.name, Role.id)).all())
        for rule in rules:
            db.add(SharingRule(
                object=rule.object, from_department_id=book.places[rule.source], from_subtree=rule.source_subtree,
                to_department_id=book.places[rule.to_department] if rule.to_department else None, to_subtree=rule.to_subtree,
                to_role_id=known[rule.to_role] if rule.to_role else None, may_edit=rule.may_edit, may_export=rule.may_export,
                field=rule.field, choices=list(rule.choices), carries=list(rule.carries),
            ))  # fmt: skip
        touch(db)
    for obj in (obj for obj in OBJECTS if obj.parent is None and obj.has_page):
        keys = book.rows[obj.name]
        for number, target in enumerate((*PEOPLE, *TREE)):
            for turn in range(2):
                is_person = target in PEOPLE
                firm.shares.append(Share(
                    obj.name, keys[(number * 2 + turn * 5) % len(keys)], target if is_person else None, None if is_person else target,
                    to_subtree=not is_person and turn == 1, may_edit=(number + turn) % 2 == 0, is_over=(number + turn) % 4 == 3,
                ))  # fmt: skip
    with book.world.db() as db:
        for share in firm.shares:
            db.add(RecordShare(
                object=share.object, record_id=share.record, to_member_id=book.people[share.to_member] if share.to_member else None,
                to_department_id=book.places[share.to_department] if share.to_department else None, to_subtree=share.to_subtree,
                may_edit=share.may_edit, expires_at=now() + timedelta(hours=-1 if share.is_over else 900), created_by=book.people[ADMIN],
            ))  # fmt: skip
        touch(db)
    return firm


def _with_real_choices(rule: Rule) -> Rule:
    """Put values that rows of the firm have for those of the table above, which only stand for some."""
    if rule.field:
        wanted = BY_NAME[rule.object].by_name[rule.field]
        assert isinstance(wanted, Choice)
        rule.choices = tuple(option.value for option in wanted.options[: len(rule.choices)])
    return rule


class Truth:
    """What one member may do in the firm, perhaps looked at by an onlooker: the naive model, asked with keys and decided once."""

    def __init__(self, firm: Opened, who: str, rows: dict[str, dict[UUID, Any]], onlooker: str | None = None) -> None:
        self.book, self.who, self.onlooker, self.rows = firm.book, who, onlooker, rows
        self.me = firm.book.people[who]
        self.model = firm.world(rows)
        self._decided: dict[tuple[str, UUID, str], bool] = {}
        person = self.model.people[who]
        near = {person.home, *person.further}
        self.belongs = {firm.book.places[name] for name in near}
        self.below = {firm.book.places[name] for name in self.model.tree if near & set(self.model.line(name))}

    def width(self, obj: str, action: str) -> int:
        """Tell how far an action reaches by roles alone; an onlooker changes nothing (11)."""
        if self.onlooker is None:
            return self.model.width(self.who, obj, action)
        return min(self.model.width(who, obj, "read") for who in (self.who, self.onlooker)) if action == "read" else 0

    def may(self, obj: str, key: UUID, action: str) -> bool:
        """Decide for one row."""
        asked = (obj, key, action)
        if asked not in self._decided:
            row = self.model.rows[obj][key]
            watched = self.onlooker is None or (action == "read" and self.model.may(self.onlooker, obj, row, action))
            self._decided[asked] = watched and self.model.may(self.who, obj, row, action)
        return self._decided[asked]

    def all_that(self, obj: str, action: str) -> set[UUID]:
        """List the rows of an object the member may do something to."""
        return {key for key in self.rows[obj] if self.may(obj, key, action)}

    def hidden(self, obj: str) -> set[str]:
        return self.model.hidden(self.who, obj) | (self.model.hidden(self.onlooker, obj) if self.onlooker else set())

    def closed(self, obj: str) -> set[str]:
        looked = self.model.closed(self.onlooker, obj) if self.onlooker else set()
        return (self.model.closed(self.who, obj) | looked) - self.hidden(obj)
