"""The global search: the best hits of every object under the reader's rights, and what each of them is. Lists are objects.listing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth.context import Context
from saas.auth.permissions import READ
from saas.core.text.folding import fold
from saas.crm.objects import access, codes, pager, rechecking, views
from saas.crm.objects.branches import branches
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.search import vocabulary
from saas.crm.search.paging import Searched
from saas.crm.search.query import Query, parse
from saas.crm.search.ranking import ELSEWHERE, EXACT, Hit, best
from saas.crm.search.tokens import PHONE_GRAM

BEST = 20
# Times as many hits are found where some of them may be taken away again.
RECHECKED = 10
HINTS = 2
# Words that may be meant by a mistyped one, and readings of the whole text that are tried.
CANDIDATES = 3
SUGGESTIONS = 5
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
    """Find the best hits of all objects that have pages, `limit` in all; an exact code is the first. Blank text finds nothing.

    Where nothing is found, mistyped words are put right by the firm's own words, if that finds something for this reader.
    """
    found = _search(ctx, text, limit)
    if found or not found.text:
        return found
    for other in suggestions(ctx, text):
        instead = _search(ctx, other, limit)
        if instead:
            return replace(instead, text=found.text, corrected=other)
    return found


def suggestions(ctx: Context, text: str) -> list[str]:
    """Read a text again with its mistyped words put right, in a few ways, the likeliest first; they may find nothing either."""
    query = parse(text, ctx.workspace.region)
    meant: list[list[str]] = []
    for word in query.words:
        rows = [(row[0], row[1]) for row in ctx.db.execute(vocabulary.candidates(word))] if vocabulary.is_correctable(word) else []
        meant.append([correction.word for correction in vocabulary.corrections(rows, word)][:CANDIDATES] or [word])
    found = []
    for choice in islice(product(*meant), SUGGESTIONS):
        other = query
        for word, by in zip(query.words, choice, strict=True):
            other = other.corrected(word, by, ctx.workspace.region) if by != word else other
        if other.text != query.text:
            found.append(other.text)
    return found


def _search(ctx: Context, text: str, limit: int) -> Results:
    query = parse(text, ctx.workspace.region)
    if not query.terms:
        return Results(query.text)
    coded = _by_code(ctx, text)
    ranked: list[tuple[Hit, ObjectDef]] = []
    for obj in access.registered():
        if obj.has_page and branches(ctx.rights, obj.name, READ):
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
    if not rechecking.is_needed(ctx, obj, query):
        return best(pager.executor(ctx), searched, name, query, pager.visible(ctx, obj), limit)
    found = best(pager.executor(ctx), searched, name, query, pager.visible(ctx, obj), limit * RECHECKED)
    kept = rechecking.kept(ctx, obj, query, [hit.id for hit in found])
    return [hit for hit in found if hit.id in kept][:limit]


def named(ctx: Context, obj: ObjectDef, text: str, limit: int = 1) -> list[tuple[UUID, str]]:
    """Find records of one object by what somebody typed for them: (key, label), the best first."""
    return [(hit.id, hit.name) for hit in hits(ctx, obj, parse(text, ctx.workspace.region), limit)]


def _by_code(ctx: Context, text: str) -> list[tuple[str, UUID]]:
    """Find the record whose code was typed, in any spelling: `ACC-000012`, `acc12`."""
    match = _CODE.fullmatch(text)
    if not match:
        return []
    for obj in access.registered():
        if obj.has_page and obj.prefix == match[1].upper() and "code" not in ctx.rights.hides(obj.name):
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
    shown = [(f, part) for f in searched for part in view.cells[f.name].parts or (view.cells[f.name],) if part.text]
    for wanted in (words, sorted(words, key=len)[-1:]):
        for field, part in shown:
            if wanted and all(word in fold(part.text) for word in wanted):
                return part.text
            if len(digits) >= PHONE_GRAM and field.kind == "phones" and digits in "".join(c for c in part.href or "" if c.isdigit()):
                return part.text
    return ""
