"""The table of words that occur in a firm's records, against which mistyped words are corrected."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from saas.tenants.models import TenantBase


class SearchWord(TenantBase):
    """A word, the keys under which its near misses meet it, and a rough count of its uses."""

    __tablename__ = "search_words"
    # With a list of pending entries the planner would read the whole table instead.
    __table_args__ = (Index("search_words_keys_idx", "keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),)

    word: Mapped[str] = mapped_column(primary_key=True)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    uses: Mapped[int] = mapped_column(default=1)
