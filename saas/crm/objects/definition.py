"""What an object is: a model, its fields and how they show. From one declaration follow list, form, filters, import, rights and journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from saas.auth.context import Context
from saas.core.i18n import LazyText
from saas.crm.objects.columns import RecordBase
from saas.crm.objects.fields import Field
from saas.crm.objects.rich_fields import Link


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A ready-made view of a list, offered as a tab. `filters` are (field, operator, values); `sort` as in `ObjectDef.default_sort`."""

    label: LazyText
    filters: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    sort: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold between fields: `broken(ctx, record)` says in a sentence what is wrong, or "".

    It is asked when one of `fields` is written; the sentence then stands beside the first of them that was.
    """

    fields: tuple[str, ...]
    broken: Callable[[Context, Any], str]


@dataclass(frozen=True, kw_only=True)
class RowAction:
    """Something quick to do with a record from its row in the list, offered to who has `right`.

    `href` is a short page that takes `?subject=<object>:<id>` and `&next=<where to go back to>`; `key` is the key that opens it on the
    current row.
    """

    label: LazyText
    icon: str
    href: str
    right: str
    key: str


@dataclass(frozen=True, kw_only=True)
class ObjectDef:
    """One kind of record.

    `name` is the plural used in addresses, rights and the journal (`contacts`); `prefix` begins its codes.
    `label_field` names a record in links; `is_person` sorts that label as a person's name,
    made of `name_parts` (given, family).
    `telling` are fields without which a row cannot be told of at all: what it is, when it was, what its label is made of.
    `parent` names the (object, key) columns of a child row, which is seen as its parent is (Rights 5); `open_to` names an array column
    of members who see the row whatever its parent (participants).
    `customer` names the column that leads to the customer behind a record: its own key, or a link.
    `searched` maps the parts of `crm.search.tokens` (names, texts, emails, phones, codes) to field names.
    `recognised` maps the natures of `objects.keys` to fields by which a record is known to be the same one.
    `derive(record)` keeps computed columns true before every save; `rules` are what every save must keep.
    `groups` are (key, label) in the order of forms.
    `default_sort` orders its list: "" by the label, else a sortable field's name, after "-" when the greatest comes first.
    `timeline` names the column that orders child rows in the story of what they belong to.
    `row_actions` stand on each row of its list. `facts` are the two or three fields beside its name on its page.
    `unused(record)` names fields that make no sense for a record as it is: forms and pages leave them out.
    Without `has_page` there is neither list nor detail: its rows show only on the records they belong to.
    """

    name: str
    prefix: str
    singular: LazyText
    plural: LazyText
    icon: str
    model: type[RecordBase]
    fields: tuple[Field, ...]
    groups: tuple[tuple[str, LazyText], ...]
    label_field: str = "name"
    is_person: bool = False
    name_parts: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    open_to: str | None = None
    customer: str | None = None
    derive: Callable[[Any], None] | None = None
    rules: tuple[Rule, ...] = ()
    searched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recognised: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_columns: tuple[str, ...] = ()
    default_sort: str = ""
    presets: tuple[Preset, ...] = ()
    row_actions: tuple[RowAction, ...] = ()
    timeline: str = ""
    facts: tuple[str, ...] = ()
    unused: Callable[[Any], frozenset[str]] | None = None
    has_page: bool = True

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by their names."""
        return {f.name: f for f in self.fields}

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The fields that point to other records."""
        return tuple(f for f in self.fields if isinstance(f, Link))

    @property
    def naming(self) -> frozenset[str]:
        """The fields that name a row and say what it is; no role can hide them."""
        return frozenset((self.label_field, *self.name_parts, *self.telling))

    @property
    def label_column(self) -> Any:
        """The model's column that names a record in links."""
        return getattr(self.model, self.label_field)

    def label_of(self, record: Any) -> str:
        """Name a record."""
        return str(getattr(record, self.label_field))
