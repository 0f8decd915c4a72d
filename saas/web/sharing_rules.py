"""Sharing rules: which departments open which of their records to whom; what a rule would change is shown before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import RuleInfo
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.sharing import rules
from saas.crm.sharing.rules import MANAGE, Draft
from saas.web import effects
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.place_choices import places
from saas.web.routing import workspace

HERE = "/settings/sharing"
# The key of a rule that is not saved yet.
NEW = UUID(int=0)
DEPARTMENT, ROLE = "department", "role"
# Fields of the form that say one thing.
SINGLE = ("from", "from_subtree", "to", "to_subtree", "level", "export", "field")


@workspace.get(HERE, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    return page(ctx, req, "sharing/rules.html", rules=[(rule, sentence(ctx, rule)) for rule in ctx.directory.rules.values()],
                tabs=settings_tabs(ctx, req.path), is_alone=len(ctx.directory.departments) == 1)  # fmt: skip


@workspace.get(f"{HERE}/new", right=MANAGE)
def ask_new(ctx: Context, req: Req) -> Reply:
    name = req.one("object")
    obj = next((one for one in rules.shareable() if one.name == name), rules.shareable()[0])
    return _form(ctx, req, obj, {"object": [obj.name]}, {}, None)


@workspace.post(f"{HERE}/new", right=MANAGE)
def make(ctx: Context, req: Req) -> Reply:
    return _save(ctx, req, None)


@workspace.get(f"{HERE}/{{id:str}}", right=MANAGE)
def show_one(ctx: Context, req: Req) -> Reply:
    rule = _rule(ctx, req)
    return _form(ctx, req, access.named(rule.object), _typed(rule), {}, rule)


@workspace.post(f"{HERE}/{{id:str}}", right=MANAGE)
def change(ctx: Context, req: Req) -> Reply:
    return _save(ctx, req, _rule(ctx, req))


@workspace.get(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def ask_remove(ctx: Context, req: Req) -> Reply:
    rule = _rule(ctx, req)
    left = {key: one for key, one in ctx.directory.rules.items() if key != rule.id}
    found = effects.told(ctx, req, effects.changed(ctx, rules=left))
    return page(ctx, req, "sharing/remove.html", rule=rule, sentence=sentence(ctx, rule), **found)


@workspace.post(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def remove(ctx: Context, req: Req) -> Reply:
    rules.remove(ctx, parse_id(req.params["id"]))
    return Reply.redirect(HERE).toast(_("Rule removed"))


def sentence(ctx: Context, rule: RuleInfo) -> str:
    """Say what a rule does."""
    obj, tree = access.named(rule.object), ctx.directory.departments
    source = tree[rule.from_department_id].name
    if rule.to_role_id:
        to = _("everybody with the role %(role)s", role=ctx.directory.roles[rule.to_role_id].name)
    else:
        assert rule.to_department_id is not None
        to = tree[rule.to_department_id].name
        to = _("%(department)s and below", department=to) if rule.to_subtree else to
    source = _("%(department)s and below", department=source) if rule.from_subtree else source
    what = str(obj.plural).lower()
    if rule.field:
        field = next(one for one in rules.conditions(obj) if one.name == rule.field)
        names = [str(option.label) for value in rule.choices if (option := field.option(value))]
        what = _("%(objects)s with %(field)s %(choices)s", objects=what, field=str(field.label), choices=", ".join(names))
    if rule.may_edit:
        return _("%(to)s may read and change the %(objects)s of %(source)s.", to=to, objects=what, source=source)
    return _("%(to)s may read the %(objects)s of %(source)s.", to=to, objects=what, source=source)


def _rule(ctx: Context, req: Req) -> RuleInfo:
    rule = ctx.directory.rules.get(parse_id(req.params["id"]) or UUID(int=0))
    if rule is None:
        raise NotFound(_("This rule is no longer there."))
    return rule


def _typed(rule: RuleInfo) -> dict[str, list[str]]:
    """Write a rule as its form would send it."""
    to = f"{ROLE}:{rule.to_role_id}" if rule.to_role_id else f"{DEPARTMENT}:{rule.to_department_id}"
    return {
        "object": [rule.object], "from": [str(rule.from_department_id)], "from_subtree": ["1"] if rule.from_subtree else [], "to": [to],
        "to_subtree": ["1"] if rule.to_subtree else [], "level": ["edit" if rule.may_edit else "read"],
        "export": ["1"] if rule.may_export else [], "field": [rule.field], "choices": [f"{rule.field}:{value}" for value in rule.choices],
        "carries": list(rule.carries),
    }  # fmt: skip


def _read(form: dict[str, list[str]]) -> Draft:
    """Read a form. Raises Invalid for what names nothing at all."""

    def one(name: str) -> str:
        return (form.get(name) or [""])[0]

    kind, _colon, raw = one("to").partition(":")
    source, to = parse_id(one("from")), parse_id(raw)
    if source is None:
        raise Invalid({"from": _("Choose a department.")})
    if to is None or kind not in (DEPARTMENT, ROLE):
        raise Invalid({"to": _("Choose who may see them.")})
    field = one("field")
    return Draft(
        object=one("object"),
        from_department_id=source,
        from_subtree=bool(one("from_subtree")),
        to=to,
        is_to_role=kind == ROLE,
        to_subtree=bool(one("to_subtree")) and kind == DEPARTMENT,
        may_edit=one("level") == "edit",
        may_export=bool(one("export")),
        field=field,
        choices=tuple(value.partition(":")[2] for value in form.get("choices", ()) if field and value.startswith(f"{field}:")),
        carries=tuple(form.get("carries", ())),
    )


def _save(ctx: Context, req: Req, rule: RuleInfo | None) -> Reply:
    """Show what a rule would change, or save it when its writer has seen that."""
    form = {name: list(values) for name, values in req.form.items()}
    obj = next((one for one in rules.shareable() if one.name == req.one("object")), rules.shareable()[0])
    try:
        draft = _read(form)
        rules.check(ctx, draft)
    except Invalid as error:
        return _form(ctx, req, obj, form, error.fields, rule, status=422)
    if req.one("then") == "save":
        rules.save(ctx, draft, rule.id if rule else None)
        return Reply.redirect(HERE).toast(_("Rule saved"))
    key = rule.id if rule else NEW
    found = effects.told(ctx, req, effects.changed(ctx, rules={**ctx.directory.rules, key: rules.info_of(draft, key)}))
    return _form(ctx, req, obj, form, {}, rule, seen=found, said=sentence(ctx, rules.info_of(draft, key)))


def _form(
    ctx: Context, req: Req, obj: ObjectDef, form: dict[str, list[str]], errors: dict[str, str], rule: RuleInfo | None,
    *, seen: Mapping[str, Any] | None = None, said: str = "", status: int = 200,
) -> Reply:  # fmt: skip
    tree = places(ctx)
    targets = [(f"{DEPARTMENT}:{key}", name) for key, name in tree]
    targets += [(f"{ROLE}:{role.id}", _("Role: %(name)s", name=role.name)) for role in ctx.directory.roles.values() if role.key != "admin"]
    fields = rules.conditions(obj)
    values: dict[str, Any] = {
        name: (form.get(name) or [""])[0] for name in ("from", "from_subtree", "to", "to_subtree", "level", "export", "field")
    }
    return page(
        ctx, req, "sharing/rule.html", status=status, rule=rule, obj=obj, errors=errors, values=values, places=tree, targets=targets,
        objects=[(one.name, str(one.plural)) for one in rules.shareable()], fields=[(one.name, str(one.label)) for one in fields],
        options=[(f"{one.name}:{option.value}", f"{one.label}: {option.label}") for one in fields for option in one.options],
        choices=form.get("choices", []), carries=form.get("carries", []), said=said,
        carriable=[(one.name, str(one.plural)) for one in rules.carriable(obj)], is_shown=seen is not None, **(seen or effects.NOTHING),
    )  # fmt: skip
