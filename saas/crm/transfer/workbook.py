"""An XLSX workbook (ISO/IEC 29500) opened safely: its sheets, shared strings and date formats. Rows are read in `sheet`.

Our own small reader instead of openpyxl's: bounded memory for any number of shared strings, real bytes counted while
unpacking, no trust in stated dimensions, and about twice the speed.
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from saas.crm.transfer.limits import Deadline, Limits
from saas.crm.transfer.numberformat import CellFormat, cell_formats
from saas.crm.transfer.said import Unreadable
from saas.crm.transfer.sheet import SheetReader
from saas.crm.transfer.strings import SharedStrings
from saas.crm.transfer.xml_stream import ByteBudget, local_names, read_part

LOOK_ROWS = 30
LOOK_SHEETS = 30
_ASIDE = re.compile(
    r"说明|填写|示例|须知|字典|枚举|选项|read ?me|instruction|example|legend|lookup|guide|help|picklist|hidden|anleitung|hinweis",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, the part it is stored in, and whether it is hidden."""

    name: str
    part: str
    is_hidden: bool


@dataclass
class Workbook:
    """An open workbook. `sheet_names` lists the visible sheets first."""

    archive: ZipFile
    sheets: list[Sheet]
    strings: SharedStrings
    formats: list[CellFormat]
    is_1904: bool
    limits: Limits
    budget: ByteBudget
    deadline: Deadline

    @property
    def sheet_names(self) -> list[str]:
        return [sheet.name for sheet in self.sheets]

    def records(self, name: str) -> Generator[list[str], None, None]:
        """Yield the rows of a sheet from row 1 on, also empty ones, as text."""
        sheet = next((each for each in self.sheets if each.name == name), None)
        if sheet is None:
            raise Unreadable("no_such_sheet", sheet=name)
        reader = SheetReader(self.strings, self.formats, self.is_1904, self.limits)
        return reader.records(self.archive, sheet.part, self.budget, self.deadline)

    def choose(self, name: str | None) -> str:
        """Choose the sheet to read: the named one, else the first with a table, passing over sheets of instructions."""
        if name is not None:
            if name not in self.sheet_names:
                raise Unreadable("no_such_sheet", sheet=name)
            return name
        candidates = sorted(
            (bool(_ASIDE.search(sheet.name)) + 2 * sheet.is_hidden, place, sheet.name)
            for place, sheet in enumerate(self.sheets[:LOOK_SHEETS])
        )
        single = ""
        for _aside, _place, each in candidates:
            rows = [row for row in islice(self.records(each), LOOK_ROWS) if any(row)]
            if any(sum(1 for cell in row if cell) > 1 for row in rows):
                return each
            single = single or (each if rows else "")
        if not single:
            raise Unreadable("empty_file")
        return single


@contextmanager
def open_workbook(source: Path, scratch: Path, limits: Limits) -> Iterator[Workbook]:
    """Open a workbook; `scratch` is a folder for shared strings that do not fit in memory. Raises Unreadable."""
    try:
        archive = ZipFile(source)
    except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
        raise Unreadable("damaged_workbook") from error
    with archive:
        _check_directory(archive, source.stat().st_size, limits)
        budget, deadline = ByteBudget(limits), Deadline(limits.time_s)
        parts = {info.filename.lstrip("/").lower(): info.filename for info in archive.infolist()}
        main = _main_part(archive, parts, budget, deadline)
        outline = _Outline()
        read_part(archive, _part(parts, main), outline, budget, deadline)
        links = _relations(archive, parts, main, budget, deadline)
        sheets = [
            Sheet(name, parts[links[link].lower()], hidden)
            for name, link, hidden in outline.sheets
            if links.get(link, "").lower() in parts and "chartsheet" not in links[link].lower()
        ]
        if not sheets:
            raise Unreadable("nothing_readable")
        sheets.sort(key=lambda sheet: sheet.is_hidden)
        base = posixpath.dirname(main)
        styles = parts.get(posixpath.join(base, "styles.xml").lower())
        formats = cell_formats(archive, styles, budget, deadline) if styles else []
        with SharedStrings(scratch) as strings:
            stored = parts.get(posixpath.join(base, "sharedstrings.xml").lower())
            if stored:
                strings.read(archive, stored, budget, deadline, limits)
            yield Workbook(archive, sheets, strings, formats, outline.is_1904, limits, budget, deadline)


def _check_directory(archive: ZipFile, size: int, limits: Limits) -> None:
    """Refuse what the directory already shows to be a bomb, encrypted or packed in a way no office program packs."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > limits.parts or unpacked > limits.unpacked_bytes:
        raise Unreadable("bomb")
    if unpacked > limits.ratio_from_bytes and unpacked > size * limits.unpacked_ratio:
        raise Unreadable("bomb")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable("password")
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise Unreadable("damaged_workbook")


def _part(parts: dict[str, str], name: str) -> str:
    found = parts.get(name.lower())
    if found is None:
        raise Unreadable("damaged_workbook")
    return found


def _main_part(archive: ZipFile, parts: dict[str, str], budget: ByteBudget, deadline: Deadline) -> str:
    root = parts.get("_rels/.rels")
    if root:
        relations = _Relations("")
        read_part(archive, root, relations, budget, deadline)
        if relations.main and relations.main.lower() in parts:
            return relations.main
    return "xl/workbook.xml"


def _relations(archive: ZipFile, parts: dict[str, str], main: str, budget: ByteBudget, deadline: Deadline) -> dict[str, str]:
    base, name = posixpath.split(main)
    stored = parts.get(posixpath.join(base, "_rels", name + ".rels").lower())
    relations = _Relations(base)
    if stored:
        read_part(archive, stored, relations, budget, deadline)
    return relations.targets


@dataclass
class _Relations:
    """Reads a `.rels` part: id → part, with targets relative to `base`."""

    base: str
    targets: dict[str, str] = field(default_factory=dict)
    main: str = ""

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        if not target or attributes.get("TargetMode") == "External":
            return
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self.base, target))
        self.targets[attributes.get("Id", "")] = path
        if attributes.get("Type", "").endswith("/officeDocument"):
            self.main = path

    def end(self, _name: str) -> None:
        """Nothing to do."""

    def text(self, _data: str) -> None:
        """Nothing to do."""


@dataclass
class _Outline:
    """Reads `workbook.xml`: sheets in order as (name, relation id, hidden), and the date system."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    is_1904: bool = False

    def __post_init__(self) -> None:
        self._local = local_names()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._local(name)
        if local == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id" and ":" in key), "")
            self.sheets.append((attributes.get("name", ""), link, attributes.get("state", "visible") != "visible"))
        elif local == "workbookPr":
            self.is_1904 = attributes.get("date1904", "0") in ("1", "true")

    def end(self, _name: str) -> None:
        """Nothing to do."""

    def text(self, _data: str) -> None:
        """Nothing to do."""
