"""The figures of a run: counts, issues put together by column and kind, and the distinct texts that a person may decide about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from saas.crm.imports.built import MENDED, Issue

# Examples kept of one kind of issue in one column; of what was mended, fewer.
EXAMPLES, MENDED_EXAMPLES = 500, 20
MOST_TEXTS = 300
MOST_GROUPS = 2_000


@dataclass
class Tally:
    """Adds up what plans bring. `groups` counts issues by `level:column:code` (column -1: the row); `texts` counts by target and text.

    `examples` are issues found since the last `take_examples`, with the line they are in.
    """

    counts: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    texts: dict[str, Counter[str]] = field(default_factory=dict)
    examples: list[tuple[int, Issue]] = field(default_factory=list)

    def note(self, row: int, issue: Issue) -> None:
        """Add one issue; keep it as an example while there are few of its kind."""
        group = f"{issue.level}:{-1 if issue.column is None else issue.column}:{issue.said.code}"
        self.counts[issue.level] += 1
        if group not in self.groups and len(self.groups) >= MOST_GROUPS:
            return
        self.groups[group] += 1
        if self.groups[group] <= (MENDED_EXAMPLES if issue.level == MENDED else EXAMPLES):
            self.examples.append((row, issue))

    def see(self, target: str, text: str) -> None:
        """Count a text that a person may decide about."""
        known = self.texts.setdefault(target, Counter())
        if text in known or len(known) < MOST_TEXTS:
            known[text] += 1

    def copy(self) -> Tally:
        """Return an independent copy."""
        texts = {name: Counter(found) for name, found in self.texts.items()}
        return Tally(Counter(self.counts), Counter(self.groups), texts, list(self.examples))

    def take_examples(self) -> list[tuple[int, Issue]]:
        """Hand over the examples found so far, once."""
        found, self.examples = self.examples, []
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain data that `tally_from_json` reads back."""
        return {**self.counts, "groups": dict(self.groups), "texts": {name: dict(found) for name, found in self.texts.items()}}


def tally_from_json(data: dict[str, Any]) -> Tally:
    """Read back what `as_json` wrote."""
    counts = Counter({name: value for name, value in data.items() if isinstance(value, int)})
    texts = {name: Counter(found) for name, found in data.get("texts", {}).items()}
    return Tally(counts, Counter(data.get("groups", {})), texts)
