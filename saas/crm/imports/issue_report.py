"""What a page and a file say about the issues of a run: in words, put together by column and kind."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select

from saas.auth.context import Context
from saas.core.i18n import _
from saas.crm.imports.built import LEVELS, SHOWN_CHARS
from saas.crm.transfer.prepared import Prepared, prepared_from_json
from saas.crm.transfer.said import Said, said_from_json
from saas.crm.transfer.tables import ImportIssue, ImportRun

SHOWN_EXAMPLES = 10
# Before the run, these are decided text by text.
DECIDED_ELSEWHERE = frozenset({"not_a_choice", "unknown_owner"})


@dataclass(frozen=True)
class IssueView:
    """One issue in the reader's language; `source_row` counts as in the person's file. What was cut for the page cannot be mended in it."""

    row: int
    source_row: int
    text: str
    message: str
    suggestion: str | None
    can_fix: bool


@dataclass(frozen=True)
class GroupView:
    """All issues of one kind in one column. `key` stands for it in a form; `column` is -1 for rows as a whole."""

    key: str
    code: str
    level: str
    column: int
    column_name: str
    message: str
    count: int
    is_accepted: bool
    can_accept: bool
    examples: list[IssueView] = field(default_factory=list)


def groups_of(ctx: Context, run: ImportRun) -> list[GroupView]:
    """List a run's issues by kind and column: what cannot be read first, the most frequent of each level first."""
    counts: dict[str, int] = run.counts.get("groups", {})
    if not counts:
        return []
    prepared = prepared_from_json(run.prepared)
    examples = _examples(ctx, run)
    accepted = set(run.options.get("accepted", ()))
    found = []
    for key, count in counts.items():
        level, place, code = key.split(":", 2)
        if run.state == "checked" and code in DECIDED_ELSEWHERE:
            continue
        issues = examples.get(key, [])
        shown = [_issue(prepared, issue) for issue in issues[:SHOWN_EXAMPLES]]
        message = said_from_json(issues[0].said).of_many if issues else Said(code, {}).of_many
        found.append(
            GroupView(
                f"{place}:{code}", code, level, int(place), prepared.column_name(int(place)) if int(place) >= 0 else "", message, count,
                f"{place}:{code}" in accepted, any(issue.suggestion for issue in issues), shown,
            )
        )  # fmt: skip
    return sorted(found, key=lambda group: (-LEVELS.index(group.level), -group.count))


def _examples(ctx: Context, run: ImportRun) -> dict[str, list[ImportIssue]]:
    """Fetch the first examples of every group in one statement."""
    place = func.row_number().over(partition_by=(ImportIssue.level, ImportIssue.column, ImportIssue.code), order_by=ImportIssue.row)
    numbered = select(ImportIssue.id, place.label("place")).where(ImportIssue.run_id == run.id).subquery()
    query = select(ImportIssue).join(numbered, numbered.c.id == ImportIssue.id).where(numbered.c.place <= SHOWN_EXAMPLES)
    found: dict[str, list[ImportIssue]] = defaultdict(list)
    for issue in ctx.db.execute(query.order_by(ImportIssue.row)).scalars():
        found[f"{issue.level}:{-1 if issue.column is None else issue.column}:{issue.code}"].append(issue)
    return found


def _issue(prepared: Prepared, issue: ImportIssue) -> IssueView:
    can_fix = issue.column is not None and issue.level != "mended" and len(issue.text) < SHOWN_CHARS
    return IssueView(
        issue.row, prepared.source_row(issue.row), issue.text, str(said_from_json(issue.said)), issue.suggestion, can_fix
    )  # fmt: skip


def issues_file(ctx: Context, run: ImportRun) -> Iterator[bytes]:
    """Write all kept issues as CSV (UTF-8 with BOM, so that spreadsheets read it); cells that begin like a formula are made harmless."""
    prepared = prepared_from_json(run.prepared)
    yield b"\xef\xbb\xbf" + _csv_line([_("Row"), _("Column"), _("What it says"), _("What is the matter"), _("Proposal")])
    query = select(ImportIssue).where(ImportIssue.run_id == run.id).order_by(ImportIssue.row, ImportIssue.column)
    for issue in ctx.db.execute(query).scalars():
        name = prepared.column_name(issue.column) if issue.column is not None else ""
        cells = [str(prepared.source_row(issue.row)), name, issue.text, str(said_from_json(issue.said)), issue.suggestion or ""]
        yield _csv_line(cells)


def _csv_line(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in cells])
    return buffer.getvalue().encode()
