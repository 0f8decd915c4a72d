"""Finding the record that a row links to, such as the account of a contact: in the book, or among those this run has just made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from saas.auth.context import Context
from saas.crm.imports.built import Built
from saas.crm.imports.matching import Known, known_records, row_keys
from saas.crm.objects.definition import ObjectDef

SURE, BY_NAME, BY_HOST = ("id", "tax"), ("name",), ("host",)


class Linker:
    """One link of the imported object. `name` is the link's, `target` the object it leads to."""

    def __init__(self, name: str, target: ObjectDef) -> None:
        self.name, self.target = name, target
        self._made: dict[str, UUID] = {}
        self._asked: dict[int, list[str]] = {}

    def forget(self) -> None:
        """Forget what was made in former batches, because the book has it by now."""
        self._made.clear()

    def look_up(self, ctx: Context, parts: Iterable[Built]) -> Mapping[str, list[Known]]:
        """Ask the book for all parts of a batch at once. Only these can be found until the next batch."""
        self._asked = {id(part): self._keys(part) for part in parts}
        return known_records(ctx, self.target, (one for keys in self._asked.values() for one in keys))

    def find(self, part: Built, known: Mapping[str, list[Known]]) -> UUID | None:
        """Return the record a part stands for, None when there is none."""
        for one in self._asked[id(part)]:
            if one in self._made:
                return self._made[one]
            record = next((record for record in known.get(one, ()) if record.is_visible), None)
            if record is not None:
                return record.id
        return None

    def remember(self, part: Built, key: UUID) -> None:
        """Note a record that is about to be made."""
        for one in self._asked.get(id(part)) or self._keys(part):
            self._made.setdefault(one, key)

    def names(self, part: Built) -> bool:
        """Give a part a name where only its web host is known; tell whether it has one."""
        field = self.target.label_field
        if not part.values.get(field):
            hosts = row_keys(self.target, part.values, BY_HOST)
            if not hosts:
                return False
            part.values[field] = hosts[0].partition(":")[2]
        return True

    def _keys(self, part: Built) -> list[str]:
        """List what a part is found by. A firm is not found by its web host where it has a name: groups share theirs."""
        sure = row_keys(self.target, part.values, SURE)
        return sure + (row_keys(self.target, part.values, BY_NAME) or row_keys(self.target, part.values, BY_HOST))
