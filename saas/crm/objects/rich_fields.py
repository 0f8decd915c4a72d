"""Field classes with several values or a reference: e-mails, phones, several choices, links to records, members, tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ColumnElement, Text, and_, cast, false, or_

from saas.auth.context import Context
from saas.core.i18n import LazyText, _
from saas.core.ids import parse_id
from saas.crm.objects.fields import EMPTY_CELL, Cell, Choice, Field, FieldError
from saas.crm.tags.verbs import all_tags

MAX_VALUES = 20


@dataclass(frozen=True, kw_only=True)
class ValueList(Field):
    """Several labelled texts, the first being the main one; kept as `[{"value": …, "label": …}]`."""

    labels: tuple[str, ...] = ("work", "mobile", "home", "other")
    operators: ClassVar[tuple[str, ...]] = ("has", "empty", "filled")

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        values, labels = form.get(self.name) or [], form.get(f"{self.name}_label") or []
        pairs = [(raw, labels[place] if place < len(labels) else "") for place, raw in enumerate(values)]
        return self._collect([(raw.strip(), label.strip()) for raw, label in pairs if raw.strip()], ctx)

    def parse(self, raw: str, ctx: Context) -> Any:
        parts = raw.replace("；", ";").replace("\n", ";").replace(",", ";").split(";")
        return self._collect([(part.strip(), "") for part in parts if part.strip()], ctx)

    def _collect(self, pairs: list[tuple[str, str]], ctx: Context) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for raw, label in pairs[:MAX_VALUES]:
            value = self.one(raw, ctx)
            if value not in [entry["value"] for entry in found]:
                found.append({"value": value, "label": label if label in self.labels else self.labels[0]})
        return found

    def one(self, text: str, ctx: Context) -> str:  # noqa: ARG002
        """Bring one value into its kept form. Raises FieldError."""
        return text

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return self.typed(value, ctx)

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return "; ".join(entry["value"] for entry in value or [])

    def _empty(self, column: Any) -> ColumnElement[bool]:
        return cast(column, Text) == "[]"

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:  # noqa: ARG002
        return or_(false(), *(cast(column, Text).icontains(value.strip(), autoescape=True) for value in values))


@dataclass(frozen=True, kw_only=True)
class Emails(ValueList):
    """E-mail addresses."""

    kind: ClassVar[str] = "emails"

    def one(self, text: str, ctx: Context) -> str:  # noqa: ARG002
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise FieldError(_("%(text)s is not an e-mail address.", text=text[:80])) from error

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        if not value:
            return EMPTY_CELL
        cells = tuple(Cell(entry["value"], kind="email", href=f"mailto:{entry['value']}", title=entry.get("label")) for entry in value)
        return Cell(cells[0].text, kind="email", href=cells[0].href, parts=cells)


@dataclass(frozen=True, kw_only=True)
class Phones(ValueList):
    """Phone numbers, kept as E.164 where they can be understood in the workspace's region and as typed where not."""

    kind: ClassVar[str] = "phones"

    def one(self, text: str, ctx: Context) -> str:
        if sum(char.isdigit() for char in text) < 3 or len(text) > 60:
            raise FieldError(_("%(text)s is not a phone number.", text=text[:80]))
        try:
            number = phonenumbers.parse(text, ctx.workspace.region)
        except phonenumbers.NumberParseException:
            return text
        if not phonenumbers.is_possible_number(number):
            return text
        kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return f"{kept};ext={number.extension}" if number.extension else kept

    def show(self, value: Any, ctx: Context) -> Cell:
        if not value:
            return EMPTY_CELL
        cells = tuple(
            Cell(phone_text(entry["value"], ctx.workspace.region), kind="phone", href=f"tel:{entry['value']}", title=entry.get("label"))
            for entry in value
        )
        return Cell(cells[0].text, kind="phone", href=cells[0].href, parts=cells)


@lru_cache(maxsize=20_000)
def phone_text(kept: str, region: str) -> str:
    """Write a kept number as people of the region dial it: national inside, international outside."""
    try:
        number = phonenumbers.parse(kept.replace(";ext=", " ext "), region)
    except phonenumbers.NumberParseException:
        return kept
    home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


@dataclass(frozen=True, kw_only=True)
class MultiChoice(Choice):
    """Several of a few options; kept as a list of text."""

    kind: ClassVar[str] = "multi_choice"

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        return list(dict.fromkeys(self._parse(raw.strip(), ctx) for raw in form.get(self.name) or [] if raw.strip()))

    def parse(self, raw: str, ctx: Context) -> Any:
        return [self._parse(part.strip(), ctx) for part in raw.replace("；", ";").split(";") if part.strip()]

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return "; ".join(value or [])

    def show(self, value: Any, ctx: Context) -> Cell:
        cells = tuple(Choice.show(self, entry, ctx) for entry in value or [])
        return Cell(", ".join(cell.text for cell in cells), kind="chips", parts=cells) if cells else EMPTY_CELL

    def _empty(self, column: Any) -> ColumnElement[bool]:
        return column == []  # type: ignore[no-any-return]

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:  # noqa: ARG002
        overlaps: ColumnElement[bool] = column.overlap(list(values))
        return overlaps if operator == "any" else ~overlaps


