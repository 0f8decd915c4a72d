"""What kind of file an upload is, told from its bytes and never from its name. Text encodings are in `encoding`."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Literal
from zipfile import BadZipFile, ZipFile

from saas.crm.transfer.said import Unreadable

FileKind = Literal["text", "workbook"]

HEAD_BYTES = 64 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

# First bytes → the sentence that refuses such a file.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "gzip"),
    (b"\xfd7zXZ\x00", "gzip"),
    (b"\x28\xb5\x2f\xfd", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "zip"),
    (b"Rar!", "zip"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"\x7fELF", "binary"),
    (b"MZ\x90", "binary"),
    (b"SQLite format 3\x00", "binary"),
    (b"\xff\xfb", "binary"),
    (b"ID3", "binary"),
    (b"{\\rtf", "rtf"),
)
MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "html_table"),
    (b"<html", "html_table"),
    (b"<table", "html_table"),
    (b"<meta", "html_table"),
    (b"<head", "html_table"),
    (b"<style", "html_table"),
    (b"<?xml", "xml_table"),
    (b"begin:vcard", "vcard"),
)


def file_kind(source: Path) -> FileKind:
    """Tell a workbook (XLSX) from text. Raises Unreadable, with what to do instead, for everything else."""
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
            raise Unreadable("empty_file")
        if head.startswith(OLE):
            raise Unreadable("password" if _is_encrypted(file, head) else "old_excel")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _inside_zip(source)
    for signature, code in SIGNATURES:
        if head.startswith(signature):
            raise Unreadable(code)
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").lstrip().lower()
    for signature, code in MARKUP:
        if start.startswith(signature):
            raise Unreadable(code)
    if start.startswith((b'[{"', b'{"')) or start.replace(b" ", b"").startswith((b"[\n{", b'{\n"', b"[\r\n{", b'{\r\n"')):
        raise Unreadable("json")
    return "text"


def _is_encrypted(file: BinaryIO, head: bytes) -> bool:
    """Look for the stream that holds an encrypted workbook in an OLE directory ([MS-CFB] 2.2 and 2.6, [MS-OFFCRYPTO] 2.3.4)."""
    if ENCRYPTED in head:
        return True
    shift, directory_sector = struct.unpack_from("<H", head, 30)[0], struct.unpack_from("<I", head, 48)[0]
    file.seek((directory_sector + 1) << min(shift, 12))
    return ENCRYPTED in file.read(HEAD_BYTES)


def _inside_zip(source: Path) -> FileKind:
    try:
        with ZipFile(source) as archive:
            names = {info.filename.lstrip("/").lower() for info in archive.infolist()}
    except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
        raise Unreadable("damaged_workbook") from error
    if "xl/workbook.bin" in names:
        raise Unreadable("binary_excel")
    if "xl/workbook.xml" in names or ("[content_types].xml" in names and any(n.startswith("xl/") for n in names)):
        return "workbook"
    if "content.xml" in names and "mimetype" in names:
        raise Unreadable("open_document")
    if any(name.endswith(".iwa") for name in names):
        raise Unreadable("numbers_document")
    if "[content_types].xml" in names:
        raise Unreadable("other_office")
    raise Unreadable("zip")
