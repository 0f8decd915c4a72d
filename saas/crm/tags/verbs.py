"""Making, renaming and removing tags."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.crm.tags.model import Tag

TONES = ("neutral", "blue", "green", "amber", "red", "violet")
MAX_LENGTH = 40
MANAGE = "settings:manage"


def all_tags(session: Session) -> list[Tag]:
    """List the workspace's tags by name."""
    return list(session.execute(select(Tag).where(Tag.removed_at.is_(None)).order_by(func.lower(Tag.name))).scalars())


def make(ctx: Context, name: str, tone: str = "neutral") -> UUID:
    """Make a tag, or find the one of that name; return its key. Raises Invalid({"name": …})."""
    clean = _clean(name)
    found = _named(ctx, clean)
    if found:
        return found
    values = {
        "id": new_id(),
        "name": clean,
        "tone": tone if tone in TONES else TONES[0],
        "created_at": ctx.now,
        "created_by": ctx.member.id,
    }
    # Somebody else may be making the same tag at this moment: theirs will do.
    made = ctx.db.execute(insert(Tag).values(**values).on_conflict_do_nothing().returning(Tag.id)).scalar_one_or_none()
    if made is None:
        return ctx.db.execute(select(Tag.id).where(func.lower(Tag.name) == func.lower(clean), Tag.removed_at.is_(None))).scalar_one()
    touch(ctx.db)
    return made


def words(texts: Iterable[str]) -> list[str]:
    """Take typed names of tags apart at commas, each once."""
    said = [" ".join(word.split()) for text in texts for word in text.replace("，", ",").split(",")]
    found: dict[str, str] = {}
    for word in said:
        if word:
            found.setdefault(word.casefold(), word)
    return list(found.values())


def change(ctx: Context, tag_id: UUID | None, name: str, tone: str) -> None:
    """Rename and recolour a tag. Raises NotFound, or Invalid({"name": …}) also when another tag has the name."""
    ctx.require(MANAGE)
    tag = _get(ctx, tag_id)
    clean = _clean(name)
    if _named(ctx, clean) not in (None, tag.id):
        raise Invalid({"name": _("There is a tag of this name already.")})
    tag.name, tag.tone = clean, tone if tone in TONES else tag.tone
    touch(ctx.db)


def remove(ctx: Context, tag_id: UUID | None) -> Tag:
    """Take a tag out of use; records keep its key, so that `put_back` gives it back to them. Raises NotFound."""
    ctx.require(MANAGE)
    tag = _get(ctx, tag_id)
    tag.removed_at = ctx.now
    touch(ctx.db)
    return tag


def put_back(ctx: Context, tag_id: UUID | None) -> Tag:
    """Undo `remove`. Raises NotFound, or Invalid({"name": …}) when another tag has taken its name."""
    ctx.require(MANAGE)
    tag = _get(ctx, tag_id, is_removed=True)
    if _named(ctx, tag.name):
        raise Invalid({"name": _("There is a tag of this name already.")})
    tag.removed_at = None
    touch(ctx.db)
    return tag


def _clean(name: str) -> str:
    clean = " ".join(name.replace("\x00", "").split())
    if not clean or len(clean) > MAX_LENGTH:
        raise Invalid({"name": _("Use between 1 and %(number)d characters.", number=MAX_LENGTH)})
    return clean


def _named(ctx: Context, name: str) -> UUID | None:
    query = select(Tag.id).where(func.lower(Tag.name) == func.lower(name), Tag.removed_at.is_(None))
    return ctx.db.execute(query).scalar_one_or_none()


def _get(ctx: Context, tag_id: UUID | None, *, is_removed: bool = False) -> Tag:
    query = select(Tag).where(Tag.id == tag_id, Tag.removed_at.is_not(None) if is_removed else Tag.removed_at.is_(None))
    tag = ctx.db.execute(query.with_for_update()).scalar_one_or_none() if tag_id else None
    if tag is None:
        raise NotFound(_("This tag does not exist any more."))
    return tag
