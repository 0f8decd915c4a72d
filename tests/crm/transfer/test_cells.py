"""Single cells to typed values: text, numbers, money, yes and no, addresses of every kind; and what spreadsheets do to them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saas.crm.transfer.cells import KINDS, column_hints, parse, parser
from saas.crm.transfer.values.emails import slip_of
from saas.crm.transfer.values.numbers import Amount, default_decimal, infer_decimal
from saas.crm.transfer.values.outcome import Hints, Problem, Value
from saas.crm.transfer.values.places import country_code, mend_postcode
from saas.crm.transfer.values.urls import parse_domain

NONE = Hints()
CHINA = Hints(region="CN", timezone="Asia/Shanghai")
GERMANY = Hints(region="DE", timezone="Europe/Berlin")


def value(kind: str, text: str, hints: Hints = NONE) -> object:
    outcome = parse(kind, text, hints)
    assert isinstance(outcome, Value), f"{text!r}: {outcome}"
    return outcome.value


def note(kind: str, text: str, hints: Hints = NONE) -> str:
    outcome = parse(kind, text, hints)
    assert isinstance(outcome, Value), f"{text!r}: {outcome}"
    return outcome.notes[0].code if outcome.notes else ""


def problem(kind: str, text: str, hints: Hints = NONE) -> tuple[str, str | None]:
    outcome = parse(kind, text, hints)
    assert isinstance(outcome, Problem), f"{text!r}: {outcome}"
    assert outcome.message.endswith(".")
    return outcome.code, outcome.suggestion


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_cell_of_any_kind_is_nothing(kind: str) -> None:
    assert parse(kind, "", NONE) == Value(None)
    assert parse(kind, "  \u3000", NONE) == Value(None)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_error_of_the_spreadsheet_is_a_problem_in_every_kind(kind: str) -> None:
    if kind == "yes_no":
        assert problem(kind, "#REF!")[0] == "not_yes_no"
    else:
        assert problem(kind, "#REF!") == ("excel_error", "")


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "\u202e", "'", '"', "a" * 5000, "😀", "\\", "%s %(x)s {0}", "-", "@", "+", "(", "1e999", "٣٤٥", "9" * 400, "=", "＝1+1", "NaN", "Infinity", "0x1F", "1_000"]
)  # fmt: skip
def test_no_text_breaks_any_kind(kind: str, text: str) -> None:
    for hints in (NONE, CHINA, GERMANY):
        outcome = parse(kind, text, hints)
        if isinstance(outcome, Problem):
            assert outcome.message
        for each in outcome.notes if isinstance(outcome, Value) else ():
            assert str(each)


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "@SUM(1+1)", "+cmd|'/c calc'!A1", "-2+3+cmd|' /C calc'!D2", '=HYPERLINK("http://e.example","x")&"y"', "=1+1"],
)
def test_formulas_stay_plain_text_and_are_pointed_out(text: str) -> None:
    assert value("text", text) == text
    assert note("text", text) == "formula"
    assert note("long_text", text) == "formula"


@pytest.mark.parametrize("text", ["+86 138 0013 8000", "-12.5", "@handle", "- a list item", "a=b", "'t Hart", "+1"])
def test_signed_numbers_handles_and_lists_are_no_formulas(text: str) -> None:
    assert value("text", text) == text
    assert note("text", text) == ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [('="00123"', "00123"), ("'0123", "0123"), ("'=A1 Gmbh", "=A1 Gmbh"), ('=HYPERLINK("http://a.example";"Acme")', "Acme")],
)
def test_what_protects_a_code_from_the_spreadsheet_is_taken_off(text: str, plain: str) -> None:
    assert value("text", text) == plain


def test_text_is_one_line_and_long_text_keeps_its_lines() -> None:
    assert value("text", "Main St. 5\nBack door") == "Main St. 5 Back door"
    assert value("long_text", "one\n\ntwo") == "one\n\ntwo"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zcrm_4876876000000123", "4876876000000123"),
        ("0015g00000AbCdEAAV", "0015g00000AbCdEAAV"),
        ("12345.0", "12345"),
        ("1.3800138E+10", "13800138000"),
        ('="007"', "007"),
    ],
)
def test_ids_of_other_systems_are_kept_whole(text: str, expected: str) -> None:
    assert value("external_id", text) == expected


@pytest.mark.parametrize("text", ["1.38001E+10", "1.1010119900307E+17", "9.13E+17"])
def test_an_id_that_lost_digits_is_a_problem(text: str) -> None:
    assert problem("external_id", text) == ("digits_lost", None)
    assert note("text", text) == "digits_doubtful"


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a;b; a", ["a", "b"]), ("甲、乙；丙", ["甲", "乙", "丙"]), ("* myContacts ::: * starred", ["starred"]), ("x, y", ["x", "y"]), ("Sales, EU; Sales, US", ["Sales, EU", "Sales, US"]), ("a\nb", ["a", "b"])],
)  # fmt: skip
def test_tags_are_split_at_what_really_parts_them(text: str, parts: list[str]) -> None:
    assert value("tags", text) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1234", "1234"), ("1,234.56", "1234.56"), ("1.234,56", "1234.56"), ("1 234,50", "1234.50"), ("1'234.50", "1234.50"), ("1,00,000", "100000"), ("(1,234)", "-1234"), ("-5", "-5"), ("5-", "-5"),
     ("１２３", "123"), ("45万", "450000"), ("3.5亿", "350000000"), ("1亿2000万", "120000000"), ("45k", "45000"), ("1.2M", "1200000"), ("2 Mio.", "2000000"), ("15%", "15"), (".5", "0.5"), ("120人", "120"),
     ("50+", "50"), ("约300", "300"), ("1,5", "1.5"), ("0.125", "0.125"), ("1.234.567", "1234567"), ("1.38E+10", "13800000000"), ("0,125", "0.125")],
)  # fmt: skip
def test_numbers_of_all_countries_are_read(text: str, expected: str) -> None:
    assert value("number", text, CHINA) == Decimal(expected)


def test_three_digits_behind_one_sign_follow_the_column_or_the_country() -> None:
    assert value("number", "1.234", GERMANY) == 1234
    assert value("number", "1.234", CHINA) == Decimal("1.234")
    assert value("number", "1,234", GERMANY) == Decimal("1.234")
    assert value("number", "1.234", Hints(region="CN", decimal=",")) == 1234
    assert infer_decimal(["1.234", "12,50", "3"]) == ","
    assert infer_decimal(["1.234", "7.000"]) is None
    assert infer_decimal(["1,234.50", "9"]) == "."
    assert (default_decimal("DE"), default_decimal("CN")) == (",", ".")


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("abc", "not_a_number", None),
        ("11-50", "number_range", "11"),
        ("10-Jan", "turned_into_date", "1-10"),
        ("Nov-50", "turned_into_date", "11-50"),
        ("1月10日", "turned_into_date", "1-10"),
    ],
)
def test_what_is_no_number_says_why(text: str, code: str, suggestion: str | None) -> None:
    assert problem("number", text) == (code, suggestion)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [("$45,000", "45000", "USD"), ("€1.234,50", "1234.50", "EUR"), ("¥45,000", "45000", "CNY"), ("45万元", "450000", "CNY"), ("CNY 45000", "45000", "CNY"), ("45000.00 EUR", "45000.00", "EUR"),
     ("HK$ 500", "500", "HKD"), ("1234.5", "1234.5", "GBP"), ("人民币12万", "120000", "CNY"), ("-£3", "-3", "GBP")],
)  # fmt: skip
def test_money_brings_its_currency_or_takes_the_usual_one(text: str, amount: str, currency: str) -> None:
    assert value("money", text, Hints(currency="GBP")) == Amount(Decimal(amount), currency)


def test_signs_that_several_countries_use_follow_the_region() -> None:
    assert value("money", "$5", Hints(region="AU")) == Amount(Decimal(5), "AUD")
    assert value("money", "¥500", Hints(region="JP")) == Amount(Decimal(500), "JPY")


@pytest.mark.parametrize("text", ["yes", "Y", "TRUE", "1", "x", "✓", "是", "Ja", "sí", "oui", "Wahr"])
def test_yes_in_many_words_and_its_opposite_for_opt_outs(text: str) -> None:
    assert value("yes_no", text) is True
    assert value("yes_no", text, Hints(invert=True)) is False


@pytest.mark.parametrize("text", ["no", "N", "FALSE", "0", "否", "Nein", "non", "off", "×"])
def test_no_in_many_words(text: str) -> None:
    assert value("yes_no", text) is False
    assert value("yes_no", text, Hints(invert=True)) is True


def test_neither_yes_nor_no_is_a_problem() -> None:
    assert problem("yes_no", "maybe")[0] == "not_yes_no"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann@Example.COM", ["Ann@example.com"]),
        ("a@x.de; b@y.com;a@x.de", ["a@x.de", "b@y.com"]),
        ("a@x.de；b@y.com、c@z.cn", ["a@x.de", "b@y.com", "c@z.cn"]),
        ("* a@x.de ::: b@y.com", ["a@x.de", "b@y.com"]),
        ("a@x.de\nb@y.com", ["a@x.de", "b@y.com"]),
        ("a@x.de/b@y.com", ["a@x.de", "b@y.com"]),
        ("a@x.de b@y.com", ["a@x.de", "b@y.com"]),
        ("Hans Müller <hans@firma.de>", ["hans@firma.de"]),
        ('"Müller, Hans" <hans@firma.de>, Eva <eva@firma.de>', ["hans@firma.de", "eva@firma.de"]),
        ("mailto:ann@x.org", ["ann@x.org"]),
        ("ann＠x.org", ["ann@x.org"]),
        ("ann (at) x.org", ["ann@x.org"]),
        ("张伟 zhang@qq.com", ["zhang@qq.com"]),
        ("o'brien+crm@x.ie", ["o'brien+crm@x.ie"]),
        ("用户@例子.公司", ["用户@例子.公司"]),
        ("info@müller.de", ["info@müller.de"]),
    ],
)
def test_addresses_are_found_in_what_people_write(text: str, expected: list[str]) -> None:
    assert value("email", text) == expected


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [("a@@b.com", "not_an_email", "a@b.com"), ("ann@x,com", "bad_email_among", None), ("ann", "not_an_email", None), ("ann@localhost", "not_an_email", None), ("a@x.de; nonsense", "bad_email_among", "a@x.de"),
     ("张伟zhang@qq.com", "not_an_email", "zhang@qq.com"), ("ann..lee@x.de", "not_an_email", None)],
)  # fmt: skip
def test_a_bad_address_is_a_problem_with_a_proposal_where_there_is_one(text: str, code: str, suggestion: str | None) -> None:
    assert problem("email", text) == (code, suggestion)


@pytest.mark.parametrize("text", ["-", "n/a", "无", "暂无", "NULL", "none"])
@pytest.mark.parametrize("kind", ["email", "phone", "url", "date", "number", "choice", "member", "link", "address.postal"])
def test_words_for_nothing_are_nothing(kind: str, text: str) -> None:
    assert value(kind, text, CHINA) is None


def test_slips_of_the_finger_in_common_domains_are_known() -> None:
    assert slip_of("ann@gmial.com") == "ann@gmail.com"
    assert slip_of("ann@gmail.com") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("www.Example.com/", "https://www.example.com"), ("http://Example.com/A?b=C#d", "http://example.com/A?b=C#d"), ("example.de", "https://example.de"), ("https//x.com/y", "https://x.com/y"),
     ("例子.中国", "https://例子.中国"), ("x.com; y.com", "https://x.com"), ('=HYPERLINK("http://a.example","A")', "http://a.example"), ("//cdn.x.com", "https://cdn.x.com"), ("HTTP://X.COM", "http://x.com"),
     ("localhost.example:8080/x", "https://localhost.example:8080/x")],
)  # fmt: skip
def test_web_addresses_are_normalised(text: str, expected: str) -> None:
    assert value("url", text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("javascript:alert(1)", "unsafe_url"),
        ("data:text/html,x", "unsafe_url"),
        ("example", "not_a_url"),
        ("not a url.com", "not_a_url"),
        ("ftp://x.com", "unsafe_url"),
    ],
)
def test_what_is_no_web_address_or_runs_code_is_a_problem(text: str, code: str) -> None:
    assert problem("url", text)[0] == code


def test_the_bare_domain_of_an_address() -> None:
    assert parse_domain("https://www.Example.com/about") == "example.com"
    assert parse_domain("ann@example.org") == "example.org"
    assert parse_domain("nothing") is None


@pytest.mark.parametrize(
    ("name", "code"),
    [("Germany", "DE"), ("Deutschland", "DE"), ("德国", "DE"), ("Allemagne", "DE"), ("de", "DE"), ("DEU", "DE"), ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"), ("美国", "US"), ("England", "GB"), ("UK", "GB"),
     ("South Korea", "KR"), ("Korea, Republic of", "KR"), ("中国", "CN"), ("中华人民共和国", "CN"), ("PR China", "CN"), ("Hong Kong", "HK"), ("Czech Republic", "CZ"), ("Türkei", "TR"), ("Turkey", "TR"), ("Cote d'Ivoire", "CI"),
     ("España", "ES"), ("NA", "NA"), ("Taiwan", "TW"), ("Russian Federation", "RU"), ("Viet Nam", "VN"), ("Atlantis", None)],
)  # fmt: skip
def test_countries_are_known_by_all_their_names(name: str, code: str | None) -> None:
    assert country_code(name) == code


def test_an_unknown_country_is_kept_with_a_note() -> None:
    assert value("address.country", "Atlantis") == "Atlantis"
    assert note("address.country", "Atlantis") == "unknown_country"


@pytest.mark.parametrize(
    ("text", "region", "whole"),
    [("2134", "US", "02134"), ("501", "US", "00501"), ("2134-1234", "US", "02134-1234"), ("1067", "DE", "01067"), ("10000", "CN", "010000"), ("100080", "CN", "100080"), ("1010", "AT", "1010"), ("8021", "CH", "8021"), ("1000", "FR", "01000"),
     ("SW1A 1AA", "GB", "SW1A 1AA"), ("800", "AU", "0800"), ("1", "US", "1"), ("2134", "", "2134")],
)  # fmt: skip
def test_postal_codes_get_back_their_zeros(text: str, region: str, whole: str) -> None:
    assert mend_postcode(text, region) == whole
    assert value("address.postal", text, Hints(region=region)) == whole


def test_a_column_tells_its_dates_and_decimals() -> None:
    assert column_hints("date", ["03/04/2025", "25/03/2025"], NONE).date_order == "dmy"
    assert column_hints("date", ["03/04/2025"], NONE).date_order is None
    assert column_hints("date", ["25/03/2025"], Hints(date_order="mdy")).date_order == "mdy"
    assert column_hints("money", ["1.234,50"], NONE).decimal == ","
    assert column_hints("text", ["1.234,50"], NONE) == NONE


def test_a_parser_remembers_and_gives_the_same_answers() -> None:
    read = parser("money", CHINA)
    assert read("45万") is read("45万")
    assert read("") == Value(None)
    with pytest.raises(KeyError):
        parser("colour", CHINA)
