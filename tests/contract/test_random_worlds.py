"""Two thousand firms made by dice: every member, row and action decided by SQL, by one loaded row and by the pager, against PRODUCT's text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select

from saas.auth import directory
from saas.auth.context import Context
from saas.auth.members import Department, Member, MemberDepartment, MemberRole, Role
from saas.auth.permissions import ASSIGN, DELETE, EDIT, EXPORT, READ
from saas.core.clock import now
from saas.crm.objects import access, listing, seen
from saas.crm.objects.listing import Query
from saas.crm.registry import BY_NAME
from saas.tenants.session import TenantSession, bound_tenant
from tests.contract.naive import World
from tests.contract.random_worlds import OBJECTS, keep, key_of, roll
from tests.worlds import World as Firm

WORLDS, CHUNK = 2_000, 50
# Of every eighth firm the lists and totals are read too, which takes longer than deciding.
LISTED = 8
DECIDED = (READ, EDIT, DELETE, EXPORT, ASSIGN)


@pytest.fixture
def empty(world: Firm) -> Iterator[TenantSession]:
    """Give an open transaction in a schema with nobody in it; nothing of it stays."""
    with world.db() as db:
        db.info["system"] = "test"
        db.execute(Department.__table__.update().values(head_id=None))
        for model in (MemberRole, MemberDepartment, Member, Role, Department):
            db.execute(delete(model))
        yield db
        db.rollback()


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_every_decision_is_that_of_the_text(first: int, empty: TenantSession) -> None:
    decisions = 0
    for seed in range(first, first + CHUNK):
        firm = roll(seed)
        point = empty.begin_nested()
        keep(empty, firm)
        decisions += check(empty, firm, seed)
        point.rollback()
    assert decisions > CHUNK * 50


def check(db: TenantSession, firm: World, seed: int) -> int:
    """Compare all decisions in one firm; return how many there were."""
    people = directory._load(db)
    number = 0
    for who in firm.people:
        rights = people.rights(people.members[key_of(who)])
        ctx = Context(db=db, tenant=bound_tenant(db), member=people.members[key_of(who)], rights=rights, directory=people, now=now())
        for name in OBJECTS:
            obj, rows = BY_NAME[name], firm.rows[name]
            told = (seed, who, name)
            assert rights.hides(name) == firm.hidden(who, name), told
            assert rights.closes(name) == firm.closed(who, name), told
            expected = {action: {key_of(row.key) for row in rows.values() if firm.may(who, name, row, action)} for action in DECIDED}
            conditions = [access.visible(rights, obj, action).label(action) for action in DECIDED]
            for found in db.execute(select(obj.model.__table__, *conditions).select_from(obj.model.__table__)):
                for action in DECIDED:
                    is_right = found.id in expected[action]
                    assert bool(getattr(found, action)) == is_right, (*told, found.code, action)
                    assert access._told(rights, obj, found, action) in (None, is_right), (*told, found.code, action, "one row")
                    number += 1
            if seed % LISTED == 0:
                _lists(ctx, seen.seen(ctx, obj), expected[READ], told)
    return number


def _lists(ctx: Context, obj: object, expected: set[object], told: object) -> None:
    """The list and its total show exactly what may be read."""
    info = ctx.db.info
    info.update(system=None, rights=ctx.rights, directory=ctx.directory)
    try:
        page = listing.page(ctx, obj, Query(limit=200))  # type: ignore[arg-type]
        assert {row.id for row in page.rows} == expected, (told, "list")
        assert listing.count(ctx, obj, Query()) == (len(expected), False), (told, "count")  # type: ignore[arg-type]
    finally:
        info.update(system="test", rights=None, directory=None)
