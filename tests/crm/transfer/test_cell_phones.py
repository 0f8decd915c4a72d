"""Telephone numbers in cells."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from saas.crm.transfer.cells import parse
from saas.crm.transfer.values import phones
from saas.crm.transfer.values.outcome import Hints, Problem, Value


def kept(text: str, region: str) -> tuple[list[str], list[str]]:
    outcome = parse("phone", text, Hints(region=region))
    assert isinstance(outcome, Value), f"{text!r}: {outcome}"
    return [phone.kept for phone in outcome.value or []], [note.code for note in outcome.notes]


@pytest.mark.parametrize(
    ("text", "region", "numbers"),
    [
        ("13800138000", "CN", ["+8613800138000"]),
        ("138-0013-8000", "CN", ["+8613800138000"]),
        ("+86 138 0013 8000", "DE", ["+8613800138000"]),
        ("8613800138000", "CN", ["+8613800138000"]),
        ("008613800138000", "CN", ["+8613800138000"]),
        ("(010) 6234-5678", "CN", ["+861062345678"]),
        ("021-62345678转123", "CN", ["+862162345678;ext=123"]),
        ("电话：13800138000（王总）", "CN", ["+8613800138000"]),
        ("13800138000(微信同号)", "CN", ["+8613800138000"]),
        ("１３８００１３８０００", "CN", ["+8613800138000"]),
        ("13800138000；13900139000、13700137000", "CN", ["+8613800138000", "+8613900139000", "+8613700137000"]),
        ("0755-83456789/13800138000", "CN", ["+8675583456789", "+8613800138000"]),
        ("13800138000 ::: 13800138000", "CN", ["+8613800138000"]),
        ("400-820-8820", "CN", ["+864008208820"]),
        ("030/1234567", "DE", ["+49301234567"]),
        ("+49 (0)30 1234567", "US", ["+49301234567"]),
        ("0049 30 1234567", "DE", ["+49301234567"]),
        ("Tel.: 030 1234567 Durchwahl 12", "DE", ["+49301234567;ext=12"]),
        ("(212) 555-0143 ext. 9", "US", ["+12125550143;ext=9"]),
        ("212.555.0143 x9", "US", ["+12125550143;ext=9"]),
        ("1-800-356-9377", "US", ["+18003569377"]),
        ("+44 20 7946 0958 or +44 20 7946 0000", "US", ["+442079460958", "+442079460000"]),
        ("06 1234 5678", "FR", ["+33612345678"]),
        ("06 698 12345", "IT", ["+390669812345"]),
        ("tel:+14155552671", "US", ["+14155552671"]),
    ],
)
def test_numbers_as_people_write_them(text: str, region: str, numbers: list[str]) -> None:
    assert kept(text, region)[0] == numbers


@pytest.mark.parametrize(
    ("text", "region", "number", "code"),
    [
        ("1.3800138000E+10", "CN", "+8613800138000", "exponent"),
        ("1.3800138E10", "CN", "+8613800138000", "exponent"),
        ("4915112345678", "CN", "+4915112345678", "plus_added"),
        ("4915112345678", "", "+4915112345678", "plus_added"),
        ("669812345", "IT", "+390669812345", "zero_added"),
    ],
)
def test_what_the_spreadsheet_took_is_given_back_and_said(text: str, region: str, number: str, code: str) -> None:
    assert kept(text, region) == ([number], [code])


@pytest.mark.parametrize("text", ["13800138000.0", '="13800138000"', "'13800138000", "1012345678"])
def test_marks_of_the_spreadsheet_leave_quietly(text: str) -> None:
    assert kept(text, "CN")[0][0].startswith("+86")


@pytest.mark.parametrize(
    ("text", "region", "code", "suggestion"),
    [
        ("1.38001E+10", "CN", "digits_lost", ""),
        ("1.38E+10", "CN", "digits_lost", ""),
        ("8.6138E+12", "CN", "digits_lost", ""),
        ("1,38E+10", "DE", "digits_lost", ""),
        ("12345", "CN", "not_a_phone", None),
        ("110", "CN", "not_a_phone", None),
        ("call me", "CN", "not_a_phone", None),
        ("0301234567", "", "phone_without_country", None),
        ("1234567890123456789012", "CN", "phone_too_long", None),
        ("13800138000; 12", "CN", "not_a_phone", "13800138000"),
    ],
)
def test_what_cannot_be_dialled_is_a_problem(text: str, region: str, code: str, suggestion: str | None) -> None:
    outcome = parse("phone", text, Hints(region=region))
    assert isinstance(outcome, Problem), f"{text!r}: {outcome}"
    assert (outcome.code, outcome.suggestion) == (code, suggestion)


REGIONS = "CN US DE GB FR IT ES AT CH NL JP KR HK TW SG AU IN BR MX AR PL RU TR SE BE CA AE ZA".split()


@pytest.mark.parametrize("region", REGIONS)
def test_the_short_way_gives_what_the_library_gives(region: str) -> None:
    draw = random.Random(region)
    wrong, taken = [], 0
    for _round in range(400):
        kind = draw.choice(
            [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE]
        )
        example = phonenumbers.example_number_for_type(region, kind)
        digits = list(phonenumbers.national_significant_number(example)) if example else list("123456789")
        for _change in range(draw.randrange(4)):
            digits[draw.randrange(len(digits))] = draw.choice("0123456789")
        if draw.random() < 0.15:
            digits = digits[: draw.randrange(4, len(digits) + 1)] + (["7"] if draw.random() < 0.5 else [])
        number = "".join(digits)
        code = phonenumbers.country_code_for_region(region)
        text = draw.choice(
            [
                number,
                "0" + number,
                f"+{code}{number}",
                f"+{code} {number[:3]} {number[3:]}",
                f"{code}{number}",
                f"00{code}{number}",
                f"({number[:2]}) {number[2:]}",
            ]
        )
        fast = phones._fast(text, region)
        if not fast:
            continue
        taken += 1
        parsed = phonenumbers.parse("+" + text[2:] if text.startswith("00") and region not in phones._OTHER_EXITS else text, region)
        if not phonenumbers.is_valid_number(parsed) or phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != fast:
            wrong.append((text, fast))
    assert wrong == []
    assert taken > 20
