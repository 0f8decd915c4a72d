"""Showing what a change of rights would do before it is saved (Rights 15): the form comes back with it, the next Save is for real."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from saas.auth.context import Context
from saas.auth.directory import Directory
from saas.core.i18n import ngettext
from saas.crm.sharing import counted, effect
from saas.crm.sharing.effect import Effect
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace

HERE = "/settings/effect"
# The form field that says which change the reader has seen the effect of.
SEEN = "effect_seen"
# What a form says beside the change itself.
BESIDE = (SEEN, "csrf_token", "records")
# What a page is told where nothing is to be shown.
NOTHING: dict[str, Any] = {"effect": [], "effect_mark": "", "effect_poll": ""}

_FORM = re.compile(r"[a-z-]{1,40}")
_MARK = re.compile(r"[0-9a-f]{24}")


def changed(ctx: Context, **parts: Any) -> Directory:
    """Make the directory as it would be, with other `roles`, `departments` or `members`."""
    return effect.changed(ctx.directory, **parts)


def told(ctx: Context, req: Req, after: Directory) -> dict[str, Any]:
    """Give a template what a change would do: sentences in `effect`, or in `effect_poll` where to ask for them while they are counted."""
    found = counted.count(ctx, req.runtime.redis, after)
    if isinstance(found, str):
        return {**NOTHING, "effect_poll": f"{HERE}/{found}"}
    return {**NOTHING, "effect": sentences(ctx, found)}


def sentences(ctx: Context, found: Effect) -> list[str]:
    """Say who would gain and lose what; nothing when no record would be seen or changed by anybody else than now."""
    if found.is_nothing or found.is_of_people:
        return found.sentences(ctx)
    gaining = {line.member.id for line in found.lines if line.gained}
    losing = {line.member.id for line in found.lines if line.lost}
    said: list[str] = []
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
    said = told(ctx, req, after)
    if said["effect_poll"]:
        return {**said, "effect_poll": f"{said['effect_poll']}?mark={mark(req)}"}
    return {**said, "effect_mark": mark(req)} if said["effect"] else None


@workspace.get(f"{HERE}/{{name:str}}", right=SIGNED_IN)
def show(ctx: Context, req: Req) -> Reply:
    """Answer a page that waits for a count of its reader's own; with the mark and the form of a change, the next Save there is for real."""
    name, found = req.params["name"], None
    try:
        found = counted.counted(ctx, req.runtime.redis, name)
        state = "counting" if found is None else "counted"
    except (KeyError, RedisError):
        state = "gone"
    form, seen = req.one("form"), req.one("mark")
    is_known = bool(_FORM.fullmatch(form) and _MARK.fullmatch(seen))
    return page(
        ctx, req, "roles/effect.html", block="effect", state=state, effect=sentences(ctx, found) if found else [],
        effect_mark=seen if is_known else "", form=form if is_known else "", poll=f"{HERE}/{name}" + (f"?mark={seen}" if is_known else ""),
    )  # fmt: skip
