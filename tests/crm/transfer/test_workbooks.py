"""XLSX workbooks as spreadsheets and other programs write them."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import numbers

from saas.crm.transfer.limits import Limits
from saas.crm.transfer.numberformat import format_kind, number_text
from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.prepared import Prepared, Reading
from saas.crm.transfer.rowfile import rows
from saas.crm.transfer.said import Unreadable

TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def save(tmp_path: Path, book: Workbook) -> Path:
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def read(path: Path, reading: Reading | None = None, limits: Limits | None = None) -> Prepared:
    return prepare(path, path.name, path.parent / "out.rows", limits or Limits(), reading)


def table(prepared: Prepared) -> list[list[str]]:
    return [cells for _n, cells in rows(prepared.path)]


def handmade(tmp_path: Path, sheet: str, strings: str = "", workbook: str | None = None, extra: dict[str, str] | None = None) -> Path:
    """Write a workbook part by part, as programs other than Excel do."""
    path = tmp_path / "hand.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "xl/workbook.xml",
            workbook
            or f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml" Type="x"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def test_values_come_as_a_person_would_type_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Name", "Phone", "Share", "Code", "Born", "Seen", "Amount", "Yes", "ID card", "At"])
    sheet.append(
        [
            "张伟",
            13800138000,
            0.15,
            1234,
            date(2024, 12, 5),
            datetime(2024, 12, 5, 10, 22),
            0.1 + 0.2,
            True,
            110101199003070011,
            time(8, 30),
        ]
    )
    sheet["C2"].number_format = "0%"
    sheet["D2"].number_format = "00000"
    prepared = read(save(tmp_path, book))
    assert table(prepared) == [
        ["张伟", "13800138000", "15%", "01234", "2024-12-05", "2024-12-05 10:22:00", "0.3", "TRUE", "1.1010119900307E+17", "08:30:00"]
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", "plain"), ("0.00", "plain"), ("#,##0.00 [$€-407]", "plain"), ("yyyy-mm-dd", "date"), ('yyyy"年"m"月"d"日"', "date"), ("[$-804]yyyy年m月", "date"),
        ("m/d/yy h:mm", "datetime"), ("h:mm AM/PM", "time"), ("[h]:mm:ss", "time"), ("0.0%", "percent"), ("000000", 6), ('"Tel. "0', "plain"), ("[Red]0.00", "plain"),
        ("d. mmmm yyyy", "date"), ("0.00E+00", "plain"),
    ],
)  # fmt: skip
def test_number_formats_tell_dates_from_numbers(code: str, kind: object) -> None:
    assert format_kind(code) == kind


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        ("45631", "date", "2024-12-05"), ("59", "date", "1900-02-28"), ("61", "date", "1900-03-01"), ("45631.5", "date", "2024-12-05 12:00:00"), ("-3", "date", "-3"),
        ("1.3800138E10", "plain", "13800138000"), ("13800138000.0", "plain", "13800138000"), ("0.10000000000000001", "plain", "0.1"), ("1E-3", "plain", "0.001"),
        ("110101199003070011", "plain", "1.1010119900307E+17"), ("abc", "plain", "abc"), ("7", 5, "00007"), ("0.035", "percent", "3.5%"),
    ],
)  # fmt: skip
def test_numbers_are_written_out(raw: str, kind: object, text: str) -> None:
    assert number_text(raw, kind, False) == text  # type: ignore[arg-type]


def test_dates_of_old_mac_workbooks_count_from_1904() -> None:
    assert number_text("44169", "date", True) == "2024-12-05"


def test_our_reader_agrees_with_openpyxl(tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append([f"Column {n}" for n in range(8)])
    for n in range(500):
        dated = WriteOnlyCell(sheet, datetime(2020, 1, 1, n % 24, n % 60))
        dated.number_format = numbers.FORMAT_DATE_DATETIME
        sheet.append([f"Name {n}", n, n / 7, dated, n % 2 == 0, None, f"a & b < {n}\nsecond ü 张", "" if n % 3 else "x"])
    path = save(tmp_path, book)
    theirs = []
    for row in load_workbook(path, read_only=True)["Data"].iter_rows(min_row=2, values_only=True):
        name, whole, fraction, moment, flag, _empty, text, last = row
        theirs.append(
            [
                name,
                str(whole),
                f"{fraction:.15g}",
                moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00"),
                str(flag).upper(),
                "",
                text,
                last or "",
            ]
        )
    assert table(read(path)) == theirs


def test_the_first_sheet_with_a_table_is_read_and_all_are_named(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "填写说明"
    book.active.append(["请按模板填写", "不要改动表头"])
    book.create_sheet("Empty")
    for name in ("客户", "联系人"):
        sheet = book.create_sheet(name)
        sheet.append(["客户名称", "电话"])
        sheet.append([f"{name}甲", "010-12345678"])
    hidden = book.create_sheet("字典")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    path = save(tmp_path, book)
    prepared = read(path)
    assert prepared.sheet == "客户"
    assert prepared.sheets == ("填写说明", "Empty", "客户", "联系人", "字典")
    assert {note.code for note in prepared.notes} == {"sheet_chosen"}
    assert table(read(path, Reading(sheet="联系人"))) == [["联系人甲", "010-12345678"]]
    with pytest.raises(Unreadable, match="no sheet “None such”"):
        read(path, Reading(sheet="None such"))


def test_merged_titles_and_merged_names_are_understood(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet["A1"] = "Customer list 2026"
    sheet.merge_cells("A1:D1")
    sheet["A3"], sheet["C3"] = "Company", "Contact"
    sheet.merge_cells("A3:B3")
    sheet.merge_cells("C3:D3")
    for place, name in zip("ABCD", ("Name", "City", "Name", "Phone"), strict=True):
        sheet[f"{place}4"] = name
    for place, value in zip("ABCD", ("Acme", "Rome", "Ann", "+39 06 1234567"), strict=True):
        sheet[f"{place}5"] = value
    prepared = read(save(tmp_path, book))
    assert prepared.headers == ("Company - Name", "Company - City", "Contact - Name", "Contact - Phone")
    assert (prepared.header_row, prepared.source_row(0)) == (4, 5)


def test_parts_without_references_inline_texts_prefixes_and_phonetic_guides_are_read(tmp_path: Path) -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c><x:c t="s"><x:v>0</x:v></x:c></x:row>'
        '<x:row r="4"><x:c r="A4" t="str"><x:f>A1&amp;B1</x:f><x:v>Ann</x:v></x:c><x:c r="B4" t="s"><x:v>1</x:v></x:c><x:c r="C4" t="e"><x:v>#REF!</x:v></x:c></x:row>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>Bob</x:t></x:is></x:c><x:c/><x:c t="d"><x:v>2024-12-05T00:00:00</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>Ci</t></r><r><t>ty</t></r></si>'
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr/></si></sst>"
    )
    prepared = read(handmade(tmp_path, sheet, strings))
    assert prepared.headers == ("Name", "City", "")
    assert [(prepared.source_row(n), cells) for n, cells in rows(prepared.path)] == [
        (4, ["Ann", "東京", "#REF!"]),
        (5, ["Bob", "", "2024-12-05"]),
    ]


def test_many_shared_strings_are_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.crm.transfer.strings.MEMORY_STRINGS", 100)
    book = Workbook()
    book.active.append(["Name", "City"])
    for n in range(3000):
        book.active.append([f"Name {n} 张", f"City {n % 700}"])
    prepared = read(save(tmp_path, book))
    found = table(prepared)
    assert found[0] == ["Name 0 张", "City 0"]
    assert found[2999] == ["Name 2999 张", "City 199"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.xlsx", "out.rows"]


def test_a_million_formatted_empty_rows_cost_nothing_in_the_result(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 30_000))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>City</v></c></row>' + (
        f'<row r="2"><c r="A2" t="str"><v>Ann</v></c><c r="B2" t="str"><v>Rome</v></c></row>{empty}<row r="1048576"/></sheetData></worksheet>'
    )
    prepared = read(handmade(tmp_path, sheet))
    assert (prepared.row_count, prepared.line_count) == (1, 1)


BOMB_ROW = '<row><c t="str"><v>' + "a" * 30_000 + "</v></c></row>"


def test_a_zip_bomb_is_refused_from_its_directory(tmp_path: Path) -> None:
    path = handmade(tmp_path, f'<worksheet xmlns="{MAIN}"><sheetData>{BOMB_ROW * 2_000}</sheetData></worksheet>')
    assert path.stat().st_size < 300_000
    with pytest.raises(Unreadable, match="unpack to far more") as refused:
        read(path)
    assert refused.value.said.code == "bomb"
    assert not (tmp_path / "out.rows").exists()


def test_a_directory_that_lies_about_sizes_does_not_help_a_bomb(tmp_path: Path) -> None:
    path = handmade(tmp_path, f'<worksheet xmlns="{MAIN}"><sheetData>{BOMB_ROW * 100}</sheetData></worksheet>')
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert size > 3_000_000
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(Unreadable) as refused:
        read(path)
    assert refused.value.said.code == "damaged_workbook"


@pytest.mark.parametrize("part", ["sheet", "strings", "workbook"])
def test_entities_are_refused_in_every_part(tmp_path: Path, part: str) -> None:
    lol = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="s"><v>0</v></c><c t="str"><v>x</v></c></row></sheetData></worksheet>'
    strings = f'<sst xmlns="{MAIN}"><si><t>&b;&c;</t></si></sst>'
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    path = handmade(
        tmp_path,
        lol + sheet if part == "sheet" else sheet,
        lol + strings if part == "strings" else strings.replace("&b;&c;", "x"),
        lol + workbook if part == "workbook" else None,
    )
    with pytest.raises(Unreadable) as refused:
        read(path)
    assert refused.value.said.code == "unsafe_xml"


def test_a_tag_without_end_is_refused(tmp_path: Path) -> None:
    path = handmade(tmp_path, f'<worksheet xmlns="{MAIN}"><sheetData><row a="{"x" * 20_000_000}"/></sheetData></worksheet>')
    with pytest.raises(Unreadable) as refused:
        read(path, limits=Limits(ratio_from_bytes=1_000_000_000))
    assert refused.value.said.code == "damaged_workbook"


def test_a_cell_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    path = handmade(
        tmp_path, f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>{"x" * 2_000_000}</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(Unreadable) as refused:
        read(path)
    assert refused.value.said.code == "cell_too_big"


def test_a_cut_workbook_is_called_damaged(tmp_path: Path) -> None:
    book = Workbook()
    for n in range(200):
        book.active.append([n, f"text {n}"])
    path = save(tmp_path, book)
    whole = path.read_bytes()
    for size in (len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        with pytest.raises(Unreadable, match="damaged"):
            read(path)


def test_hand_edited_sheets_with_bad_numbers_are_called_damaged(tmp_path: Path) -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="s"><v>99</v></c><c t="s"><v>x</v></c></row></sheetData></worksheet>'
    with pytest.raises(Unreadable, match="damaged"):
        read(handmade(tmp_path, sheet, f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>'))
