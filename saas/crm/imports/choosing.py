"""What a person decides on the way: how the file is read, what goes where, what texts mean, which cells say something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from saas.auth.context import Context
from saas.core.errors import Conflict, Forbidden, Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.imports import proposals
from saas.crm.imports.owners import EXPECTED, ME
from saas.crm.imports.plan import CREATE, MODES
from saas.crm.objects import access, seen
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice
from saas.crm.transfer.encoding import NAMES
from saas.crm.transfer.prepared import prepared_from_json
from saas.crm.transfer.tables import ImportFix, ImportRun
from saas.tenants.outbox import enqueue

LABELS = ("work", "mobile", "home", "other")
DATE_ORDERS = ("dmy", "mdy", "ymd")
DELIMITERS = (",", ";", "\t", "|")
MOST_CHARS = 5_000
MOST_FIXES = 5_000


def read_again(ctx: Context, run: ImportRun, reading: Mapping[str, Any]) -> None:
    """Read the file in another way: `reading` has encoding, delimiter, sheet, header_row, as in `Reading`. Raises Conflict, Invalid."""
    _insist(run, "prepared", "checked")
    chosen = {name: value for name, value in reading.items() if value is not None}
    known = prepared_from_json(run.prepared)
    if chosen.get("encoding", next(iter(NAMES))) not in NAMES or chosen.get("delimiter", ",") not in DELIMITERS:
        raise Invalid({"encoding": _("Choose one of the list.")})
    if "sheet" in chosen and chosen["sheet"] not in known.sheets:
        raise Invalid({"sheet": _("Choose one of the list.")})
    ctx.db.execute(delete(ImportFix).where(ImportFix.run_id == run.id))
    turn = run.options.get("reading", 0) + 1
    earlier = run.options.get("chosen_reading", {})
    run.options = {**run.options, "reading": turn, "chosen_reading": chosen, "earlier_reading": earlier, "choices": {}, "accepted": []}
    run.state, run.counts = "preparing", {}
    enqueue(ctx.db, "import.prepare", run_id=str(run.id), reading=turn)


def take_as(run: ImportRun, obj: ObjectDef) -> None:
    """Import a file as another object than was said first. Raises Conflict."""
    _insist(run, "prepared", "checked")
    run.object, run.state, run.counts = obj.name, "prepared", {}
    run.mapping, options = proposals.propose(obj, prepared_from_json(run.prepared))
    run.options = {**run.options, **options, "choices": {}, "owners": {}, "accepted": []}


def set_mapping(ctx: Context, run: ImportRun, columns: Mapping[int, str], options: Mapping[str, Any]) -> None:
    """Say what goes where and begin the dry run. Raises Invalid({"mapping": …, "key": …}), Conflict while the run is busy.

    `columns` is column index → target key, `phones:mobile` with the kind of an e-mail or phone; `options` has mode, key (natures),
    date_order, decimal, skips_refused_cells.
    """
    _insist(run, "prepared", "checked")
    obj = seen.named(ctx, run.object)
    prepared = prepared_from_json(run.prepared)
    chosen = _chosen(ctx, obj, len(prepared.headers), columns)
    checked = _options(ctx, obj, chosen, options)
    proposed = {entry["index"]: entry for entry in run.mapping.get("columns", ())}
    entries = []
    for index, target, label in chosen:
        before = proposed.get(index, {})
        is_same = before.get("target") == target
        entry = {"index": index, "target": target, "label": label or (before.get("label", "") if is_same else "")}
        entries.append({**entry, "invert": bool(is_same and before.get("invert")), "why": before.get("why") if is_same else None})
    proposals.complete(obj, prepared, entries, checked["date_order"])
    run.mapping = {**run.mapping, "columns": entries}
    run.options = {**run.options, **checked}
    _begin_check(ctx, run)


def _chosen(ctx: Context, obj: ObjectDef, width: int, columns: Mapping[int, str]) -> list[tuple[int, str, str]]:
    """Check a mapping; return (index, target, label) in the order of the file. Raises Invalid."""
    known = {target.key: target for target in proposals.targets_of(obj, seen.everything(ctx))}
    chosen: list[tuple[int, str, str]] = []
    for index, value in sorted(columns.items()):
        key, _colon, label = value.partition(":")
        if key and (key not in known or not 0 <= index < width or (label and label not in LABELS)):
            raise Invalid({"mapping": _("Choose one of the list.")})
        if key:
            chosen.append((index, key, label))
    single = [key for _index, key, _label in chosen if not known[key].is_many]
    twice = next((key for key in single if single.count(key) > 1), None)
    if twice:
        raise Invalid({"mapping": _("Two columns go to %(field)s. Choose one of them.", field=str(known[twice].label))})
    if not chosen:
        raise Invalid({"mapping": _("Choose at least one column.")})
    return chosen


def _options(ctx: Context, obj: ObjectDef, chosen: list[tuple[int, str, str]], options: Mapping[str, Any]) -> dict[str, Any]:
    mode, key = options.get("mode", CREATE), list(options.get("key", ()))
    if mode not in MODES or any(nature not in obj.recognised for nature in key):
        raise Invalid({"mode": _("Choose one of the list.")})
    mapped = {target for _index, target, _label in chosen}
    if mode != CREATE and not key:
        raise Invalid({"key": _("Choose by what a record is recognised.")})
    if len(key) == 1 and not mapped.intersection(obj.recognised[key[0]]):
        raise Invalid({"key": _("No column goes to this field. Choose another one, or say which column it is.")})
    if mode != CREATE and not ctx.rights.may(f"{obj.name}:edit"):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))
    date_order, decimal = options.get("date_order"), options.get("decimal")
    if date_order not in (None, *DATE_ORDERS) or decimal not in (None, ".", ","):
        raise Invalid({"date_order": _("Choose one of the list.")})
    skips = bool(options.get("skips_refused_cells", True))
    return {"mode": mode, "key": key, "date_order": date_order, "decimal": decimal, "skips_refused_cells": skips}


def decide(
    ctx: Context,
    run: ImportRun,
    *,
    choices: Mapping[int, Mapping[str, str]] | None = None,
    owners: Mapping[str, str] | None = None,
    accepted: list[str] | None = None,
    fixes: Mapping[tuple[int, int], str] | None = None,
    forgotten: Mapping[int, Sequence[str]] | None = None,
) -> None:
    """Keep what a person says after the dry run. Raises Conflict, Invalid.

    `choices` is column → text → choice, `forgotten` column → texts whose choice is taken back;
    `owners` text → member's key, ME or EXPECTED; `accepted` are
    `column:code` of problems whose proposals are taken; `fixes` (line, column) → what the cell says instead.
    """
    _insist(run, "checked")
    options = dict(run.options)
    if choices or forgotten:
        options["choices"] = _merged_choices(run, choices or {}, forgotten or {})
    if owners:
        options["owners"] = {**options.get("owners", {}), **_known_owners(ctx, run, owners)}
    if accepted is not None:
        options["accepted"] = [one for one in accepted if one.partition(":")[0].isdigit()][:500]
    run.options = options
    for (row, column), text in list((fixes or {}).items())[:MOST_FIXES]:
        if 0 <= row < run.prepared["line_count"] and 0 <= column < len(run.prepared["headers"]):
            ctx.db.merge(ImportFix(run_id=run.id, row=row, column=column, text=text.replace("\x00", "").strip()[:MOST_CHARS]))


def _merged_choices(
    run: ImportRun, choices: Mapping[int, Mapping[str, str]], forgotten: Mapping[int, Sequence[str]]
) -> dict[str, dict[str, str]]:
    obj = registry.get(run.object)
    found: dict[str, dict[str, str]] = {name: dict(known) for name, known in run.options.get("choices", {}).items()}
    targets = {entry["index"]: entry["target"] for entry in run.mapping["columns"]}
    for index, texts in choices.items():
        field = field_of(obj, targets.get(index, ""))
        if not isinstance(field, Choice) or any(field.option(value) is None for value in texts.values()):
            raise Invalid({"choices": _("Choose one of the list.")})
        found.setdefault(targets[index], {}).update({text[:200]: value for text, value in texts.items()})
    for index, gone in forgotten.items():
        for text in gone:
            found.get(targets.get(index, ""), {}).pop(text[:200], None)
    return found


def field_of(obj: ObjectDef, target: str) -> Any:
    """Find the field a target's key names, of the object or of one it links to; None when there is none."""
    link, _dot, name = target.rpartition(".")
    if link:
        other = next((one.target for one in obj.links if one.name == link), "")
        return registry.get(other).by_name.get(name) if other else None
    return obj.by_name.get(name)


def _known_owners(ctx: Context, run: ImportRun, owners: Mapping[str, str]) -> dict[str, str]:
    allowed = {member.id for member in access.assignees(ctx, registry.get(run.object))}
    for value in owners.values():
        key: UUID | None = parse_id(value)
        if value not in (ME, EXPECTED) and key not in allowed:
            raise Invalid({"owners": _("Choose one of the list.")})
        if value == EXPECTED:
            ctx.require("members:manage")
    return {text[:200]: value for text, value in owners.items()}


def check_again(ctx: Context, run: ImportRun) -> None:
    """Repeat the dry run, after something was decided. Raises Conflict."""
    _insist(run, "checked")
    _begin_check(ctx, run)


def _begin_check(ctx: Context, run: ImportRun) -> None:
    turn = run.options.get("turn", 0) + 1
    run.options = {**run.options, "turn": turn}
    run.state, run.counts, run.next_row = "checking", {}, 0
    enqueue(ctx.db, "import.check", run_id=str(run.id), turn=turn)


def _insist(run: ImportRun, *states: str) -> None:
    if run.state not in states:
        raise Conflict(_("This import cannot be changed just now."))
