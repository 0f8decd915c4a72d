"""Names of persons in cells."""

from __future__ import annotations

import pytest

from saas.crm.transfer.cells import parse
from saas.crm.transfer.values.names import PersonName, split_name, split_people
from saas.crm.transfer.values.outcome import Hints, Problem, Value


@pytest.mark.parametrize(
    ("text", "given", "family", "prefix", "suffix"),
    [
        ("张伟", "伟", "张", "", ""),
        ("张 伟", "伟", "张", "", ""),
        ("张　伟", "伟", "张", "", ""),
        ("欧阳娜娜", "娜娜", "欧阳", "", ""),
        ("诸葛亮", "亮", "诸葛", "", ""),
        ("司马相如", "相如", "司马", "", ""),
        ("欧阳", "阳", "欧", "", ""),
        ("王总", "", "王", "", "总"),
        ("李经理", "", "李", "", "经理"),
        ("陈小明先生", "小明", "陈", "", "先生"),
        ("陈女士", "", "陈", "", "女士"),
        ("卡尔·马克思", "卡尔", "马克思", "", ""),
        ("北京百度科技有限公司", "", "北京百度科技有限公司", "", ""),
        ("김철수", "철수", "김", "", ""),
        ("남궁민수", "민수", "남궁", "", ""),
        ("山田 太郎", "太郎", "山田", "", ""),
        ("Nguyễn Văn An", "Văn An", "Nguyễn", "", ""),
        ("Ann Lee", "Ann", "Lee", "", ""),
        ("Mary Ann Smith", "Mary Ann", "Smith", "", ""),
        ("Müller, Hans", "Hans", "Müller", "", ""),
        ("Dr. Müller, Hans", "Hans", "Müller", "Dr.", ""),
        ("Müller, Dr. Hans", "Hans", "Müller", "Dr.", ""),
        ("Prof. Dr. Eva Klein", "Eva", "Klein", "Prof. Dr.", ""),
        ("Herr Hans Müller", "Hans", "Müller", "Herr", ""),
        ("Vincent van der Berg", "Vincent", "van der Berg", "", ""),
        ("van der Berg, Vincent", "Vincent", "van der Berg", "", ""),
        ("Ursula von der Leyen", "Ursula", "von der Leyen", "", ""),
        ("Van Morrison", "Van", "Morrison", "", ""),
        ("Sinéad O'Brien", "Sinéad", "O'Brien", "", ""),
        ("O'Brien, Pat", "Pat", "O'Brien", "", ""),
        ("Jean-Luc Picard", "Jean-Luc", "Picard", "", ""),
        ("MÜLLER Hans", "Hans", "MÜLLER", "", ""),
        ("Jean DUPONT", "Jean", "DUPONT", "", ""),
        ("JOHN SMITH", "JOHN", "SMITH", "", ""),
        ("John Smith Jr.", "John", "Smith", "", "Jr."),
        ("Smith, John, Jr.", "John", "Smith", "", "Jr."),
        ("John Smith, PhD", "John", "Smith", "", "PhD"),
        ("Yo-Yo Ma", "Yo-Yo", "Ma", "", ""),
        ("Pablo de la Cruz", "Pablo", "de la Cruz", "", ""),
        ("Madonna", "", "Madonna", "", ""),
    ],
)
def test_names_divide_as_their_own_culture_writes_them(text: str, given: str, family: str, prefix: str, suffix: str) -> None:
    assert split_name(text) == PersonName(given, family, prefix, suffix)


def test_the_region_decides_where_the_script_does_not() -> None:
    assert split_name("Gabriel García Márquez", "MX") == PersonName("Gabriel", "García Márquez")
    assert split_name("Nagy Péter", "HU") == PersonName("Péter", "Nagy")
    assert split_name("山田太郎", "JP") == PersonName("太郎", "山田")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("张伟、李娜", ["张伟", "李娜"]),
        ("张伟/李娜", ["张伟", "李娜"]),
        ("张伟，李娜", ["张伟", "李娜"]),
        ("张伟和李娜", ["张伟", "李娜"]),
        ("Hans Müller; Eva Klein", ["Hans Müller", "Eva Klein"]),
        ("Hans und Eva Müller", ["Hans Müller", "Eva Müller"]),
        ("Ann Lee & Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("Ann Lee\nBob Ray", ["Ann Lee", "Bob Ray"]),
        ("Müller, Hans", ["Müller, Hans"]),
        ("Ann Lee", ["Ann Lee"]),
    ],
)
def test_several_people_in_a_cell_are_told_apart(text: str, people: list[str]) -> None:
    assert split_people(text) == people


def test_a_cell_of_several_people_is_a_problem_that_proposes_the_first() -> None:
    outcome = parse("person_full", "张伟、李娜", Hints(region="CN"))
    assert isinstance(outcome, Problem)
    assert (outcome.code, outcome.suggestion, outcome.said.figures["count"]) == ("several_people", "张伟", 2)


@pytest.mark.parametrize("text", ["Hans Müller <hans@firma.de>", "Hans Müller (hans@firma.de)", "Hans Müller +49 30 1234567"])
def test_only_the_name_is_taken_from_a_cell_with_more(text: str) -> None:
    outcome = parse("person_full", text, Hints())
    assert outcome == Value(PersonName("Hans", "Müller"), outcome.notes)  # type: ignore[union-attr]
    assert [note.code for note in outcome.notes] == ["name_cut"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "code"), [("12345", "not_a_name"), ("ann@example.com", "not_a_name"), ("#N/A", "excel_error")])
def test_what_is_no_name_is_a_problem(text: str, code: str) -> None:
    outcome = parse("person_full", text, Hints())
    assert isinstance(outcome, Problem)
    assert outcome.code == code


def test_parts_of_names_keep_what_they_are() -> None:
    for text in ("O'Brien", "van der Berg", "张", "García-López", "Null", "True"):
        assert parse("person_last", text, Hints()) == Value(text)
