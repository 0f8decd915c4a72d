"""The one form in which e-mail addresses, login names and names are kept."""

from __future__ import annotations

import pytest

from saas.auth import addresses, regions
from saas.core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Ada@Example.COM ", "ada@example.com"), ("ａda@example.com", "ada@example.com"), ("a+b@sub.example.org", "a+b@sub.example.org")],
)
def test_an_address_is_kept_in_small_letters(typed: str, kept: str) -> None:
    assert addresses.email_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "a b@example.com",
        "Ada <a@example.com>",
        "a@b.com\r\nBcc: c@d.com",
        "a@b..com",
        "a,b@example.com",
    ],
)
def test_what_is_no_address_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        addresses.email_address(typed)
    assert set(refused.value.fields) == {"email"}


@pytest.mark.parametrize(("typed", "kept"), [("Anna.K", "anna.k"), ("张伟", "张伟"), ("ＡＮＮＡ", "anna"), (" o-k_1 ", "o-k_1")])
def test_a_login_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert addresses.login_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "a", "a b", "a@b", ".anna", "a/b", "x" * 41, "a\nb"])
def test_a_malformed_login_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        addresses.login_name(typed)


def test_a_name_is_one_line_of_what_can_be_seen() -> None:
    assert addresses.person_name("  Ada\r\nBcc: x\t Lovelace\x00 ") == "Ada Bcc: x Lovelace"
    for wrong in ("", " \n ", "x" * 121):
        with pytest.raises(Invalid):
            addresses.person_name(wrong)


@pytest.mark.parametrize(
    ("header", "country"),
    [
        ("de-AT,de;q=0.9", "AT"),
        ("zh-CN", "CN"),
        ("zh", "CN"),
        ("zh-Hans-CN", "CN"),
        ("zh-TW", "TW"),
        ("en-GB", "GB"),
        ("fr", "FR"),
        ("", "US"),
        ("xx", "US"),
        (None, "US"),
    ],
)
def test_a_country_is_guessed_from_what_the_browser_speaks(header: str | None, country: str) -> None:
    assert regions.guess_country(header) == country


def test_every_country_suggests_a_currency_and_a_zone_that_exist() -> None:
    for country in regions.country_codes():
        found = regions.suggest(country)
        assert found.currency in regions.currency_codes()
        assert found.timezone in regions.zone_names()
        assert found.region == country
    assert regions.suggest("CN") == regions.Suggestion("CNY", "Asia/Shanghai", "CN")
    assert regions.suggest("DE") == regions.Suggestion("EUR", "Europe/Berlin", "DE")
    assert regions.suggest("nonsense") == regions.suggest("US")
