"""A firm with a tree of departments, people in it, and rows of every object in every place: what contract tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.auth.members import Department, Member, MemberDepartment, MemberRole, Role
from saas.core.ids import new_id
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.registry import BY_NAME, OBJECTS
from saas.crm.tags import verbs as tags
from tests.contract.samples import Known, columns
from tests.worlds import World

Grants = dict[str, dict[str, str]]


@dataclass
class Book:
    """The firm. `people` are members by name, `places` departments by name; `rows` are keys by object, in the order they were made."""

    world: World
    places: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    tags: tuple[UUID, ...] = ()
    rows: dict[str, list[UUID]] = field(default_factory=dict)

    @property
    def known(self) -> Known:
        return Known(self.rows, tuple(self.people.values()), tuple(self.places.values()), self.tags)

    def everything(self, obj: ObjectDef) -> list[Any]:
        """Read all rows of an object past all rights, as plain rows of its table."""
        with self.world.db() as db:
            return list(db.execute(select(obj.model.__table__)).all())

    def grant(self, who: str, grants: Grants) -> None:
        """Give a member a role of their own, this and no other."""
        with self.world.db() as db:
            role = db.execute(select(MemberRole.role_id).where(MemberRole.member_id == self.people[who])).scalar_one()
            db.execute(update(Role).where(Role.id == role).values(grants=grants))
            touch(db)

    @contextmanager
    def acting(self, who: str) -> Iterator[Context]:
        with self.world.acting(who) as ctx:
            yield ctx


# name: (home department, further departments)
PEOPLE = {
    "ann": ("Sales", ()),
    "nora": ("North", ()),
    "sid": ("Service", ()),
    "both": ("Sales", ("Service",)),
}
TREE = {"Sales": "Everyone", "North": "Sales", "Service": "Everyone"}


def open_book(world: World) -> Book:
    """Fill a fresh firm."""
    book = Book(world)
    _place(book)
    for name, (home, further) in PEOPLE.items():
        grants = {obj.name: {"read": "all"} for obj in OBJECTS}
        book.people[name] = world.join(name, grants=grants, department_id=book.places[home])
        with world.db() as db:
            for place in further:
                db.add(MemberDepartment(member_id=book.people[name], department_id=book.places[place]))
            touch(db)
    book.people["admin"] = world.members["admin"]
    _write(book)
    return book


def _place(book: Book) -> None:
    with book.world.db() as db:
        book.places["Everyone"] = db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar_one()
        for name, above in TREE.items():
            parent = db.get_one(Department, book.places[above])
            key = new_id()
            db.add(Department(id=key, parent_id=parent.id, name=name, path=[*parent.path, key]))
            db.flush()
            book.places[name] = key
        touch(db)


def _write(book: Book) -> None:
    with book.world.acting("admin") as ctx:
        book.tags = (tags.make(ctx, "Key customer", "blue"), tags.make(ctx, "Late payer", "red"))
    # Six owners and three rows in each of four places: every place has rows of other people, and half of them one without an owner.
    owners = [None, *book.people.values()]
    for obj in [o for o in OBJECTS if o.parent is None]:
        book.rows[obj.name] = []
        for number, place in enumerate(place for place in book.places.values() for _turn in range(len(owners) // 2)):
            _make(book, obj, number, {"department_id": place, "owner_id": owners[number % len(owners)]})
    for obj in [o for o in OBJECTS if o.parent is not None]:
        book.rows[obj.name] = []
        _write_children(book, obj)


def _write_children(book: Book, obj: ObjectDef) -> None:
    """Hang a row on every record that can have some, by changing authors; and some on nothing, where that may be."""
    assert obj.parent is not None
    people, places, number = list(book.people), list(book.places.values()), 0
    for parent in [o for o in OBJECTS if o.parent is None]:
        for key in list(book.rows[parent.name]):
            number += 1
            _make(book, obj, number, {obj.parent[0]: parent.name, obj.parent[1]: key}, author=people[number % len(people)])
    if obj.model.__table__.c[obj.parent[0]].nullable:
        for number, place in enumerate(places * 2):
            _make(book, obj, number, {"department_id": place, "owner_id": book.people[people[number % len(people)]]})


def _make(book: Book, obj: ObjectDef, number: int, fixed: dict[str, Any], author: str = "admin") -> UUID:
    """Make one row; its author is put in afterwards, because rights of this moment are not what is tested."""
    with book.world.acting("admin") as ctx:
        values = columns(obj, number, book.known)
        own = [name for name in ("owner_id", "department_id") if name in values]
        for name in own:
            values.pop(name)
        row = records.create(ctx, obj, {**values, **fixed})
        book.rows[obj.name].append(row.id)
    if author != "admin":
        with book.world.db() as db:
            home = db.execute(select(Member.department_id).where(Member.id == book.people[author])).scalar_one()
            wanted = {"owner_id": book.people[author], "created_by": book.people[author], "department_id": home}
            if number % 3 == 0:  # Written for somebody else.
                wanted["owner_id"] = book.people["admin"]
            db.info["system"] = "test"
            db.execute(update(obj.model).where(obj.model.id == row.id).values(**wanted))
    return row.id


def of(name: str) -> ObjectDef:
    return BY_NAME[name]
