"""What a page says about a run: figures, texts to decide about, the columns. Its issues are in `issue_report`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from saas.auth.context import Context
from saas.core.i18n import _, ngettext
from saas.core.locale_format import format_number
from saas.crm import registry
from saas.crm.imports import proposals
from saas.crm.imports.choosing import LABELS, field_of
from saas.crm.imports.owners import ME, fold, members_by_text
from saas.crm.imports.runs import BUSY
from saas.crm.objects import access, seen
from saas.crm.objects.fields import Choice
from saas.crm.transfer.encoding import NAMES
from saas.crm.transfer.prepared import prepared_from_json
from saas.crm.transfer.said import said_from_json
from saas.crm.transfer.tables import ImportRun

SHOWN_SAMPLES = 3
# Options times texts on one page: a list of countries is long.
MOST_OPTIONS = 5_000
MOST_SHOWN_TEXTS = 60


@dataclass(frozen=True)
class TextView:
    """A text of the file that a person may decide about: how many rows have it (0: decided before), and what is chosen."""

    text: str
    count: int
    chosen: str


@dataclass(frozen=True)
class TextsView:
    """The undecided texts of one column, with what can be chosen for them; `more` of them are not shown."""

    column: int
    column_name: str
    field_label: str
    options: list[tuple[str, str]]
    texts: list[TextView]
    more: int


@dataclass(frozen=True)
class ColumnView:
    """One column of the file: its name, what is in it, where it goes and why."""

    index: int
    name: str
    filled: int
    samples: tuple[str, ...]
    target: str
    why: str


@dataclass(frozen=True)
class Pace:
    """How far a busy run is: lines done and in all, and the seconds it will still take, None while nobody can tell."""

    done: int
    total: int
    left: str | None


def is_busy(run: ImportRun) -> bool:
    """Tell whether a worker is at it."""
    return run.state in BUSY


def pace_of(ctx: Context, run: ImportRun) -> Pace:
    """Tell how far a run is and how long it will take, from how fast it has been."""
    total = int(run.prepared.get("line_count", 0))
    if run.state == "reverting":
        done = sum(int(run.undo_note.get(name, 0)) for name in ("gone", "restored", "kept"))
        return Pace(done, sum(int(run.counts.get(name, 0)) for name in ("made", "changed", "linked_made")), None)
    done, left = min(run.next_row, total), None
    if run.state == "running" and run.started_at and done:
        spent = (ctx.now - run.started_at).total_seconds()
        left = _time_left(timedelta(seconds=spent * (total - done) / done))
    return Pace(done, total, left)


def _time_left(left: timedelta) -> str:
    seconds = int(left.total_seconds())
    if seconds < 50:
        return _("less than a minute left")
    return ngettext("about %(num)s minute left", "about %(num)s minutes left", max(1, round(seconds / 60)))


def choices_to_make(run: ImportRun) -> list[TextsView]:
    """List the texts of each column that are none of their field's choices, and those decided before."""
    prepared, obj = prepared_from_json(run.prepared), registry.get(run.object)
    texts: dict[str, dict[str, int]] = run.counts.get("texts", {})
    found = []
    for entry in run.mapping["columns"]:
        target = field_of(obj, entry["target"])
        decided: dict[str, str] = run.options.get("choices", {}).get(entry["target"], {})
        counted = texts.get(f"choice:{entry['index']}", {})
        if not isinstance(target, Choice) or not (counted or decided):
            continue
        views = [TextView(text, 0, chosen) for text, chosen in decided.items() if text not in counted]
        views += [TextView(text, count, decided.get(text, "")) for text, count in sorted(counted.items(), key=lambda item: -item[1])]
        most = min(MOST_SHOWN_TEXTS, max(5, MOST_OPTIONS // len(target.options)))
        options = sorted(((option.value, str(option.label)) for option in target.options), key=lambda option: option[1])
        name = prepared.column_name(entry["index"])
        found.append(TextsView(entry["index"], name, str(target.label), options, views[:most], max(0, len(views) - most)))
    return found


def owners_to_make(ctx: Context, run: ImportRun) -> list[TextView]:
    """List the owners a file names, with the members they are taken for: those nobody knows first."""
    counted: dict[str, int] = run.counts.get("texts", {}).get("owner", {})
    decided = {fold(text): chosen for text, chosen in run.options.get("owners", {}).items()}
    by_text = members_by_text(ctx)
    views = [TextView(text, count, decided.get(fold(text)) or str(by_text.get(fold(text), ""))) for text, count in counted.items()]
    return sorted(views, key=lambda view: (bool(view.chosen), -view.count))[:MOST_SHOWN_TEXTS]


def owner_choices(ctx: Context, run: ImportRun) -> list[tuple[str, str]]:
    """List the members an owner text may stand for: those to whom the reader may give records."""
    mine = (ME, _("Me"))
    others = [member for member in access.assignees(ctx, registry.get(run.object)) if member.id != ctx.member.id]
    return [mine, *((str(member.id), member.name) for member in others)]


def columns_of(run: ImportRun) -> list[ColumnView]:
    """List the file's columns with what they hold and where they go; empty ones are left out."""
    prepared = prepared_from_json(run.prepared)
    chosen = {entry["index"]: entry for entry in run.mapping.get("columns", ())}
    reasons = run.mapping.get("reasons", {})
    found = []
    for index in range(len(prepared.headers)):
        if not prepared.filled[index]:
            continue
        entry = chosen.get(index, {})
        why = entry.get("why") or (reasons.get(str(index)) if not entry else None)
        target = f"{entry['target']}:{entry['label']}" if entry.get("label") else entry.get("target", "")
        samples = tuple(dict.fromkeys(cell[:80] for cell in proposals.cells_of(prepared, index)))[:SHOWN_SAMPLES]
        found.append(
            ColumnView(index, prepared.column_name(index), prepared.filled[index], samples, target, str(said_from_json(why)) if why else "")
        )
    return found


def target_choices(ctx: Context, run: ImportRun) -> list[tuple[str, list[tuple[str, str]]]]:
    """List the targets for a select: (object's name, [(key, label)]); e-mails and phones once for each of their kinds."""
    kinds = {"work": _("work"), "mobile": _("mobile"), "home": _("home"), "other": _("other")}
    found: dict[str, list[tuple[str, str]]] = {}
    for target in proposals.targets_of(seen.named(ctx, run.object), seen.everything(ctx)):
        options = found.setdefault(target.object, [])
        if target.kind in ("email", "phone"):
            options += [(f"{target.key}:{label}", f"{target.label} ({kinds[label]})") for label in LABELS]
        elif target.group == "delivery":
            options.append((target.key, _("%(field)s (delivery)", field=str(target.label))))
        else:
            options.append((target.key, str(target.label)))
    return [(str(registry.get(name).singular), options) for name, options in found.items()]


def notes_of(run: ImportRun) -> tuple[list[str], list[str]]:
    """List what reading the file has found and mended, in words: (what must be looked at before anything else, the rest)."""
    notes = prepared_from_json(run.prepared).notes if run.prepared else ()
    grave = [str(note) for note in notes if note.code in ("swallowed_rows", "already_garbled", "unreadable_characters")]
    return grave, [str(note) for note in notes if str(note) not in grave]


def file_facts(run: ImportRun) -> list[str]:
    """Say in a few words what kind of file it is."""
    if not run.prepared:
        return []
    facts = [ngettext("%(num)s row", "%(num)s rows", run.total_rows, num=format_number(run.total_rows))]
    if run.mapping.get("system"):
        facts.append(_("recognised as an export of %(system)s", system=run.mapping["system"]))
    if run.prepared.get("encoding"):
        facts.append(NAMES.get(run.prepared["encoding"], run.prepared["encoding"]))
    if run.prepared.get("sheet"):
        facts.append(_("sheet “%(name)s”", name=run.prepared["sheet"]))
    return facts


def problem_of(run: ImportRun) -> str:
    """Say why a run failed, or why a chosen reading did not fit."""
    found: Any = run.counts.get("problem")
    return str(said_from_json(found)) if found else ""


def reverted_text(run: ImportRun) -> str:
    """Say in numbers what has become of an import that was taken back."""
    gone, restored, kept = (int(run.undo_note.get(name, 0)) for name in ("gone", "restored", "kept"))
    parts = [ngettext("%(num)s record is gone.", "%(num)s records are gone.", gone, num=format_number(gone))]
    if restored:
        parts.append(
            ngettext("%(num)s has its former values back.", "%(num)s have their former values back.", restored, num=format_number(restored))
        )
    if kept:
        why = ngettext(
            "%(num)s stays, because it has been used since or is not yours to change.",
            "%(num)s stay, because they have been used since or are not yours to change.",
            kept,
            num=format_number(kept),
        )
        parts.append(why)
    return " ".join(parts)


def revert_text(run: ImportRun) -> str:
    """Say in numbers what taking an import back will do."""
    made = int(run.counts.get("made", 0)) + int(run.counts.get("linked_made", 0))
    changed = int(run.counts.get("changed", 0))
    gone = ngettext("%(num)s record will be removed.", "%(num)s records will be removed.", made, num=format_number(made))
    if not changed:
        return f"{gone} {_('What has been used or changed since stays.')}"
    back = ngettext("%(num)s gets its former values back.", "%(num)s get their former values back.", changed, num=format_number(changed))
    return f"{gone} {back} {_('What has been used or changed since stays.')}"
