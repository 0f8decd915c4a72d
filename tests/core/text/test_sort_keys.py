"""Names of every language stand where people look for them, by plain byte order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.text.folding import fold
from saas.core.text.sorting import LONGEST_KEY, sort_key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("O'Brien-Smith", "obrien smith"),
        ("D’Angelo", "dangelo"),
        ("Größe", "grosse"),
        ("Łódź", "lodz"),
        ("Søren Kjærgaard", "soren kjaergaard"),
        ("İstanbul IĞDIR ığdır", "istanbul igdir igdir"),
        ("Nguyễn Văn Đức", "nguyen van duc"),
        ("Nguyễn Văn Đức".encode().decode(), "nguyen van duc"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("ガンダム", "がんだむ"),
        ("ｶﾞﾝﾀﾞﾑ", "がんだむ"),
        ("مُحَمَّد", "محمد"),
        ("٣٤", "34"),
        ("김민수", "김민수"),
        ("क्षत्रिय", "क्षत्रिय"),
        ("ไทยรัก", "ไทยรัก"),
        ("Acme™ GmbH & Co.", "acme gmbh co"),
        ("a\x00b\ud800c", "abc"),
        ("  \t\n ", ""),
        ("★ — !", ""),
    ],
)
def test_folding_leaves_words_without_case_accents_and_punctuation(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_composed_and_decomposed_letters_fold_alike() -> None:
    assert fold("e\u0301t\u0065\u0301") == fold("été") == "ete"


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("单田芳", "shan tian fang"),
        ("曾国藩", "zeng guo fan"),
        ("仇英", "qiu ying"),
        ("解缙", "xie jin"),
        ("任盈盈", "ren ying ying"),
        ("区志强", "ou zhi qiang"),
        ("朴树", "piao shu"),
        ("欧阳娜娜", "ou yang na na"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("万达", "wan da"),
        ("单", "shan"),
        ("吕布", "lv bu"),
    ],
)
def test_family_names_are_read_as_family_names(name: str, reading: str) -> None:
    key = sort_key(name, is_person_name=True)
    assert "".join(char for char in key if char.isascii()).replace(" ", "") == reading.replace(" ", "")


def test_firms_are_read_by_the_phrases_in_their_names() -> None:
    assert sort_key("重庆银行") == "chong 重qing 庆yin 银hang 行"
    assert sort_key("银行") == "yin 银hang 行"
    assert sort_key("解放日报").startswith("jie 解")


def test_names_sort_as_in_a_directory() -> None:
    names = [
        "Zoë",
        "张伟",
        "Žižek",
        "Ångström",
        "ändern",
        "Andrew",
        "李娜",
        "章子怡",
        "张三",
        "Łukasz",
        "lucas",
        "先生",
        "西安",
        "zhang",
        "Özil",
    ]
    ordered = sorted(names, key=lambda name: sort_key(name, is_person_name=True))
    assert ordered == [
        "ändern", "Andrew", "Ångström", "李娜", "lucas", "Łukasz", "Özil", "西安", "先生", "zhang", "张三", "张伟", "章子怡",
        "Žižek", "Zoë",
    ]  # fmt: skip


def test_people_of_one_surname_stand_together_word_by_word() -> None:
    assert sorted(["Smithson Adam", "Smith Zoe", "Smith Anna"], key=sort_key) == ["Smith Anna", "Smith Zoe", "Smithson Adam"]


def test_numbers_sort_by_value() -> None:
    names = ["Line 10", "Line 9", "Line 09a", "Line 100", "Line 12345678901", "Line 9999999999", "Line 123456789012"]
    assert sorted(names, key=sort_key) == [
        "Line 9", "Line 09a", "Line 10", "Line 100", "Line 9999999999", "Line 12345678901", "Line 123456789012",
    ]  # fmt: skip


def test_names_of_symbols_keep_a_key_and_nothing_has_none() -> None:
    assert sort_key("★★") == "★★"
    assert sort_key("😀") == "😀"
    assert sort_key("") == ""
    assert sort_key("\x00\x01") == ""


@given(st.text(max_size=300), st.booleans())
def test_any_text_has_a_bounded_storable_key_that_does_not_change(text: str, is_person: bool) -> None:
    key = sort_key(text, is_person_name=is_person)
    assert len(key) <= LONGEST_KEY
    assert "\x00" not in key
    key.encode()
    assert key == sort_key(text, is_person_name=is_person)


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.text(alphabet="abc XYZäöß-'.", max_size=40))
def test_case_and_punctuation_do_not_count(text: str) -> None:
    assert sort_key(text.upper().replace("ẞ", "SS")) == sort_key(text.lower())


def test_very_long_texts_cost_no_more_than_a_page() -> None:
    assert len(sort_key("张" * 1_000_000)) == LONGEST_KEY
    assert len(fold("a" * 1_000_000)) == 1000
