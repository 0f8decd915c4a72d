"""The tree of departments: seeing it, making, renaming, moving, leading and removing one."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from saas.auth import departments
from saas.auth.context import Context
from saas.auth.departments import MANAGE
from saas.auth.directory import DepartmentInfo
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.placement import counting, moving
from saas.crm.placement.moving import Order
from saas.web import addressed, effects
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.place_choices import path_of, places
from saas.web.routing import workspace

HERE = "/settings/departments"
# A larger tree is shown level by level, and searched.
WHOLE = 150
MOST_FOUND = 100


@workspace.get(HERE, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    tree, wanted = ctx.directory.departments, req.one("q").strip()
    is_whole = len(tree) <= WHOLE
    if wanted:
        found = [one for one in departments.in_order(tree) if wanted.casefold() in one.name.casefold()]
    elif is_whole:
        found = departments.in_order(tree)
    else:
        found = [one for one in departments.in_order(tree) if len(one.path) <= 2]
    return page(
        ctx, req, "departments/list.html", rows=found[:MOST_FOUND] if wanted else found, q=wanted, is_flat=bool(wanted), total=len(tree),
        is_whole=is_whole, is_cut=bool(wanted) and len(found) > MOST_FOUND, tabs=settings_tabs(ctx, req.path), path_of=path_of,
        heads=ctx.directory.members, **_numbers(ctx),
    )  # fmt: skip


@workspace.get(f"{HERE}/new", right=MANAGE)
def ask_new(ctx: Context, req: Req) -> Reply:
    under = parse_id(req.one("under"))
    return _new_form(ctx, req, {"name": "", "parent": str(under) if under in ctx.directory.departments else ""}, {})


@workspace.post(f"{HERE}/new", right=MANAGE)
def make(ctx: Context, req: Req) -> Reply:
    typed = {name: req.one(name) for name in ("name", "parent")}
    try:
        departments.make(ctx, typed["name"], parse_id(typed["parent"]))
    except Invalid as error:
        return _new_form(ctx, req, typed, error.fields, 422)
    parent = parse_id(typed["parent"])
    is_top = parent is not None and ctx.directory.departments[parent].parent_id is None
    return Reply.redirect(HERE if is_top else f"{HERE}/{parent}").toast(_("Department made"))


@workspace.get(f"{HERE}/{{id:str}}", right=MANAGE)
def show_one(ctx: Context, req: Req) -> Reply:
    return _one_page(ctx, req, addressed.department(ctx, req), {})


@workspace.post(f"{HERE}/{{id:str}}", right=MANAGE)
def save(ctx: Context, req: Req) -> Reply:
    """Change name, place and head together; all are refused when one is."""
    place, parent = addressed.department(ctx, req), parse_id(req.one("parent"))
    if parent is not None and parent != place.parent_id:
        shown = effects.to_show(ctx, req, departments.foresee(ctx, place.id, parent))
        if shown:
            return _one_page(ctx, req, place, {}, effect=shown)
    try:
        departments.rename(ctx, place.id, req.one("name"))
        if parent is not None:
            departments.move(ctx, place.id, parent)
        if "head" in req.form:
            departments.lead(ctx, place.id, parse_id(req.one("head")))
    except Invalid as error:
        return _one_page(ctx, req, place, error.fields, 422)
    return Reply.redirect(f"{HERE}/{place.id}").toast(_("Saved"))


@workspace.get(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def ask_remove(ctx: Context, req: Req) -> Reply:
    return _remove_page(ctx, req, addressed.department(ctx, req), {})


@workspace.post(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def remove(ctx: Context, req: Req) -> Reply:
    place = addressed.department(ctx, req)
    try:
        departments.remove(ctx, place.id, counting.of_department(ctx, place.id))
    except Invalid as error:
        return _remove_page(ctx, req, place, error.fields, 422)
    return Reply.redirect(HERE).toast(_("“%(name)s” is removed", name=place.name))


@workspace.post(f"{HERE}/{{id:str}}/empty", right=MANAGE)
def empty(ctx: Context, req: Req) -> Reply:
    """Move people and records of a department to another one; many records go as a job."""
    place, target = addressed.department(ctx, req), parse_id(req.one("target"))
    try:
        departments.move_people(ctx, place.id, target)
    except Invalid as error:
        return _remove_page(ctx, req, place, error.fields, 422)
    back = f"{HERE}/{place.id}/remove"
    about = {"department": str(place.id)}
    if moving.under_way(ctx.db, about) is None:
        orders = [Order(obj.name, place.id, is_department=True, department_id=target) for obj in registry.OBJECTS]
        done = moving.start(ctx, orders, about)
        if done is not None and done.batch is not None:
            return Reply.redirect(back).toast(_("Moved"), undo_url=f"/undo/{done.batch}" if done.done else None)
    return Reply.redirect(back).toast(_("Moved"))


def _numbers(ctx: Context) -> dict[str, Any]:
    """Count people, and departments one level down, by department."""
    people: Counter[UUID] = Counter()
    for member in ctx.directory.members.values():
        if member.status != "inactive":
            people.update({member.department_id, *ctx.directory.extra_departments.get(member.id, ())})
    below = Counter(one.parent_id for one in ctx.directory.departments.values() if one.parent_id)
    return {"people": people, "below": below}


def _new_form(ctx: Context, req: Req, values: dict[str, str], wrong: dict[str, str], status: int = 200) -> Reply:
    return page(ctx, req, "departments/new.html", status=status, values=values, errors=wrong, places=places(ctx))


def _one_page(ctx: Context, req: Req, place: DepartmentInfo, wrong: dict[str, str], status: int = 200, effect: Any = None) -> Reply:
    directory = ctx.directory
    values = {"name": place.name, "parent": str(place.parent_id or ""), "head": str(place.head_id or "")}
    values.update({name: req.one(name) for name in values if name in req.form})
    members = [directory.members[key] for key in departments.people_of(ctx, place.id)]
    heads = [(m.id, m.name) for m in directory.members.values() if m.status == "active" or m.id == place.head_id]
    inside = [one for one in departments.in_order(directory.departments) if one.parent_id == place.id]
    return page(
        ctx, req, "departments/one.html", status=status, place=place, values=values, errors=wrong, heads=heads, members=members,
        inside=inside, places=places(ctx, directory.below({place.id})), above=[directory.departments[key] for key in place.path[:-1]][-2:],
        **_numbers(ctx), **(effect or effects.NOTHING),
    )  # fmt: skip


def _remove_page(ctx: Context, req: Req, place: DepartmentInfo, wrong: dict[str, str], status: int = 200) -> Reply:
    records = counting.of_department(ctx, place.id)
    movable = counting.movable_of_department(ctx, place.id)
    people = [ctx.directory.members[key] for key in departments.people_of(ctx, place.id)]
    named = [(registry.get(name).plural, number) for name, number in movable.items()]
    return page(
        ctx, req, "departments/remove.html", status=status, place=place, errors=wrong, people=people,
        records=named, unseen=sum(records.values()) - sum(movable.values()), obstacles=departments.obstacles(ctx, place.id, records),
        target=req.one("target") or place.parent_id, places=places(ctx, [place.id]),
        run=moving.under_way(ctx.db, {"department": str(place.id)}),
    )  # fmt: skip
