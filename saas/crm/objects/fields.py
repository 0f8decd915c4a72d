"""Field classes with one value in one column: how it is read, kept, shown, filtered, written down. Lists and links: `rich_fields`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, func, or_

from saas.auth.context import Context
from saas.core.clock import today
from saas.core.i18n import LazyText, _
from saas.core.locale_format import format_date, format_datetime, format_money, format_number
from saas.crm.objects import typed


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


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A number with up to `digits` decimals."""

    digits: int = 0
    low: int | None = None
    high: int = 10**12
    kind: ClassVar[str] = "number"
    operators: ClassVar[tuple[str, ...]] = ("min", "max", "empty", "filled")
    is_numeric: ClassVar[bool] = True

    def _parse(self, text: str, ctx: Context) -> Any:  # noqa: ARG002
        value = parse_number(text)
        if self.low is not None and value < self.low:
            raise FieldError(_("Type %(number)s or more.", number=format_number(self.low)))
        if abs(value) > self.high:
            raise FieldError(_("This number is too large."))
        if value != round(value, self.digits):
            raise FieldError(_("Type a whole number.") if not self.digits else _("Type at most %(number)d decimals.", number=self.digits))
        return int(value) if not self.digits else value

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return format_number(value)

    def show(self, value: Any, ctx: Context) -> Cell:
        return EMPTY_CELL if value is None else Cell(self.typed(value, ctx), kind="number")

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return "" if value is None else format(value, "f")

    def to_json(self, value: Any) -> Any:
        return str(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, kw_only=True)
class Money(Field):
    """An amount with its ISO-4217 currency in the column `<name>_currency`; the value is (Decimal, code) or None."""

    kind: ClassVar[str] = "money"
    operators: ClassVar[tuple[str, ...]] = ("min", "max", "empty", "filled")
    is_numeric: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_currency")

    def value_of(self, source: Any) -> Any:
        amount = getattr(source, self.name)
        return None if amount is None else (amount, getattr(source, f"{self.name}_currency"))

    def stored(self, value: Any) -> dict[str, Any]:
        amount, currency = value or (None, None)
        return {self.name: amount, f"{self.name}_currency": currency}

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        amount = self.parse((form.get(self.name) or [""])[0], ctx)
        if amount is None:
            return None
        currency = (form.get(f"{self.name}_currency") or [ctx.workspace.currency])[0].strip().upper() or ctx.workspace.currency
        if len(currency) != 3 or not currency.isalpha():
            raise FieldError(_("Choose a currency."))
        return (amount, currency)

    def _parse(self, text: str, ctx: Context) -> Decimal:  # noqa: ARG002
        value = parse_number(text)
        if abs(value) >= 10**15:
            raise FieldError(_("This number is too large."))
        return round(value, 4)

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return "" if value is None else format_number(value[0], _decimals(value[0]))

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        return EMPTY_CELL if value is None else Cell(format_money(*value), kind="number")

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return "" if value is None else f"{value[0]:.{_decimals(value[0])}f} {value[1]}"

    def to_json(self, value: Any) -> Any:
        return None if value is None else {"amount": str(value[0]), "currency": value[1]}


@dataclass(frozen=True, kw_only=True)
class Date(Field):
    """A calendar date, typed in any common form."""

    kind: ClassVar[str] = "date"
    operators: ClassVar[tuple[str, ...]] = ("min", "max", "empty", "filled")

    def _parse(self, text: str, ctx: Context) -> date:
        return parse_date(text, ctx)

    def typed(self, value: Any, ctx: Context) -> str:  # noqa: ARG002
        return value.isoformat() if value else ""

    def show(self, value: Any, ctx: Context) -> Cell:  # noqa: ARG002
        return Cell(format_date(value), kind="date") if value else EMPTY_CELL

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return self.typed(value, ctx)

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if value else None


@dataclass(frozen=True, kw_only=True)
class DateTime(Field):
    """A moment; typed and shown in the reader's time zone, kept in UTC. Midnight stands for a day without a time of day.

    A form may send the time of day apart, as `<name>_time`; alone it means the day of the field it `follows`, else today.
    """

    follows: str = ""
    kind: ClassVar[str] = "datetime"
    operators: ClassVar[tuple[str, ...]] = ("min", "max", "empty", "filled")

    def read(self, form: Mapping[str, Sequence[str]], ctx: Context) -> Any:
        day, clock = ((form.get(name) or [""])[0].strip() for name in (self.name, f"{self.name}_time"))
        if clock and not day:
            day = (form.get(self.follows) or [""])[0].strip()
        return self.parse(f"{day} {clock}", ctx)

    def _parse(self, text: str, ctx: Context) -> datetime:
        zone = ZoneInfo(ctx.timezone)
        try:
            if "T" in text:
                return typed.iso_moment(text, zone)
            return typed.as_moment(*typed.parse_moment(text, today(ctx.timezone), ctx.workspace.region), zone)
        except ValueError as error:
            raise FieldError(_("Type a date such as %(example)s.", example=format_date(date(2026, 12, 3)))) from error

    def _compare(self, column: Any, operator: str, values: Sequence[str], ctx: Context) -> ColumnElement[bool]:
        """Compare as others do, except that "until" a day includes the whole of that day."""
        if operator != "max" or ":" in values[0]:
            return super()._compare(column, operator, values, ctx)
        return column < self._parse(values[0].strip(), ctx) + timedelta(days=1)  # type: ignore[no-any-return]

    def typed(self, value: Any, ctx: Context) -> str:
        return value.astimezone(ZoneInfo(ctx.timezone)).strftime("%Y-%m-%dT%H:%M") if value else ""

    def show(self, value: Any, ctx: Context) -> Cell:
        if not value:
            return EMPTY_CELL
        return Cell(format_datetime(value) if has_time(value, ctx) else format_date(value), kind="datetime")

    def plain(self, value: Any, shown: Cell, ctx: Context) -> str:  # noqa: ARG002
        return self.typed(value, ctx).replace("T", " ")

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if value else None


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


def has_time(value: datetime, ctx: Context) -> bool:
    """Tell whether a moment has a time of day for its reader, or stands for the whole day."""
    local = value.astimezone(ZoneInfo(ctx.timezone))
    return (local.hour, local.minute) != (0, 0)


def parse_number(text: str) -> Decimal:
    """Read a number as people write it. Raises FieldError."""
    try:
        return typed.parse_number(text)
    except ValueError as error:
        raise FieldError(_("Type a number such as %(example)s.", example=format_number(Decimal("1234.5")))) from error


def parse_date(text: str, ctx: Context) -> date:
    """Read a day in any common form, as people of the workspace's region write it. Raises FieldError."""
    try:
        return typed.parse_day(text, today(ctx.timezone), ctx.workspace.region)
    except ValueError as error:
        raise FieldError(_("Type a date such as %(example)s.", example=format_date(date(2026, 12, 3)))) from error


def _decimals(amount: Decimal) -> int:
    """Count the decimals an amount needs when it is typed again: two, or up to four."""
    exponent = amount.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
