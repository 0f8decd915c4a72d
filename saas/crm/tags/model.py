"""The table of tags."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants.models import TenantBase


class Tag(TenantBase):
    """A word with a colour. Records keep the keys of their tags; a tag belongs to the workspace, not to a department.

    A removed tag stays, so that putting it back gives it to the records that had it; until then nobody sees it.
    """

    __tablename__ = "tags"
    __table_args__ = (Index("tags_name_idx", text("lower(name)"), unique=True, postgresql_where="removed_at IS NULL"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    tone: Mapped[str] = mapped_column(default="neutral")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
    removed_at: Mapped[datetime | None]
