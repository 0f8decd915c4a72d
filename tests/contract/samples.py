"""Values for any declared field, made from its class alone: plain ones, and ones that try to break out of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from saas.crm.objects.date_fields import Date, DateTime
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice, Field, LongText, Text, Url, YesNo
from saas.crm.objects.number_fields import Money, Number
from saas.crm.objects.rich_fields import DepartmentOf, Emails, Link, MultiChoice, People, Person, Phones, Tags

MARK = '"><script>x</script>'


@dataclass(frozen=True)
class Known:
    """What references may point to: records by object, members, departments, tags."""

    records: dict[str, list[UUID]]
    members: tuple[UUID, ...]
    departments: tuple[UUID, ...]
    tags: tuple[UUID, ...]


def _turn(options: Any, number: int) -> Any:
    return options[number % len(options)] if options else None


def _text(field: Any, number: int, _known: Known) -> str:
    return f"{field.name[:20]} {number}"[: field.max_length]


def _moment(_field: Field, number: int, _known: Known) -> datetime:
    return datetime(2031, 5, 17, 9, 30, tzinfo=UTC) + timedelta(hours=number)


MAKERS: dict[type[Field], Callable[[Any, int, Known], Any]] = {
    Text: _text,
    LongText: lambda field, number, _known: f"First line of {field.name} {number}\nsecond line",
    Url: lambda _field, number, _known: f"https://www{number}.example.com/way?a=1",
    Number: lambda field, number, _known: (field.low or 0) + number + 1,
    Money: lambda _field, number, _known: (Decimal("1234.5600") + number, "EUR"),
    Date: lambda _field, number, _known: date(1990, 2, 3) + timedelta(days=number),
    DateTime: _moment,
    Choice: lambda field, number, _known: _turn(field.options, number).value,
    MultiChoice: lambda field, number, _known: [_turn(field.options, number).value],
    YesNo: lambda _field, number, _known: number % 2 == 0,
    Emails: lambda _field, number, _known: [
        {"value": f"someone{number}@example.com", "label": "work"},
        {"value": f"other{number}@example.org", "label": "home"},
    ],
    Phones: lambda _field, number, _known: [{"value": f"+4930{5550000 + number}", "label": "work"}],
    Link: lambda field, number, known: _turn(known.records.get(field.target), number),
    Person: lambda _field, number, known: _turn(known.members, number),
    DepartmentOf: lambda _field, number, known: _turn(known.departments, number),
    Tags: lambda _field, number, known: list(known.tags[: 1 + number % 2]),
    People: lambda _field, number, known: list(known.members[: number % 3]),
}


def value(field: Field, number: int, known: Known) -> Any:
    """Make a value of a field in the form in which it is kept. A field class nobody thought of fails here, on purpose."""
    return MAKERS[type(field)](field, number, known)


def columns(obj: ObjectDef, number: int, known: Known, *, is_hostile: bool = False) -> dict[str, Any]:
    """Fill every field of an object that may be typed; hostile ones carry MARK wherever the database keeps free text."""
    found: dict[str, Any] = {}
    for field in obj.fields:
        if field.is_editable:
            made = hostile(field, number) if is_hostile else None
            found.update(field.stored(made if made is not None else value(field, number, known)))
    return found


def hostile(field: Field, number: int) -> Any:
    """Make what a file or another system may bring into a field of free text, None for other fields."""
    if isinstance(field, Url):
        return f"https://example.com/{number}/{MARK}"
    if isinstance(field, Text):
        return f"{number}{MARK}"[: max(field.max_length, 40)]
    if isinstance(field, LongText):
        return f"{number}\n{MARK}"
    if isinstance(field, Emails | Phones):
        return [{"value": f"{number}{MARK}@example.com", "label": MARK}]
    return None
