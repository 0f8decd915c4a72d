"""The global search: the best hits of every object under the reader's rights, and what each of them is. Lists are objects.listing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import READ
from saas.core.text.folding import fold
from saas.crm.objects import access, codes, pager, views
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.search.paging import Searched
from saas.crm.search.query import Query, parse
from saas.crm.search.ranking import ELSEWHERE, EXACT, Hit, best

BEST = 20
HINTS = 2
# Kinds of fields that say in a few words who or what a hit is.
HINT_KINDS = ("link", "text", "emails", "phones")

_CODE = re.compile(r"\s*([a-z]{1,6})[\s_-]*0*([0-9]{1,12})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """One hit, ready to show. `hint` says what it is, or why it was found where that is not in its name."""

    id: UUID
    label: str
    hint: str
    code: str
    href: str
    is_sample: bool


@dataclass(frozen=True)
class Group:
    """The hits of one object, the best first."""

    obj: ObjectDef
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Results:
    """What a search found, the object with the best hit first. `corrected` is what was searched for instead of what was typed."""

    text: str
    groups: tuple[Group, ...] = ()
    corrected: str = ""

    def __bool__(self) -> bool:
        return bool(self.groups)


def search(ctx: Context, text: str, limit: int = BEST) -> Results:
    """Find the best hits of all objects that have pages, `limit` in all; an exact code is the first. Blank text finds nothing."""
    query = parse(text, ctx.workspace.region)
    if not query.terms:
        return Results(query.text)
    coded = _by_code(ctx, text)
    ranked: list[tuple[Hit, ObjectDef]] = []
    for obj in access.registered():
        if obj.has_page and access.branches(ctx.rights, obj.name, READ):
            ranked += [(hit, obj) for hit in hits(ctx, obj, query, limit) if (obj.name, hit.id) not in coded]
    ranked.sort(key=lambda pair: (pair[0].rank, pair[0].key, str(pair[0].id)))
    known = {obj.name: obj for obj in access.registered()}
    first = [(Hit(EXACT - 1, "", key, ""), known[name]) for name, key in coded]
    return Results(query.text, _groups(ctx, query, [*first, *ranked][:limit]))


def hits(ctx: Context, obj: ObjectDef, query: Query, limit: int = BEST) -> list[Hit]:
    """Find the best hits of one object under the reader's rights."""
    table: Any = obj.model.__table__
    searched = Searched(table, table.c.id, table.c.sort_key, table.c.tokens, is_person=obj.is_person)
    name = table.c[obj.label_field]
    return best(pager.executor(ctx), searched, name, query, pager.visible(ctx, obj), limit)


def named(ctx: Context, obj: ObjectDef, text: str, limit: int = 1) -> list[tuple[UUID, str]]:
    """Find records of one object by what somebody typed for them: (key, label), the best first."""
    return [(hit.id, hit.name) for hit in hits(ctx, obj, parse(text, ctx.workspace.region), limit)]


def _by_code(ctx: Context, text: str) -> list[tuple[str, UUID]]:
    """Find the record whose code was typed, in any spelling: `ACC-000012`, `acc12`."""
    match = _CODE.fullmatch(text)
    if not match:
        return []
    for obj in access.registered():
        if obj.has_page and obj.prefix == match[1].upper():
            query = select(obj.model.id).where(obj.model.code == codes.code(obj.prefix, int(match[2])))
            return [(obj.name, key) for (key,) in ctx.db.execute(query)]
    return []


def _groups(ctx: Context, query: Query, ranked: Sequence[tuple[Hit, ObjectDef]]) -> tuple[Group, ...]:
    """Put the hits under their objects, in the order of each object's best."""
    by_object: dict[str, tuple[ObjectDef, list[Hit]]] = {}
    for hit, obj in ranked:
        by_object.setdefault(obj.name, (obj, []))[1].append(hit)
    found = (Group(obj, tuple(_described(ctx, obj, query, own))) for obj, own in by_object.values())
    return tuple(group for group in found if group.found)


def _described(ctx: Context, obj: ObjectDef, query: Query, own: Sequence[Hit]) -> list[Found]:
    """Read what the hits are: one statement, and one for each object they link to."""
    readable = {f.name: f for f in views.readable_fields(ctx, obj)}
    hinting = [readable[name] for name in obj.default_columns if name in readable and name != obj.label_field]
    hinting = [f for f in hinting if f.kind in HINT_KINDS]
    searched = [readable[name] for part in obj.searched.values() for name in part if name in readable]
    fields = list({f.name: f for f in (*hinting, *searched)}.values())
    model: Any = obj.model
    names = {"id", "code", "version", "owner_id", "is_sample", obj.label_field, *(column for f in fields for column in f.columns)}
    if obj.parent:
        names.update(obj.parent)
    statement = select(*(getattr(model, name) for name in sorted(names))).where(model.id.in_([hit.id for hit in own]))
    rows = {view.id: view for view in views.views(ctx, obj, ctx.db.execute(statement).all(), fields)}
    return [_found(rows[hit.id], hit, query, hinting, searched) for hit in own if hit.id in rows]


def _found(view: views.RecordView, hit: Hit, query: Query, hinting: Sequence[Field], searched: Sequence[Field]) -> Found:
    matched = _matched(view, query, searched) if hit.rank == ELSEWHERE else ""
    said = [matched, view.subject.text, *(view.cells[f.name].text for f in hinting)]
    hint = " · ".join(list(dict.fromkeys(text for text in said if text and text != view.label))[:HINTS])
    return Found(view.id, view.label, hint, view.code, view.href, view.is_sample)


def _matched(view: views.RecordView, query: Query, searched: Sequence[Field]) -> str:
    """Pick the value that holds what was typed, where it is not in the name: the e-mail, the phone, the town."""
    words = fold(query.text).split()
    digits = "".join(char for char in query.text if char.isdigit()).lstrip("0")
    for field in searched:
        cell = view.cells[field.name]
        for part in cell.parts or (cell,):
            folded = fold(part.text)
            if any(word in folded for word in words):
                return part.text
            if len(digits) >= 4 and field.kind == "phones" and digits in "".join(char for char in part.href or "" if char.isdigit()):
                return part.text
    return ""
