"""A record is found by every way in which people type what they remember of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.text.folding import fold
from saas.core.text.sorting import sort_key
from saas.crm.search.query import parse
from saas.crm.search.tokens import MOST_TOKENS, Searchable, token_id, token_texts, tokens


def finds(typed: str, record: Searchable, region: str = "CN") -> bool:
    return parse(typed, region).accepts(token_texts(record))


def person(name: str, **more: tuple[str, ...]) -> Searchable:
    return Searchable(sort_key=sort_key(name, is_person_name=True), names=(name,), is_person=True, **more)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张伟", ["张伟", "张", "伟", "zhangwei", "zhang wei", "wei zhang", "zhangw", "zhan", "zw", "z", "ZHANG", "zhang w"]),
        ("张伟明", ["张伟", "伟明", "weiming", "zhang weiming", "zhang ming", "zwm", "zhangweim"]),
        ("单田芳", ["shan", "dan", "shantianfang", "dantian", "单田", "stf"]),
        ("欧阳娜娜", ["ouyang", "欧阳", "ouyangnana", "nana", "oynn"]),
        ("吕布", ["lv", "lu", "lü", "lvbu", "lubu"]),
        ("Patrick O'Brien", ["o'brien", "O’Brien", "obrien", "brien", "o brien", "pat bri", "obr"]),
        ("Anna Müller", ["müller", "muller", "mueller", "MÜLL", "anna m", "m a"]),
        ("Jürgen Groß", ["gross", "groß", "juergen", "jurgen"]),
        ("Mary-Jane Smith-Jones", ["smith", "jones", "mary jane", "smith-jones", "jane"]),
        ("Łukasz Żółkiewski", ["lukasz", "zolk", "Żół"]),
        ("Gülşen Işık", ["gulsen", "isik", "IŞIK", "ışık", "guelsen"]),
        ("Nguyễn Văn Đức", ["nguyen", "nguyễn", "duc", "van duc"]),
        ("田中さくら", ["田中", "さくら", "サクラ", "くら"]),
        ("김민수", ["김민수", "민수", "김"]),
        ("محمد العربي", ["محمد", "مُحَمَّد", "العرب"]),
        ("Иван Петров", ["иван", "ПЕТР"]),
        ("Bartholomew Featherstonehaugh", ["featherst", "featherstonehaugh", "featherstoneha", "bartholomew feather"]),
        ("😀 Anna 🎉", ["anna"]),
        ("A\x00nna", ["anna"]),
    ],
)
def test_people_are_found_by_what_is_typed(name: str, typed: list[str]) -> None:
    missed = [each for each in typed if not finds(each, person(name))]
    assert not missed


@pytest.mark.parametrize(
    ("name", "typed"), [("张伟", "伟张"), ("张伟", "wang"), ("Anna Müller", "anna schmidt"), ("李娜", "张"), ("Anna", "nna")]
)
def test_people_are_not_found_by_something_else(name: str, typed: str) -> None:
    assert not finds(typed, person(name))


@pytest.mark.parametrize(
    "typed",
    ["138 1234 5678", "13812345678", "+86 138-1234-5678", "0086 13812345678", "(138) 1234", "1381234", "345678", "5678", "+8613812"],
)
def test_a_number_is_found_typed_any_way_whole_or_in_part(typed: str) -> None:
    assert finds(typed, person("张伟", phones=("+8613812345678",)))


@pytest.mark.parametrize(
    ("typed", "region"), [("030 1234567", "DE"), ("+49 (0)30 1234567", "CN"), ("0049 30 12345", "DE"), ("030/123", "DE")]
)
def test_trunk_zeros_do_not_hide_a_number(typed: str, region: str) -> None:
    assert finds(typed, person("Anna", phones=("+49301234567",)), region)
    assert finds("8 (495) 123-45-67", person("Иван", phones=("+74951234567",)), "RU")


def test_another_number_is_not_found() -> None:
    assert not finds("138 1234 5679", person("张伟", phones=("+8613812345678",)))


@pytest.mark.parametrize(
    "typed", ["anna.mueller@acme.de", "Anna.Mueller@Acme.de", "@acme.de", "@acme", "@acm", "acme.de", "acme", "anna@", "@acme.d"]
)
def test_an_address_is_found_by_its_parts(typed: str) -> None:
    assert finds(typed, Searchable(emails=("anna.mueller@acme.de",)))


@pytest.mark.parametrize("typed", ["@gmail.com", "gmail", "@gma", "gmail.com", "jo@gmail.com"])
def test_common_mail_services_are_found_by_name_only(typed: str) -> None:
    record = Searchable(emails=("jo@gmail.com",))
    assert finds(typed, record)
    assert not finds("gma", record)


def test_subdomains_and_web_sites_are_found_by_the_firm() -> None:
    record = Searchable(hosts=("https://www.mail.acme.co.uk/x",))
    assert all(finds(typed, record) for typed in ("acme", "@acme.co.uk", "acme.co.uk", "@mail.acme.co.uk"))
    assert not finds("@other.co.uk", record)


@pytest.mark.parametrize("typed", ["ACC-000123", "acc-123", "acc123", "000123", "123"])
def test_codes_are_found_with_and_without_letters_and_zeros(typed: str) -> None:
    assert finds(typed, Searchable(codes=("ACC-000123",)))
    assert not finds(typed, Searchable(codes=("ACC-000124",)))


def test_a_firm_is_found_by_its_pinyin_and_characters() -> None:
    firm = Searchable(sort_key=sort_key("上海重庆银行股份有限公司"), names=("上海重庆银行股份有限公司",))
    missed = [
        typed
        for typed in ("上海", "重庆银行", "shanghai", "chongqing", "yinhang", "shcq", "shanghaichongqing", "行")
        if not finds(typed, firm)
    ]
    assert not missed


def test_several_kinds_of_words_narrow_one_search() -> None:
    record = person("张伟", phones=("+8613812345678",), emails=("zw@acme.cn",), texts=("采购经理",))
    assert finds("张伟 1381234 @acme.cn 采购", record)
    assert not finds("张伟 1381234 @acme.de", record)


def test_tokens_are_stored_as_distinct_numbers_of_four_bytes() -> None:
    record = person("张伟明", phones=("+8613812345678",), emails=("zhangweiming88@qq.com",), codes=("CON-000123",))
    numbers = tokens(record)
    assert sorted(numbers) == sorted(map(token_id, token_texts(record)))
    assert len(set(numbers)) == len(numbers) <= 50
    assert all(-(2**31) <= number < 2**31 for number in numbers)


def test_long_and_strange_values_stay_bounded() -> None:
    record = Searchable(sort_key="x", names=("字" * 5000, "word " * 5000), texts=("长" * 3000,), phones=("9" * 999,), emails=("x" * 999,))
    assert len(tokens(record)) <= MOST_TOKENS
    assert tokens(Searchable(names=("", "\x00"), emails=("",), phones=("",), hosts=("",), codes=("",))) == []


names = st.text(
    alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Lt", "Lm", "Mn", "Zs"]) | st.sampled_from("-'’张王李伟娜 "), max_size=40
)


@given(names)
def test_every_name_of_letters_finds_itself(name: str) -> None:
    query = parse(name, "CN")
    if query.terms:
        assert query.accepts(token_texts(person(name)))


@given(names, st.integers(1, 6))
def test_every_beginning_of_a_name_finds_it(name: str, size: int) -> None:
    beginning = " ".join(sort_key(name).split())[:size]
    if fold(name) and beginning.isascii() and beginning.strip():
        assert finds(beginning, person(name))


@given(st.text(max_size=120), st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_the_tokens(name: str, other: str, third: str) -> None:
    record = Searchable(
        sort_key=sort_key(name), names=(name,), texts=(other,), emails=(third,), phones=(other,), hosts=(third,), codes=(other,)
    )
    assert all("\x00" not in token and token.encode() for token in token_texts(record))
    assert len(tokens(record)) <= MOST_TOKENS
