"""What one person may do, all roles together, as a table that says from which role each right comes."""

from __future__ import annotations

from dataclasses import dataclass

from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.permissions import ACTIONS, SWITCHES, Scope
from saas.core.i18n import LazyText, _
from saas.crm import registry
from saas.web.right_words import fixed_names, scope_names


@dataclass(frozen=True)
class Cell:
    """One right in words, and the roles it comes from."""

    text: str
    roles: str
    is_none: bool


@dataclass(frozen=True)
class Row:
    """The rights on one kind of record, in the order of the actions, with fields that are not open."""

    label: LazyText
    cells: tuple[Cell, ...]
    hidden: tuple[str, ...]
    read_only: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """All of it. `fixed` names the rights beside records."""

    rows: tuple[Row, ...]
    fixed: tuple[str, ...]
    is_admin: bool


def table(ctx: Context, person: MemberInfo) -> Table:
    """Put together what a member may do, from the rights every request of theirs is held to."""
    rights = ctx.directory.rights(person)
    rows = []
    for obj in registry.OBJECTS:
        labels = {f.name: str(f.label) for f in obj.fields}
        cells = tuple(_cell(ctx, person, obj.name, action, rights.scope(obj.name, action)) for action in ACTIONS)
        hidden = tuple(labels.get(name, name) for name in sorted(rights.hides(obj.name)))
        read_only = tuple(labels.get(name, name) for name in sorted(rights.read_only.get(obj.name, ())))
        rows.append(Row(obj.plural, cells, hidden, read_only))
    fixed = tuple(name for right, name in fixed_names().items() if rights.may(right))
    return Table(tuple(rows), fixed, rights.is_admin)


def _cell(ctx: Context, person: MemberInfo, object_name: str, action: str, scope: Scope) -> Cell:
    if scope is Scope.NONE:
        return Cell("–", "", is_none=True)
    text = _("Yes") if action in SWITCHES else scope_names()[scope.name.lower()]
    givers = []
    for key in person.role_ids:
        role = ctx.directory.roles[key]
        given = role.grants.get(object_name, {}).get(action, "none")
        if role.key == "admin" or Scope[given.upper()] >= scope:
            givers.append(role.name)
    return Cell(text, ", ".join(givers), is_none=False)
