"""Rights as PRODUCT words them (1, 2, 5, 7, 8), decided row by row in plain Python. Knows nothing of the code that compiles them to SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.contract.book import PEOPLE, TREE, Book, Grants

WIDTHS = ("none", "own", "department", "subtree", "all")


@dataclass(frozen=True)
class Oracle:
    """What one member with one role may do, given all rows of the firm."""

    me: UUID
    belongs: frozenset[UUID]
    below: frozenset[UUID]
    grants: Grants
    rows: dict[str, dict[UUID, Any]]
    parents: dict[str, tuple[str, str] | None]

    def width(self, obj: str, action: str) -> int:
        """Tell how far an action reaches; every action but create is bounded by read."""
        granted = WIDTHS.index(self.grants.get(obj, {}).get(action, "none"))
        if action in ("read", "create"):
            return granted
        return min(granted, WIDTHS.index(self.grants.get(obj, {}).get("read", "none")))

    def may(self, obj: str, row: Any, action: str) -> bool:
        """Decide for one row."""
        width = self.width(obj, action)
        if width == 0:
            return False
        if action != "read" and not self.may(obj, row, "read"):
            return False
        parent = self.parents[obj]
        if parent is None:
            return self._reaches(width, row.owner_id, row.department_id)
        if row.owner_id == self.me:
            return True
        kind, key = getattr(row, parent[0]), getattr(row, parent[1])
        if action == "read":
            if self.me in (getattr(row, "participants", None) or ()):
                return True
        elif row.created_by == self.me:
            return True
        if kind is None:
            return self._reaches(width, row.owner_id, row.department_id)
        return self.may(kind, self.rows[kind][key], "read" if action == "read" else "edit")

    def all_that(self, obj: str, action: str) -> set[UUID]:
        """List the rows of an object the member may do something to."""
        return {key for key, row in self.rows[obj].items() if self.may(obj, row, action)}

    def _reaches(self, width: int, owner: UUID | None, department: UUID) -> bool:
        if width == 4:
            return True
        near = {1: frozenset(), 2: self.belongs, 3: self.below}[width]
        return owner == self.me or department in near


def oracle(book: Book, who: str, grants: Grants, rows: dict[str, dict[UUID, Any]]) -> Oracle:
    """Set the oracle up for one member."""
    home, further = PEOPLE[who]
    belongs = {home, *further}
    below = {name for name in book.places if belongs & _path(name)}
    places = book.places
    return Oracle(
        me=book.people[who],
        belongs=frozenset(places[name] for name in belongs),
        below=frozenset(places[name] for name in below),
        grants=grants,
        rows=rows,
        parents={name: _parent(name) for name in rows},
    )


def _path(name: str) -> set[str]:
    return {name} | (_path(TREE[name]) if name in TREE else set())


def _parent(name: str) -> tuple[str, str] | None:
    return ("subject_object", "subject_id") if name in ("notes", "activities") else None
