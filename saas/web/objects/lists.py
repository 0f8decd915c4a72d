"""The list page of any object, its fragments, its total, and the choice of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from saas.auth import preferences
from saas.auth.context import Context
from saas.auth.permissions import ASSIGN, BULK, CREATE, EDIT, EXPORT
from saas.core.locale_format import format_number
from saas.crm.objects import access, listing, seen, views
from saas.crm.objects.definition import ObjectDef, RowAction
from saas.crm.objects.fields import Field, FieldError
from saas.crm.objects.listing import DEFAULT_SORT
from saas.crm.search import find
from saas.web.exchange import Reply, Req
from saas.web.objects import controls, filters, state
from saas.web.objects.filters import Chip, FilterForm
from saas.web.objects.state import ListState
from saas.web.pages import page
from saas.web.render import render_block
from saas.web.routing import workspace

TEMPLATE = "objects/list.html"
REGION = "list"
EXACT = "exact"
# What a swap of the rows brings along: it changes with the rows, but stands elsewhere on the page.
COMPANIONS = ("tabs", "filters")


@dataclass(frozen=True)
class Column:
    """A column's head: where its link leads, and how the list is sorted by it now ("asc", "desc" or nothing)."""

    field: Field
    href: str = ""
    direction: str = ""


@dataclass(frozen=True)
class ListRow:
    """One row: how it shows, its dates as they are, and the fields that can be edited where they stand."""

    view: views.RecordView
    moments: dict[str, Any]
    editable: frozenset[str]


