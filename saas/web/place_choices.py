"""Departments as choices of a form: the whole tree, each indented below the one it is in."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from saas.auth import departments
from saas.auth.context import Context

INDENT = "\N{EM SPACE}"


def places(ctx: Context, without: Collection[UUID] = ()) -> list[tuple[UUID, str]]:
    """List (key, indented name) of all departments as a tree is read, but for those in `without`."""
    found = ctx.directory.keep("places", lambda: _all(ctx))
    return [place for place in found if place[0] not in without]


def path_of(ctx: Context, department_id: UUID) -> str:
    """Name a department with those above it, the top left out unless it is meant itself."""
    tree = ctx.directory.departments
    path = tree[department_id].path
    return " › ".join(tree[key].name for key in (path[1:] or path))


def _all(ctx: Context) -> list[tuple[UUID, str]]:
    return [(one.id, INDENT * (len(one.path) - 1) + one.name) for one in departments.in_order(ctx.directory.departments)]
