"""Files that are no tables, or too much of one: each gets a sentence, and nothing is left behind."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from saas.core.i18n import use
from saas.crm.transfer.limits import Limits
from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.said import Unreadable


def ole(text: str) -> bytes:
    """Build the head of an OLE file whose directory, in its second sector, names one stream."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[30:32] = (9).to_bytes(2, "little")
    header[48:52] = (140).to_bytes(4, "little")
    return bytes(header) + b"\0" * 512 * 140 + text.encode("utf-16-le").ljust(512, b"\0")


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


CASES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty_file"),
    "only a BOM and blanks": (b"\xef\xbb\xbf\r\n \t\r\n", "empty_file"),
    "only blank rows": (b",,,\n,,,\n", "empty_file"),
    "only names of columns": (b"Name,Phone,Email\r\n", "header_only"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "picture"),
    "a PDF": (b"%PDF-1.7\n" + bytes(range(256)) * 20, "pdf"),
    "a gzip file": (gzip.compress(b"Name,City\nAnn,Rome\n"), "gzip"),
    "a program": (b"\x7fELF" + bytes(range(256)) * 20, "binary"),
    "random bytes": (bytes((n * 7919) % 256 for n in range(4096)), "binary"),
    "numbers of a machine": (b"\x00\x01\x02\x03" * 3000, "binary"),
    "old Excel": (ole("Workbook"), "old_excel"),
    "a password": (ole("EncryptedPackage"), "password"),
    "a zip of tables": (zipped(a_dot_csv="Name\nAnn"), "zip"),
    "OpenDocument": (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_dot_xml="<a/>"), "open_document"),
    "binary Excel": (zipped(xl__workbook_dot_bin="x"), "binary_excel"),
    "a web page called xls": (b"<html><head></head><table><tr><td>Name</td></tr></table></html>", "html_table"),
    "XML": (b"<?xml version='1.0'?><Workbook/>", "xml_table"),
    "JSON": (b'[{"name": "Ann"}]', "json"),
    "vCard": (b"BEGIN:VCARD\nFN:Ann\nEND:VCARD\n", "vcard"),
    "5,000 columns": ((",".join(f"Column {n}" for n in range(5000)) + "\n" + ",".join("x" * 5000) + "\n").encode(), "too_many_columns"),
    "a cell without end": (b'Name,Note\nAnn,"' + b"x" * 1_500_000 + b"\n", "cell_too_big"),
    "a row without end": (b"Name,Note\n" + b"x" * 5_000_000 + b"\n", "row_too_big"),
}


@pytest.mark.parametrize("what", CASES)
def test_a_file_that_cannot_be_imported_says_why_and_leaves_nothing(tmp_path: Path, what: str) -> None:
    content, code = CASES[what]
    source, target = tmp_path / "upload.bin", tmp_path / "out.rows"
    source.write_bytes(content)
    with pytest.raises(Unreadable) as refused:
        prepare(source, "upload.csv", target)
    assert refused.value.said.code == code
    assert refused.value.message.endswith(".")
    with use("zh_Hans"):
        assert any("\u4e00" <= char <= "\u9fff" for char in str(refused.value.said))
    assert [path.name for path in tmp_path.iterdir()] == ["upload.bin"]


def test_the_number_of_columns_is_named(tmp_path: Path) -> None:
    source = tmp_path / "wide.csv"
    source.write_bytes(CASES["5,000 columns"][0])
    with pytest.raises(Unreadable, match="5,000 columns; up to 500"):
        prepare(source, "wide.csv", tmp_path / "out.rows")


def test_too_many_bytes_and_too_many_rows_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "long.csv"
    source.write_text("Name,City\n" + "Ann,Rome\n" * 1200)
    with pytest.raises(Unreadable, match="more than 1,000 rows"):
        prepare(source, "long.csv", tmp_path / "out.rows", Limits(rows=1000))
    with source.open("r+b") as file:
        file.truncate(200_000_001)
    with pytest.raises(Unreadable, match="201 MB; up to 200 MB"):
        prepare(source, "long.csv", tmp_path / "out.rows")


def test_reading_stops_when_the_time_is_over(tmp_path: Path) -> None:
    source = tmp_path / "slow.csv"
    source.write_text("Name,City\n" + "Ann,Rome\n" * 5000)
    with pytest.raises(Unreadable) as refused:
        prepare(source, "slow.csv", tmp_path / "out.rows", Limits(time_s=0.0))
    assert refused.value.said.code == "too_slow"


def test_a_table_of_formulas_is_read_as_plain_text(tmp_path: Path) -> None:
    source = tmp_path / "attack.csv"
    source.write_text('Name,Note\n=cmd|\' /C calc\'!A0,"=HYPERLINK(""http://evil.example"",""Click"")"\n@SUM(1+1),+1+cmd|\'/c calc\'!A1\n')
    prepared = prepare(source, "attack.csv", tmp_path / "out.rows")
    assert prepared.sample_rows[0] == ("=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example","Click")')


def test_damaged_bytes_anywhere_give_a_table_or_a_sentence_but_never_a_crash(tmp_path: Path) -> None:
    book = Workbook()
    for n in range(30):
        book.active.append([f"Name {n}", n, 1.5, "x" * n, None, "张伟"])
    buffer = io.BytesIO()
    book.save(buffer)
    whole = [buffer.getvalue(), "姓名,公司\n张伟,华为\n".encode("gbk") * 5, "Name,City\nÄ,Ö\n".encode("utf-16"), b'Name,"Note\nAnn","x"\n']
    draw, outcomes, source = random.Random(11), set(), tmp_path / "upload.bin"
    for _round in range(250):
        data = bytearray(draw.choice(whole))
        for _change in range(draw.randrange(1, 10)):
            place = draw.randrange(len(data))
            data[place : place + draw.randrange(3)] = draw.choice(
                [bytes([draw.randrange(256)]), b"", b'"', b"\n", b"\0", b"\xff\xfe", b"<!DOCTYPE a>"]
            )
        source.write_bytes(bytes(data))
        try:
            outcomes.add(prepare(source, "upload", tmp_path / "out.rows").row_count > 0)
        except Unreadable as refused:
            outcomes.add(refused.said.code)
    assert {True, "damaged_workbook"} <= outcomes
