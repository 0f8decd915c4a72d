"""Fields that hold numbers and amounts of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from saas.auth.context import Context
from saas.core.i18n import _
from saas.core.locale_format import format_money, format_number
from saas.crm.objects import typed
from saas.crm.objects.fields import EMPTY_CELL, Cell, Field, FieldError


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


def parse_number(text: str) -> Decimal:
    """Read a number as people write it. Raises FieldError."""
    try:
        return typed.parse_number(text)
    except ValueError as error:
        raise FieldError(_("Type a number such as %(example)s.", example=format_number(Decimal("1234.5")))) from error


def _decimals(amount: Decimal) -> int:
    """Count the decimals an amount needs when it is typed again: two, or up to four."""
    exponent = amount.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
