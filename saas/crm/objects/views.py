"""Records as pages see them: only fields the reader may see, with links and people already named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.crm.objects import access, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import EMPTY_CELL, Cell, Field
from saas.crm.objects.rich_fields import Link, Tags
from saas.crm.objects.seen import seen
from saas.crm.tags.verbs import all_tags

# Label of a record, and whether the reader may open it.
Names = dict[UUID, tuple[str, bool]]
# A field's name, where its value is taken from, and how it shows.
Column = tuple[str, Callable[[Any], Any], Callable[[Any], Cell]]


@dataclass(frozen=True)
class RecordView:
    """One record for reading. `cells` is field name → how its value shows; `subject` names what a child row belongs to.

    `code` and `owner` are empty where these fields are hidden from the reader.
    """

    object: str
    id: UUID
    code: str
    label: str
    version: int
    href: str
    is_sample: bool
    owner: str
    cells: dict[str, Cell]
    subject: Cell = EMPTY_CELL


def readable_fields(ctx: Context, obj: ObjectDef) -> tuple[Field, ...]:
    """List the fields of an object that the reader may see (Rights 6)."""
    return seen(ctx, obj).fields


def editable_fields(ctx: Context, obj: ObjectDef) -> tuple[Field, ...]:
    """List the fields the reader may type into."""
    return tuple(f for f in seen(ctx, obj).fields if f.is_editable)


def views(ctx: Context, obj: ObjectDef, sources: Sequence[Any], fields: Iterable[Field]) -> list[RecordView]:
    """Make views of records or rows that carry the fields' columns; one further statement for each linked object."""
    shown = list(fields)
    names = _link_names(ctx, shown, sources)
    columns = [(f.name, f.value_of, _shower(ctx, f, names)) for f in shown]
    subjects = _subjects(ctx, obj, sources)
    hidden = ctx.rights.hides(obj.name)
    return [_view(ctx, obj, source, columns, subjects, hidden) for source in sources]


def _view(
    ctx: Context, obj: ObjectDef, source: Any, columns: Sequence[Column], subjects: dict[UUID, Cell], hidden: Collection[str]
) -> RecordView:
    owner = ctx.directory.members.get(source.owner_id) if source.owner_id and "owner_id" not in hidden else None
    return RecordView(
        object=obj.name,
        id=source.id,
        code=source.code if "code" not in hidden else "",
        label=obj.label_of(source),
        version=source.version,
        href=f"/{obj.name}/{source.id}",
        is_sample=source.is_sample,
        owner=owner.name if owner else "",
        cells={name: show(value_of(source)) for name, value_of, show in columns},
        subject=subjects.get(getattr(source, obj.parent[1])) or EMPTY_CELL if obj.parent else EMPTY_CELL,
    )


def _shower(ctx: Context, field: Field, names: dict[str, Names]) -> Callable[[Any], Cell]:
    """Choose how a field's values show, once for all rows."""
    if isinstance(field, Link):
        return partial(_link_cell, field, names.get(field.target, {}))
    if isinstance(field, Tags):
        return partial(cell, ctx, field)
    return lambda value: field.show(value, ctx)


def cell(ctx: Context, field: Field, value: Any) -> Cell:
    """Show one value of a field that links to no record."""
    if isinstance(field, Tags):
        known = tag_cells(ctx)
        parts = tuple(known[key] for key in value or [] if key in known)
        return Cell(", ".join(part.text for part in parts), kind="chips", parts=parts) if parts else EMPTY_CELL
    return field.show(value, ctx)


def _link_cell(field: Link, names: Names, value: UUID | None) -> Cell:
    found = names.get(value) if value else None
    if found is None:
        return EMPTY_CELL
    text, is_open = found
    return Cell(text, kind="link", href=f"/{field.target}/{value}" if is_open else None)


def _link_names(ctx: Context, fields: Sequence[Field], sources: Sequence[Any]) -> dict[str, Names]:
    wanted: dict[str, set[UUID]] = {}
    for field in fields:
        if isinstance(field, Link):
            wanted.setdefault(field.target, set()).update(value for source in sources if (value := field.value_of(source)))
    known = {obj.name: obj for obj in access.registered()}
    return {name: records.label(ctx, known[name], ids) for name, ids in wanted.items()}


def _subjects(ctx: Context, obj: ObjectDef, sources: Sequence[Any]) -> dict[UUID, Cell]:
    """Name the subjects of child rows; one the reader may not open shows its name only."""
    if obj.parent is None:
        return {}
    kind, key = obj.parent
    wanted: dict[str, set[UUID]] = {}
    for source in sources:
        if getattr(source, key):
            wanted.setdefault(getattr(source, kind), set()).add(getattr(source, key))
    known = {other.name: other for other in access.registered()}
    found: dict[UUID, Cell] = {}
    for name, ids in wanted.items():
        for record_id, (text, is_open) in records.label(ctx, known[name], ids).items():
            found[record_id] = Cell(text, kind="link", href=f"/{name}/{record_id}" if is_open else None)
    return found


def tag_cells(ctx: Context) -> dict[UUID, Cell]:
    """Map the workspace's tags to chips; kept with the directory, whose version every change of tags raises."""
    return ctx.directory.keep("tags", lambda: {tag.id: Cell(tag.name, kind="chip", tone=tag.tone) for tag in all_tags(ctx.db)})
