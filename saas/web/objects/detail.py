"""The page of one record: facts in groups, what is next, what belongs to it, its story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.auth.context import Context
from saas.auth.permissions import DELETE, EDIT
from saas.core.errors import Invalid
from saas.core.ids import parse_id
from saas.crm.activities import tasks
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.objects import access, forms, records, seen, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Cell, Field
from saas.crm.objects.views import RecordView
from saas.web.exchange import Reply, Req
from saas.web.objects import agenda, composer, recent, story
from saas.web.objects.agenda import Item
from saas.web.objects.composer import KINDS, Composer
from saas.web.objects.controls import Source
from saas.web.objects.forms import page_of, undo_path
from saas.web.objects.related import Related, related
from saas.web.objects.story import Telling
from saas.web.pages import page
from saas.web.routing import workspace

TEMPLATE = "objects/detail.html"
# Kept by the engine and shown in the heading; their group starts folded.
FOLDED_GROUPS = ("record",)


@dataclass(frozen=True)
class Fact:
    """One field of the record with its value; `edit_url` None for who may not change it there."""

    field: Field
    cell: Cell
    edit_url: str | None


@dataclass(frozen=True)
class FactGroup:
    """The facts under one title; `empty_count` of them say nothing."""

    key: str
    label: str
    facts: list[Fact]
    empty_count: int
    is_open: bool


@dataclass
class Detail:
    """All that the template of a record's page draws."""

    obj: ObjectDef
    view: RecordView
    facts: list[Cell]
    groups: list[FactGroup]
    story: Telling | None
    composer: Composer | None = None
    next_steps: list[Item] = field(default_factory=list)
    more_steps: bool = False
    related: list[Related] = field(default_factory=list)
    self_item: Item | None = None
    may_edit: bool = False
    may_delete: bool = False
    may_log: bool = False


@workspace.get("/{object:str}/{id:str}", right="{object}:read")
def detail(ctx: Context, req: Req) -> Reply:
    """Show a record; rows without a page of their own show on that of their subject."""
    obj = seen.named(ctx, req.params["object"])
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    if not obj.has_page:
        return Reply.redirect(f"{page_of(ctx, obj, record)}#{obj.name}-{record.id}")
    reply = show(ctx, req, obj, record)
    return recent.remember(reply, req, obj, record)


@workspace.post("/{object:str}/{id:str}/note", right="notes:create")
@workspace.post("/{object:str}/{id:str}/call", right="activities:create")
@workspace.post("/{object:str}/{id:str}/task", right="activities:create")
@workspace.post("/{object:str}/{id:str}/meeting", right="activities:create")
def write(ctx: Context, req: Req) -> Reply:
    """Keep what was written in the composer: a note, a call, a task or a meeting on this record."""
    obj = seen.with_page(ctx, req.params["object"])
    ctx.require(f"{obj.name}:read")
    record = records.find(ctx, obj, parse_id(req.params["id"]))
    kind = KINDS[req.path.rsplit("/", 1)[1]]
    try:
        composer.write(ctx, kind, (obj, record.id), req.form)
    except Invalid as error:
        return show(ctx, req, obj, record, kind.name, Source(form=forms.clean(req.form), errors=error.fields), status=422)
    return Reply.redirect(f"/{obj.name}/{record.id}").toast(composer.words(kind), undo_path(ctx))


def show(ctx: Context, req: Req, obj: ObjectDef, record: Any, compose: str = "", source: Source | None = None, status: int = 200) -> Reply:
    """Draw the page; with what was typed in the composer when that was refused."""
    made = build(ctx, obj, record, req.one("kind") if req.method == "GET" else "")
    if obj.parent is None:
        made.composer = composer.composer(ctx, f"/{obj.name}/{record.id}", compose or req.one("compose"), source)
    block = {"composer": "composer", "timeline": "story"}.get(req.htmx_target) if made.story else None
    context: Mapping[str, Any] = {"detail": made, "story": made.story, "record": made.view}
    return page(ctx, req, TEMPLATE, block=block, status=status, **context)


def build(ctx: Context, obj: ObjectDef, record: Any, kind: str = "") -> Detail:
    """Collect what the page shows."""
    fields = views.readable_fields(ctx, obj)
    view = views.views(ctx, obj, [record], fields)[0]
    may_edit = access.allows(ctx, obj, record, EDIT)
    made = Detail(
        obj=obj,
        view=view,
        facts=[view.cells[name] for name in obj.facts if name in view.cells and view.cells[name].text],
        groups=groups(ctx, obj, record, view, may_edit),
        story=story.tell(ctx, obj, record, kind) if obj.parent is None else None,
        may_edit=may_edit,
        may_delete=access.allows(ctx, obj, record, DELETE),
        may_log=obj.parent is None and ctx.rights.may("activities:create"),
    )
    if obj.parent is None:
        if ctx.rights.may("activities:read"):
            steps = tasks.next_steps(ctx, record.id, obj.customer == "id")
            made.next_steps, made.more_steps = agenda.items(ctx, steps[:3], record.id), len(steps) > 3
        made.related = list(related(ctx, obj, record))
    elif obj.name == ACTIVITIES.name:
        made.self_item = agenda.items(ctx, [record], with_phones=True)[0]
    return made


def groups(ctx: Context, obj: ObjectDef, record: Any, view: RecordView, may_edit: bool) -> list[FactGroup]:
    """Put the readable fields into the object's groups, in its order; the name stands in the heading."""
    unused = obj.unused(record) if obj.unused else frozenset()
    editable = {f.name for f in views.editable_fields(ctx, obj)}
    found = []
    for key, label in obj.groups:
        facts = [
            Fact(f, view.cells[f.name], f"{view.href}/edit/{f.name}" if may_edit and f.name in editable else None)
            for f in views.readable_fields(ctx, obj)
            if f.group == key and (f.name not in unused or view.cells[f.name].text) and not _is_computed(obj, f)
        ]
        empty = sum(1 for fact in facts if not fact.cell.text)
        if facts:
            is_open = key not in FOLDED_GROUPS and empty < len(facts)
            found.append(FactGroup(key, str(label), facts, empty if is_open else 0, is_open))
    return found


def _is_computed(obj: ObjectDef, field: Field) -> bool:
    """Tell whether a field only repeats others that the page shows: a name put together, the moment that orders a timeline."""
    return not field.is_editable and field.name in (obj.label_field, obj.timeline)
