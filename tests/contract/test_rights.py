"""Every way to reach rows, under many roles, rules and shares, against the naive model that decides row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from saas.auth.context import Context
from saas.core.errors import DomainError, Forbidden, Invalid, NotFound
from saas.crm.objects import access, bulk, exporting, history, linking, listing, records, timeline
from saas.crm.objects.bulk import Selection
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.listing import Filter, Query
from saas.crm.objects.seen import seen
from saas.crm.registry import BY_NAME, OBJECTS, get
from saas.crm.search import find
from tests.contract.book import PEOPLE, Grants
from tests.contract.naive import WIDTHS
from tests.contract.opened import Opened, Says, Truth

ACTS = ("edit", "delete", "assign", "bulk", "create", "export")
NAMES = tuple(obj.name for obj in OBJECTS)
TOP = tuple(obj for obj in OBJECTS if obj.parent is None)


@dataclass(frozen=True)
class Part:
    """Somebody to be: a member with some roles, perhaps on a viewer's seat, perhaps looked at by somebody else (who has `others`)."""

    name: str
    who: str
    roles: tuple[Says, ...]
    is_viewer: bool = False
    onlooker: str | None = None
    others: tuple[Says, ...] = ()


# Widths of read and of all the rest: each step of each, and some of the rest wider than read, which must not count.
PAIRS = (
    "none none", "none all", "own none", "own own", "own all", "department own", "department department", "subtree none",
    "subtree department", "subtree subtree", "all none", "all own", "all department", "all subtree", "all all",
)  # fmt: skip


def _uniform() -> Iterator[Part]:
    """Roles that are the same for every object."""
    people = list(PEOPLE)
    for number, (read, rest) in enumerate(pair.split() for pair in PAIRS):
        grants = {name: {"read": read, **dict.fromkeys(ACTS, rest)} for name in NAMES}
        yield Part(f"read {read}, the rest {rest}", people[number % len(people)], (Says(grants),))


def _grants(dice: Random) -> Grants:
    return {name: {action: dice.choice(WIDTHS) for action in ("read", *ACTS)} for name in NAMES if dice.random() < 0.9}


def _limited(dice: Random) -> dict[str, dict[str, str]]:
    """Hide or close about a third of the fields that may be; the link to the customer stays, by which rows hang together."""
    found = {}
    for obj in OBJECTS:
        names = [f.name for f in obj.fields if f.name not in (obj.label_field, *obj.name_parts, *(link.name for link in obj.links))]
        found[obj.name] = {name: dice.choice(("hidden", "read-only")) for name in names if dice.random() < 0.35}
    return found


def _mixed() -> Iterator[Part]:
    """Roles whose objects differ from one another, with fields of their own; every second time two roles at once."""
    dice = Random(20261)
    for number in range(12):
        roles = tuple(Says(_grants(dice), _limited(dice)) for _role in range(1 + number % 2))
        yield Part(f"mixture {number}", dice.choice(list(PEOPLE)), roles)


def _seated() -> Iterator[Part]:
    """Viewers, who are clamped to reading; and members looked at by a colleague."""
    dice = Random(20262)
    wide = {name: {"read": "department", **dict.fromkeys(ACTS, "all")} for name in NAMES}
    for number, who in enumerate(("sid", "nora")):
        yield Part(f"viewer {number}", who, (Says(wide, _limited(dice)),), is_viewer=True)
    for number, (who, onlooker) in enumerate((("sid", "ann"), ("nora", "both"), ("ann", "admin"))):
        others = () if onlooker == "admin" else (Says(_grants(dice) | wide if number else _grants(dice), _limited(dice)),)
        yield Part(f"{who} looked at by {onlooker}", who, (Says(_grants(dice) | wide, _limited(dice)),), onlooker=onlooker, others=others)


PARTS = [*_uniform(), *_mixed(), *_seated()]


@pytest.fixture(scope="session")
def rows(opened: Opened) -> dict[str, dict[UUID, Any]]:
    return opened.rows()


@pytest.fixture(params=PARTS, ids=[part.name.replace(" ", "-") for part in PARTS])
def judged(request: pytest.FixtureRequest, opened: Opened, rows: dict[str, dict[UUID, Any]]) -> Iterator[tuple[Context, Truth]]:
    """Be one member with some roles; and the naive model of that."""
    part: Part = request.param
    opened.hold(part.who, part.roles, is_viewer=part.is_viewer)
    if part.others and part.onlooker:
        opened.hold(part.onlooker, part.others)
    with opened.book.acting(part.who) as ctx:
        looking = _looked_at(ctx, opened.book.people[part.onlooker]) if part.onlooker else ctx
        yield looking, Truth(opened, part.who, rows, part.onlooker)
        ctx.db.rollback()


def _looked_at(ctx: Context, onlooker: UUID) -> Context:
    rights = replace(ctx.rights, within=ctx.directory.rights(ctx.directory.members[onlooker]))
    ctx.db.info["rights"] = rights
    return replace(ctx, rights=rights)


