"""The sixteen points of PRODUCT, "Rights: exact meaning", decided row by row: reads all rows, compiles nothing, knows none of the code.

Written from the text alone. Numbers in comments are those of the points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WIDTHS = ("none", "own", "department", "subtree", "all")
CHILDREN = ("activities", "notes")


@dataclass
class Row:
    """A record. `customer` is the key of the account it belongs to; `subject` (object, key) of what a child row hangs on.

    Keys are whatever the firm's rows are known by.
    """

    key: Any
    owner: str | None
    department: str
    choices: Mapping[str, str | None] = field(default_factory=dict)
    customer: Any = None
    subject: tuple[str, Any] | None = None
    author: str | None = None
    participants: Sequence[str] = ()


@dataclass
class Person:
    """A member. `roles` by name; a viewer holds no full seat."""

    home: str
    further: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    is_viewer: bool = False
    is_admin: bool = False


@dataclass
class Rule:
    """A sharing rule (3)."""

    object: str
    source: str
    source_subtree: bool
    to_department: str | None
    to_subtree: bool
    to_role: str | None
    may_edit: bool
    may_export: bool
    field: str | None
    choices: tuple[str, ...]
    carries: tuple[str, ...]


@dataclass
class Share:
    """A share of one record (4)."""

    object: str
    record: Any
    to_member: str | None
    to_department: str | None
    to_subtree: bool
    may_edit: bool
    is_over: bool


@dataclass
class World:
    """A firm: `tree` is department → the one above it; `grants` role → object → action → width; `fields` role → object → field → limit."""

    tree: dict[str, str | None]
    people: dict[str, Person]
    grants: dict[str, dict[str, dict[str, str]]]
    fields: dict[str, dict[str, dict[str, str]]]
    rules: list[Rule]
    shares: list[Share]
    rows: dict[str, dict[Any, Row]]

    def line(self, department: str) -> list[str]:
        """A department and all above it."""
        found = [department]
        while above := self.tree[found[-1]]:
            found.append(above)
        return found

    def width(self, who: str, obj: str, action: str) -> int:
        """How far an action reaches by roles alone (1), clamped for viewers (13)."""
        person = self.people[who]
        if person.is_admin:
            return 4 if not person.is_viewer or action == "read" else 0
        if person.is_viewer and action != "read" and not (obj == "notes" and action == "create"):
            return 0
        widths = [WIDTHS.index(self.grants[role].get(obj, {}).get(action, "none")) for role in person.roles]
        widest = max(widths, default=0)
        if action in ("read", "create"):
            return widest
        return min(widest, self.width(who, obj, "read"))

    def belongs(self, who: str) -> set[str]:
        return {self.people[who].home, *self.people[who].further}

    def may(self, who: str, obj: str, row: Row, action: str) -> bool:
        """Whether somebody may do something to a row."""
        if self.width(who, obj, action) == 0:
            return False
        if action != "read" and not self.may(who, obj, row, "read"):
            return False  # 1: every action but create is bounded by read
        if obj in CHILDREN:
            return self._may_child(who, obj, row, action)
        return self._in_scope(who, obj, row, action) or self._by_rule(who, obj, row, action) or self._by_share(who, obj, row, action)

    def _in_scope(self, who: str, obj: str, row: Row, action: str) -> bool:
        width = self.width(who, obj, action)
        if width == 4:
            return True
        if row.owner == who:
            return True
        if width >= 2 and row.department in self.belongs(who):
            return True
        return width >= 3 and bool(self.belongs(who) & set(self.line(row.department)))

    def _by_rule(self, who: str, obj: str, row: Row, action: str) -> bool:
        for rule in self.rules:
            if action not in {"read", *(["edit"] if rule.may_edit else []), *(["export"] if rule.may_export else [])}:
                continue
            if not self._is_target(who, rule):
                continue
            opened = (
                row if rule.object == obj else self.rows[rule.object].get(row.customer) if obj in rule.carries and row.customer else None
            )
            if opened is None:
                continue
            places = self.line(opened.department) if rule.source_subtree else [opened.department]
            if rule.source in places and (rule.field is None or opened.choices.get(rule.field) in rule.choices):
                return True
        return False

    def _is_target(self, who: str, rule: Rule) -> bool:
        if rule.to_role is not None:
            return rule.to_role in self.people[who].roles
        return any(rule.to_department in (self.line(place) if rule.to_subtree else [place]) for place in self.belongs(who))

    def _by_share(self, who: str, obj: str, row: Row, action: str) -> bool:
        for share in self.shares:
            if (share.object, share.record) != (obj, row.key) or share.is_over:
                continue
            if action != "read" and not (action == "edit" and share.may_edit):
                continue
            if share.to_member == who:
                return True
            if share.to_department and any(
                share.to_department in (self.line(place) if share.to_subtree else [place]) for place in self.belongs(who)
            ):
                return True
        return False

    def _may_child(self, who: str, obj: str, row: Row, action: str) -> bool:
        """5: as the subject; or mine; or, to read, as a participant; or, to change, as its author."""
        if row.owner == who or self.people[who].is_admin:
            return True
        if action == "read" and who in row.participants:
            return True
        if action not in ("read", "export") and row.author == who:
            return True
        if self._by_carrying(who, obj, row, action):
            return True
        if row.subject is None:
            return self._in_scope(who, obj, row, action)
        kind, key = row.subject
        return self.may(who, kind, self.rows[kind][key], action if action in ("read", "export") else "edit")

    def _by_carrying(self, who: str, obj: str, row: Row, action: str) -> bool:
        return self._by_rule(who, obj, row, action)

    def hidden(self, who: str, obj: str) -> set[str]:
        """6: only roles that read the object count; the widest wins."""
        return self._limited(who, obj, {"hidden"})

    def closed(self, who: str, obj: str) -> set[str]:
        """Fields that can be read and not changed."""
        return self._limited(who, obj, {"hidden", "read-only"}) - self.hidden(who, obj)

    def _limited(self, who: str, obj: str, limits: set[str]) -> set[str]:
        if self.people[who].is_admin:
            return set()
        counting = [role for role in self.people[who].roles if self.grants[role].get(obj, {}).get("read", "none") != "none"]
        said = [{name for name, limit in self.fields[role].get(obj, {}).items() if limit in limits} for role in counting]
        return set.intersection(*said) if said else set()
