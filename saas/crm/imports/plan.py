"""What one batch of rows will do: which records are made, which are changed, which rows are left out and why. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.auth.permissions import ASSIGN
from saas.auth.permissions import CREATE as MAKE
from saas.crm.imports import changes, drafts
from saas.crm.imports.built import DOUBTFUL, MENDED, REFUSED, Built, Issue
from saas.crm.imports.changes import Change
from saas.crm.imports.linking import Linker
from saas.crm.imports.matching import Known, known_records, row_keys, touched
from saas.crm.imports.owners import EXPECTED, ME, fold, members_by_text
from saas.crm.imports.tally import Tally
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.tags.verbs import all_tags
from saas.crm.transfer.said import Said, said

CREATE, UPDATE, UPSERT = MODES = ("create", "update", "upsert")
MOST_NEW_TAGS = 200


@dataclass(frozen=True)
class Options:
    """How a run treats its rows. `key` lists natures of `objects.keys` by which a row is known to be in the book already, surest first.

    `owners` maps owner texts (folded) to members, ME and EXPECTED included; a text that is missing is nobody known.
    `skips_refused_cells`: a cell that cannot be read leaves its field empty instead of leaving the whole row out.
    `name_column` is where a missing name can be typed. `batch` is the journal batch of a real run, None in a dry run.
    """

    import_id: UUID
    mode: str = CREATE
    key: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    skips_refused_cells: bool = True
    name_column: int | None = None
    batch: int | None = None


@dataclass
class Plan:
    """What will be done. `made` holds, by object name, drafts in the order they must be written."""

    made: dict[str, list[Any]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)


class Planner:
    """Plans batch after batch of one run, in one transaction each.

    A dry run remembers the keys of rows it has met; a real run finds those of earlier batches in the book.
    """

    def __init__(self, obj: ObjectDef, objects: Mapping[str, ObjectDef], options: Options) -> None:
        self.obj, self.objects, self.options = obj, objects, options
        self.seen: set[int] = set()
        self.linkers = [Linker(link.name, objects[link.target]) for link in obj.links]
        self.new_tags: set[str] = set()

    def plan(self, ctx: Context, batch: list[Built], tally: Tally) -> Plan:
        """Plan one batch and add to the figures."""
        if self.options.batch is not None:
            self.seen.clear()
            for linker in self.linkers:
                linker.forget()
        return _Planning(self, ctx, tally).plan(batch)


class _Planning:
    """The planning of one batch, with everything that is asked only once for it."""

    def __init__(self, planner: Planner, ctx: Context, tally: Tally) -> None:
        self._planner, self._ctx, self._tally = planner, ctx, tally
        self._obj, self._options = planner.obj, planner.options
        self._plan = Plan()

    def plan(self, batch: list[Built]) -> Plan:
        for built in batch:
            self._count(built)
        rows = [built for built in batch if self._is_usable(built)]
        keys = [row_keys(self._obj, built.values, self._options.key) for built in rows]
        known = known_records(self._ctx, self._obj, (one for each in keys for one in each))
        done = touched(self._ctx, self._options.batch, _ids(known)) if self._options.batch is not None else set()
        decided: list[tuple[Built, Known | None]] = []
        for built, each in zip(rows, keys, strict=True):
            found = self._decide(built, each, known, done)
            if isinstance(found, Known) or (found is None and self._is_named(built)):
                decided.append((built, found))
        links = self._links([built for built, _found in decided])
        self._settle(decided, links)
        return self._plan

    def _count(self, built: Built) -> None:
        for issue in built.issues:
            self._tally.note(built.row, issue)
            if issue.said.code == "not_a_choice" and issue.column is not None:
                self._tally.see(f"choice:{issue.column}", str(issue.said.figures["text"]))
        if built.owner:
            self._tally.see("owner", built.owner[:100])

    def _is_usable(self, built: Built) -> bool:
        if not self._options.skips_refused_cells and any(issue.level == REFUSED for issue in built.issues):
            self._tally.counts["left_out"] += 1
            return False
        return True

    def _is_named(self, built: Built) -> bool:
        """Insist on a name for what is new."""
        if any(built.values.get(name) for name in self._naming):
            return True
        self._leave_out(built, REFUSED, said("no_name"), self._options.name_column)
        return False

    @cached_property
    def _naming(self) -> tuple[str, ...]:
        """Name the fields of which one must be filled: a person may be known by an address or a number alone."""
        obj = self._obj
        if not obj.name_parts:
            return (obj.label_field,)
        return (*obj.name_parts, *obj.recognised.get("email", ()), *obj.recognised.get("phone", ()))

    def _leave_out(self, built: Built, level: str, why: Said, column: int | None = None) -> None:
        self._tally.note(built.row, Issue(level, column, why))
        self._tally.counts["left_out"] += 1

    def _decide(self, built: Built, keys: list[str], known: Mapping[str, list[Known]], done: set[UUID]) -> Known | bool | None:
        """Return the record to change, None to make one, False to leave the row out."""
        seen = self._planner.seen
        found = next((known[one] for one in keys if one in known), [])
        repeated = next((one for one in keys if hash(one) in seen), None)
        if repeated is None and any(record.id in done for record in found):
            repeated = keys[0]
        if repeated is not None:
            self._leave_out(built, DOUBTFUL, said("twice_in_file", key=repeated.partition(":")[2][:80]))
            return False
        verdict = self._verdict(found)
        if isinstance(verdict, Said):
            self._leave_out(built, DOUBTFUL, verdict)
            return False
        seen.update(map(hash, keys))
        if verdict and sum(record.is_visible for record in found) > 1:
            self._tally.note(built.row, Issue(DOUBTFUL, None, said("several", code=verdict.code)))
        return verdict

    def _verdict(self, found: list[Known]) -> Known | Said | None:
        if not found:
            return said("not_in_book") if self._options.mode == UPDATE else None
        record = next((one for one in found if one.is_visible), None)
        if record is None:
            department = self._ctx.directory.departments.get(found[0].department_id)
            return said("hidden", department=department.name if department else "?")
        if self._options.mode == CREATE:
            return said("exists", code=record.code)
        return record if record.is_editable else said("not_editable", code=record.code)

    def _links(self, rows: list[Built]) -> list[dict[str, UUID]]:
        """Find or make the records that rows link to. Links to records of the same object wait until those are drafted."""
        found: list[dict[str, UUID]] = [{} for _built in rows]
        for linker in self._planner.linkers:
            if linker.target is self._obj:
                continue
            wanted = [(place, built, part) for place, built in enumerate(rows) if (part := built.linked.get(linker.name))]
            known = linker.look_up(self._ctx, [part for _place, _built, part in wanted])
            may_make = self._ctx.rights.may(f"{linker.target.name}:{MAKE}")
            for place, built, part in wanted:
                linked = linker.find(part, known)
                if linked is not None:
                    self._tally.counts["linked"] += 1
                elif may_make and linker.names(part):
                    linked = self._make_linked(linker, built, part)
                else:
                    self._keep_beside(built, part, linker.target)
                    continue
                found[place][linker.name] = linked
        return found

    def _make_linked(self, linker: Linker, built: Built, part: Built) -> UUID:
        self._cap_tags(part)
        key: UUID = self._make(linker.target, part, {}, self._owner(part if part.owner else built)).id
        linker.remember(part, key)
        self._tally.counts["linked_made"] += 1
        return key

    def _own_links(self, decided: list[tuple[Built, Known | None]], made: Mapping[int, Any]) -> dict[int, dict[str, UUID]]:
        """Find the records of the same object that rows link to: in the book, or further up in the file. None is made for it."""
        found: dict[int, dict[str, UUID]] = {}
        for linker in self._planner.linkers:
            if linker.target is not self._obj:
                continue
            wanted = [(place, built, part) for place, (built, _known) in enumerate(decided) if (part := built.linked.get(linker.name))]
            known = linker.look_up(self._ctx, [part for _place, _built, part in wanted])
            for place, draft in made.items():
                linker.remember(decided[place][0], draft.id)
            for place, built, part in wanted:
                linked = linker.find(part, known)
                if linked is None:
                    self._keep_beside(built, part, linker.target)
                elif place not in made:
                    found.setdefault(place, {})[linker.name] = linked
                elif made[place].id != linked:
                    setattr(made[place], linker.name, linked)
        return found

    def _keep_beside(self, built: Built, part: Built, target: ObjectDef) -> None:
        text = str(part.values.get(target.label_field) or next(iter(part.values.values()), ""))
        built.leftovers[str(target.singular)] = text
        code = "link_not_found" if target is self._obj or part.values.get(target.label_field) is None else "link_not_made"
        self._tally.note(built.row, Issue(DOUBTFUL, None, said(code, name=text[:80]), None, text[:80]))

    def _settle(self, decided: list[tuple[Built, Known | None]], links: list[dict[str, UUID]]) -> None:
        """Turn what was decided into drafts and changes."""
        known = [found for _built, found in decided if found is not None]
        records = changes.load(self._ctx, self._obj, known, is_real=self._options.batch is not None)
        made: dict[int, Any] = {}
        for place, (built, found) in enumerate(decided):
            self._cap_tags(built)
            if found is None:
                made[place] = self._make(self._obj, built, links[place], self._owner(built))
                self._tally.counts["made"] += 1
        own = self._own_links(decided, made)
        for place, (built, found) in enumerate(decided):
            if found is not None:
                self._change(built, records.get(found.id), {**links[place], **own.get(place, {})})
            elif built.leftovers:
                made[place].custom = {"import": built.leftovers}

    def _change(self, built: Built, record: Any, links: dict[str, UUID]) -> None:
        if record is None:
            self._leave_out(built, DOUBTFUL, said("not_in_book"))
            return
        extra: dict[str, Any] = dict(links)
        if built.owner:
            owner = self._owner(built, is_new=False)
            if owner is not None and owner != record.owner_id and access.allows(self._ctx, self._obj, record, ASSIGN):
                extra.update(owner_id=owner, department_id=self._department(owner))
        change = changes.change_of(record, built, extra, self._tag_ids)
        self._tally.counts["changed" if change else "same"] += 1
        if change:
            self._plan.changes.append(change)

    def _make(self, obj: ObjectDef, built: Built, links: dict[str, UUID], owner: UUID | None) -> Any:
        ctx = self._ctx
        draft = drafts.draft(
            obj, {**built.values, **links}, owner_id=owner, department_id=self._department(owner), import_id=self._options.import_id,
            created_at=ctx.now, updated_at=ctx.now, created_by=ctx.member.id, updated_by=ctx.member.id, tag_names=built.tags,
        )  # fmt: skip
        self._plan.made.setdefault(obj.name, []).append(draft)
        return draft

    def _department(self, owner: UUID | None) -> UUID:
        member = self._ctx.directory.members.get(owner) if owner else None
        return (member or self._ctx.member).department_id

    def _owner(self, built: Built, *, is_new: bool = True) -> UUID | None:
        """Find the owner a row names; whoever imports owns the rest (of what is new)."""
        fallback = self._ctx.member.id if is_new else None
        if not built.owner:
            return fallback
        folded = fold(built.owner)
        chosen = self._options.owners.get(folded) or self._by_text.get(folded, "")
        if chosen == ME:
            return self._ctx.member.id
        if chosen == EXPECTED:
            return fallback
        if chosen not in self._assignees:
            code = "may_not_assign" if chosen else "unknown_owner"
            self._tally.note(built.row, Issue(MENDED, None, said(code, name=built.owner[:80])))
            return fallback
        return self._assignees[chosen]

    @cached_property
    def _by_text(self) -> dict[str, str]:
        return {text: str(key) for text, key in members_by_text(self._ctx).items()}

    @cached_property
    def _assignees(self) -> dict[str, UUID]:
        return {str(member.id): member.id for member in access.assignees(self._ctx, self._obj)}

    @cached_property
    def _tag_ids(self) -> dict[str, UUID]:
        return {tag.name.casefold(): tag.id for tag in all_tags(self._ctx.db)}

    def _cap_tags(self, built: Built) -> None:
        """Keep a column of sentences from becoming thousands of tags."""
        if not built.tags:
            return
        built.tags = list({tag.casefold(): tag for tag in built.tags}.values())
        kept = []
        for tag in built.tags:
            fresh = self._planner.new_tags
            if tag.casefold() not in self._tag_ids and tag.casefold() not in fresh:
                if self._tally.counts["new_tags"] >= MOST_NEW_TAGS:
                    self._tally.note(built.row, Issue(DOUBTFUL, None, said("too_many_tags", limit=MOST_NEW_TAGS), None, tag))
                    continue
                fresh.add(tag.casefold())
                self._tally.counts["new_tags"] += 1
            kept.append(tag)
        built.tags = kept


def _ids(known: Mapping[str, list[Known]]) -> set[UUID]:
    return {record.id for records in known.values() for record in records}
