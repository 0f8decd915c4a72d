"""The people of a workspace: who is here, inviting by e-mail, sign-ins for staff without it, roles, coming and going."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import segno
from markupsafe import Markup

from saas.auth import invitations, looking, membership, staff
from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.factors import enrolled, step_up
from saas.auth.invitations import Invited
from saas.auth.members import Member
from saas.auth.membership import MANAGE
from saas.auth.permissions import ADMIN_KEY, MEMBER_KEY
from saas.auth.staff import Newcomer
from saas.core.errors import Invalid
from saas.core.i18n import LANGUAGE_NAMES, _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.placement import counting, moving
from saas.crm.placement.moving import Order
from saas.tenants.session import control_session
from saas.web import addressed, doors, effects, person_rights
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.place_choices import path_of, places
from saas.web.right_words import action_names, seat_names
from saas.web.routing import SIGNED_IN, workspace

ORDER = {"active": 0, "expected": 1, "inactive": 2}


def _insist_before_admin(ctx: Context, req: Req, role_id: UUID | None, held: tuple[UUID, ...] = ()) -> None:
    """Have whoever makes somebody an admin prove who they are. Raises ProofNeeded."""
    role = ctx.directory.roles.get(role_id) if role_id else None
    if role is not None and role.key == ADMIN_KEY and role.id not in held:
        step_up.require_fresh(req.proof)


@workspace.get("/people", right=SIGNED_IN, looking=True)
def show(ctx: Context, req: Req) -> Reply:
    people = sorted(ctx.directory.members.values(), key=lambda m: (ORDER[m.status], m.name.casefold()))
    may_manage = ctx.rights.may(MANAGE)
    return page(
        ctx, req, "people/list.html", people=people, roles=ctx.directory.roles, departments=ctx.directory.departments,
        may_manage=may_manage, have_factor=_have_factor(ctx, req) if may_manage else frozenset(),
        pending=invitations.pending(ctx.db) if may_manage else [], now=ctx.now,
        tabs=settings_tabs(ctx, req.path) if may_manage else [],
        may_look=partial(looking.may_look_as, ctx) if ctx.rights.may(looking.RIGHT) else None,
    )  # fmt: skip


def _have_factor(ctx: Context, req: Req) -> frozenset[UUID]:
    with control_session(req.runtime.databases) as control:
        return enrolled.of_firm(control, ctx.tenant.id)


@workspace.get("/people/invite", right=MANAGE)
def ask_invitation(ctx: Context, req: Req) -> Reply:
    expected = ctx.directory.members.get(parse_id(req.one("for")) or ctx.member.id)
    known = expected if expected and expected.status == "expected" else None
    return _invite_form(ctx, req, {"email": (known.email or "") if known else "", "name": known.name if known else ""}, {})


@workspace.post("/people/invite", right=MANAGE)
def invite(ctx: Context, req: Req) -> Reply:
    doors.limit(req, "invite", 200, doors.HOUR_S, tenant=(str(ctx.tenant.id), 200))
    typed = {name: req.one(name) for name in ("email", "name", "role", "department", "language")}
    _insist_before_admin(ctx, req, parse_id(typed["role"]))
    who = Invited(typed["email"], typed["name"], parse_id(typed["role"]), parse_id(typed["department"]), typed["language"])
    try:
        row = invitations.invite(ctx, req.runtime.settings, who)
    except Invalid as error:
        return _invite_form(ctx, req, typed, error.fields, 422)
    return Reply.redirect("/people").toast(_("Invitation sent to %(email)s", email=row.email))


@workspace.post("/people/invitations/{id:str}/resend", right=MANAGE)
def resend(ctx: Context, req: Req) -> Reply:
    doors.limit(req, "invite", 200, doors.HOUR_S, tenant=(str(ctx.tenant.id), 200))
    row = invitations.resend(ctx, req.runtime.settings, parse_id(req.params["id"]))
    return Reply.redirect("/people").toast(_("Invitation sent to %(email)s", email=row.email))


@workspace.post("/people/invitations/{id:str}/revoke", right=MANAGE)
def revoke(ctx: Context, req: Req) -> Reply:
    invitations.revoke(ctx, parse_id(req.params["id"]))
    return Reply.redirect("/people").toast(_("Invitation withdrawn"))


@workspace.get("/people/staff/new", right=MANAGE)
def ask_staff(ctx: Context, req: Req) -> Reply:
    return _staff_form(ctx, req, {}, {})


@workspace.post("/people/staff/new", right=MANAGE)
def make_staff(ctx: Context, req: Req) -> Reply:
    """Make a sign-in and show its code, once: the answer to this POST is the only place where it is ever seen."""
    typed = {name: req.one(name) for name in ("name", "login_name", "role", "department")}
    _insist_before_admin(ctx, req, parse_id(typed["role"]))
    who = Newcomer(typed["name"], typed["login_name"], parse_id(typed["role"]), parse_id(typed["department"]))
    try:
        member, code = staff.make(ctx, req.runtime.databases, req.runtime.settings.secret_key, who)
    except Invalid as error:
        return _staff_form(ctx, req, typed, error.fields, 422)
    return _show_code(ctx, req, member, code)


@workspace.get("/people/{id:str}", right=MANAGE)
def show_person(ctx: Context, req: Req) -> Reply:
    return _person_page(ctx, req, {})


@workspace.post("/people/{id:str}", right=MANAGE)
def change_person(ctx: Context, req: Req) -> Reply:
    """Change roles, departments and seat together; all are refused when one is.

    Before that it shows who would gain and lose what, and for a new home asks whether the records come along.
    """
    person, home = addressed.person(ctx, req), parse_id(req.one("department"))
    chosen = [parse_id(text) for text in req.form.get("role", ())]
    for key in chosen:
        _insist_before_admin(ctx, req, key, person.role_ids)
    is_placed = bool(home) or "further_known" in req.form
    further = [key for name in ("further", "further_new") for text in req.form.get(name, ()) if (key := parse_id(text))]
    try:
        after = membership.foresee(ctx, person.id, chosen, home, further if is_placed else None, req.one("seat"))
        shown = effects.to_show(ctx, req, after)
        if home and home != person.department_id and "records" not in req.form:
            records = counting.of_member(ctx, person.id)
            if records:
                return _move_page(ctx, req, person, home, records, shown)
        if shown:
            return _person_page(ctx, req, {}, effect=shown)
        membership.change_roles(ctx, person.id, chosen)
        if is_placed:
            membership.place(ctx, person.id, home or person.department_id, further)
        if req.one("seat"):
            membership.change_seat(ctx, person.id, req.one("seat"))
    except Invalid as error:
        return _person_page(ctx, req, error.fields, 422)
    if home and req.one("records") == "move":
        orders = [Order(obj.name, person.id, department_id=home) for obj in counting.kept()]
        if moving.start(ctx, orders, {"member": str(person.id)}) is None:
            return Reply.redirect("/people").toast(_("Saved. The records are being moved."))
    return Reply.redirect("/people").toast(_("Saved"))


@workspace.post("/people/{id:str}/code", right=MANAGE)
def renew_code(ctx: Context, req: Req) -> Reply:
    try:
        member, code = staff.new_code(ctx, req.runtime.databases, req.runtime.settings.secret_key, parse_id(req.params["id"]))
    except Invalid as error:
        return _person_page(ctx, req, error.fields, 422)
    return _show_code(ctx, req, member, code)


@workspace.get("/people/{id:str}/deactivate", right=MANAGE)
def ask_deactivate(ctx: Context, req: Req) -> Reply:
    return page(ctx, req, "people/deactivate.html", person=addressed.person(ctx, req), errors={})


@workspace.post("/people/{id:str}/deactivate", right=MANAGE)
def deactivate(ctx: Context, req: Req) -> Reply:
    person = addressed.person(ctx, req)
    try:
        membership.deactivate(ctx, person.id)
    except Invalid as error:
        return page(ctx, req, "people/deactivate.html", status=422, person=person, errors=error.fields)
    _follow_after_commit(ctx, req, person.identity_id, is_active=False)
    return Reply.redirect("/people").toast(_("%(name)s cannot sign in any more", name=person.name))


@workspace.post("/people/{id:str}/reactivate", right=MANAGE)
def reactivate(ctx: Context, req: Req) -> Reply:
    person = addressed.person(ctx, req)
    membership.reactivate(ctx, person.id)
    _follow_after_commit(ctx, req, person.identity_id, is_active=True)
    return Reply.redirect("/people").toast(_("%(name)s can sign in again", name=person.name))


def _follow_after_commit(ctx: Context, req: Req, identity_id: UUID | None, *, is_active: bool) -> None:
    """Let the control plane follow at once; the outbox does it again, should this process die first."""
    if identity_id is not None:
        ctx.after_commit.append(lambda: membership.follow(req.runtime.databases, ctx.tenant.id, identity_id, is_active=is_active))


def _show_code(ctx: Context, req: Req, member: Member, code: str) -> Reply:
    if member.identity_id is not None:
        _follow_after_commit(ctx, req, member.identity_id, is_active=True)
    url = req.runtime.settings.url(ctx.tenant.slug, f"/start/{code}")
    sign_in_host = req.runtime.settings.host(ctx.tenant.slug)
    return page(ctx, req, "people/code.html", person=member, code=code, url=url, picture=qr(url), sign_in_host=sign_in_host)


def qr(text: str) -> Markup:
    """Draw a QR code as inline SVG without styles; dark on white also in dark mode, because cameras expect that."""
    picture = io.BytesIO()
    made = segno.make(text, error="m")
    looks = {"border": 3, "dark": "#111", "light": "#fff", "svgclass": "qr", "lineclass": None, "omitsize": True}
    made.save(picture, kind="svg", xmldecl=False, svgns=True, **looks)
    return Markup(picture.getvalue().decode())  # noqa: S704 - drawn by the library from modules, no text of anybody's inside


def _choices(ctx: Context) -> dict[str, Any]:
    roles = [(role.id, role.name) for role in ctx.directory.roles.values() if membership.may_grant(ctx, role)]
    normal = next((role.id for role in ctx.directory.roles.values() if role.key == MEMBER_KEY), None)
    return {"roles": roles, "departments": places(ctx), "normal_role": normal}


def _invite_form(ctx: Context, req: Req, values: dict[str, str], wrong: dict[str, str], status: int = 200) -> Reply:
    filled = {
        "email": "",
        "name": "",
        "role": "",
        "department": str(ctx.member.department_id),
        "language": ctx.workspace.language,
        **values,
    }
    return page(
        ctx, req, "people/invite.html", status=status, values=filled, errors=wrong, languages=list(LANGUAGE_NAMES.items()), **_choices(ctx)
    )  # fmt: skip


def _staff_form(ctx: Context, req: Req, values: dict[str, str], wrong: dict[str, str], status: int = 200) -> Reply:
    filled = {"name": "", "login_name": "", "role": "", "department": str(ctx.member.department_id), **values}
    host = req.runtime.settings.host(ctx.tenant.slug)
    return page(ctx, req, "people/staff.html", status=status, values=filled, errors=wrong, sign_in_host=host, **_choices(ctx))


def _person_page(
    ctx: Context, req: Req, wrong: dict[str, str], status: int = 200, effect: Mapping[str, Any] | None = None
) -> Reply:  # fmt: skip
    person = addressed.person(ctx, req)
    chosen = {key for text in req.form.get("role", ()) if (key := parse_id(text))} or set(person.role_ids)
    further = ctx.directory.extra_departments.get(person.id, frozenset())
    about = {"member": str(person.id)}
    known = ctx.directory.roles.values()
    roles = [(role.id, role.name) for role in known if role.id in person.role_ids or membership.may_grant(ctx, role)]
    return page(
        ctx, req, "people/person.html", status=status, person=person, errors=wrong, chosen=chosen, is_self=person.id == ctx.member.id,
        may_look=looking.may_look_as(ctx, person),
        has_factor=person.identity_id in _have_factor(ctx, req),
        held=[(key, ctx.directory.roles[key].name) for key in person.role_ids], seat=req.one("seat") or person.seat,
        home=req.one("department") or person.department_id, further=[(key, path_of(ctx, key)) for key in further],
        further_new=places(ctx, {person.department_id, *further}), rights=person_rights.table(ctx, person), actions=action_names(),
        run=moving.under_way(ctx.db, about), seats=seat_names(), departments=places(ctx), roles=roles,
        further_kept=[key for text in req.form.get("further", ()) if (key := parse_id(text))] if "further_known" in req.form else further,
        further_more=req.one("further_new"), **(effect or effects.NOTHING),
    )  # fmt: skip


def _move_page(
    ctx: Context, req: Req, person: MemberInfo, home: UUID, records: dict[str, int], effect: Mapping[str, Any] | None
) -> Reply:  # fmt: skip
    """Ask whether records come along to a new home department, with the effect of the move; what was typed is kept in the form."""
    typed = [
        (name, value)
        for name in ("role", "department", "further", "further_new", "further_known", "seat")
        for value in req.form.get(name, ())
    ]
    counts = [(registry.get(name).plural, number) for name, number in records.items()]
    return page(
        ctx, req, "people/move.html", person=person, home=path_of(ctx, home), typed=typed, records=counts, total=sum(records.values()),
        **(effect or {**effects.NOTHING, "effect_mark": effects.mark(req)}),
    )  # fmt: skip
