"""Two spellings of an e-mail address, a number, a firm or a web site are one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.text.normal import company_key, email_key, phone_key, web_host


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (" Anna.Mueller@ACME.de ", "anna.mueller@acme.de"),
        ("Anna <Anna@ACME.de>", "anna@acme.de"),
        ("mailto:a@b.cn", "a@b.cn"),
        ("ａｎｎａ＠acme.de", "anna@acme.de"),
        ("jo+news@gmail.com", "jo+news@gmail.com"),
        ("x@München.de", "x@xn--mnchen-3ya.de"),
        ("张伟@例子.公司", "张伟@xn--fsqu00a.xn--55qx5d"),
        ("a@b@c", None),
        ("a@b.de, c@d.de", None),
        ("a b@c.de", None),
        ("@acme.de", None),
        ("anna", None),
        ("", None),
        ("a\x00@b.de", None),
        ("a" * 700 + "@b.de", None),
    ],
)
def test_email_addresses_have_one_key(raw: str, key: str | None) -> None:
    assert email_key(raw) == key


@pytest.mark.parametrize(
    ("raw", "region", "key"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("+49 (0)30 1234567", "CN", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("138 1234 5678", "CN", "+8613812345678"),
        ("+86 138-1234-5678", "DE", "+8613812345678"),
        ("86-13812345678", "CN", "+8613812345678"),
        ("0086 138 1234 5678", "CN", "+8613812345678"),
        ("１３８１２３４５６７８", "CN", "+8613812345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("0512-65012345", "cn", "+8651265012345"),
        ("+39 06 1234567", "DE", "+39061234567"),
        ("02-2345 6789 ext. 12", "TW", "+886223456789"),
        ("1.38E+10", "CN", None),
        ("12", "DE", None),
        ("call me", "US", None),
        ("", "US", None),
        ("138 1234 5678", "", None),
        ("9" * 500, "US", None),
    ],
)
def test_numbers_typed_any_way_have_one_key(raw: str, region: str, key: str | None) -> None:
    assert phone_key(raw, region) == key


@pytest.mark.parametrize(
    "spellings",
    [
        ["ACME GmbH", "Acme G.m.b.H.", "acme GmbH & Co. KG", "ACME"],
        ["Grupo México, S.A.B. de C.V.", "GRUPO MEXICO"],
        ["Boeing Co.", "Boeing Company", "Boeing Inc"],
        ["北京百度网讯科技有限公司", "北京百度网讯科技", "北京百度网讯科技（有限公司）"],
        ["上海重庆银行股份有限公司", "上海重庆银行"],
        ["トヨタ自動車株式会社", "㈱トヨタ自動車", "トヨタ自動車(株)"],
        ["삼성전자 주식회사", "삼성전자(주)"],
        ["ООО Ромашка", "ооо «Ромашка»", "Ромашка"],
        ["Foo Sp. z o.o.", "FOO sp z oo", "Foo Spółka z ograniczoną odpowiedzialnością"],
        ["Türk Hava Yolları A.Ş.", "turk hava yollari as"],
        ["PT Astra International Tbk", "Astra International"],
        ["Công ty TNHH Hòa Phát", "Hòa Phát"],
        ["Nokia Oyj", "NOKIA"],
    ],
)
def test_firms_are_one_whatever_their_legal_form_is_written_like(spellings: list[str]) -> None:
    assert len({company_key(each) for each in spellings}) == 1, [company_key(each) for each in spellings]


def test_a_name_that_is_only_a_legal_form_or_begins_like_one_stays() -> None:
    assert company_key("Company") == "company"
    assert company_key("AS Roma") == "as roma"
    assert company_key("Co-op Bank plc") == "co op bank"
    assert company_key("!!") == ""


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Acme.com/de?x=1", "acme.com"),
        ("acme.com:8080", "acme.com"),
        ("//shop.acme.co.uk", "shop.acme.co.uk"),
        ("http://user:pw@www.x.de#a", "x.de"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("ｗｗｗ．acme．cn", "acme.cn"),
        ("acme", None),
        ("not a site", None),
        ("http://[::1]/", None),
        ("", None),
    ],
)
def test_web_addresses_have_one_host(url: str, host: str | None) -> None:
    assert web_host(url) == host


@given(st.text(max_size=400))
def test_no_text_breaks_any_key(text: str) -> None:
    for key in (email_key(text), phone_key(text, "CN"), company_key(text), web_host(text)):
        assert key is None or "\x00" not in key


@given(
    st.lists(st.sampled_from(["acme", "Łódź", "north", "华为", "Brüder", "Peña"]), min_size=1, max_size=3),
    st.sampled_from(
        ["GmbH", "AG", "Ltd.", "LLC", "Inc.", "S.A.", "S.p.A.", "B.V.", "s.r.o.", "Oy", "有限公司", "股份有限公司", "株式会社", "주식회사"]
    ),
)
def test_a_legal_form_behind_any_name_does_not_count(words: list[str], form: str) -> None:
    name = " ".join(words)
    assert company_key(f"{name} {form}") == company_key(f"{name}, {form.upper()}") == company_key(name)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["{}", "+86{}", "0086 {}", "86-{}", "(+86) {}"]))
def test_a_chinese_mobile_is_one_number_however_written(number: str, form: str) -> None:
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}"
    assert phone_key(form.format(number), "CN") == phone_key(form.format(spaced), "CN") == f"+86{number}"
