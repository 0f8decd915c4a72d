"""What an object is: a model, its fields and how they show. From one declaration follow list, form, filters, import, rights and journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from saas.core.i18n import LazyText
from saas.crm.objects.columns import RecordBase
from saas.crm.objects.fields import Field
from saas.crm.objects.rich_fields import Link


@dataclass(frozen=True)
class SearchText:
    """What of one record can be found: each list holds plain texts of one nature, as `crm.search.tokens` wants them."""

    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ObjectDef:
    """One kind of record.

    `name` is the plural used in addresses, rights and the journal (`contacts`); `prefix` begins its codes; `label_field` names it in
    links; `person_label` sorts that label as a person's name; `parent` names the (object, key) columns of a child row (Rights 5);
    `searched` sorts fields into SearchText lists by field name; `groups` are (key, label) in the order of forms.
    """

    name: str
    prefix: str
    singular: LazyText
    plural: LazyText
    icon: str
    model: type[RecordBase]
    fields: tuple[Field, ...]
    label_field: str = "name"
    person_label: bool = False
    parent: tuple[str, str] | None = None
    groups: tuple[tuple[str, LazyText], ...] = ()
    searched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_columns: tuple[str, ...] = ()
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
    def label_column(self) -> Any:
        """The model's column that names a record in links."""
        return getattr(self.model, self.label_field)
