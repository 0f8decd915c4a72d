"""From the cells of one row to the values of one record, with everything worth saying about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from saas.crm.imports.built import DOUBTFUL, MENDED, REFUSED, SHOWN_CHARS, Built, Column, Decisions, Issue
from saas.crm.imports.placing import placer
from saas.crm.objects.definition import ObjectDef
from saas.crm.transfer import cells
from saas.crm.transfer.offers import targets_for
from saas.crm.transfer.said import Said
from saas.crm.transfer.values.outcome import Hints, Problem
from saas.crm.transfer.values.places import mend_postcode

ADDRESS_PREFIXES = ("", "delivery_")
# Said of a text that is no choice: the field's own word for it says more.
_UNKNOWN = frozenset({"unknown_country"})

Setter = Callable[[Built, str], None]


class RowBuilder:
    """Reads rows of one file for one object, by one mapping. `hints.currency` is the workspace's."""

    def __init__(
        self, obj: ObjectDef, objects: Mapping[str, ObjectDef], columns: Sequence[Column], hints: Hints, decisions: Decisions
    ) -> None:
        self._obj, self._objects, self._decisions, self._region = obj, objects, decisions, hints.region
        targets = {target.key: target for target in targets_for(obj, objects.values())}
        self._steps: list[tuple[int, Setter]] = []
        self._postcodes: list[tuple[int, str, str]] = []
        for column in columns:
            target = targets.get(column.target)
            if target is None:
                continue
            self._steps.append((column.index, self._setter(column, target.kind, hints)))
            if target.kind == "address.postal":
                link, _dot, name = column.target.rpartition(".")
                self._postcodes.append((column.index, link, name.removesuffix("postal_code")))

    def build(self, number: int, row: Sequence[str], fixes: Mapping[int, str]) -> Built:
        """Understand one row; `fixes` are cells that a person has typed anew, by column."""
        built = Built(number)
        width = len(row)
        for index, put in self._steps:
            text = row[index] if index < width else ""
            if fixes:
                text = fixes.get(index, text)
            if text:
                put(built, text)
        for index, link, prefix in self._postcodes:
            self._mend_postcode(built, built.linked.get(link) if link else built, prefix, index)
        return built

    def _mend_postcode(self, root: Built, built: Built | None, prefix: str, index: int) -> None:
        """Give a postal code back the zeros a spreadsheet took, by the country of the row, else of the workspace."""
        code = built.values.get(f"{prefix}postal_code") if built else None
        if built is None or not code:
            return
        whole = mend_postcode(code, built.values.get(f"{prefix}country") or self._region)
        if whole != code:
            built.values[f"{prefix}postal_code"] = whole
            root.issues.append(Issue(MENDED, index, Said("zero_restored", {"text": code, "whole": whole}), None, code))

    def _setter(self, column: Column, kind: str, hints: Hints) -> Setter:
        link_name, _dot, own_name = column.target.rpartition(".")
        links = {link.name: self._objects[link.target] for link in self._obj.links}
        obj = links[link_name] if link_name else self._obj
        region = "" if kind == "address.postal" else hints.region
        own = replace(
            hints, region=region, invert=column.is_inverted, date_order=column.date_order or hints.date_order,
            decimal=column.decimal or hints.decimal,
        )  # fmt: skip
        read = cells.parser(kind, own)
        chosen = self._decisions.choices.get(column.target, {})
        place = placer(obj, column, kind, hints.currency or "", chosen, links.get(own_name) if kind == "link" else None)
        index, name = column.index, column.name
        accepted = {code for at, code in self._decisions.accepted if at == index}

        def put(root: Built, text: str) -> None:
            outcome = read(text.strip())
            if type(outcome) is Problem and outcome.code in accepted and outcome.suggestion is not None:
                root.issues.append(Issue(MENDED, index, outcome.said, None, text[:SHOWN_CHARS]))
                outcome = read(outcome.suggestion.strip())
            if isinstance(outcome, Problem):
                root.leftovers[name] = text
                root.issues.append(Issue(REFUSED, index, outcome.said, outcome.suggestion, text[:SHOWN_CHARS]))
                return
            for note in outcome.notes:
                if note.code not in _UNKNOWN:
                    root.issues.append(Issue(MENDED, index, note, None, text[:SHOWN_CHARS]))
            value = outcome.value
            if value is None or value in ("", []):
                return
            built = root.linked.setdefault(link_name, Built(root.row)) if link_name else root
            problem = place(built, value)
            if problem:
                root.leftovers[name] = text
                root.issues.append(Issue(DOUBTFUL, index, problem, None, text[:SHOWN_CHARS]))

        return put
