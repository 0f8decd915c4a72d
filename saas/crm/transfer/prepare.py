"""An upload of any kind brought into one streamable form, in bounded memory. What was found is a `Prepared`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from saas.crm.transfer import delimited, workbook
from saas.crm.transfer.encoding import NAMES, chosen_encoding, detect_encoding
from saas.crm.transfer.limits import DEFAULT, MEGABYTE, Limits
from saas.crm.transfer.prepared import Prepared, Reading
from saas.crm.transfer.said import Unreadable, said
from saas.crm.transfer.sniff import file_kind
from saas.crm.transfer.table import Table


def prepare(source: Path, filename: str, target: Path, limits: Limits = DEFAULT, reading: Reading | None = None) -> Prepared:
    """Read an upload and write it to `target` as a row file (see `rowfile`); `target` appears only when all went well.

    Raises Unreadable with a sentence for the person when the file is no table or goes beyond the limits.
    """
    size = source.stat().st_size
    if size == 0:
        raise Unreadable("empty_file")
    if size > limits.file_bytes:
        raise Unreadable("too_big", size=-(-size // MEGABYTE), limit=limits.file_bytes // MEGABYTE)
    chosen = reading or Reading()
    if file_kind(source) == "workbook":
        return _prepare_workbook(source, filename, target, limits, chosen)
    return _prepare_text(source, filename, target, limits, chosen)


def _prepare_text(source: Path, filename: str, target: Path, limits: Limits, reading: Reading) -> Prepared:
    found = chosen_encoding(source, reading.encoding) if reading.encoding else detect_encoding(source)
    dialect = delimited.detect_dialect(source, found, reading.delimiter)
    notes = []
    if found.is_guess:
        notes.append(said("encoding_guessed", encoding=NAMES[found.name]))
    with closing(delimited.records(source, found, dialect, limits)) as records:
        table = Table(target, limits, dialect.skip_lines, dialect.delimiter, notes)
        return table.read(records, reading.header_row, filename, encoding=found.name, delimiter=dialect.delimiter)


def _prepare_workbook(source: Path, filename: str, target: Path, limits: Limits, reading: Reading) -> Prepared:
    with workbook.open_workbook(source, target.parent, limits) as book:
        sheet = book.choose(reading.sheet)
        others = [each for each in book.sheet_names if each != sheet]
        notes = [said("sheet_chosen", sheet=sheet)] if others and not reading.sheet else []
        with closing(book.records(sheet)) as records:
            table = Table(target, limits, 0, None, notes)
            return table.read(records, reading.header_row, filename, sheet=sheet, sheets=tuple(book.sheet_names))
