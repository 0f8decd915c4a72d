"""Writing a plan: new records and their journal by COPY, changed ones in one flush, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.crm.imports import copying
from saas.crm.imports.changes import Change
from saas.crm.imports.composing import composed
from saas.crm.imports.plan import Plan
from saas.crm.objects import images, journal, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalChange
from saas.crm.objects.words import hear, learn
from saas.crm.tags.verbs import all_tags, make

JOURNAL_COLUMNS = ("batch_id", "object", "record_id", "action", "version", "after")

# Takes so many numbers of a prefix. Done in a transaction of its own (gaps are allowed), nobody else waits for the batch.
TakeCodes = Callable[[str, int], range]


def write(ctx: Context, plan: Plan, obj: ObjectDef, objects: Mapping[str, ObjectDef], take: TakeCodes) -> None:
    """Carry out a plan. Linked records are written before the records that link to them."""
    names = [name for name in plan.made if name != obj.name] + ([obj.name] if obj.name in plan.made else [])
    tags = _tag_keys(ctx, plan)
    for name in names:
        _make(ctx, objects[name], plan.made[name], tags, take)
    if plan.changes:
        _change(ctx, obj, plan.changes, tags)


def _tag_keys(ctx: Context, plan: Plan) -> dict[str, UUID]:
    """Find or make the tags a plan names: folded name → key."""
    wanted = {name.casefold(): name for drafts in plan.made.values() for draft in drafts for name in draft.tag_names}
    wanted |= {name.casefold(): name for change in plan.changes for name in change.tags}
    if not wanted:
        return {}
    known = {tag.name.casefold(): tag.id for tag in all_tags(ctx.db)}
    return {folded: known.get(folded) or make(ctx, name) for folded, name in sorted(wanted.items())}


def _make(ctx: Context, obj: ObjectDef, drafts: list[Any], tags: Mapping[str, UUID], take: TakeCodes) -> None:
    for draft in drafts:
        if draft.tag_names:
            draft.tag_ids = list(dict.fromkeys(tags[name.casefold()] for name in draft.tag_names))
    columns = [column.key for column in obj.model.__table__.columns]
    connection = ctx.db.connection()
    journaled: list[str] = []
    heard: set[str] = set()

    def lines() -> Iterator[str]:
        """Complete the drafts while the server takes in the lines before."""
        for one in composed(obj, drafts, take(obj.prefix, len(drafts)), journal.batch(ctx), ctx.now.isoformat()):
            journaled.append(one.journaled)
            heard.update(one.words)
            yield one.lines

    copying.copy_lines(connection, obj.model.__tablename__, columns, lines())
    copying.copy_lines(connection, JournalChange.__tablename__, JOURNAL_COLUMNS, journaled)
    hear(ctx.db, heard)


def _change(ctx: Context, obj: ObjectDef, changes: list[Change], tags: Mapping[str, UUID]) -> None:
    """Change records of the book, with their journal."""
    journaled = []
    for change in changes:
        record, new = change.record, change.values
        if change.tags:
            fresh = dict.fromkeys(tags[name.casefold()] for name in change.tags)
            new["tag_ids"] = [*record.tag_ids, *(key for key in fresh if key not in record.tag_ids)]
        before = {name: images.to_json(getattr(record, name)) for name in new}
        for name, value in new.items():
            setattr(record, name, value)
        derive(obj, record)
        record.version += 1
        record.updated_at, record.updated_by = ctx.now, ctx.member.id
        journaled.append((record.id, record.version, before, {name: images.to_json(value) for name, value in new.items()}))
    with ctx.as_system("import"):
        ctx.db.flush()
        for change in changes:
            records.carry_to_children(ctx, obj, change.record, change.values)
    journal.write_many(ctx, obj.name, "update", journaled)
    learn(ctx.db, obj, [change.record for change in changes])
