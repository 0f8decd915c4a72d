"""Delimited text files of every encoding and habit, brought into one form."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from saas.core.i18n import use
from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.prepared import Prepared, Reading, prepared_from_json
from saas.crm.transfer.rowfile import rows


def read(tmp_path: Path, content: str | bytes, name: str = "list.csv", encoding: str = "utf-8", reading: Reading | None = None) -> Prepared:
    source = tmp_path / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return prepare(source, name, tmp_path / "out.rows", reading=reading)


def table(prepared: Prepared) -> list[list[str]]:
    return [cells for _n, cells in rows(prepared.path)]


def codes(prepared: Prepared) -> set[str]:
    return {note.code for note in prepared.notes}


CHINESE = "姓名,公司,电话\n张伟,北京百度网讯科技有限公司,13800138000\n欧阳娜娜,华为技术有限公司,13900139000\n"
GERMAN = "Name;Firma;Ort\nJürgen Groß;Müller & Söhne GmbH;Köln\nFrançois Lefèvre;Société Générale;Orléans\n"


@pytest.mark.parametrize(
    ("content", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16-le"),
        (CHINESE.replace("华为", "微软 Microsoft "), "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-16-be", "utf-16-be"),
        ("姓名,公司\n陳小明,台灣積體電路製造股份有限公司\n林志玲,鴻海精密工業\n", "big5", "big5hkscs"),
        ("名前,会社\n山田太郎,トヨタ自動車株式会社\n鈴木花子,ソニーグループ株式会社\n", "cp932", "cp932"),
        ("이름,회사\n김철수,삼성전자 주식회사\n이영희,현대자동차 주식회사\n박민수,엘지화학 서울 지사\n", "cp949", "cp949"),
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "latin-1", "cp1252"),
        ("Name;Ort\nJürgen Groß;Köln\nBjörn Weiß;Düsseldorf\n", "mac_roman", "mac_roman"),
        ("Imię;Miasto\nStanisław Wójcik;Łódź\nMałgorzata Król;Gdańsk\n", "cp1250", "cp1250"),
        ("Ad;Şehir\nAyşe Yılmaz;İstanbul\nIşıl Doğan;Eskişehir\n", "cp1254", "cp1254"),
        ("Имя;Город\nИван Петров;Москва\nАнна Сидорова;Санкт-Петербург\nПётр Кузнецов;Екатеринбург\n", "cp1251", "cp1251"),
        ("Name,City\nAnn,Paris\n", "ascii", "utf-8"),
    ],
)
def test_every_encoding_gives_the_same_texts(tmp_path: Path, content: str, encoding: str, found: str) -> None:
    prepared = read(tmp_path, content, encoding=encoding)
    assert prepared.encoding == found
    expected = list(csv.reader(io.StringIO(content), delimiter=";" if ";" in content else ","))
    assert [list(prepared.headers), *table(prepared)] == expected


@pytest.mark.parametrize("name", ["张伟", "王芳", "李", "陆毅", "欧阳修", "诸葛亮", "联通", "吕梁", "谭咏麟", "买买提"])
def test_a_file_with_one_short_chinese_name_in_gbk_is_recognised(tmp_path: Path, name: str) -> None:
    prepared = read(tmp_path, f"Name,Phone\n{name},13800138000\n", encoding="gbk")
    assert table(prepared) == [[name, "13800138000"]]


def test_random_chinese_names_in_gbk_are_never_taken_for_latin_letters(tmp_path: Path) -> None:
    draw = random.Random(7)
    surnames, given = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂建华国文辉玲云飞鹏红"
    wrong = []
    for _round in range(200):
        name = draw.choice(surnames) + draw.choice(given) + draw.choice(given)
        if table(read(tmp_path, f"Name,City\n{name},Berlin\n", encoding="gbk")) != [[name, "Berlin"]]:
            wrong.append(name)
    assert wrong == []


def test_one_broken_byte_in_utf8_is_shown_and_does_not_change_the_encoding(tmp_path: Path) -> None:
    good = "姓名,公司\n" + "张伟,北京百度网讯科技有限公司\n" * 50
    broken = good.encode() + "李娜,描述被截断".encode()[:-1] + b"\n"
    prepared = read(tmp_path, broken)
    assert prepared.encoding == "utf-8"
    assert table(prepared)[-1] == ["李娜", "描述被截\ufffd"]
    note = next(note for note in prepared.notes if note.code == "unreadable_characters")
    assert note.figures == {"count": 1, "row": 52}


def test_a_chosen_encoding_overrides_the_guess_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name;Ort\nJürgen Groß;Köln\n", encoding="cp1250", reading=Reading(encoding="cp1250"))
    assert (prepared.encoding, table(prepared)) == ("cp1250", [["Jürgen Groß", "Köln"]])
    with pytest.raises(Exception, match="not written in UTF-8"):
        read(tmp_path, CHINESE * 20, encoding="gbk", reading=Reading(encoding="utf-8"))


def test_text_damaged_before_the_export_is_pointed_out(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,City\nJürgen,Köln\n".encode().decode("cp1252"))
    note = next(note for note in prepared.notes if note.code == "already_garbled")
    assert note.figures["example"] == "JÃ¼rgen"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found_although_cells_contain_the_others(tmp_path: Path, delimiter: str) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([["Name", "Tags", "Amount"], ["Müller, Hans", "a;b|c", "1.234,50"], ["O'Brien", "x\ty;z", "7,5"], ["Li", "", "3"]])
    prepared = read(tmp_path, buffer.getvalue())
    assert prepared.delimiter == delimiter
    assert table(prepared)[0] == ["Müller, Hans", "a;b|c", "1.234,50"] if delimiter != "\t" else True
    assert len(prepared.headers) == 3


def test_the_sep_line_of_excel_names_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    prepared = read(tmp_path, "sep=;\nName;City\nAnn;Paris, France\n")
    assert prepared.headers == ("Name", "City")
    assert table(prepared) == [["Ann", "Paris, France"]]
    assert prepared.source_row(0) == 3


def test_quotes_line_breaks_and_backslashed_quotes_are_kept(tmp_path: Path) -> None:
    prepared = read(tmp_path, 'Name,Note\r\n"A ""big"" one","line 1\r\nline 2"\r\n')
    assert table(prepared) == [['A "big" one', "line 1\nline 2"]]
    prepared = read(tmp_path, 'Name,Note\nAnn,"say \\"hello\\" now"\nBob,"plain, text"\n')
    assert table(prepared) == [["Ann", 'say "hello" now'], ["Bob", "plain, text"]]
    prepared = read(tmp_path, 'Name, Note\n"Ann", "with, comma"\n')
    assert table(prepared) == [["Ann", "with, comma"]]


def test_a_forgotten_quotation_mark_is_reported_with_its_row(tmp_path: Path) -> None:
    lines = "".join(f"Person {n},City {n},{n}\n" for n in range(5))
    prepared = read(tmp_path, f'Name,City,Code\nFirst,Rome,1\nSecond,"Paris,2\n{lines}')
    note = next(note for note in prepared.notes if note.code == "swallowed_rows")
    assert note.figures["row"] == 3
    assert "quotation mark" in str(note)


def test_titles_above_and_the_salesforce_footer_below_are_left_out(tmp_path: Path) -> None:
    prepared = read(
        tmp_path,
        "My accounts report\n\nFiltered by: all\n\n"
        '"Account Name","Account Owner","Billing City","Annual Revenue"\n'
        '"Acme","Ann","Rome","$45,000"\n"Solo","","",""\n"Total","","","$45,000"\n\n\n'
        '"My accounts report"\n"Grand Totals (2 records)"\n"Confidential Information - Do Not Distribute"\n'
        '"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n"Generated By: Ann  3/4/2026, 10:22 AM"\n',
    )
    assert prepared.headers == ("Account Name", "Account Owner", "Billing City", "Annual Revenue")
    assert table(prepared) == [["Acme", "Ann", "Rome", "$45,000"], ["Solo", "", "", ""]]
    assert (prepared.header_row, prepared.first_row) == (5, 6)
    assert {"header_found", "footer_dropped"} <= codes(prepared)


def test_firms_called_total_are_no_footers(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Company,City,Phone\nShell,London,+44 20 7934 1234\nTotal,Paris,+33 1 47 44 45 46\nTotal,,\n")
    assert [row[0] for row in table(prepared)] == ["Shell", "Total", "Total"]


def test_a_file_without_names_of_columns_keeps_its_first_row(tmp_path: Path) -> None:
    prepared = read(tmp_path, "张伟,zhang@example.com,13800138000\n李娜,li@example.com,13900139000\n")
    assert prepared.headers == ("", "", "")
    assert prepared.header_row == 0
    assert [prepared.column_name(index) for index in range(3)] == ["A", "B", "C"]
    assert len(table(prepared)) == 2
    assert "header_missing" in codes(prepared)


def test_unknown_names_of_columns_are_still_names(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Branża,Opiekun,Kod\nHandel,Jan,12\nUsługi,Ewa,15\n")
    assert prepared.headers == ("Branża", "Opiekun", "Kod")


def test_a_person_may_choose_the_row_of_column_names(tmp_path: Path) -> None:
    content = "a,b\nName,City\nAnn,Rome\n"
    assert read(tmp_path, content, reading=Reading(header_row=2)).headers == ("Name", "City")
    none = read(tmp_path, content, reading=Reading(header_row=0))
    assert none.headers == ("", "")
    assert len(table(none)) == 3


def test_names_in_two_merged_rows_are_joined(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Company,,Contact,\nName,City,Name,Phone\nAcme,Rome,Ann,+39 06 123\n")
    assert prepared.headers == ("Company - Name", "Company - City", "Contact - Name", "Contact - Phone")
    assert table(prepared) == [["Acme", "Rome", "Ann", "+39 06 123"]]
    assert prepared.first_row == 3


def test_marks_of_required_fields_and_wide_blanks_leave_the_names(tmp_path: Path) -> None:
    prepared = read(tmp_path, "客户名称（必填）,*联系人,手机 *,\u3000地 址\u3000,负责人(必填)\n甲,乙,1,丙,丁\n")
    assert prepared.headers == ("客户名称", "联系人", "手机", "地 址", "负责人")


def test_repeated_names_stay_columns_of_their_own(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,Phone Number,Create Date,Phone Number,Create Date\nAnn,1,2020-01-01,2,2021-01-01\n")
    assert table(prepared) == [["Ann", "1", "2020-01-01", "2", "2021-01-01"]]
    note = next(note for note in prepared.notes if note.code == "headers_repeated")
    assert note.figures["names"] == "Phone Number, Create Date"


def test_empty_columns_at_the_end_vanish_and_content_without_a_name_stays(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,City,,,\nAnn,Rome,,,\nBob,Oslo,,,\n")
    assert prepared.headers == ("Name", "City")
    prepared = read(tmp_path, "Name,City\nAnn,Rome\nBob,Oslo,extra\n")
    assert prepared.headers == ("Name", "City", "")
    assert prepared.filled == (2, 2, 1)
    assert "nameless_columns" in codes(prepared)


def test_blank_rows_keep_the_rows_of_the_persons_own_file(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,City\n\nAnn,Rome\n,,\n\nBob,Oslo\n\n\n")
    found = list(rows(prepared.path))
    assert [(prepared.source_row(n), cells[0]) for n, cells in found] == [(3, "Ann"), (6, "Bob")]
    assert (prepared.row_count, prepared.line_count) == (2, 5)


def test_the_names_repeated_inside_the_data_are_left_out(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,City\nAnn,Rome\nName,City\nBob,Oslo\n")
    assert table(prepared) == [["Ann", "Rome"], ["Bob", "Oslo"]]
    assert "header_again" in codes(prepared)


def test_invisible_characters_leave_the_cells(tmp_path: Path) -> None:
    prepared = read(tmp_path, "\ufeff\ufeffName,Phone\nAnn\u200b\xa0Lee,\u202a+49 30 1234567\u202c\nZoe\x00,\t138\x07\n")
    assert prepared.headers == ("Name", "Phone")
    assert table(prepared) == [["Ann Lee", "+49 30 1234567"], ["Zoe", "138"]]


def test_decomposed_letters_are_composed(tmp_path: Path) -> None:
    assert table(read(tmp_path, "Name,City\nJu\u0308rgen,Ko\u0308ln\n")) == [["Jürgen", "Köln"]]


def test_old_mac_line_ends_part_rows(tmp_path: Path) -> None:
    assert table(read(tmp_path, "Name,City\rAnn,Rome\rBob,Oslo\r")) == [["Ann", "Rome"], ["Bob", "Oslo"]]


def test_errors_of_the_spreadsheet_are_counted(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Name,City\nAnn,#REF!\n#N/A,Oslo\n")
    note = next(note for note in prepared.notes if note.code == "error_cells")
    assert note.figures == {"count": 2, "row": 2}


def test_a_list_of_one_column_is_a_table(tmp_path: Path) -> None:
    prepared = read(tmp_path, "E-mail\nann@example.com\nbob@example.com\n")
    assert prepared.headers == ("E-mail",)
    assert prepared.row_count == 2
    assert read(tmp_path, "ann@example.com\nbob@example.com\n").row_count == 2


def test_what_was_found_survives_a_database_row_and_speaks_each_readers_language(tmp_path: Path) -> None:
    prepared = read(tmp_path, "Report\n\nName,City\nAnn,#REF!\nBob,Rome\n")
    again = prepared_from_json(prepared.as_json())
    assert again == prepared
    with use("zh_Hans"):
        chinese = [str(note) for note in again.notes]
    assert any("第 3 行" in text for text in chinese)
    assert all(text.isascii() or "“" in text for text in map(str, again.notes))
