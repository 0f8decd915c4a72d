"""Names of workspaces: shape, words kept for us, look-alikes, suggestions."""

from __future__ import annotations

import pytest

from saas.core.errors import Invalid
from saas.tenants.names import MAX_LENGTH, RESERVED, check_name, suggest_name


@pytest.mark.parametrize("name", ["acme", "acme-2", "a1b2", "harbour-bakery", "x" * MAX_LENGTH, "salesforcers"])
def test_a_plain_name_is_accepted(name: str) -> None:
    assert check_name(name, "Onebook") == name


def test_capitals_and_blanks_around_do_not_matter() -> None:
    assert check_name("  Acme \n", "Onebook") == "acme"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "x" * (MAX_LENGTH + 1),
        "-acme",
        "acme-",
        "a--b",
        "1acme",
        "ac me",
        "a_b",
        "a.b",
        "acmé",
        "аcme",
        "上海公司",
        "a/b",
        "ａcme",
    ],
)
def test_a_malformed_name_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_name(name, "Onebook")
    assert refused.value.fields["workspace"].endswith(".")


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_refused(word: str) -> None:
    with pytest.raises(Invalid):
        check_name(word, "Onebook")


@pytest.mark.parametrize(
    "name",
    [
        "adm1n",
        "ad-min",
        "admln",
        "supp0rt",
        "bi11ing",
        "bil1ing",
        "l0gin",
        "onebook",
        "onebo0k",
        "one-book",
        "onebook-help",
        "onebooks",
        "vvww",
        "a-p-i",
    ],
)
def test_what_can_be_taken_for_a_reserved_word_or_the_brand_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name, "Onebook")


def test_the_brand_is_a_setting() -> None:
    assert check_name("onebooker-shop", "Kontor") == "onebooker-shop"
    with pytest.raises(Invalid):
        check_name("k0ntor", "Kontor")


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Müller & Söhne GmbH", "muller-and-sohne"),
        ("上海智能科技有限公司", "shanghaizhinengkeji"),
        ("重庆小面馆", "chongqingxiaomianguan"),
        ("O'Brien Plumbing", "obrien-plumbing"),
        ("Société Générale SA", "societe-generale"),
        ("☕", ""),
        ("", ""),
    ],
)
def test_a_company_suggests_a_name(company: str, name: str) -> None:
    assert suggest_name(company) == name


@pytest.mark.parametrize("company", ["A" * 200, "中" * 80, "Very long company name of many many words and more of them"])
def test_a_suggestion_is_never_malformed(company: str) -> None:
    name = suggest_name(company)
    assert check_name(name, "Onebook") == name
