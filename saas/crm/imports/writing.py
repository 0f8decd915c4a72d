"""Writing a plan: new records and their journal by COPY, changed ones in one flush, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select

from saas.auth.context import Context
from saas.core.db import copy_rows
from saas.crm.imports.plan import Change, Plan
from saas.crm.objects import codes, images, journal
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.journal_tables import JournalChange
from saas.crm.objects.words import learn
from saas.crm.tags.verbs import all_tags, make

JOURNAL_COLUMNS = ("batch_id", "object", "record_id", "action", "version", "after")


def write(ctx: Context, plan: Plan, obj: ObjectDef, objects: dict[str, ObjectDef]) -> None:
    """Carry out a plan. Linked records are written before the records that link to them."""
    names = [name for name in plan.made if name != obj.name] + ([obj.name] if obj.name in plan.made else [])
    tags = _tag_keys(ctx, plan)
    for name in names:
        _make(ctx, objects[name], plan.made[name], tags)
    if plan.changes:
        _change(ctx, obj, plan.changes, tags)


def _tag_keys(ctx: Context, plan: Plan) -> dict[str, UUID]:
    wanted = {tag for drafts in plan.made.values() for draft in drafts for tag in draft.tag_names}
    wanted |= {tag for change in plan.changes for tag in change.built.tags}
    if not wanted:
        return {}
    known = {tag.name.casefold(): tag.id for tag in all_tags(ctx.db)}
    return {tag: known.get(tag.casefold()) or make(ctx, tag[:40]) for tag in sorted(wanted)}


def _make(ctx: Context, obj: ObjectDef, drafts: list[Any], tags: dict[str, UUID]) -> None:
    numbers = codes.take(ctx.db, obj.prefix, len(drafts))
    for draft, number in zip(drafts, numbers, strict=True):
        draft.code = codes.code(obj.prefix, number)
        draft.tag_ids = [tags[name] for name in dict.fromkeys(draft.tag_names)]
        derive(obj, draft)
    columns = [column.key for column in obj.model.__table__.columns]
    is_json = [str(column.type) == "JSONB" for column in obj.model.__table__.columns]
    connection = ctx.db.connection()
    copy_rows(connection, obj.model.__tablename__, columns, (_row(draft, columns, is_json) for draft in drafts))
    batch = journal.batch(ctx)
    changes = ((batch, obj.name, draft.id, "create", 1, Jsonb(images.image_of(obj.model, draft))) for draft in drafts)
    copy_rows(connection, JournalChange.__tablename__, JOURNAL_COLUMNS, changes)
    learn(ctx.db, obj, drafts)


def _row(draft: Any, columns: Iterable[str], is_json: Iterable[bool]) -> list[Any]:
    return [
        Jsonb(value) if as_json and value is not None else value
        for value, as_json in ((getattr(draft, column), as_json) for column, as_json in zip(columns, is_json, strict=True))
    ]


def _change(ctx: Context, obj: ObjectDef, changes: list[Change], tags: dict[str, UUID]) -> None:
    """Change records of the book: values the file has replace those there; lists such as e-mails are united; empty cells change nothing."""
    model: Any = obj.model
    ids = [change.known.id for change in changes]
    query = select(model).where(model.id.in_(ids)).with_for_update()
    changed = []
    with ctx.as_system("import"):
        found = {record.id: record for record in ctx.db.execute(query).scalars()}
        for change in changes:
            record = found.get(change.known.id)
            if record is None:
                continue
            wanted = {**change.built.values, **change.links}
            if change.built.tags:
                wanted["tag_ids"] = [*record.tag_ids, *(tags[t] for t in change.built.tags if tags[t] not in record.tag_ids)]
            if _apply(ctx, obj, record, wanted):
                changed.append(record)
        ctx.db.flush()
    learn(ctx.db, obj, changed)


def _apply(ctx: Context, obj: ObjectDef, record: Any, wanted: dict[str, Any]) -> bool:
    new = {}
    for name, value in wanted.items():
        merged = _united(getattr(record, name), value) if isinstance(value, list) and name != "tag_ids" else value
        if getattr(record, name) != merged:
            new[name] = merged
    if not new:
        return False
    before = {name: images.to_json(getattr(record, name)) for name in new}
    for name, value in new.items():
        setattr(record, name, value)
    derive(obj, record)
    record.version += 1
    record.updated_at, record.updated_by = ctx.now, ctx.member.id
    journal.write(ctx, obj.name, "update", record, before=before, after={name: images.to_json(value) for name, value in new.items()})
    return True


def _united(mine: list[Any], theirs: list[Any]) -> list[Any]:
    known = [entry["value"] if isinstance(entry, dict) else entry for entry in mine]
    return [*mine, *(entry for entry in theirs if (entry["value"] if isinstance(entry, dict) else entry) not in known)]
