"""What a page says about a run: figures, issues in words, the columns with their samples."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.crm.imports.proposals import targets_of
from saas.crm.imports.runs import BUSY
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer.prepared import prepared_from_json
from saas.crm.transfer.said import said_from_json
from saas.crm.transfer.tables import ImportIssue, ImportRun

SHOWN_ISSUES = 100
SHOWN_SAMPLES = 3


@dataclass(frozen=True)
class IssueView:
    """One issue in the reader's language; `source_row` counts as in the person's file."""

    row: int
    column: int | None
    source_row: int
    column_name: str
    level: str
    text: str
    message: str
    suggestion: str | None


@dataclass(frozen=True)
class ColumnView:
    """One column of the file: its name, what is in it, where it goes and why."""

    index: int
    name: str
    filled: int
    samples: tuple[str, ...]
    target: str
    why: str


def is_busy(run: ImportRun) -> bool:
    """Tell whether a worker is at it."""
    return run.state in BUSY


def issues_of(ctx: Context, run: ImportRun, limit: int = SHOWN_ISSUES) -> list[IssueView]:
    """List a run's issues, the refused cells first, then in the order of the file."""
    order = func.array_position(["refused", "doubtful", "mended"], ImportIssue.level)
    query = select(ImportIssue).where(ImportIssue.run_id == run.id).order_by(order, ImportIssue.row).limit(limit)
    prepared = prepared_from_json(run.prepared)
    return [
        IssueView(
            row=issue.row,
            column=issue.column,
            source_row=prepared.source_row(issue.row),
            column_name=prepared.column_name(issue.column) if issue.column is not None else "",
            level=issue.level,
            text=issue.text,
            message=str(said_from_json(issue.said)),
            suggestion=issue.suggestion,
        )
        for issue in ctx.db.execute(query).scalars()
    ]


def columns_of(run: ImportRun) -> list[ColumnView]:
    """List the file's columns with what they hold and where they go; empty ones are left out."""
    prepared = prepared_from_json(run.prepared)
    chosen = {entry["index"]: entry for entry in run.mapping.get("columns", ())}
    found = []
    for index in range(len(prepared.headers)):
        if not prepared.filled[index]:
            continue
        values = dict.fromkeys(row[index][:80] for row in prepared.sample_rows if index < len(row) and row[index].strip())
        entry = chosen.get(index, {})
        why = str(said_from_json(entry["why"])) if entry.get("why") else ""
        found.append(
            ColumnView(
                index, prepared.column_name(index), prepared.filled[index], tuple(values)[:SHOWN_SAMPLES], entry.get("target", ""), why
            )
        )
    return found


def choices_of(obj: ObjectDef) -> list[tuple[str, list[tuple[str, str]]]]:
    """List the targets for a select: (object's name, [(key, label)])."""
    by_name = {other.name: other for other in access.registered()}
    found: dict[str, list[tuple[str, str]]] = {}
    for target in targets_of(obj):
        found.setdefault(target.object, []).append((target.key, str(target.label)))
    return [(str(by_name[name].singular), options) for name, options in found.items()]


def notes_of(run: ImportRun) -> list[str]:
    """List what reading the file has found and mended, in words."""
    return [str(note) for note in prepared_from_json(run.prepared).notes] if run.prepared else []


def problem_of(run: ImportRun) -> str:
    """Say why a run failed."""
    said = run.counts.get("problem")
    return str(said_from_json(said)) if said else (run.problem or "")


def issues_file(ctx: Context, run: ImportRun) -> Iterator[bytes]:
    """Write all kept issues as CSV (UTF-8 with BOM, so that spreadsheets read it); cells that begin like a formula are made harmless."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for issue in issues_of(ctx, run, limit=10_000):
        writer.writerow(
            [issue.source_row, issue.column_name, issue.level, _harmless(issue.text), issue.message, _harmless(issue.suggestion or "")]
        )
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def owner_choices(ctx: Context) -> list[tuple[UUID, str]]:
    """List the members an owner text may stand for."""
    return [(member.id, member.name) for member in ctx.directory.members.values() if member.status != "inactive"]
