"""Objects as one reader sees them (Rights 6): without the fields hidden from the reader, and with read-only ones closed.

Whatever is made of an object's declaration (lists, forms, filters, sorting, search, history, imports) is made of this, so that a hidden
field is absent everywhere and writing it is writing an unknown field. The engine itself keeps derived columns by the whole object.
"""

from __future__ import annotations

from dataclasses import replace

from saas.auth.context import Context
from saas.core.errors import NotFound
from saas.core.i18n import _
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef, Preset


def seen(ctx: Context, obj: ObjectDef) -> ObjectDef:
    """Get an object as the reader sees it; the object itself where nothing is restricted."""
    hidden, closed = ctx.rights.hides(obj.name), ctx.rights.closes(obj.name)
    if not hidden and not closed:
        return obj
    onlooker = ctx.rights.within.member_id if ctx.rights.within else None
    return ctx.directory.keep(("seen", ctx.rights.member_id, onlooker, obj.name), lambda: _narrowed(access.named(obj.name), hidden, closed))


def everything(ctx: Context) -> tuple[ObjectDef, ...]:
    """List all objects as the reader sees them."""
    return tuple(seen(ctx, obj) for obj in access.registered())


def named(ctx: Context, name: str) -> ObjectDef:
    """Find an object by its name, as the reader sees it. Raises NotFound."""
    found = next((obj for obj in access.registered() if obj.name == name), None)
    if found is None:
        raise NotFound(_("This page does not exist."))
    return seen(ctx, found)


def with_page(ctx: Context, name: str) -> ObjectDef:
    """Find an object that has pages of its own, as the reader sees it. Raises NotFound."""
    found = named(ctx, name)
    if not found.has_page:
        raise NotFound(_("This page does not exist."))
    return found


def is_searched_narrowly(ctx: Context, obj: ObjectDef) -> bool:
    """Tell whether records are also found by fields hidden from the reader, so that hits must be looked at again."""
    hidden = ctx.rights.hides(obj.name)
    return bool(hidden) and any(name in hidden for names in access.named(obj.name).searched.values() for name in names)


def _narrowed(obj: ObjectDef, hidden: frozenset[str], closed: frozenset[str]) -> ObjectDef:
    fields = tuple(replace(f, is_editable=False) if f.name in closed else f for f in obj.fields if f.name not in hidden)
    known = {f.name for f in fields}
    sort = obj.default_sort if obj.default_sort.removeprefix("-") in known or not obj.default_sort else ""
    return replace(
        obj,
        fields=fields,
        searched={part: tuple(name for name in names if name in known) for part, names in obj.searched.items()},
        recognised={nature: tuple(name for name in names if name in known) for nature, names in obj.recognised.items()},
        default_columns=tuple(name for name in obj.default_columns if name in known),
        default_sort=sort,
        presets=tuple(preset for preset in obj.presets if _is_open(preset, known)),
        facts=tuple(name for name in obj.facts if name in known),
    )


def _is_open(preset: Preset, known: set[str]) -> bool:
    """A view that filters by a hidden field is unavailable, never silently unfiltered."""
    named = {name for name, _operator, _values in preset.filters} | {preset.sort.removeprefix("-")}
    return named <= {*known, "", "label"}
