"""Giving many records to another member or department: few at once, many as a job with progress, always ONE batch for Undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from saas.auth import audit
from saas.auth.acting import acting
from saas.auth.context import Context
from saas.core.errors import Forbidden
from saas.crm.objects import access, bulk, journal
from saas.crm.objects.definition import ObjectDef
from saas.crm.placement import counting
from saas.tenants.jobs import Again, tenant_job
from saas.tenants.outbox import TenantOutbox, enqueue
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession

JOB = "records.hand_over"
# Rows of one step. So many are moved at once; more become a job.
STEP = 1_000


@dataclass(frozen=True)
class Order:
    """Records of one object to hand over: those in the care of a member or inside a department (`of`), who gets them and where they go.

    Only what is named changes: without `owner_id` the owner stays, without `department_id` the department.
    """

    object: str
    of: UUID
    is_department: bool = False
    owner_id: UUID | None = None
    department_id: UUID | None = None

    @property
    def wanted(self) -> dict[str, UUID]:
        """The columns to write."""
        named = {"owner_id": self.owner_id, "department_id": self.department_id}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Run:
    """What is to be done and how far it is. `about` says why, for the audit log: the key of a member or of a department."""

    orders: tuple[Order, ...]
    about: Mapping[str, str]
    total: int = 0
    moved: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    batch: int | None = None

    @property
    def done(self) -> int:
        return sum(self.moved.values())

    def as_json(self) -> dict[str, Any]:
        """Write it for the outbox."""
        orders = [{name: str(v) if isinstance(v, UUID) else v for name, v in vars(order).items()} for order in self.orders]
        return {**vars(self), "orders": orders, "about": dict(self.about), "moved": dict(self.moved)}


def run_from_json(said: Mapping[str, Any]) -> Run:
    """Read what `as_json` wrote."""
    orders = tuple(
        Order(
            order["object"], UUID(order["of"]), order["is_department"],
            UUID(order["owner_id"]) if order["owner_id"] else None, UUID(order["department_id"]) if order["department_id"] else None,
        )
        for order in said["orders"]
    )  # fmt: skip
    return Run(**{**said, "orders": orders})


def start(ctx: Context, orders: Sequence[Order], about: Mapping[str, str]) -> Run | None:
    """Move records now, or leave word for a job when they are many. Return what was done; None when a job does it."""
    run = Run(tuple(orders), about, total=sum(_count(ctx, order) for order in orders))
    if run.total > STEP:
        enqueue(ctx.db, JOB, actor=str(ctx.member.id), run=run.as_json())
        return None
    while run.orders:
        run = advance(ctx, run)
    _note(ctx, run)
    return run


def under_way(db: TenantSession, about: Mapping[str, str]) -> Run | None:
    """Find the job that moves records of a member or a department just now."""
    query = select(TenantOutbox.args).where(TenantOutbox.job == JOB, TenantOutbox.dead_at.is_(None))
    for args in db.execute(query.order_by(TenantOutbox.id)).scalars():
        run = run_from_json(args["run"])
        if dict(run.about) == dict(about):
            return run
    return None


@tenant_job(JOB)
def hand_over(session: TenantSession, _runtime: Runtime, actor: str, run: dict[str, Any]) -> Again | None:
    """Move one step of records with the rights its giver has now; each step is one transaction, all steps one batch of the journal."""
    going = run_from_json(run)
    try:
        with acting(session, UUID(actor)) as ctx:
            if going.batch is not None:
                ctx.state["batch"] = going.batch
            going = advance(ctx, going)
            if not going.orders:
                _note(ctx, going)
                return None
    except Forbidden:
        audit.note(session, UUID(actor), "records.stopped", dict(going.about), {"moved": dict(going.moved)})
        return None
    return Again({"actor": actor, "run": going.as_json()})


def advance(ctx: Context, run: Run) -> Run:
    """Move the next few records of the first order; when it has none left, count what could not be moved and drop it."""
    order = run.orders[0]
    obj = access.named(order.object)
    model: Any = obj.model
    columns = [getattr(model, name) for name in ("id", "version", *order.wanted)]
    with ctx.as_system("hand over records"):
        where = [*_meant(obj, order), *counting.movable(ctx.rights, obj)]
        rows = ctx.db.execute(select(*columns).where(*where).order_by(model.id).limit(STEP).with_for_update()).all()
        changes = bulk.give(ctx, obj, rows, order.wanted)
    # The reason belongs to a system's own work; this was somebody's act.
    batch = run.batch
    if changes:
        batch = journal.batch(ctx, f"{obj.name}.assign")
        journal.write_many(ctx, obj.name, "update", changes)
    moved = {**run.moved, obj.name: run.moved.get(obj.name, 0) + len(changes)} if changes else run.moved
    if len(rows) == STEP:
        return replace(run, moved=moved, batch=batch)
    with ctx.as_system("count records that stay"):
        left = ctx.db.execute(select(func.count(model.id)).where(*_meant(obj, order))).scalar_one()
    return replace(run, orders=run.orders[1:], moved=moved, batch=batch, skipped=run.skipped + left)


def _meant(obj: ObjectDef, order: Order) -> list[ColumnElement[bool]]:
    model: Any = obj.model
    place = counting.inside(obj, order.of) if order.is_department else counting.held(obj, order.of)
    return [place, or_(*(getattr(model, name).is_distinct_from(value) for name, value in order.wanted.items()))]


def _count(ctx: Context, order: Order) -> int:
    obj = access.named(order.object)
    with ctx.as_system("count records to move"):
        where = [*_meant(obj, order), *counting.movable(ctx.rights, obj)]
        return ctx.db.execute(select(func.count(obj.model.id)).where(*where)).scalar_one()


def _note(ctx: Context, run: Run) -> None:
    if run.done or run.skipped:
        after = {"moved": dict(run.moved), "skipped": run.skipped, "batch": run.batch}
        audit.note(ctx.db, ctx.member.id, "records.moved", dict(run.about), after)
