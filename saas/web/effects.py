"""Showing what a change of rights would do before it is saved (Rights 15): the form comes back with it, the next Save is for real."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from saas.auth.context import Context
from saas.auth.directory import Directory
from saas.core.i18n import ngettext
from saas.crm.sharing import effect
from saas.web.exchange import Req

# The form field that says which change the reader has seen the effect of.
SEEN = "effect_seen"
# What a form says beside the change itself.
BESIDE = (SEEN, "csrf_token", "records")


def changed(ctx: Context, **parts: Any) -> Directory:
    """Make the directory as it would be, with other `roles`, `departments` or `members`."""
    return effect.changed(ctx.directory, **parts)


def told(ctx: Context, after: Directory) -> list[str]:
    """Say in sentences who would gain and lose what; nothing when no record would be seen or changed by anybody else than now."""
    found = effect.preview(ctx, after)
    if found.is_nothing:
        return []
    gaining = {line.member.id for line in found.lines if line.gained}
    losing = {line.member.id for line in found.lines if line.lost}
    said: list[str] = []
    if found.is_of_people:
        return found.sentences(ctx)
    if gaining:
        said.append(ngettext("One person gains records.", "%(num)s people gain records.", len(gaining)))
    if losing:
        said.append(ngettext("One person loses records.", "%(num)s people lose records.", len(losing)))
    return [*said, *found.sentences(ctx)]


def mark(req: Req) -> str:
    """Sum up what a form says, so that a second Save of the same is known."""
    said = sorted((name, values) for name, values in req.form.items() if name not in BESIDE)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:24]


def to_show(ctx: Context, req: Req, after: Directory) -> Mapping[str, Any] | None:
    """Give what a template needs to show the effect of a form; None when the reader has seen it, or there is none."""
    if req.one(SEEN) == mark(req):
        return None
    sentences = told(ctx, after)
    return {"effect": sentences, "effect_mark": mark(req)} if sentences else None
