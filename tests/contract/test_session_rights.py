"""Sessions themselves: whatever is asked about a registered object, hidden rows do not come back, and nothing unsanctioned goes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, exists, func, insert, literal, select, true, tuple_, union, union_all, update
from sqlalchemy.orm import Session, aliased

from saas.auth.context import Context
from saas.core.ids import new_id
from saas.crm.guard import UnsanctionedWrite
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef
from saas.crm.registry import OBJECTS
from tests.contract.book import Book
from tests.contract.samples import Known, columns
from tests.worlds import World

OWN = {obj.name: {"read": "own", "create": "own", "edit": "own", "delete": "own"} for obj in OBJECTS}
Way = Callable[[Session, Any], Any]


def _rows(db: Session, statement: Any) -> set[UUID]:
    return set(db.execute(statement).scalars())


def _lateral(m: Any) -> Any:
    inner = select(m.id).limit(100).lateral()
    return select(inner.c.id).select_from(select(literal(1).label("one")).subquery().join(inner, true()))


def _by_cte(m: Any) -> Any:
    hits = select(m.id, m.code).cte("hits").prefix_with("MATERIALIZED")
    return select(hits.c.id)


def _recursive(m: Any) -> Any:
    start = select(m.id, m.sort_key).cte("walk", recursive=True)
    other = aliased(m)
    walk = start.union(select(other.id, other.sort_key).join(start, other.sort_key == start.c.sort_key))
    return select(walk.c.id)


def _outer(m: Any) -> Any:
    """Join from a row that is always there: hidden rows must come as nothing, not as themselves."""
    one = select(literal(1).label("one")).subquery()
    return select(m.id).select_from(one.outerjoin(m, true()))


def _aliased_subquery(m: Any) -> Any:
    inside = aliased(m, select(m).subquery())
    return select(inside.id)


def _two_aliases(m: Any) -> Any:
    one, other = aliased(m), aliased(m)
    return select(other.id).select_from(one).join(other, other.department_id == one.department_id)


def _alias_joined_to_table(m: Any, is_outer: bool = False) -> Any:
    other = aliased(m)
    return select(other.id).select_from(m).join(other, other.department_id == m.department_id, isouter=is_outer)


def _table_joined_to_alias(m: Any) -> Any:
    other = aliased(m)
    return select(m.id).select_from(other).join(m, other.department_id == m.department_id)


def _join_in_a_subquery(m: Any) -> Any:
    return select(_alias_joined_to_table(m).subquery().c.id)


def _only_in_the_condition(m: Any) -> Any:
    other = aliased(m)
    return select(other.id).where(other.id == m.id)


# name → a statement that, without rights, would give keys of all rows of the model.
WAYS: dict[str, Callable[[Any], Any]] = {
    "columns": lambda m: select(m.id),
    "whole rows": lambda m: select(m).with_only_columns(m.id),
    "alias": lambda m: select(aliased(m).id),
    "alias by name": lambda m: select(aliased(m, name="other").id),
    "two aliases": _two_aliases,
    "alias joined to the table": _alias_joined_to_table,
    "alias joined outside to the table": lambda m: _alias_joined_to_table(m, True),
    "table joined to an alias": _table_joined_to_alias,
    "join in a subquery": _join_in_a_subquery,
    "aliased subquery": _aliased_subquery,
    "subquery": lambda m: select(select(m.id).subquery().c.id),
    "subquery in a subquery": lambda m: select(select(select(m.id).subquery().c.id).subquery().c.id),
    "alias in a subquery": lambda m: select(select(aliased(m).id).subquery().c.id),
    "cte": _by_cte,
    "recursive cte": _recursive,
    "lateral": _lateral,
    "in": lambda m: select(aliased(m).id).where(literal(1).in_(select(literal(1)))),
    "only in the condition": _only_in_the_condition,
    "union": lambda m: union(select(m.id), select(m.id)),
    "union of subqueries": lambda m: select(union_all(select(m.id), select(m.id)).subquery().c.id),
    "scalar subquery": lambda m: select(select(m.id).order_by(m.id).limit(1).scalar_subquery()),
    "array of a subquery": lambda m: select(func.unnest(func.array(select(m.id).scalar_subquery()))),
    "outer join": _outer,
    "distinct": lambda m: select(m.id).distinct().order_by(m.id),
    "window": lambda m: select(m.id, func.row_number().over(order_by=m.id)),
    "for update": lambda m: select(m.id).with_for_update(),
    "unnested array": lambda m: select(select(func.unnest(m.tag_ids), m.id.label("id")).subquery().c.id),
    "greatest": lambda m: select(func.max(func.cast(m.id, m.code.type))),
}


@pytest.fixture(scope="session")
def mine(book: Book) -> dict[str, set[UUID]]:
    """Tell the keys nora owns, by object: all she may see under the role of these tests."""
    return {obj.name: {row.id for row in book.everything(obj) if _is_hers(row, book.people["nora"])} for obj in OBJECTS}


def _is_hers(row: Any, nora: UUID) -> bool:
    return row.owner_id == nora or nora in (getattr(row, "participants", None) or ())


@pytest.fixture
def nora(book: Book) -> Any:
    book.grant("nora", OWN)
    with book.acting("nora") as ctx:
        yield ctx
        ctx.db.rollback()


def _plus_parents(book: Book, obj: ObjectDef, hers: dict[str, set[UUID]]) -> set[UUID]:
    """Add the child rows she sees because she sees their subject."""
    if obj.parent is None:
        return hers[obj.name]
    rows = book.everything(obj)
    return hers[obj.name] | {row.id for row in rows if row.subject_id in hers.get(row.subject_object or "", ())}


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_no_statement_brings_hidden_rows(obj: ObjectDef, nora: Context, book: Book, mine: dict[str, set[UUID]]) -> None:
    allowed = _plus_parents(book, obj, mine)
    hidden = {row.id for row in book.everything(obj)} - allowed
    assert allowed
    assert hidden
    for name, way in WAYS.items():
        found = {key if isinstance(key, UUID) else UUID(key) for key in _rows(nora.db, way(obj.model)) if key is not None}
        assert not found & hidden, f"{obj.name}: {name}"
        assert found <= allowed
        if name not in ("scalar subquery", "greatest", "unnested array"):
            assert found == allowed, f"{obj.name}: {name} leaves out what may be seen"


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_counts_and_questions_do_not_know_of_hidden_rows(obj: ObjectDef, nora: Context, book: Book, mine: dict[str, set[UUID]]) -> None:
    allowed = _plus_parents(book, obj, mine)
    secret = next(row.id for row in book.everything(obj) if row.id not in allowed)
    m: Any = obj.model
    db = nora.db
    assert db.execute(select(func.count()).select_from(m)).scalar_one() == len(allowed)
    assert db.execute(select(func.count(m.id))).scalar_one() == len(allowed)
    assert db.execute(select(exists().where(m.id == secret))).scalar_one() is False
    assert db.execute(select(exists(select(m.id).where(m.id == secret)))).scalar_one() is False
    assert db.execute(select(literal(1)).where(exists(select(m.id).where(m.id == secret)))).first() is None
    assert db.execute(select(literal(1)).where(literal(secret).in_(select(m.id)))).first() is None
    assert db.execute(select(literal(1)).where(tuple_(literal(secret), literal(1)).in_(select(m.id, literal(1))))).first() is None
    assert db.get(m, secret) is None
    assert db.query(m).filter(m.id == secret).one_or_none() is None
    assert db.query(func.count(m.id)).scalar() == len(allowed)
    assert db.scalars(select(m).where(m.id == secret).execution_options(populate_existing=True)).one_or_none() is None


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_changes_of_many_rows_do_not_touch_hidden_ones(obj: ObjectDef, nora: Context, book: Book, mine: dict[str, set[UUID]]) -> None:
    allowed = _plus_parents(book, obj, mine)
    m: Any = obj.model
    changed = nora.db.execute(update(m).values(is_sample=True).returning(m.id).execution_options(synchronize_session=False))
    assert set(changed.scalars()) == allowed
    changed = nora.db.query(m).update({"is_sample": False}, synchronize_session=False)
    assert changed == len(allowed)
    other = aliased(m)
    through = update(m).where(m.id.in_(select(other.id))).values(is_sample=True).returning(m.id)
    assert set(nora.db.execute(through.execution_options(synchronize_session=False)).scalars()) == allowed
    copied = select(m.id, m.code).where(m.id == next(iter({row.id for row in book.everything(obj)} - allowed)))
    assert nora.db.execute(select(func.count()).select_from(copied.subquery())).scalar_one() == 0
    if obj.parent:
        gone = nora.db.execute(delete(m).returning(m.id).execution_options(synchronize_session=False))
        assert set(gone.scalars()) == allowed


def test_joins_between_objects_hide_on_both_sides(nora: Context, book: Book, mine: dict[str, set[UUID]]) -> None:
    known = {obj.name: obj for obj in OBJECTS}
    accounts, contacts, notes = (known[name].model for name in ("accounts", "contacts", "notes"))
    a: Any = accounts
    c: Any = contacts
    n: Any = notes
    pairs = nora.db.execute(select(c.id, a.id).join(a, c.account_id == a.id)).all()
    assert all(person in mine["contacts"] and firm in mine["accounts"] for person, firm in pairs)
    outer = nora.db.execute(select(c.id, a.id).outerjoin(a, c.account_id == a.id)).all()
    assert {person for person, _firm in outer} == mine["contacts"]
    assert {firm for _person, firm in outer} - {None} <= mine["accounts"]
    by_subject = nora.db.execute(select(n.id, a.id, a.name).join(a, n.subject_id == a.id, full=True)).all()
    assert {firm for _note, firm, _name in by_subject} - {None} <= mine["accounts"]
    correlated = select(c.id, select(a.name).where(a.id == c.account_id).scalar_subquery())
    names = {row.id: row.name for row in book.everything(known["accounts"])}
    links = {row.id: row.account_id for row in book.everything(known["contacts"])}
    for person, name in nora.db.execute(correlated):
        assert name == (names[links[person]] if links[person] in mine["accounts"] else None)
    implicit = nora.db.execute(select(c.id, a.id).where(c.account_id == a.id)).all()
    assert sorted(implicit) == sorted(pairs)


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_a_session_without_an_actor_sees_nothing(obj: ObjectDef, book: Book) -> None:
    m: Any = obj.model
    with book.world.db() as db:
        for name, way in WAYS.items():
            assert {key for key in _rows(db, way(m)) if key is not None} == set(), name
        assert db.execute(select(func.count()).select_from(m)).scalar_one() == 0
        assert db.get(m, book.rows[obj.name][0]) is None
        assert db.execute(update(m).values(is_sample=True).execution_options(synchronize_session=False)).rowcount == 0
        db.rollback()


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_new_rows_must_come_through_the_door(obj: ObjectDef, world: World) -> None:
    with world.acting("admin") as ctx:
        row = obj.model(**_bare(ctx, obj))
        ctx.db.add(row)
        with pytest.raises(UnsanctionedWrite):
            ctx.db.flush()
        ctx.db.rollback()


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_rows_must_be_asked_for_before_they_are_changed_or_deleted(obj: ObjectDef, book: Book) -> None:
    key = book.rows[obj.name][1]
    for act in (_change, _replace_list, _remove):
        with book.acting("admin") as ctx:
            row = records.find(ctx, obj, key)
            act(ctx, row)
            with pytest.raises(UnsanctionedWrite):
                ctx.db.flush()
            ctx.db.rollback()
    with book.acting("admin") as ctx:
        row = records.for_edit(ctx, obj, key)
        row.is_sample = True
        ctx.db.flush()
        ctx.db.rollback()


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_rows_cannot_be_put_in_past_the_door_in_bulk(obj: ObjectDef, world: World) -> None:
    with world.acting("admin") as ctx:
        values = _bare(ctx, obj)
        for way in (
            lambda: ctx.db.execute(insert(obj.model).values(**values)),
            lambda: ctx.db.execute(insert(obj.model), [values]),
            lambda: ctx.db.execute(insert(obj.model).from_select(["id"], select(literal(new_id())))),
        ):
            point = ctx.db.begin_nested()
            with pytest.raises(UnsanctionedWrite):
                way()
            point.rollback()
        ctx.db.rollback()


def _change(_ctx: Context, row: Any) -> None:
    row.is_sample = not row.is_sample


def _replace_list(_ctx: Context, row: Any) -> None:
    row.tag_ids = [new_id()]


def _remove(ctx: Context, row: Any) -> None:
    ctx.db.delete(row)


def _bare(ctx: Context, obj: ObjectDef) -> dict[str, Any]:
    known = Known({}, (ctx.member.id,), (ctx.member.department_id,), ())
    values = columns(obj, 1, known) | {"id": new_id(), "code": f"X-{new_id().hex}", "sort_key": "x"}
    if obj.parent:
        values |= {obj.parent[0]: "accounts", obj.parent[1]: new_id()}
    for column in obj.model.__table__.columns:
        if not column.nullable and column.name not in values and column.default is None:
            values[column.name] = ctx.now if "DATETIME" in str(column.type).upper() else "x"
    return values
