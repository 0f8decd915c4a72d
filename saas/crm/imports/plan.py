"""What one batch of rows will do: which records are made, which are changed, which rows are left out and why. Nothing is written here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.ids import new_id
from saas.crm.imports.matching import Known, known_records, row_keys
from saas.crm.imports.rows import DOUBTFUL, MENDED, REFUSED, Built, Issue
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.said import Said

CREATE, UPDATE, UPSERT = MODES = ("create", "update", "upsert")


@dataclass(frozen=True)
class Options:
    """How a run treats its rows. `key` lists natures of `objects.keys` by which a row is known to be in the book already, surest first.

    `owners` maps owner texts to members; rows without one belong to `owner_id`. `skips_refused_cells`: a cell that cannot be read
    leaves its field empty instead of leaving the whole row out.
    """

    mode: str = CREATE
    key: tuple[str, ...] = ()
    owners: dict[str, UUID] = field(default_factory=dict)
    owner_id: UUID | None = None
    skips_refused_cells: bool = True


@dataclass
class Change:
    """New values for a record that is in the book."""

    known: Known
    built: Built
    links: dict[str, UUID]


@dataclass
class Plan:
    """What will be done. `made` holds, by object name, drafts in the order they must be written; `seen` are keys met so far in the file."""

    made: dict[str, list[Any]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    issues: list[tuple[int, Issue]] = field(default_factory=list)


class Planner:
    """Plans batch after batch of one run; remembers only the keys of rows a dry run would have made (a real run finds them in the book)."""

    def __init__(self, ctx: Context, obj: ObjectDef, objects: dict[str, ObjectDef], options: Options, import_id: UUID) -> None:
        self._ctx, self._obj, self._objects, self._options, self._import_id = ctx, obj, objects, options, import_id
        self._seen: dict[str, int] = {}
        self._linked_seen: dict[str, UUID] = {}

    def bind(self, ctx: Context) -> None:
        """Go on in another transaction of the same member."""
        self._ctx = ctx

    def plan(self, batch: list[Built], *, forgets: bool) -> Plan:
        """Plan one batch. `forgets` drops what was remembered of former batches, because the book itself has it by now."""
        if forgets:
            self._seen, self._linked_seen = {}, {}
        plan = Plan()
        rows = [built for built in batch if self._is_usable(built, plan)]
        keys = {id(built): row_keys(self._obj, built.values, self._options.key) for built in rows}
        known = known_records(self._ctx, self._obj, (one for built in rows for one in keys[id(built)]))
        decided = [(built, found) for built in rows if (found := self._decide(built, keys[id(built)], known, plan)) is not False]
        links = self._link([built for built, _known in decided], plan)
        for built, found in decided:
            if found is None:
                self._make(built, links.get(id(built), {}), plan)
            else:
                plan.changes.append(Change(found, built, links.get(id(built), {})))
                plan.counts["changed"] += 1
        return plan

    def _is_usable(self, built: Built, plan: Plan) -> bool:
        for issue in built.issues:
            plan.issues.append((built.row, issue))
            plan.counts[issue.level] += 1
        refused = any(issue.level == REFUSED for issue in built.issues)
        if refused and not self._options.skips_refused_cells:
            plan.counts["left_out"] += 1
            return False
        obj = self._obj
        names = obj.name_parts or (obj.label_field,)
        reach = [name for nature in ("email", "phone") for name in obj.recognised.get(nature, ())] if obj.name_parts else []
        if any(built.values.get(name) for name in (*names, *reach)) or self._options.mode == UPDATE:
            return True
        self._leave_out(built, plan, REFUSED, Said("no_name", {}))
        return False

    def _leave_out(self, built: Built, plan: Plan, level: str, said: Said) -> None:
        plan.issues.append((built.row, Issue(level, None, said)))
        plan.counts["left_out"] += 1
        plan.counts[said.code] += 1

    def _decide(self, built: Built, keys: list[str], known: dict[str, list[Known]], plan: Plan) -> Known | bool | None:
        """Return the record to change, None to make one, False to leave the row out."""
        for one in keys:
            if one in self._seen:
                self._leave_out(built, plan, DOUBTFUL, Said("twice_in_file", {"row": self._seen[one] + 1}))
                return False
        found = next((known[one] for one in keys if one in known), [])
        for one in keys:
            self._seen[one] = built.row
        if not found:
            if self._options.mode == UPDATE:
                self._leave_out(built, plan, DOUBTFUL, Said("not_in_book", {}))
                return False
            return None
        readable = [record for record in found if record.is_visible]
        if not readable:
            department = self._ctx.directory.departments.get(found[0].department_id)
            self._leave_out(built, plan, DOUBTFUL, Said("hidden", {"department": department.name if department else "?"}))
            return False
        if self._options.mode == CREATE:
            self._leave_out(built, plan, DOUBTFUL, Said("exists", {"code": readable[0].code}))
            return False
        if not readable[0].is_editable:
            self._leave_out(built, plan, DOUBTFUL, Said("not_editable", {"code": readable[0].code}))
            return False
        if len(readable) > 1:
            plan.issues.append((built.row, Issue(DOUBTFUL, None, Said("several", {"code": readable[0].code}))))
        return readable[0]

    def _link(self, rows: list[Built], plan: Plan) -> dict[int, dict[str, UUID]]:
        """Find or make the records that rows link to, such as the account of a contact."""
        links: dict[int, dict[str, UUID]] = {}
        for link in self._obj.links:
            target = self._objects[link.target]
            wanted = [(built, values) for built in rows if (values := built.linked.get(link.name))]
            natures = ("id", "host", "name")
            keys = {id(built): row_keys(target, values, natures) for built, values in wanted}
            known = known_records(self._ctx, target, (one for built, _values in wanted for one in keys[id(built)]))
            for built, values in wanted:
                key = self._target(target, values, keys[id(built)], known, plan)
                if key is not None:
                    links.setdefault(id(built), {})[link.name] = key
        return links

    def _target(self, target: ObjectDef, values: dict[str, Any], keys: list[str], known: dict[str, list[Known]], plan: Plan) -> UUID | None:
        seen = next((self._linked_seen[one] for one in keys if one in self._linked_seen), None)
        if seen is not None:
            return seen
        found = next((record for one in keys for record in known.get(one, ()) if record.is_visible), None)
        if found is not None:
            key = found.id
            plan.counts["linked"] += 1
        else:
            name = values.get(target.label_field) or next((values[f] for f in target.recognised.get("host", ()) if values.get(f)), None)
            if not name or not self._ctx.rights.may(f"{target.name}:create"):
                return None
            draft = self._draft(target, {**values, target.label_field: str(name).split("://")[-1]}, self._options.owner_id)
            plan.made.setdefault(target.name, []).append(draft)
            plan.counts["linked_made"] += 1
            key = draft.id
        for one in keys:
            self._linked_seen[one] = key
        return key

    def _make(self, built: Built, links: dict[str, UUID], plan: Plan) -> None:
        owner = self._options.owners.get(built.owner.casefold()) if built.owner else self._options.owner_id
        if built.owner and owner is None:
            owner = self._options.owner_id
            plan.issues.append((built.row, Issue(MENDED, None, Said("unknown_owner", {"name": built.owner[:80]}))))
        draft = self._draft(self._obj, {**built.values, **links}, owner, built)
        plan.made.setdefault(self._obj.name, []).append(draft)
        plan.counts["made"] += 1

    def _draft(self, obj: ObjectDef, values: dict[str, Any], owner_id: UUID | None, built: Built | None = None) -> Any:
        ctx = self._ctx
        owner = ctx.directory.members.get(owner_id) if owner_id else None
        draft = SimpleNamespace(**_empty(obj))
        draft.__dict__.update(values)
        draft.__dict__.update(
            id=new_id(), owner_id=owner_id, department_id=(owner or ctx.member).department_id, import_id=self._import_id,
            created_at=ctx.now, updated_at=ctx.now, created_by=ctx.member.id, updated_by=ctx.member.id,
            tag_names=built.tags if built else [], custom={"import": built.leftovers} if built and built.leftovers else {},
        )  # fmt: skip
        return draft


def _empty(obj: ObjectDef) -> dict[str, Any]:
    """Give every column of an object the value of an untouched form."""
    found: dict[str, Any] = {column.key: None for column in obj.model.__table__.columns}
    found.update(tag_ids=[], custom={}, is_sample=False, version=1, tokens=[], keys=[])
    for one in obj.fields:
        if one.kind in ("emails", "phones", "multi_choice"):
            found[one.name] = []
        elif one.kind == "yes_no":
            found[one.name] = False
    return found