@dataclass(frozen=True, kw_only=True)
class Reference(Field):
    """A key of something else, typed and filtered by key."""

    operators: ClassVar[tuple[str, ...]] = ("any", "empty", "filled")

    def _parse(self, text: str, ctx: Context) -> UUID:  # noqa: ARG002
        key = parse_id(text)
        if key is None:
            raise FieldError(_("Choose one of the list."))
        return key

    def to_json(self, value: Any) -> Any:
        return str(value) if value else None


@dataclass(frozen=True, kw_only=True)
class Link(Reference):
    """A record of another object (`target` is its name). Its label is shown by `objects.views`, which knows the reader's rights.

    `inverse` names the list of those that point there, on the target's page; without it they are called by their plural.
    """

    target: str
    inverse: LazyText | None = None
    kind: ClassVar[str] = "link"


@dataclass(frozen=True, kw_only=True)
class Person(Reference):
    """A member of the workspace; `me` in a filter is the reader."""

    kind: ClassVar[str] = "person"

    def _parse(self, text: str, ctx: Context) -> UUID:
        key = ctx.member.id if text == "me" else super()._parse(text, ctx)
        if key not in ctx.directory.members:
            raise FieldError(_("Choose one of the list."))
        return key

    def show(self, value: Any, ctx: Context) -> Cell:
        member = ctx.directory.members.get(value) if value else None
        return Cell(member.name, kind="person") if member else EMPTY_CELL


@dataclass(frozen=True, kw_only=True)
class DepartmentOf(Reference):
    """A department of the workspace."""

    kind: ClassVar[str] = "department"

    def _parse(self, text: str, ctx: Context) -> UUID:
        key = super()._parse(text, ctx)
        if key not in ctx.directory.departments:
            raise FieldError(_("Choose one of the list."))
        return key

    def show(self, value: Any, ctx: Context) -> Cell:
        department = ctx.directory.departments.get(value) if value else None
        return Cell(department.name) if department else EMPTY_CELL


@dataclass(frozen=True, kw_only=True)
class Tags(Field):
    """Tags of the workspace on a record; the value is a list of keys. Names come from `objects.tags`."""

    kind: ClassVar[str] = "tags"
    operators: ClassVar[tuple[str, ...]] = ("any", "none", "empty", "filled")

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:  # noqa: ARG002
        return [key for raw in form.get(self.name) or [] if (key := parse_id(raw.strip()))]

    def to_json(self, value: Any) -> Any:
        return [str(key) for key in value or []]

    def clause(self, model: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:
        """Compile one filter; a record whose tags have all been removed from the workspace counts as having none."""
        if operator in ("empty", "filled"):
            known = ctx.directory.keep("tag_keys", lambda: [tag.id for tag in all_tags(ctx.db)])
            return self._has(getattr(model, self.name), known, operator == "filled")
        return super().clause(model, operator, values, ctx)

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:  # noqa: ARG002
        return self._has(column, [key for raw in values if (key := parse_id(raw))], operator == "any")

    def _has(self, column: Any, keys: Sequence[UUID], is_wanted: bool) -> ColumnElement[bool]:
        # The first condition lets the index on records with tags be used.
        return and_(column != [], column.overlap(keys)) if is_wanted else ~column.overlap(keys)


@dataclass(frozen=True, kw_only=True)
class People(Field):
    """Several members of the workspace; the value is a list of keys. A form sends keys, or names apart by commas."""

    kind: ClassVar[str] = "people"
    operators: ClassVar[tuple[str, ...]] = ("any", "empty", "filled")

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        return self.parse(",".join(form.get(self.name) or []), ctx)

    def parse(self, raw: str, ctx: Context) -> Any:
        said = [text.strip() for text in raw.replace("，", ",").replace("、", ",").split(",") if text.strip()]
        return list(dict.fromkeys(self._one(text, ctx) for text in said))

    def _one(self, text: str, ctx: Context) -> UUID:
        key = parse_id(text)
        found = [m.id for m in ctx.directory.members.values() if m.id == key or m.name.casefold() == text.casefold()]
        if len(found) != 1:
            raise FieldError(_("Nobody here is called %(name)s.", name=text[:80]) if not found else _("Choose one of the list."))
        return found[0]

    def typed(self, value: Any, ctx: Context) -> str:
        return ", ".join(ctx.directory.members[key].name for key in value or [] if key in ctx.directory.members)

    def show(self, value: Any, ctx: Context) -> Cell:
        parts = tuple(Cell(ctx.directory.members[key].name, kind="person") for key in value or [] if key in ctx.directory.members)
        return Cell(", ".join(part.text for part in parts), kind="people", parts=parts) if parts else EMPTY_CELL

    def to_json(self, value: Any) -> Any:
        return [str(key) for key in value or []]

    def _empty(self, column: Any) -> ColumnElement[bool]:
        return column == []  # type: ignore[no-any-return]

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:  # noqa: ARG002
        overlaps: ColumnElement[bool] = column.overlap(
            [ctx.member.id if raw == "me" else key for raw in values if (key := parse_id(raw)) or raw == "me"]
        )
        return overlaps
