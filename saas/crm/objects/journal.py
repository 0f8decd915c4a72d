"""Writing the journal: one batch for what one actor does in one transaction, one change for each row it touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from saas.auth.context import Context
from saas.crm.objects.columns import RecordBase
from saas.crm.objects.journal_tables import JournalBatch, JournalChange
from saas.tenants.session import TenantSession


def batch(ctx: Context, label: str = "", *, undoes: int | None = None, import_id: UUID | None = None) -> int:
    """Return the key of this transaction's batch, opening it on first use; the first label given stays."""
    found: int | None = ctx.state.get("batch")
    if found is None:
        values = {
            "at": ctx.now,
            "actor_id": ctx.member.id,
            "via": ctx.via,
            "label": label,
            "reason": ctx.state.get("system"),
            "undoes": undoes,
            "import_id": import_id,
        }
        found = ctx.db.execute(insert(JournalBatch).values(**values).returning(JournalBatch.id)).scalar_one()
        ctx.state["batch"] = found
    return found


def write(
    ctx: Context,
    object_name: str,
    action: str,
    record: RecordBase,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Note one row's change in this transaction's batch."""
    ctx.db.add(
        JournalChange(
            batch_id=batch(ctx, f"{object_name}.{action}"),
            object=object_name,
            record_id=record.id,
            action=action,
            version=record.version,
            before=before,
            after=after,
        )
    )


def write_many(
    ctx: Context,
    object_name: str,
    action: str,
    changes: Sequence[tuple[UUID, int, dict[str, Any] | None, dict[str, Any] | None]],
) -> None:
    """Note many rows' changes, each (key, version, before, after), in this transaction's batch and in this order."""
    key = batch(ctx, f"{object_name}.{action}")
    names = ("record_id", "version", "before", "after")
    rows = [{"batch_id": key, "object": object_name, "action": action, **dict(zip(names, change, strict=True))} for change in changes]
    if rows:
        ctx.db.execute(insert(JournalChange), rows)


def columns_since(session: TenantSession, record_id: UUID, version: int) -> set[str]:
    """Name the columns of a record that were changed after a version."""
    query = select(JournalChange.after).where(
        JournalChange.record_id == record_id, JournalChange.action == "update", JournalChange.version > version
    )
    return {name for (after,) in session.execute(query) for name in after or {}}
