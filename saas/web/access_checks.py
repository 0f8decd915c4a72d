"""Access checks: sentences about who never, or always, reaches something. Each change of rights is held against them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import CheckInfo
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id, parse_id
from saas.crm.sharing import checks, rules
from saas.crm.sharing.checks import DEPARTMENT, MANAGE, MEMBER, ROLE
from saas.web.exchange import Reply, Req
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.place_choices import places
from saas.web.routing import workspace

HERE = "/settings/access-checks"
ALWAYS = "always"
TYPED = ("who", "often", "action", "what", "department")


@dataclass(frozen=True)
class Line:
    """A pinned sentence as the page shows it; `broken` says for whom it is not true, empty when it holds."""

    id: UUID
    sentence: str
    broken: str
    is_void: bool


@workspace.get(HERE, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    people = ctx.directory
    broken = {one.check.id: checks.whom(one.members) for one in checks.judge(ctx.db, people, people.checks.values())}
    lines = [
        Line(check.id, checks.sentence(people, check), broken.get(check.id, ""), checks.who_name(people, check) == "–")
        for check in people.checks.values()
    ]
    return page(ctx, req, "sharing/checks.html", lines=lines, tabs=settings_tabs(ctx, req.path))


@workspace.get(f"{HERE}/new", right=MANAGE)
def ask(ctx: Context, req: Req) -> Reply:
    return _form(ctx, req, {"often": "never", "action": "read"}, {})


@workspace.post(f"{HERE}/new", right=MANAGE)
def pin(ctx: Context, req: Req) -> Reply:
    typed = {name: req.one(name) for name in TYPED}
    try:
        checks.pin(ctx, _read(typed))
    except Invalid as error:
        return _form(ctx, req, typed, error.fields, status=422)
    return Reply.redirect(HERE).toast(_("Check pinned"))


@workspace.get(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def ask_remove(ctx: Context, req: Req) -> Reply:
    check = ctx.directory.checks.get(parse_id(req.params["id"]) or UUID(int=0))
    if check is None:
        raise NotFound(_("This check is no longer there."))
    return page(ctx, req, "sharing/remove_check.html", check=check, sentence=checks.sentence(ctx.directory, check))


@workspace.post(f"{HERE}/{{id:str}}/remove", right=MANAGE)
def remove(ctx: Context, req: Req) -> Reply:
    checks.remove(ctx, parse_id(req.params["id"]))
    return Reply.redirect(HERE).toast(_("Check removed"))


def _read(typed: dict[str, str]) -> CheckInfo:
    """Read the form. Raises Invalid for what names nothing at all; `checks.pin` looks at the rest."""
    kind, _colon, raw = typed["who"].partition(":")
    key = parse_id(raw)
    if key is None:
        raise Invalid({"who": _("Choose whom it is about.")})
    name, _dot, field = typed["what"].partition(".")
    place = parse_id(typed["department"])
    if typed["department"] and place is None:
        raise Invalid({"department": _("Choose a department.")})
    return CheckInfo(new_id(), kind, key, typed["often"] == ALWAYS, typed["action"], name, field, place)


def _form(ctx: Context, req: Req, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Reply:
    people = [(f"{DEPARTMENT}:{key}", name) for key, name in places(ctx)]
    people += [(f"{ROLE}:{role.id}", _("Role: %(name)s", name=role.name)) for role in ctx.directory.roles.values() if role.key != "admin"]
    people += [
        (f"{MEMBER}:{one.id}", _("Person: %(name)s", name=one.name)) for one in ctx.directory.members.values() if one.status == "active"
    ]
    what = []
    for obj in rules.shareable():
        what.append((obj.name, str(obj.plural)))
        what += [(f"{obj.name}.{field.name}", f"{obj.plural}: {field.label}") for field in obj.fields]
    actions = [
        ("read", _("See")), ("edit", _("Change")), ("create", _("Make new ones")), ("delete", _("Delete")),
        ("export", _("Export")), ("assign", _("Assign")),
    ]  # fmt: skip
    return page(
        ctx, req, "sharing/check.html", status=status, typed={name: typed.get(name, "") for name in TYPED}, errors=errors, people=people,
        what=what, actions=actions, places=[(str(key), name) for key, name in places(ctx)],
    )  # fmt: skip
