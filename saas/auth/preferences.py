"""Small choices of one member that follow them to every device: which columns a list shows, and the like. Not rights, not settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from saas.auth.context import Context
from saas.auth.directory import touch
from saas.auth.members import Member


def read(ctx: Context) -> Mapping[str, Any]:
    """Get the acting member's choices; costs a statement only after a change."""
    return ctx.directory.keep(("preferences", ctx.member.id), lambda: _load(ctx))


def _load(ctx: Context) -> Mapping[str, Any]:
    return dict(ctx.db.execute(select(Member.preferences).where(Member.id == ctx.member.id)).scalar_one())


def keep(ctx: Context, name: str, value: Any) -> None:
    """Remember one choice as plain JSON; None forgets it."""
    query = select(Member.preferences).where(Member.id == ctx.member.id).with_for_update()
    chosen = {**ctx.db.execute(query).scalar_one(), name: value}
    kept = {key: entry for key, entry in chosen.items() if entry is not None}
    ctx.db.execute(update(Member).where(Member.id == ctx.member.id).values(preferences=kept))
    touch(ctx.db)