def test_lists_counts_and_pages_show_what_may_be_read(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for whole in OBJECTS:
        obj = seen(ctx, whole)
        expected = truth.all_that(obj.name, "read")
        assert {row.id for row in listing.page(ctx, obj, Query(limit=1000)).rows} == expected, obj.name
        assert listing.count(ctx, obj, Query(), is_exact=True) == (len(expected), False), obj.name
        assert listing.count(ctx, obj, Query()) == (len(expected), False), obj.name
        assert _walked(ctx, obj, Query(limit=7)) == sorted(expected, key=lambda key: (truth.rows[obj.name][key].sort_key, key))
        sorts = {sort.name for sort in listing.sortable(obj)}
        assert sorts == {sort.name for sort in listing.sortable(whole)} - truth.hidden(obj.name)
        for sort in sorted(sorts)[len(expected) % 3 :: 3]:
            assert set(_walked(ctx, obj, Query(sort=sort, is_descending=True, limit=9))) == expected, (obj.name, sort)
        # A sort by a hidden field is none: the order is that of the names.
        for name in sorted(truth.hidden(obj.name) - sorts)[:3]:
            assert listing.page(ctx, obj, Query(sort=name, limit=50)).rows == listing.page(ctx, obj, Query(limit=50)).rows, name


def test_files_hold_what_may_be_exported(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for whole in OBJECTS:
        obj = seen(ctx, whole)
        fields = exporting.fields(ctx, obj, ())
        assert {f.name for f in fields} == {f.name for f in whole.fields} - truth.hidden(obj.name)
        if "code" in truth.hidden(obj.name):
            continue
        place = [f.name for f in fields].index("code")
        written, cursor, is_first = [], "", True
        while is_first or cursor:
            rows, cursor = exporting.page(ctx, obj, Query(cursor=cursor), fields)
            written += [row[place] for row in rows]
            is_first = False
        assert sorted(written) == sorted(truth.rows[obj.name][key].code for key in truth.all_that(obj.name, "export")), obj.name


def test_fields_are_those_the_roles_leave(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for whole in OBJECTS:
        obj, hidden, closed = seen(ctx, whole), truth.hidden(whole.name), truth.closed(whole.name)
        assert set(obj.by_name) == {f.name for f in whole.fields} - hidden
        assert {f.name for f in obj.fields if f.is_editable} == {f.name for f in whole.fields if f.is_editable} - hidden - closed
        named = {
            *obj.default_columns,
            *obj.facts,
            obj.default_sort.removeprefix("-"),
            *(n for names in obj.searched.values() for n in names),
        }
        assert not (named | {n for names in obj.recognised.values() for n in names}) & hidden
        for preset in whole.presets:
            asked = {name for name, _operator, _values in preset.filters} | {preset.sort.removeprefix("-")}
            assert (preset in obj.presets) == (not asked & hidden), preset.label


def test_a_filter_on_a_hidden_field_is_unavailable_and_never_left_out(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for whole in OBJECTS:
        obj = seen(ctx, whole)
        for name in truth.hidden(obj.name) & {f.name for f in whole.fields if f.is_filterable}:
            for operator in whole.by_name[name].operators:
                query = Query(filters=(Filter(name, operator, ("1",)),), limit=100)
                page = listing.page(ctx, obj, query)
                assert not page.rows
                assert name in page.problems
            assert listing.count(ctx, obj, query) == (0, False)
            assert bulk.extent(ctx, obj, Selection(query=query), "tags").permitted == 0


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


def test_filters_and_searches_never_widen(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for obj in (seen(ctx, obj) for obj in OBJECTS):
        expected = truth.all_that(obj.name, "read")
        if "owner_id" in truth.hidden(obj.name):
            continue
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


def test_a_code_is_found_only_by_who_may_read_its_record(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for obj in (seen(ctx, obj) for obj in OBJECTS):
        expected = truth.all_that(obj.name, "read") if "code" not in truth.hidden(obj.name) else set()
        for key, row in list(truth.rows[obj.name].items())[::9]:
            hit = key in expected
            listed = [found.id for found in listing.page(ctx, obj, Query(search=row.code)).rows]
            assert (key in listed) == hit, row.code
            offered = [offer.value for offer in linking.offers(ctx, BY_NAME[obj.name], row.code)]
            assert (str(key) in offered) == hit, row.code
            global_hits = {found.id for group in find.search(ctx, row.code).groups for found in group.found}
            assert (key in global_hits) == (hit and obj.has_page), row.code


def test_what_a_hidden_field_says_finds_no_row(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for whole in OBJECTS:
        obj = seen(ctx, whole)
        expected = truth.all_that(obj.name, "read")
        for name in ("emails", "phones"):
            if name not in whole.by_name:
                continue
            assert any(name in names for names in whole.searched.values())
            for key, row in list(truth.rows[obj.name].items())[::8]:
                text = getattr(row, name)[0]["value"]
                hit = key in expected and name not in truth.hidden(obj.name)
                assert (key in {found.id for found in listing.page(ctx, obj, Query(search=text)).rows}) == hit, (name, row.code)
                assert listing.count(ctx, obj, Query(search=text))[0] == len(listing.page(ctx, obj, Query(search=text, limit=90)).rows)
                offered = {offer.value for offer in linking.offers(ctx, whole, text)}
                assert (str(key) in offered) == hit, (name, row.code)
                hits = {found.id for group in find.search(ctx, text).groups for found in group.found}
                assert (key in hits) == hit, (name, row.code)


def test_the_doors_of_a_record_open_as_far_as_its_rights(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for obj in OBJECTS:
        for key in list(truth.rows[obj.name])[::2]:
            row = truth.rows[obj.name][key]
            is_readable = truth.may(obj.name, key, "read")
            assert _try(records.find, ctx, obj, key) == (None if is_readable else NotFound), (obj.name, "find")
            for action in ("edit", "delete", "assign", "export"):
                expected = None if truth.may(obj.name, key, action) else Forbidden if is_readable else NotFound
                assert _try(records.for_edit, ctx, obj, key, action) == expected, (obj.name, action, row.code)
                if is_readable:
                    assert access.allows(ctx, obj, records.find(ctx, obj, key), action) == truth.may(obj.name, key, action)
            assert records.label(ctx, obj, [key])[key] == (obj.label_of(row), is_readable)


def _try(function: Any, *args: Any) -> type[DomainError] | None:
    try:
        function(*args)
    except (NotFound, Forbidden) as error:
        return type(error)
    return None


def test_acts_on_many_rows_reach_no_further_than_on_one(judged: tuple[Context, Truth]) -> None:
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
        is_closed = "tag_ids" in truth.hidden(obj.name) | truth.closed(obj.name)
        with _tried(ctx), pytest.raises(Forbidden) if is_closed else nullcontext():
            outcome = bulk.tag(ctx, obj, Selection(ids=everything), add=[UUID(int=7)], take=[])
            assert outcome.changed == len(truth.all_that(obj.name, "edit")), obj.name


def test_a_story_tells_only_what_may_be_read(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for obj in TOP:
        for key in [key for key in truth.rows[obj.name] if truth.may(obj.name, key, "read")][::4]:
            record = records.find(ctx, obj, key)
            told = _told(ctx, obj, record)
            for child in ("notes", "activities"):
                belongs = {
                    each
                    for each, row in truth.rows[child].items()
                    if (row.subject_id == key or (obj.name == "accounts" and row.customer_id == key)) and truth.may(child, each, "read")
                }
                assert {entry.view.id for entry in told if entry.source == child and entry.view} == belongs, (obj.name, child)
            changed = {(entry.change.object, entry.change.record_id) for entry in told if entry.change}
            for name, record_id in changed:
                assert truth.may(name, record_id, "read"), name
            for entry in told:
                if entry.view and entry.subject.href:
                    name, _slash, other = entry.subject.href.removeprefix("/").partition("/")
                    assert truth.may(name, UUID(other), "read")
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


def test_records_are_given_only_within_ones_reach(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    book = truth.book
    homes = {book.people[name]: book.places[home] for name, (home, _further) in PEOPLE.items()}
    homes[book.people["admin"]] = book.places["Everyone"]
    for obj in TOP:
        assert bulk.is_open(ctx, obj, "assign") == ("owner_id" not in truth.hidden(obj.name) | truth.closed(obj.name))
        reach = truth.width(obj.name, "assign")
        near = {0: set(), 1: set(), 2: truth.belongs, 3: truth.below, 4: set(homes.values())}[reach]
        for key in sorted(truth.all_that(obj.name, "assign") & truth.all_that(obj.name, "edit"))[:2]:
            now = truth.rows[obj.name][key].owner_id
            for member in [each for each in (*homes, None) if each != now]:
                expected = reach == 4 if member is None else homes[member] in near or (reach > 0 and member == truth.me)
                if member and not ctx.directory.rights(ctx.directory.members[member]).may(f"{obj.name}:read"):
                    expected = False
                assert _is_accepted(_give, ctx, obj, key, member) == expected, (obj.name, member)
                together = expected and bulk.is_open(ctx, obj, "assign")
                assert _is_accepted(bulk.assign, ctx, obj, Selection(ids=(key,)), member) == together, (obj.name, member)


def _give(ctx: Context, obj: ObjectDef, key: UUID, member: UUID | None) -> None:
    records.update(ctx, obj, records.for_edit(ctx, obj, key), {"owner_id": member})


def test_making_for_others_needs_the_right_to_assign(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    book = truth.book
    homes = {book.people[name]: book.places[home] for name, (home, _further) in PEOPLE.items()}
    for obj in TOP:
        may_create = truth.width(obj.name, "create") > 0
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


def test_writing_on_a_record_needs_to_read_it(judged: tuple[Context, Truth]) -> None:
    ctx, truth = judged
    for child, words in (("notes", {"body": "Hello"}), ("activities", {"kind": "task", "title": "Call"})):
        may_write = truth.width(child, "create") > 0
        for obj in TOP:
            for key in list(truth.rows[obj.name])[::4]:
                expected = may_write and truth.may(obj.name, key, "read")
                values = {**words, "subject_object": obj.name, "subject_id": key}
                assert _is_accepted(records.create, ctx, get(child), values) == expected, obj.name