@dataclass
class ListPage:
    """All that the template of a list draws."""

    obj: ObjectDef
    state: ListState
    columns: tuple[Column, ...]
    rows: list[ListRow]
    previous_href: str = ""
    next_href: str = ""
    total: str = ""
    chips: list[Chip] = field(default_factory=list)
    tabs: list[tuple[str, str, bool]] = field(default_factory=list)
    fields: tuple[Field, ...] = ()
    form: FilterForm | None = None
    column_options: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    corrected: str = ""
    actions: tuple[RowAction, ...] = ()
    may_create: bool = False
    may_bulk: bool = False
    may_export: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all there is stands on this page."""
        return not self.previous_href and not self.next_href


@workspace.get("/{object:str}", right="{object}:read")
def list_page(ctx: Context, req: Req) -> Reply:
    """Show a page of records, or only its rows when they are asked for."""
    obj = seen.with_page(ctx, req.params["object"])
    asked = state.read(obj, req.query)
    if asked.editing and "op" in req.query:
        try:
            asked = filters.submitted(ctx, asked, req)
        except FieldError as error:
            form = filters.form(ctx, asked, str(error), req)
            return _answer(ctx, req, _build(ctx, req, asked, form), status=422)
        if not req.is_htmx:
            return Reply.redirect(asked.href())
    return _answer(ctx, req, _build(ctx, req, asked, filters.form(ctx, asked)))


@workspace.get("/{object:str}/total", right="{object}:read")
def total(ctx: Context, req: Req) -> Reply:
    """Count the rows of a list: as far as 10,000, or exactly."""
    obj = seen.with_page(ctx, req.params["object"])
    asked = state.read(obj, req.query)
    is_exact = req.one("count") == EXACT
    number, has_more = listing.count(ctx, obj, asked.query(), is_exact=is_exact)
    exact_href = asked.href("total") + ("&" if asked.pairs() else "?") + f"count={EXACT}"
    said: dict[str, Any] = {"text": _total(number, has_more), "exact_href": exact_href if has_more else ""}
    return page(ctx, req, "objects/list_total.html", block="total", **said)


@workspace.post("/{object:str}/columns", right="{object}:read")
def choose_columns(ctx: Context, req: Req) -> Reply:
    """Remember which columns the member wants to see, and show them; none means the ready-made ones."""
    obj = seen.with_page(ctx, req.params["object"])
    chosen = state.known_columns(obj, req.form.get("cols") or ()) if not req.one("reset") else ()
    preferences.keep(ctx, f"columns.{obj.name}", list(chosen) or None)
    asked = state.read(obj, {name: values for name, values in req.form.items() if name != "cols"})
    return Reply.redirect(asked.change(columns=chosen).href())


def _build(ctx: Context, req: Req, asked: ListState, form: FilterForm | None) -> ListPage:
    obj = asked.obj
    columns = state.columns(ctx, asked)
    typed = asked.search
    asked, found = _found(ctx, asked, tuple(f.name for f in columns))
    shown = views.views(ctx, obj, found.rows, columns)
    editable = frozenset(f.name for f in controls.fields_of(ctx, obj))
    for action in (EDIT, ASSIGN):
        access.weigh(ctx, obj, found.rows, action)
    made = ListPage(
        obj=obj,
        state=asked,
        columns=tuple(_column(asked, f) for f in columns),
        rows=[
            ListRow(view, _moments(row, columns), _editable(ctx, obj, row, editable)) for view, row in zip(shown, found.rows, strict=True)
        ],
        previous_href=asked.href(cursor=found.previous_cursor) if found.previous_cursor else "",
        next_href=asked.href(cursor=found.next_cursor) if found.next_cursor else "",
        chips=filters.chips(ctx, asked, found.problems),
        tabs=[(str(preset.label), asked.with_preset(preset).href(), asked.is_preset(preset)) for preset in obj.presets],
        fields=filters.filterable(ctx, obj),
        form=form,
        typed=typed,
        corrected=asked.search if asked.search != typed else "",
        column_options=_column_options(ctx, obj, columns),
        actions=tuple(action for action in obj.row_actions if ctx.rights.may(action.right)),
        may_create=ctx.rights.may(f"{obj.name}:{CREATE}"),
        may_bulk=ctx.rights.may(f"{obj.name}:{BULK}"),
        may_export=ctx.rights.may(f"{obj.name}:{EXPORT}"),
    )
    made.total = _known_total(ctx, req, made)
    return made


def _found(ctx: Context, asked: ListState, names: tuple[str, ...]) -> tuple[ListState, listing.Page]:
    """Read the page. Behind the last row lies the first page again; where a search finds nothing, its mistyped words are put right."""
    found = listing.page(ctx, asked.obj, asked.query(names))
    if asked.cursor and not found.rows and not found.problems:
        return _found(ctx, asked.change(), names)
    if not found.rows and not found.problems and asked.search.strip():
        for text in find.suggestions(ctx, asked.search):
            other = asked.change(search=text)
            instead = listing.page(ctx, asked.obj, other.query(names))
            if instead.rows:
                return other, instead
    return asked, found


def _known_total(ctx: Context, req: Req, made: ListPage) -> str:
    """Say the total where somebody without JavaScript asks for it; else it is fetched after the rows, where there are more than shown."""
    if made.is_whole or not req.one("count"):
        return ""
    number, has_more = listing.count(ctx, made.obj, made.state.query(), is_exact=req.one("count") == EXACT)
    return _total(number, has_more)


def _total(number: int, has_more: bool) -> str:
    return format_number(number) + ("+" if has_more else "")


def _editable(ctx: Context, obj: ObjectDef, row: Any, asked: frozenset[str]) -> frozenset[str]:
    """Name those of the fields a form asks for that the member may change on this row."""
    if not access.allows(ctx, obj, row, EDIT):
        return frozenset()
    unused = obj.unused(row) if obj.unused else frozenset()
    return asked - unused - (frozenset() if access.allows(ctx, obj, row, ASSIGN) else {"owner_id"})


def _moments(row: Any, columns: tuple[Field, ...]) -> dict[str, Any]:
    """Take the dates of a row as they are: they are written as a distance, with the date itself on hover."""
    return {f.name: f.value_of(row) for f in columns if f.kind in ("date", "datetime")}


def _column(asked: ListState, of: Field) -> Column:
    name = DEFAULT_SORT if of.name == asked.obj.label_field else of.name
    if name != DEFAULT_SORT and of.name not in {f.name for f in listing.sortable(asked.obj)}:
        return Column(of)
    sorted_by, is_descending = asked.order
    is_current = sorted_by in (name, of.name)
    wanted = f"-{name}" if is_current and not is_descending else name
    default = asked.obj.default_sort or DEFAULT_SORT
    direction = ("desc" if is_descending else "asc") if is_current else ""
    return Column(of, asked.href(sort="" if wanted == default else wanted), direction)


def _column_options(ctx: Context, obj: ObjectDef, columns: tuple[Field, ...]) -> tuple[tuple[str, str], ...]:
    """List the columns there could be beside the label, those shown now first and in their order."""
    ordered = {f.name: f for f in (*columns, *views.readable_fields(ctx, obj))}
    return tuple((name, str(f.label)) for name, f in ordered.items() if name != obj.label_field)


def _answer(ctx: Context, req: Req, made: ListPage, status: int = 200) -> Reply:
    if req.htmx_target != REGION:
        return page(ctx, req, TEMPLATE, status=status, list=made, is_fragment=False)
    names = {"ctx": ctx, "req": req, "csrf_token": req.csrf, "list": made, "is_fragment": True}
    reply = Reply.html("".join(render_block(TEMPLATE, block, **names) for block in (REGION, *COMPANIONS)), status)
    is_typing = req.headers.get("hx-trigger-name") == "q"
    reply.headers["HX-Replace-Url" if is_typing else "HX-Push-Url"] = made.state.href()
    return reply
