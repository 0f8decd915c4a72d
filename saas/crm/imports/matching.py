"""Which rows of a file the book has already: asked for a whole batch at once, also of rows the reader cannot see (Rights 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, column, func, lateral, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY, array

from saas.auth.context import Context
from saas.auth.permissions import EDIT
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.journal_tables import JournalChange
from saas.crm.objects.keys import key

# Only an exact match of these may tell a person that a record they cannot see is in the book (Rights 8).
TELLING = ("email:", "phone:", "tax:")


@dataclass(frozen=True, slots=True)
class Known:
    """A record that has a key: whether the reader may see and change it, and whose it is."""

    id: UUID
    code: str
    is_visible: bool
    is_editable: bool
    department_id: UUID


def row_keys(obj: ObjectDef, values: dict[str, Any], natures: Iterable[str]) -> list[str]:
    """List the keys of a row's values, of the chosen natures only, the surest first."""
    found: dict[str, None] = {}
    for nature in natures:
        for name in obj.recognised.get(nature, ()):
            value = values.get(name)
            if not value:
                continue
            for text in [entry["value"] for entry in value] if isinstance(value, list) else (value,):
                made = key(nature, str(text))
                if made:
                    found[made] = None
    return list(found)


def known_records(ctx: Context, obj: ObjectDef, keys: Iterable[str]) -> dict[str, list[Known]]:
    """Find the records that have any of the keys: key → records, oldest first; hidden ones only where they may be told of.

    That is by an exact match of what tells, where the firm has it told of this object (Rights 8); never of sample data: no customer.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    model: Any = obj.model
    asked = func.unnest(literal(wanted, ARRAY(Text))).table_valued(column("key", Text)).render_derived(name="asked")
    having = (
        select(
            model.id, model.code, model.department_id, model.is_sample,
            access.visible(ctx.rights, obj).label("is_visible"), access.visible(ctx.rights, obj, EDIT).label("is_editable"),
        )
        .where(model.keys.contains(array([asked.c.key])))
        .offset(0)
    )  # fmt: skip
    # The fence makes the planner ask the index for one key after the other, instead of comparing every row with every key.
    each = lateral(having, "having")
    found: dict[str, list[Known]] = {}
    is_told_of = obj.name in ctx.workspace.tells_of
    with ctx.as_system("recognise records"):
        rows = ctx.db.execute(select(asked.c.key, each).select_from(asked.join(each, true())).order_by(each.c.id))
        for text, key_id, code, department_id, is_sample, is_visible, is_editable in rows:
            known = Known(key_id, code, bool(is_visible), bool(is_editable), department_id)
            if is_visible or (is_told_of and not is_sample and text.startswith(TELLING)):
                found.setdefault(text, []).append(known)
    return found


def touched(ctx: Context, batch: int, ids: Iterable[UUID]) -> set[UUID]:
    """Tell which of the records an import's batch has made or changed already."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    query = select(JournalChange.record_id).where(JournalChange.batch_id == batch, JournalChange.record_id.in_(wanted))
    return set(ctx.db.execute(query).scalars())
