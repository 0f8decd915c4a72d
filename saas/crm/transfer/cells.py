"""The door to reading cells: a kind of field and a text give a typed value, or a problem with a proposal.

What each kind gives (None for an empty cell):
text, long_text, member, link, choice, external_id, person_first, person_last, address.* → str · tags, multi_choice → list[str] ·
number → Decimal · money → Amount · date → date · datetime → aware UTC datetime · yes_no → bool · email → list[str] ·
phone → list[Phone] · url → str · person_full → PersonName · address.country → ISO 3166 code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from saas.crm.transfer.values.dates import infer_date_order, parse_date, parse_datetime
from saas.crm.transfer.values.emails import parse_emails
from saas.crm.transfer.values.names import parse_full_name, parse_name_part
from saas.crm.transfer.values.numbers import infer_decimal, parse_money, parse_number
from saas.crm.transfer.values.outcome import EMPTY, Hints, Problem, Value
from saas.crm.transfer.values.phones import parse_phones
from saas.crm.transfer.values.places import parse_country, parse_postcode
from saas.crm.transfer.values.text import parse_external_id, parse_label, parse_list, parse_long_text, parse_text
from saas.crm.transfer.values.urls import parse_url
from saas.crm.transfer.values.yes_no import parse_yes_no

Outcome = Value | Problem
Parser = Callable[[str], Outcome]

REMEMBERED = 20_000

_PLAIN: Mapping[str, Callable[[str], Outcome]] = {
    "text": parse_text,
    "long_text": parse_long_text,
    "external_id": parse_external_id,
    "choice": parse_label,
    "member": parse_label,
    "link": parse_label,
    "tags": parse_list,
    "multi_choice": parse_list,
    "email": parse_emails,
    "url": parse_url,
    "person_first": parse_name_part,
    "person_last": parse_name_part,
    "address": parse_text,
    "address.street": parse_text,
    "address.street2": parse_text,
    "address.district": parse_text,
    "address.city": parse_text,
    "address.state": parse_text,
    "address.country": parse_country,
}
_HINTED: Mapping[str, Callable[[str, Hints], Outcome]] = {
    "number": parse_number,
    "money": parse_money,
    "date": parse_date,
    "datetime": parse_datetime,
    "yes_no": lambda text, hints: parse_yes_no(text, hints.invert),
    "phone": parse_phones,
    "person_full": parse_full_name,
    "address.postal": parse_postcode,
}
# Kinds whose cells repeat so much down a column that each text is read once.
_REPEATING = frozenset(
    {
        "choice",
        "member",
        "link",
        "tags",
        "multi_choice",
        "yes_no",
        "date",
        "datetime",
        "number",
        "money",
        "address.country",
        "address.postal",
    }
)

KINDS = frozenset({*_PLAIN, *_HINTED})


def parser(kind: str, hints: Hints) -> Parser:
    """Return a function that reads the cells of one column. Raises KeyError for an unknown kind.

    Its results may be shared between equal cells: do not change lists in them.
    """
    if kind in _PLAIN:
        read = _PLAIN[kind]
    else:
        with_hints = _HINTED[kind]

        def read(text: str) -> Outcome:
            return with_hints(text, hints)

    return _remembering(read) if kind in _REPEATING else _guarding(read)


def column_hints(kind: str, cells: Iterable[str], hints: Hints) -> Hints:
    """Complete the hints by what a column's cells show: the order of its dates, its decimal sign. What hints already say stays.

    Where nothing tells the order of dates, it stays None: ambiguous cells are then problems, and a person chooses.
    """
    if kind in ("date", "datetime") and hints.date_order is None:
        return replace(hints, date_order=infer_date_order(cells))
    if kind in ("number", "money") and hints.decimal is None:
        return replace(hints, decimal=infer_decimal(cells))
    return hints


def parse(kind: str, text: str, hints: Hints) -> Outcome:
    """Read one cell. For a whole column, `parser` is faster."""
    return parser(kind, hints)(text.strip())


def _guarding(read: Parser) -> Parser:
    def guarded(text: str) -> Outcome:
        return read(text) if text else EMPTY

    return guarded


def _remembering(read: Parser) -> Parser:
    known: dict[str, Outcome] = {"": EMPTY}

    def remembering(text: str) -> Outcome:
        found = known.get(text)
        if found is None:
            found = read(text)
            if len(known) < REMEMBERED:
                known[text] = found
        return found

    return remembering
