"""The state of a list as it stands in its address (filters, search, order, columns, page), and the neighbouring addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from saas.auth import preferences
from saas.auth.context import Context
from saas.crm.objects.definition import ObjectDef, Preset
from saas.crm.objects.fields import Field
from saas.crm.objects.listing import DEFAULT_SORT, Filter, Query, sortable
from saas.crm.objects.views import readable_fields

MAX_COLUMNS = 20
LONGEST = 200

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class ListState:
    """What a list's address says. `sort` is a field's name, after "-" when descending; empty means the object's own order.

    `editing` names the field whose filter is being changed; `columns` are those asked for in the address.
    """

    obj: ObjectDef
    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = ""
    cursor: str = ""
    columns: tuple[str, ...] = ()
    editing: str = ""

    @property
    def order(self) -> tuple[str, bool]:
        """Name the field it is sorted by, and whether descending."""
        chosen = self.sort or self.obj.default_sort or DEFAULT_SORT
        return chosen.removeprefix("-"), chosen.startswith("-")

    @property
    def is_restricted(self) -> bool:
        """Whether anything but rights leaves rows out."""
        return bool(self.filters or self.search.strip())

    def query(self, columns: Sequence[str] = ()) -> Query:
        """Ask the listing for this page."""
        name, is_descending = self.order
        return Query(self.filters, self.search, name, is_descending, self.cursor, tuple(columns))

    def change(self, **changes: Any) -> ListState:
        """Make the state after a change; unless the change is to another page, that is its first page."""
        return replace(self, **{"cursor": "", "editing": "", **changes})

    def question(self) -> Pairs:
        """Write which rows are meant, whatever their order, as names and values."""
        pairs = [("q", self.search)] if self.search.strip() else []
        for wanted in self.filters:
            pairs.extend((f"f.{wanted.field}.{wanted.operator}", value) for value in wanted.values or ("1",))
        return pairs

    def pairs(self) -> Pairs:
        """Write the whole state as names and values."""
        pairs = self.question()
        rest = {"sort": self.sort, "cols": ",".join(self.columns), "after": self.cursor, "edit": self.editing}
        return [*pairs, *((name, value) for name, value in rest.items() if value)]

    def href(self, page: str = "", **changes: Any) -> str:
        """Write the address of this state (with `changes`), or of another `page` of the object for the same rows."""
        state = self.change(**changes) if changes else self
        query = urlencode(state.pairs())
        path = f"/{self.obj.name}/{page}" if page else f"/{self.obj.name}"
        return f"{path}?{query}" if query else path

    def filters_on(self, name: str) -> tuple[Filter, ...]:
        """List the filters on one field."""
        return tuple(wanted for wanted in self.filters if wanted.field == name)

    def with_filters(self, name: str, filters: Iterable[Filter]) -> ListState:
        """Make the state in which a field has these filters and no others; they keep their place."""
        wanted, result, is_placed = list(filters), [], False
        for old in self.filters:
            if old.field != name:
                result.append(old)
            elif not is_placed:
                result.extend(wanted)
                is_placed = True
        return self.change(filters=tuple(result if is_placed else [*result, *wanted]))

    def with_preset(self, preset: Preset) -> ListState:
        """Make the state a ready-made view stands for; chosen columns stay."""
        return self.change(filters=tuple(Filter(*entry) for entry in preset.filters), search="", sort=preset.sort)

    def is_preset(self, preset: Preset) -> bool:
        return self.filters == tuple(Filter(*entry) for entry in preset.filters)


def read(obj: ObjectDef, query: Mapping[str, Sequence[str]]) -> ListState:
    """Read the state from names and values of an address or a form; what is not understood is left out, filters excepted."""
    filters = []
    for name, values in query.items():
        prefix, _dot, rest = name.partition(".")
        field_name, _dot, operator = rest.rpartition(".")
        if prefix == "f" and field_name:
            kept = () if operator in ("empty", "filled") else tuple(_clean(value) for value in values)
            filters.append(Filter(field_name, operator, kept))
    sort = _one(query, "sort")
    names = {DEFAULT_SORT, *(f.name for f in sortable(obj))}
    return ListState(
        obj=obj,
        filters=tuple(filters),
        search=_one(query, "q")[:LONGEST],
        sort=sort if sort.removeprefix("-") in names else "",
        cursor=(query.get("after") or [""])[0][:2_000],
        columns=known_columns(obj, [name for entry in query.get("cols") or [] for name in entry.split(",")]),
        editing=_one(query, "edit") if _one(query, "edit") in obj.by_name else "",
    )


def known_columns(obj: ObjectDef, names: Iterable[str]) -> tuple[str, ...]:
    """Leave the names that are fields, each once, the label first; nothing when none is."""
    known = [name for name in dict.fromkeys(names) if name in obj.by_name and name != obj.label_field]
    return (obj.label_field, *known[: MAX_COLUMNS - 1]) if known else ()


def columns(ctx: Context, state: ListState) -> tuple[Field, ...]:
    """Choose the columns to show: those of the address, else those the member chose, else the object's own; only readable ones."""
    obj = state.obj
    chosen = state.columns or known_columns(obj, preferences.read(ctx).get(f"columns.{obj.name}") or ())
    readable = {f.name: f for f in readable_fields(ctx, obj)}
    return tuple(readable[name] for name in chosen or obj.default_columns if name in readable)


def _one(query: Mapping[str, Sequence[str]], name: str) -> str:
    return _clean((query.get(name) or [""])[0])


def _clean(text: str) -> str:
    return text.replace("\x00", "")
