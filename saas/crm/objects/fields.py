"""Fields and what they all can: how a value is read, kept, shown, filtered, written down. Here are texts and choices.

Numbers and money are in `number_fields`, dates in `date_fields`, lists and links in `rich_fields`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, false, func, or_

from saas.auth.context import Context
from saas.core.i18n import LazyText, _


class FieldError(ValueError):
    """A typed value cannot be accepted; the message says what to do."""


@dataclass(frozen=True)
class Cell:
    """How one value shows in a list or on a page. `tone` names a state colour or choice colour; `href` makes it a link."""

    text: str = ""
    kind: str = "text"
    href: str | None = None
    tone: str | None = None
    title: str | None = None
    parts: tuple[Cell, ...] = ()


EMPTY_CELL = Cell()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One named value of an object. `aliases` are headers under which imports know it; `group` is its place in forms.

    `is_sortable` needs an index on (column, id) in the model once a firm may hold more than 50,000 rows.
    """

    name: str
    label: LazyText
    help: LazyText | None = None
    group: str = "main"
    required: bool = False
    is_sortable: bool = False
    is_filterable: bool = True
    is_editable: bool = True
    aliases: tuple[str, ...] = ()

    kind: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("is", "has", "empty", "filled")
    is_numeric: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the model's columns that hold the value."""
        return (self.name,)

    def value_of(self, source: Any) -> Any:
        """Take the value from a record or a row that has the columns as attributes."""
        return getattr(source, self.name)

    def stored(self, value: Any) -> dict[str, Any]:
        """Spread a value over the model's columns."""
        return {self.name: value}

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        """Read the value from a submitted form (name → values). Raises FieldError."""
        raw = (form.get(self.name) or [""])[0]
        return self.parse(raw, ctx)

    def parse(self, raw: str, ctx: Context) -> Any:
        """Turn typed text into a value; None when empty. Raises FieldError."""
        text = raw.strip()
        return self._parse(text, ctx) if text else None

    def _parse(self, text: str, ctx: Context) -> Any:  # noqa: ARG002
        return text

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        """Write a value as somebody would type it, for an input."""
        return "" if value is None else str(value)

    def show(self, value: Any, ctx: Context) -> Cell:
        """Write a value for reading."""
        return EMPTY_CELL if value in (None, "", []) else Cell(self.typed(value, ctx))

    def to_json(self, value: Any) -> Any:
        """Write a value for the API and the journal's reader."""
        return value

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        """Write a value for a table of another program, so that an import reads it again; `shown` is how it shows here."""
        return shown.text

    def is_empty(self, value: Any) -> bool:
        return value in (None, "", [])

    def clause(self, model: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:
        """Compile one filter to SQL. Raises FieldError for a value that cannot be read."""
        column = getattr(model, self.name)
        if operator == "empty":
            return self._empty(column)
        if operator == "filled":
            return ~self._empty(column)
        return self._compare(column, operator, values, ctx)

    def _empty(self, column: Any) -> ColumnElement[bool]:
        return column.is_(None)  # type: ignore[no-any-return]

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:
        wanted = [self.parse(value, ctx) for value in values if value.strip()]
        if operator in ("is", "any"):
            return column.in_(wanted)  # type: ignore[no-any-return]
        if operator == "none":
            return or_(column.is_(None), column.not_in(wanted))
        if operator == "has":
            return or_(false(), *(column.icontains(value.strip(), autoescape=True) for value in values))
        low = wanted[0] if wanted else None
        if low is None:
            return false()
        return column >= low if operator == "min" else column <= low  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """One line of text."""

    max_length: int = 200
    pattern: str | None = None

    def _parse(self, text: str, ctx: Context) -> str:  # noqa: ARG002
        clean = " ".join(text.replace("\x00", "").split())
        if len(clean) > self.max_length:
            raise FieldError(_("Shorten this to %(number)d characters.", number=self.max_length))
        return clean

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:
        if operator == "is":
            return func.lower(column).in_([value.strip().lower() for value in values])
        return super()._compare(column, operator, values, ctx)


@dataclass(frozen=True, kw_only=True)
class LongText(Field):
    """Several lines of plain text."""

    max_length: int = 20_000
    kind: ClassVar[str] = "long_text"
    operators: ClassVar[tuple[str, ...]] = ("has", "empty", "filled")

    def _parse(self, text: str, ctx: Context) -> str:  # noqa: ARG002
        clean = text.replace("\x00", "").replace("\r\n", "\n")
        if len(clean) > self.max_length:
            raise FieldError(_("Shorten this to %(number)d characters.", number=self.max_length))
        return clean

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        return Cell(value, kind="long_text") if value else EMPTY_CELL


@dataclass(frozen=True, kw_only=True)
class Url(Text):
    """A web address, opened in a new tab."""

    max_length: int = 500
    kind: ClassVar[str] = "url"

    def _parse(self, text: str, ctx: Context) -> str:
        clean = super()._parse(text, ctx)
        full = clean if "://" in clean else f"https://{clean}"
        scheme, _sep, rest = full.partition("://")
        if scheme.lower() not in ("http", "https") or "." not in rest or " " in rest:
            raise FieldError(_("Type a web address such as example.com."))
        return full

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        if not value:
            return EMPTY_CELL
        return Cell(value.split("://", 1)[-1].rstrip("/"), kind="url", href=value)

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return value or ""


@dataclass(frozen=True)
class Option:
    """One choice: what is kept, what is read, the colour of its chip, and under which other names files know it."""

    value: str
    label: LazyText
    tone: str | None = None
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few options. With `is_indexed`, its column has an index behind the department, and sharing rules may be narrowed by it."""

    options: tuple[Option, ...]
    is_indexed: bool = False
    kind: ClassVar[str] = "choice"
    operators: ClassVar[tuple[str, ...]] = ("any", "none", "empty", "filled")

    def option(self, value: Any) -> Option | None:
        return next((option for option in self.options if option.value == value), None)

    def _parse(self, text: str, ctx: Context) -> str:  # noqa: ARG002
        if self.option(text) is None:
            raise FieldError(_("Choose one of the list."))
        return text

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        option = self.option(value)
        if option is None:
            return Cell(str(value)) if value else EMPTY_CELL
        return Cell(str(option.label), kind="chip", tone=option.tone)


@dataclass(frozen=True, kw_only=True)
class YesNo(Field):
    """A switch; never empty."""

    kind: ClassVar[str] = "yes_no"
    operators: ClassVar[tuple[str, ...]] = ("is",)

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:  # noqa: ARG002
        return (form.get(self.name) or [""])[-1].strip().lower() in ("1", "on", "true", "yes")

    def parse(self, raw: str, ctx: Context) -> Any:  # noqa: ARG002
        return raw.strip().lower() in ("1", "on", "true", "yes")

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return "1" if value else ""

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        return Cell(_("Yes")) if value else EMPTY_CELL
