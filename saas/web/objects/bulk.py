"""Acts on selected rows of a list: first a form that says in numbers what will happen, then the act itself, with Undo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN, Scope
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _, ngettext
from saas.core.ids import parse_id
from saas.core.locale_format import format_number
from saas.crm import registry
from saas.crm.objects import bulk, seen, views
from saas.crm.objects.assigning import assignees
from saas.crm.objects.bulk import Extent, Outcome, Selection
from saas.crm.objects.definition import ObjectDef
from saas.crm.tags import verbs
from saas.web.exchange import Reply, Req
from saas.web.objects import state
from saas.web.pages import page
from saas.web.routing import workspace

TEMPLATE = "objects/list_bulk.html"
SHEET = "sheet"
NOBODY = "none"


@dataclass
class BulkPage:
    """All that the template of a bulk act draws. `carried` are the hidden fields that say which rows are meant."""

    obj: ObjectDef
    act: str
    title: str
    verb: str
    extent: Extent
    carried: state.Pairs
    back: str
    warnings: list[str] = field(default_factory=list)
    people: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    typed: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_possible(self) -> bool:
        return self.extent.permitted > 0 and not self.extent.is_too_large


@workspace.post("/{object:str}/bulk/{act:str}", right="{object}:bulk")
def ask(ctx: Context, req: Req) -> Reply:
    """Say what an act on the selected rows would do, and ask for what it needs."""
    obj, act = _asked(ctx, req)
    return _form(ctx, req, obj, act)


@workspace.post("/{object:str}/bulk/{act:str}/do", right="{object}:bulk")
def do(ctx: Context, req: Req) -> Reply:
    """Do it, unless it would now reach further than was said."""
    obj, act = _asked(ctx, req)
    selection = _selection(obj, req)
    if bulk.extent(ctx, obj, selection, act).permitted > parse_number(req.one("expected")):
        return _form(ctx, req, obj, act, {"": _("More rows match than before. Look at the numbers again.")})
    try:
        outcome = _perform(ctx, req, obj, act, selection)
    except Invalid as error:
        return _form(ctx, req, obj, act, error.fields)
    message = _done(obj, act, outcome)
    undo = f"/undo/{outcome.batch}" if outcome.batch else None
    return Reply.redirect(_back(obj, req)).toast(message, undo_url=undo, tone="success" if outcome.changed else "info")


def parse_number(text: str) -> int:
    """Read a count that a form of ours carries; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _asked(ctx: Context, req: Req) -> tuple[ObjectDef, str]:
    obj, act = seen.with_page(ctx, req.params["object"]), req.params["act"]
    if act not in bulk.NEEDED:
        raise NotFound(_("This page does not exist."))
    for action in bulk.NEEDED[act]:
        ctx.require(f"{obj.name}:{action}")
    if not bulk.is_open(ctx, obj, act):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))
    return obj, act


def _selection(obj: ObjectDef, req: Req) -> Selection:
    if req.one("all"):
        return Selection(query=state.read(obj, req.form).query())
    return Selection(ids=tuple(dict.fromkeys(key for raw in req.form.get("id") or [] if (key := parse_id(raw)))))


def _perform(ctx: Context, req: Req, obj: ObjectDef, act: str, selection: Selection) -> Outcome:
    if act == "assign":
        chosen = req.one("owner_id")
        owner = None if chosen == NOBODY else parse_id(chosen)
        if owner is None and chosen != NOBODY:
            raise Invalid({"owner_id": _("Choose one of the list.")})
        return bulk.assign(ctx, obj, selection, owner, is_department_kept=bool(req.one("keep_department")))
    if act == "tags":
        words = verbs.words(req.form.get("add") or [])
        take = _keys(req.form.get("take") or [])
        if not words and not take:
            raise Invalid({"add": _("Choose a tag to add or to remove.")})
        return bulk.tag(ctx, obj, selection, [verbs.make(ctx, word) for word in words], take)
    return bulk.delete(ctx, obj, selection)


