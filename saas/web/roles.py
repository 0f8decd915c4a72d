"""Roles: the list with the starting points of rights, and one role as a grid of objects and actions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.auth import directory as directories
from saas.auth import membership, ready_roles, roles
from saas.auth.context import Context
from saas.auth.directory import RoleInfo
from saas.auth.permissions import ACTIONS, ADMIN_KEY, FIXED_RIGHTS, HIDDEN, READ_ONLY, SWITCHES
from saas.auth.roles import MANAGE, Draft, Shape
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.i18n import _, ngettext
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.web import effects
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.right_words import action_names, fixed_names, plan_names, scope_names
from saas.web.routing import workspace

HERE = "/settings/roles"
_GRANT = re.compile(r"grant\.(\w+)\.(\w+)")
_FIELD = re.compile(r"field\.(\w+)\.(\w+)")


@dataclass(frozen=True)
class Shown:
    """A role as its form shows it: what was typed, else what it says."""

    name: str = ""
    description: str = ""
    grants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def object_names() -> list[str]:
    """Name the objects roles are about."""
    return [obj.name for obj in registry.OBJECTS]


def shapes() -> list[Shape]:
    """Tell the verbs what objects and fields there are."""
    return [
        Shape(
            obj.name,
            tuple(f.name for f in obj.fields),
            frozenset(f.name for f in obj.fields if f.required),
            obj.naming,
        )
        for obj in registry.OBJECTS
    ]


@workspace.get(HERE, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    with_ready = _with_ready_roles(ctx)
    known = roles.all_of(ctx.db) if with_ready else list(ctx.directory.roles.values())
    order = {role.key: number for number, role in enumerate(ready_roles.ALL)}
    held = Counter(key for member in ctx.directory.members.values() if member.status != "inactive" for key in member.role_ids)
    return page(
        ctx, req, "roles/list.html", held=held, plan=ctx.workspace.rights_plan, plans=plan_names(), tabs=settings_tabs(ctx, req.path),
        roles=sorted(known, key=lambda role: (order.get(role.key or "", 99), role.name.casefold())), admin_key=ADMIN_KEY,
    )  # fmt: skip


@workspace.get(f"{HERE}/plan", right=MANAGE)
def ask_plan(ctx: Context, req: Req) -> Reply:
    plan = req.one("plan")
    if plan not in ready_roles.PLANS:
        return Reply.redirect(HERE)
    return _plan_page(ctx, req, plan, {})


@workspace.post(f"{HERE}/plan", right=MANAGE)
def choose_plan(ctx: Context, req: Req) -> Reply:
    plan = req.one("plan")
    try:
        number = roles.choose_plan(ctx, plan, object_names())
    except Invalid as error:
        return _plan_page(ctx, req, plan, error.fields, 422)
    return Reply.redirect(HERE).toast(ngettext("Saved. One role changed.", "Saved. %(num)s roles changed.", number))


@workspace.get(f"{HERE}/new", right=MANAGE)
def ask_new(ctx: Context, req: Req) -> Reply:
    like = ctx.directory.roles.get(parse_id(req.one("like")) or ctx.member.id)
    if like is None or like.key == ADMIN_KEY:
        return _form(ctx, req, None, Shown(), {})
    name = _("%(name)s (copy)", name=like.name)
    return _form(ctx, req, None, Shown(name, like.description, like.grants, like.fixed, like.fields), {})


@workspace.post(f"{HERE}/new", right=MANAGE)
def make(ctx: Context, req: Req) -> Reply:
    draft = read_draft(req)
    try:
        roles.save(ctx, shapes(), draft)
    except Invalid as error:
        return _form(ctx, req, None, _shown(draft), error.fields, 422)
    return Reply.redirect(HERE).toast(_("Role made"))


@workspace.get(f"{HERE}/{{id:str}}", right=MANAGE)
def show_one(ctx: Context, req: Req) -> Reply:
    role = _role(ctx, req)
    return _form(ctx, req, role, Shown(role.name, role.description, role.grants, role.fixed, role.fields), {})


@workspace.post(f"{HERE}/{{id:str}}", right=MANAGE)
def save(ctx: Context, req: Req) -> Reply:
    role, draft = _role(ctx, req), read_draft(req)
    try:
        if role.key != ADMIN_KEY and req.one("seen") == roles.fingerprint(role):
            shown = effects.to_show(ctx, req, roles.foresee(ctx, shapes(), draft, role.id))
            if shown:
                return _form(ctx, req, role, _shown(draft), {}, effect=shown)
        roles.save(ctx, shapes(), draft, role.id, req.one("seen"))
    except Invalid as error:
        return _form(ctx, req, role, _shown(draft), error.fields, 422)
    except Conflict as clash:
        return _form(ctx, req, role, _shown(draft), {"": clash.message}, 409, theirs=RoleInfo(**clash.theirs))
    return Reply.redirect(HERE).toast(_("Saved"))


@workspace.get(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def ask_remove(ctx: Context, req: Req) -> Reply:
    role = _role(ctx, req)
    return page(ctx, req, "roles/remove.html", role=role, obstacles=roles.obstacles(ctx, role.id), errors={})


@workspace.post(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def remove(ctx: Context, req: Req) -> Reply:
    role = _role(ctx, req)
    try:
        roles.remove(ctx, role.id)
    except Invalid as error:
        return page(ctx, req, "roles/remove.html", status=422, role=role, obstacles=roles.obstacles(ctx, role.id), errors=error.fields)
    return Reply.redirect(HERE).toast(_("“%(name)s” is removed", name=role.name))


def read_draft(req: Req) -> Draft:
    """Read the form of a role: `grant.<object>.<action>` a scope or a tick, `field.<object>.<field>`, `fixed`."""
    grants: dict[str, dict[str, str]] = {}
    fields: dict[str, dict[str, str]] = {}
    for name, values in req.form.items():
        if found := _GRANT.fullmatch(name):
            value = values[-1] if found[2] not in SWITCHES else "all"
            grants.setdefault(found[1], {})[found[2]] = value
        elif (found := _FIELD.fullmatch(name)) and values[-1]:
            fields.setdefault(found[1], {})[found[2]] = values[-1]
    return Draft(req.one("name"), req.one("description"), grants, tuple(req.form.get("fixed", ())), fields)


def _shown(draft: Draft) -> Shown:
    return Shown(draft.name, draft.description, draft.grants, draft.fixed, draft.fields)


def _role(ctx: Context, req: Req) -> RoleInfo:
    key = parse_id(req.params["id"])
    found = ctx.directory.roles.get(key) if key else None
    if found is None:
        raise NotFound(_("This role is no longer there."))
    return found


def _with_ready_roles(ctx: Context) -> bool:
    """Give a workspace opened before there were ready-made roles its set, once."""
    if any(role.key in ready_roles.BY_KEY and role.key not in ("admin", "member") for role in ctx.directory.roles.values()):
        return False
    made = ready_roles.plant(ctx.db, object_names())
    if made:
        directories.touch(ctx.db)
    return made


def _form(
    ctx: Context, req: Req, role: RoleInfo | None, shown: Shown, wrong: Mapping[str, str], status: int = 200,
    theirs: RoleInfo | None = None, effect: Mapping[str, Any] | None = None,
) -> Reply:  # fmt: skip
    now_said = theirs or role
    objects = [
        {
            "name": obj.name,
            "label": obj.plural,
            "fields": [
                (f.name, f.label, _field_choices(obj, f)) for f in obj.fields if f.name != obj.label_field or len(obj.name_parts) == 0
            ],
            "restricted": len(shown.fields.get(obj.name, {})),
        }
        for obj in registry.OBJECTS
    ]
    is_fixed = role is not None and role.key == ADMIN_KEY
    return page(
        ctx, req, "roles/role.html", status=status, role=role, shown=shown, errors=dict(wrong), objects=objects, actions=action_names(),
        switches=SWITCHES, scopes=list(scope_names().items()), fixed=list(fixed_names().items()), is_fixed=is_fixed,
        seen=roles.fingerprint(now_said) if now_said else "", differences=_differences(shown, theirs) if theirs else [],
        may_give=role is None or is_fixed or membership.may_grant(ctx, role), tabs=settings_tabs(ctx, req.path),
        holders=[m for m in ctx.directory.members.values() if role and role.id in m.role_ids], **(effect or effects.NOTHING),
    )  # fmt: skip


def _field_choices(obj: ObjectDef, one: Field) -> list[tuple[str, str]]:
    choices = [("", _("Open"))]
    if one.is_editable:
        choices.append((READ_ONLY, _("Read only")))
    if one.name not in obj.naming:
        choices.append((HIDDEN, _("Hidden")))
    return choices


def _differences(mine: Shown, theirs: RoleInfo) -> list[tuple[str, str, str]]:
    """List (what, theirs, mine) where the two versions of a role differ."""
    found = []
    if mine.name != theirs.name:
        found.append((_("Name"), theirs.name, mine.name))
    if mine.description != theirs.description:
        found.append((_("Description"), theirs.description, mine.description))
    names, actions, scopes = {obj.name: str(obj.plural) for obj in registry.OBJECTS}, action_names(), scope_names()
    for name, label in names.items():
        for action in ACTIONS:
            here, there = (said.get(name, {}).get(action, "none") for said in (mine.grants, theirs.grants))
            if here != there:
                words = {"none": _("No"), "all": _("Yes")} if action in SWITCHES else scopes
                found.append((f"{label} · {actions[action]}", words.get(there, there), words.get(here, here)))
        labels = {f.name: str(f.label) for f in registry.get(name).fields}
        said_of_fields = {"": _("Open"), READ_ONLY: _("Read only"), HIDDEN: _("Hidden")}
        for one, field_label in labels.items():
            here, there = (said.get(name, {}).get(one, "") for said in (mine.fields, theirs.fields))
            if here != there:
                found.append((f"{label} · {field_label}", said_of_fields.get(there, there), said_of_fields.get(here, here)))
    for right in FIXED_RIGHTS:
        if (right in mine.fixed) != (right in theirs.fixed):
            yes_no = {True: _("Yes"), False: _("No")}
            found.append((fixed_names()[right], yes_no[right in theirs.fixed], yes_no[right in mine.fixed]))
    return found


def _plan_page(ctx: Context, req: Req, plan: str, wrong: dict[str, str], status: int = 200) -> Reply:
    changed = roles.planned(ctx, plan, object_names()) if plan in ready_roles.PLANS else {}
    kept = [
        role.name
        for role in ctx.directory.roles.values()
        if role.key != ADMIN_KEY and not ready_roles.is_untouched(role.key, role.grants, role.fields)
    ]
    people = {m.id for m in ctx.directory.members.values() if m.status == "active" and set(m.role_ids) & set(changed)}
    return page(
        ctx, req, "roles/plan.html", status=status, plan=plan, plans={name: (label, said) for name, label, said in plan_names()},
        **effects.told(ctx, req, effects.changed(ctx, roles={**ctx.directory.roles, **changed})),
        changed=[role.name for role in changed.values()], kept=kept, people=len(people), errors=wrong,
    )  # fmt: skip
