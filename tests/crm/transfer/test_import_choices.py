"""Free text brought together with the choices of a field."""

from __future__ import annotations

import pytest

from saas.crm.transfer.choices import Choice, chooser, unmatched

INDUSTRIES = chooser(
    [
        Choice("machinery", ("Machinery", "机械设备"), ("Industrial machinery", "Maschinenbau")),
        Choice("hospitality", ("Hotels, restaurants and leisure", "酒店餐饮")),
        Choice("banks", ("Banks", "银行")),
    ]
)
SIZES = chooser([Choice("s", ("1–10", "1-10人")), Choice("m", ("11–50",)), Choice("l", ("51–200",))])


@pytest.mark.parametrize(
    ("text", "found"),
    [("Machinery", "machinery"), ("machinery", "machinery"), (" MACHINERY ", "machinery"), ("机械设备", "machinery"), ("maschinenbau", "machinery"), ("Hotels, Restaurants & Leisure", "hospitality"), ("1. Banks", "banks"), ("banks", "banks"),
     ("Machinary", "machinery"), ("", None), ("Fishing", None)],
)  # fmt: skip
def test_a_text_finds_its_choice(text: str, found: str | None) -> None:
    match = INDUSTRIES.match(text)
    assert (match.value if match else None) == found


def test_a_slip_is_found_but_not_surely() -> None:
    match = INDUSTRIES.match("Machinary")
    assert match is not None
    assert match.confidence < 0.9
    exact = INDUSTRIES.match("Machinery")
    assert exact is not None
    assert exact.confidence == 1.0


@pytest.mark.parametrize(("text", "found"), [("1-10", "s"), ("10-Jan", "s"), ("1月10日", "s"), ("Nov-50", "m"), ("51 - 200", "l")])
def test_ranges_that_became_dates_are_understood(text: str, found: str) -> None:
    match = SIZES.match(text)
    assert match is not None
    assert match.value == found


def test_several_choices_in_a_cell() -> None:
    assert INDUSTRIES.match_many("Banks; Machinery; Fishing") == (["banks", "machinery"], ["Fishing"])
    assert INDUSTRIES.match_many("Hotels, restaurants and leisure") == (["hospitality"], [])


def test_the_nearest_choice_is_proposed_and_the_rest_listed() -> None:
    assert INDUSTRIES.propose("Machinery building") == "machinery"
    assert INDUSTRIES.propose("Qwxz") is None
    assert unmatched(["Banks", "Fishing", "", "Fishing"], INDUSTRIES) == ["Fishing"]
