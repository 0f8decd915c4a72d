"""Making, renaming and removing tags."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.tags.model import Tag

TONES = ("neutral", "blue", "green", "amber", "red", "violet")
MAX_LENGTH = 40


def all_tags(session: Session) -> list[Tag]:
    """List the workspace's tags by name."""
    return list(session.execute(select(Tag).order_by(func.lower(Tag.name))).scalars())


def make(ctx: Context, name: str, tone: str = "neutral") -> UUID:
    """Make a tag, or find the one of that name; return its key. Raises Invalid({"name": …})."""
    clean = " ".join(name.split())
    if not clean or len(clean) > MAX_LENGTH:
        raise Invalid({"name": _("Use between 1 and %(number)d characters.", number=MAX_LENGTH)})
    found = ctx.db.execute(select(Tag.id).where(func.lower(Tag.name) == clean.lower())).scalar_one_or_none()
    if found:
        return found
    tag = Tag(name=clean, tone=tone if tone in TONES else TONES[0], created_by=ctx.member.id)
    ctx.db.add(tag)
    ctx.db.flush()
    touch(ctx.db)
    return tag.id


def words(texts: Iterable[str]) -> list[str]:
    """Take typed names of tags apart at commas, each once."""
    said = [" ".join(word.split()) for text in texts for word in text.replace("，", ",").split(",")]
    return list({word.casefold(): word for word in said if word}.values())