def _keys(values: list[str]) -> list[UUID]:
    return [key for raw in values if (key := parse_id(raw))]


def _form(ctx: Context, req: Req, obj: ObjectDef, act: str, errors: dict[str, str] | None = None) -> Reply:
    selection = _selection(obj, req)
    extent = bulk.extent(ctx, obj, selection, act)
    made = BulkPage(
        obj=obj, act=act, title=_title(obj, act, extent), verb=_verb(act), extent=extent, carried=_carried(obj, req, extent),
        back=_back(obj, req), warnings=_warnings(act, extent), typed=req.form, errors=errors or {},
    )  # fmt: skip
    if act == "assign":
        nobody = ((NOBODY, _("Nobody")),) if ctx.rights.scope(obj.name, ASSIGN) is Scope.ALL else ()
        made.people = (*((str(member.id), member.name) for member in assignees(ctx, obj)), *nobody)
    elif act == "tags":
        made.tags = tuple((str(key), cell.text) for key, cell in views.tag_cells(ctx).items())
    status = 422 if errors else 200
    return page(ctx, req, TEMPLATE, block="sheet_body" if req.htmx_target == SHEET else None, status=status, bulk=made)


def _carried(obj: ObjectDef, req: Req, extent: Extent) -> state.Pairs:
    rows = [("all", "1"), *state.read(obj, req.form).question()] if req.one("all") else [("id", raw) for raw in req.form.get("id") or []]
    return [*rows, ("back", _back(obj, req)), ("expected", str(extent.permitted))]


def _back(obj: ObjectDef, req: Req) -> str:
    """Go back to the list as it was; to no other page."""
    asked, plain = req.one("back"), f"/{obj.name}"
    return asked if asked == plain or asked.startswith(f"{plain}?") else plain


def _title(obj: ObjectDef, act: str, extent: Extent) -> str:
    counted: dict[str, Any] = {"objects": noun(obj, extent.permitted), "number": format_number(extent.permitted)}
    titles = {
        "assign": _("Assign %(number)s %(objects)s", **counted),
        "tags": _("Tag %(number)s %(objects)s", **counted),
        "delete": _("Delete %(number)s %(objects)s", **counted),
    }
    return titles[act]


def noun(obj: ObjectDef, number: int) -> str:
    """Name an object as it stands after a number, inside a sentence."""
    return str(obj.singular if number == 1 else obj.plural).lower()


def _verb(act: str) -> str:
    return {"assign": _("Assign"), "tags": _("Change the tags"), "delete": _("Delete")}[act]


def _warnings(act: str, extent: Extent) -> list[str]:
    """Say in numbers what else will happen, and what will not."""
    said = []
    if not extent.total:
        said.append(_("Nothing is selected. Go back and choose some rows."))
    if extent.skipped:
        rest = ngettext(
            "%(count)s row is left as it is, because you may not change it.",
            "%(count)s rows are left as they are, because you may not change them.",
            extent.skipped,
            count=format_number(extent.skipped),
        )
        said.append(rest)
    if extent.is_too_large:
        said.append(bulk.too_many())
    if extent.children:
        known = [f"{format_number(number)} {noun(registry.get(name), number)}" for name, number in extent.children.items()]
        said.append(_("%(children)s go with them.", children=f" {_('and')} ".join(known)))
    if act == "delete" and extent.permitted:
        said.append(_("You can undo this."))
    return said


def _done(obj: ObjectDef, act: str, outcome: Outcome) -> str:
    counted: dict[str, Any] = {"objects": noun(obj, outcome.changed), "number": format_number(outcome.changed)}
    if not outcome.changed:
        message = _("Nothing was changed.")
    elif act == "assign":
        message = _("%(number)s %(objects)s assigned", **counted)
    elif act == "tags":
        message = _("Tags of %(number)s %(objects)s changed", **counted)
    else:
        message = _("%(number)s %(objects)s deleted", **counted)
    if outcome.skipped:
        message += " · " + _("%(number)s skipped", number=format_number(outcome.skipped))
    return message
