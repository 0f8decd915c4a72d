"""Columns that every record has, and the indexes its lists stand on."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import TenantBase


class RecordBase(TenantBase):
    """A row of any CRM object. `sort_key`, `tokens` and `keys` are derived from its fields by the engine and never typed.

    `custom` holds values of the firm's own fields; `is_sample` marks demonstration data; `import_id` the run that brought the row.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    sort_key: Mapped[str]
    tokens: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    tag_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    is_sample: Mapped[bool] = mapped_column(default=False)
    import_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by: Mapped[UUID | None]


# Set by the engine, never by a form, an import or the API.
ENGINE_COLUMNS = frozenset(
    "id code sort_key tokens keys custom is_sample import_id version created_at created_by updated_at updated_by".split()
)
DERIVED_COLUMNS = frozenset(("sort_key", "tokens", "keys"))


# New entries wait in a list, which searches read too, and are merged together: one by one, imports took three times as long. Its limit, in
# kB, keeps searches fast: with the server's 4 MB, those of a large book took twice as long after a thousand new records.
PENDING = {"fastupdate": "on", "gin_pending_list_limit": "1024"}
# Keys are few and unique: without the list they cost less to write, and an import asks for thousands of them in every batch.
AT_ONCE = {"fastupdate": "off"}


def record_indexes(table: str, *choices: str) -> tuple[Index, ...]:
    """Name the indexes of one object's table: each way a list is ordered, under each branch of rights, and search.

    `choices` are the choice fields by which sharing rules may be narrowed (`is_indexed`).
    """
    narrowed = (
        Index(f"{table}_{name}_idx", "department_id", name, "sort_key", "id", postgresql_where=f"{name} IS NOT NULL") for name in choices
    )
    return (
        *narrowed,
        Index(f"{table}_sort_idx", "sort_key", "id"),
        Index(f"{table}_owner_idx", "owner_id", "sort_key", "id"),
        Index(f"{table}_department_idx", "department_id", "sort_key", "id"),
        Index(f"{table}_updated_idx", "updated_at", "id"),
        Index(f"{table}_created_idx", "created_at", "id"),
        Index(f"{table}_tokens_idx", "tokens", postgresql_using="gin", postgresql_with=PENDING),
        Index(f"{table}_keys_idx", "keys", postgresql_using="gin", postgresql_with=AT_ONCE),
        Index(f"{table}_tags_idx", "tag_ids", postgresql_using="gin", postgresql_where="tag_ids <> '{}'"),
        Index(f"{table}_import_idx", "import_id", postgresql_where="import_id IS NOT NULL"),
        Index(f"{table}_sample_idx", "id", postgresql_where="is_sample"),
    )
