"""Every way to reach rows, under many roles, against the oracle that decides row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import pytest

from saas.auth.context import Context
from saas.core.errors import DomainError, Forbidden, Invalid, NotFound
from saas.crm.objects import access, bulk, history, linking, listing, records, timeline
from saas.crm.objects.bulk import Selection
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.listing import Filter, Query
from saas.crm.registry import OBJECTS, get
from saas.crm.search import find
from tests.contract.book import PEOPLE, Book, Grants
from tests.contract.oracle import WIDTHS, Oracle, oracle

ACTS = ("edit", "delete", "assign", "bulk", "create")
NAMES = tuple(obj.name for obj in OBJECTS)
TOP = tuple(obj for obj in OBJECTS if obj.parent is None)


# Widths of read and of all the rest: each step of each, and some of the rest wider than read, which must not count.
PAIRS = (
    "none none", "none all", "own none", "own own", "own all", "department own", "department department", "subtree none",
    "subtree department", "subtree subtree", "all none", "all own", "all department", "all subtree", "all all",
)  # fmt: skip


def _uniform() -> Iterator[tuple[str, str, Grants]]:
    """Roles that are the same for every object."""
    people = list(PEOPLE)
    for number, (read, rest) in enumerate(pair.split() for pair in PAIRS):
        grants = {name: {"read": read, **dict.fromkeys(ACTS, rest)} for name in NAMES}
        yield f"read {read}, the rest {rest}", people[number % len(people)], grants


def _mixed() -> Iterator[tuple[str, str, Grants]]:
    """Roles whose objects differ from one another."""
    dice = Random(20261)
    for number in range(10):
        who = dice.choice(list(PEOPLE))
        grants = {name: {action: dice.choice(WIDTHS) for action in ("read", *ACTS)} for name in NAMES if dice.random() < 0.9}
        yield f"mixture {number}", who, grants


ROLES = [*_uniform(), *_mixed()]


@pytest.fixture(scope="session")
def rows(book: Book) -> dict[str, dict[UUID, Any]]:
    return {obj.name: {row.id: row for row in book.everything(obj)} for obj in OBJECTS}


@pytest.fixture(params=ROLES, ids=[name.replace(" ", "-") for name, _who, _grants in ROLES])
def judged(request: pytest.FixtureRequest, book: Book, rows: dict[str, dict[UUID, Any]]) -> Iterator[tuple[Context, Oracle]]:
    """Be one member with one role; and the oracle for that."""
    _name, who, grants = request.param
    book.grant(who, grants)
    with book.acting(who) as ctx:
        yield ctx, oracle(book, who, grants, rows)
        ctx.db.rollback()


def test_lists_counts_and_pages_show_what_may_be_read(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for obj in OBJECTS:
        expected = truth.all_that(obj.name, "read")
        assert {row.id for row in listing.page(ctx, obj, Query(limit=1000)).rows} == expected, obj.name
        assert listing.count(ctx, obj, Query(), is_exact=True) == (len(expected), False), obj.name
        assert listing.count(ctx, obj, Query()) == (len(expected), False), obj.name
        assert _walked(ctx, obj, Query(limit=7)) == sorted(expected, key=lambda key: (truth.rows[obj.name][key].sort_key, key))
        for sort in listing.sortable(obj):
            assert set(_walked(ctx, obj, Query(sort=sort.name, is_descending=True, limit=9))) == expected, (obj.name, sort.name)


def _walked(ctx: Context, obj: ObjectDef, query: Query) -> list[UUID]:
    """Turn all pages of a list, there and back again."""
    found: list[UUID] = []
    cursor = ""
    for _turn in range(200):
        page = listing.page(ctx, obj, Query(**{**query.__dict__, "cursor": cursor}))
        found.extend(row.id for row in page.rows)
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(found) == len(set(found)), "a row came twice"
    return found


def test_filters_and_searches_never_widen(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for obj in OBJECTS:
        expected = truth.all_that(obj.name, "read")
        by_owner = Query(filters=(Filter("owner_id", "any", (str(truth.me),)),), limit=1000)
        mine = {key for key in expected if truth.rows[obj.name][key].owner_id == truth.me}
        assert {row.id for row in listing.page(ctx, obj, by_owner).rows} == mine, obj.name
        assert listing.count(ctx, obj, by_owner)[0] == len(mine)
        owned = Query(filters=(Filter("owner_id", "filled"),), limit=1000)
        filled = {key for key in expected if truth.rows[obj.name][key].owner_id}
        assert {row.id for row in listing.page(ctx, obj, owned).rows} == filled, obj.name
        searched = Query(search=obj.prefix, limit=1000)
        assert {row.id for row in listing.page(ctx, obj, searched).rows} <= expected
        assert listing.count(ctx, obj, searched)[0] == len(listing.page(ctx, obj, searched).rows)


def test_a_code_is_found_only_by_who_may_read_its_record(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for obj in OBJECTS:
        expected = truth.all_that(obj.name, "read")
        for key, row in list(truth.rows[obj.name].items())[::9]:
            hit = key in expected
            listed = [found.id for found in listing.page(ctx, obj, Query(search=row.code)).rows]
            assert (key in listed) == hit, row.code
            offered = [offer.value for offer in linking.offers(ctx, obj, row.code)]
            assert (str(key) in offered) == hit, row.code
            global_hits = {found.id for group in find.search(ctx, row.code).groups for found in group.found}
            assert (key in global_hits) == (hit and obj.has_page), row.code


def test_the_doors_of_a_record_open_as_far_as_its_rights(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for obj in OBJECTS:
        for key in list(truth.rows[obj.name])[::2]:
            row = truth.rows[obj.name][key]
            is_readable = truth.may(obj.name, row, "read")
            assert _try(records.find, ctx, obj, key) == (None if is_readable else NotFound), (obj.name, "find")
            for action in ("edit", "delete", "assign"):
                expected = None if truth.may(obj.name, row, action) else Forbidden if is_readable else NotFound
                assert _try(records.for_edit, ctx, obj, key, action) == expected, (obj.name, action, row.code)
                if is_readable:
                    assert access.allows(ctx, obj, records.find(ctx, obj, key), action) == truth.may(obj.name, row, action)
            assert records.label(ctx, obj, [key])[key] == (obj.label_of(row), is_readable)


def _try(function: Any, *args: Any) -> type[DomainError] | None:
    try:
        function(*args)
    except (NotFound, Forbidden) as error:
        return type(error)
    return None


def test_acts_on_many_rows_reach_no_further_than_on_one(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    needed = {"assign": ("edit", "assign"), "tags": ("edit",), "delete": ("delete",)}
    for obj in OBJECTS:
        everything = tuple(truth.rows[obj.name])
        readable = truth.all_that(obj.name, "read")
        for act, actions in needed.items():
            allowed = set.intersection(*(truth.all_that(obj.name, action) for action in actions))
            by_key = bulk.extent(ctx, obj, Selection(ids=everything), act)
            assert (by_key.total, by_key.permitted) == (len(everything), len(allowed)), (obj.name, act)
            by_query = bulk.extent(ctx, obj, Selection(query=Query()), act)
            assert (by_query.total, by_query.permitted) == (len(readable), len(allowed)), (obj.name, act)
        with _tried(ctx):
            outcome = bulk.tag(ctx, obj, Selection(ids=everything), add=[UUID(int=7)], take=[])
            assert outcome.changed == len(truth.all_that(obj.name, "edit")), obj.name


def test_a_story_tells_only_what_may_be_read(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for obj in TOP:
        for key in [key for key in truth.rows[obj.name] if truth.may(obj.name, truth.rows[obj.name][key], "read")][::4]:
            record = records.find(ctx, obj, key)
            told = _told(ctx, obj, record)
            for child in ("notes", "activities"):
                belongs = {
                    each
                    for each, row in truth.rows[child].items()
                    if (row.subject_id == key or (obj.name == "accounts" and row.customer_id == key)) and truth.may(child, row, "read")
                }
                assert {entry.view.id for entry in told if entry.source == child and entry.view} == belongs, (obj.name, child)
            changed = {(entry.change.object, entry.change.record_id) for entry in told if entry.change}
            for name, record_id in changed:
                assert truth.may(name, truth.rows[name][record_id], "read"), name
            for entry in told:
                if entry.view and entry.subject.href:
                    name, _slash, other = entry.subject.href.removeprefix("/").partition("/")
                    assert truth.may(name, truth.rows[name][UUID(other)], "read")
            changes, _next = history.page(ctx, record)
            assert all(change.record_id == key for change in changes)


def _told(ctx: Context, obj: ObjectDef, record: Any) -> list[timeline.Entry]:
    found: list[timeline.Entry] = []
    cursor = ""
    for _turn in range(50):
        story = timeline.page(ctx, obj, record, None, cursor, limit=3)
        found.extend(story.entries)
        cursor = story.next_cursor
        if not cursor:
            return found
    raise AssertionError("a story without end")


@contextmanager
def _tried(ctx: Context) -> Iterator[None]:
    """Do something and take it back, as if the transaction had been another one."""
    point = ctx.db.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        ctx.db.expire_all()
        ctx.state.pop("batch", None)
        ctx.state.pop("labels", None)
        ctx.state.pop("weighed", None)


def _is_accepted(act: Any, ctx: Context, *args: Any) -> bool:
    with _tried(ctx):
        try:
            act(ctx, *args)
        except (Invalid, Forbidden, NotFound):
            return False
        return True


def test_records_are_given_only_within_ones_reach(judged: tuple[Context, Oracle], book: Book) -> None:
    ctx, truth = judged
    homes = {book.people[name]: book.places[home] for name, (home, _further) in PEOPLE.items()}
    homes[book.people["admin"]] = book.places["Everyone"]
    for obj in TOP:
        reach = truth.width(obj.name, "assign")
        near = {0: set(), 1: set(), 2: truth.belongs, 3: truth.below, 4: set(homes.values())}[reach]
        for key in sorted(truth.all_that(obj.name, "assign") & truth.all_that(obj.name, "edit"))[:2]:
            now = truth.rows[obj.name][key].owner_id
            for member in [each for each in (*homes, None) if each != now]:
                expected = reach == 4 if member is None else homes[member] in near or (reach > 0 and member == truth.me)
                if member and not ctx.directory.rights(ctx.directory.members[member]).may(f"{obj.name}:read"):
                    expected = False
                assert _is_accepted(_give, ctx, obj, key, member) == expected, (obj.name, member)
                assert _is_accepted(bulk.assign, ctx, obj, Selection(ids=(key,)), member) == expected, (obj.name, member)


def _give(ctx: Context, obj: ObjectDef, key: UUID, member: UUID | None) -> None:
    records.update(ctx, obj, records.for_edit(ctx, obj, key), {"owner_id": member})


def test_making_for_others_needs_the_right_to_assign(judged: tuple[Context, Oracle], book: Book) -> None:
    ctx, truth = judged
    homes = {book.people[name]: book.places[home] for name, (home, _further) in PEOPLE.items()}
    for obj in TOP:
        may_create = truth.grants.get(obj.name, {}).get("create", "none") != "none"
        reach = truth.width(obj.name, "assign")
        near = {0: set(), 1: set(), 2: truth.belongs, 3: truth.below, 4: set(homes.values())}[reach]
        label = "family_name" if obj.is_person else "name"
        for member in (*homes, None):
            expected = may_create
            if member is None:
                expected = may_create and reach == 4
            elif member != truth.me:
                can_read = ctx.directory.rights(ctx.directory.members[member]).may(f"{obj.name}:read")
                expected = may_create and homes[member] in near and can_read
            assert _is_accepted(records.create, ctx, obj, {label: "Fresh", "owner_id": member}) == expected, (obj.name, member)


def test_writing_on_a_record_needs_to_read_it(judged: tuple[Context, Oracle]) -> None:
    ctx, truth = judged
    for child, words in (("notes", {"body": "Hello"}), ("activities", {"kind": "task", "title": "Call"})):
        may_write = truth.grants.get(child, {}).get("create", "none") != "none"
        for obj in TOP:
            for key in list(truth.rows[obj.name])[::4]:
                expected = may_write and truth.may(obj.name, truth.rows[obj.name][key], "read")
                values = {**words, "subject_object": obj.name, "subject_id": key}
                assert _is_accepted(records.create, ctx, get(child), values) == expected, obj.name
