"""Fields that hold days and moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from saas.auth.context import Context
from saas.core.clock import today
from saas.core.i18n import _
from saas.core.locale_format import format_date, format_datetime
from saas.crm.objects import typed
from saas.crm.objects.fields import EMPTY_CELL, Cell, Field, FieldError


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
        text = self.typed(value, ctx)
        return text.replace("T", " ") if value and has_time(value, ctx) else text.partition("T")[0]

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if value else None


def has_time(value: datetime, ctx: Context) -> bool:
    """Tell whether a moment has a time of day for its reader, or stands for the whole day."""
    local = value.astimezone(ZoneInfo(ctx.timezone))
    return (local.hour, local.minute) != (0, 0)


def parse_date(text: str, ctx: Context) -> date:
    """Read a day in any common form, as people of the workspace's region write it. Raises FieldError."""
    try:
        return typed.parse_day(text, today(ctx.timezone), ctx.workspace.region)
    except ValueError as error:
        raise FieldError(_("Type a date such as %(example)s.", example=format_date(date(2026, 12, 3)))) from error
