"""Sentences about a file or a cell, kept as a code and its figures so that they can be stored and translated when shown.

All words of the reading half of import stand here and in `said_cells`, and nowhere else.
"""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.core.errors import DomainError
from saas.core.i18n import N_, _, ngettext
from saas.crm.transfer.said_cells import CELL_TEXTS
from saas.crm.transfer.said_rows import GROUP_TEXTS, ROW_TEXTS

Figure = str | int

FILE_TEXTS: Mapping[str, str] = {
    # Refusals: what is wrong, then what to do.
    "empty_file": N_("The file is empty. Export it again and check that it has rows."),
    "header_only": N_("The file has column names but no rows below them. Check that you exported the right list."),
    "nothing_readable": N_("No table was found in this file. Upload a CSV or XLSX file with one row for each customer."),
    "too_big": N_("The file has %(size)s MB; up to %(limit)s MB can be imported. Split it into smaller files."),
    "too_many_rows": N_("The file has more than %(limit)s rows. Split it into smaller files and import one after the other."),
    "too_many_columns": N_("The file has %(count)s columns; up to %(limit)s can be imported. Delete the columns that you do not need."),
    "cell_too_big": N_("A cell in row %(row)s holds more than %(limit)s KB. A closing quotation mark is probably missing there."),
    "row_too_big": N_("Row %(row)s is far too long for a table. A line break or a quotation mark is probably missing there."),
    "too_slow": N_("Reading this file takes too long. Save it again as CSV (UTF-8) and upload that."),
    "binary": N_("This is not a table but a binary file. Upload a CSV or XLSX file."),
    "picture": N_("This is a picture. Upload the table itself as a CSV or XLSX file."),
    "pdf": N_("This is a PDF. Upload the table it was made from, as a CSV or XLSX file."),
    "zip": N_("This is a zip archive. Unpack it and upload the files in it one by one."),
    "gzip": N_("This file is compressed. Unpack it and upload the CSV file inside."),
    "old_excel": N_("This is the old Excel format (.xls). Open it in Excel or WPS and save it as “Excel workbook (.xlsx)”."),
    "binary_excel": N_("This is a binary Excel workbook (.xlsb). Open it in Excel and save it as “Excel workbook (.xlsx)”."),
    "open_document": N_("This is an OpenDocument file (.ods). Save it as XLSX or CSV and upload that."),
    "numbers_document": N_("This is an Apple Numbers file. In Numbers choose File, Export to, CSV, and upload that."),
    "other_office": N_("This is a document, not a table. Upload a CSV or XLSX file."),
    "html_table": N_("This is a web page with the ending of a table. Open it in Excel or WPS and save it as XLSX."),
    "xml_table": N_("This is an XML file. Open it in Excel or WPS and save it as XLSX."),
    "json": N_("This is a JSON file. Export the data as CSV or XLSX instead."),
    "vcard": N_("This is a vCard file. Export the contacts as CSV instead."),
    "rtf": N_("This is a text document. Copy the table into Excel or WPS and save it as XLSX."),
    "password": N_("The workbook is protected by a password. Remove the password in Excel or WPS and save it again."),
    "damaged_workbook": N_("The workbook is damaged. Open it in Excel or WPS, save it again and upload that."),
    "bomb": N_("This workbook would unpack to far more than any table needs, so it was not opened. Save it as CSV and upload that."),
    "unsafe_xml": N_(
        "This workbook contains definitions that no spreadsheet program writes, so it was not opened. Save it again as XLSX or CSV."
    ),
    "no_such_sheet": N_("There is no sheet “%(sheet)s” in this workbook. Choose one of the others."),
    "wrong_encoding": N_("The file is not written in %(encoding)s. Choose another encoding."),
    # Notes: what was found and mended.
    "encoding_guessed": N_("The encoding was guessed: %(encoding)s. If names look wrong, choose another one."),
    "sheet_chosen": N_("Sheet “%(sheet)s” was read; the workbook has others."),
    "header_found": N_("The column names are in row %(row)s; the rows above it are left out."),
    "header_merged": N_("The column names stand in two rows; they were joined."),
    "header_missing": N_("The file has no row of column names; the columns are named by letters."),
    "headers_repeated": N_("Some column names occur more than once: %(names)s. Each column is kept."),
    "already_garbled": N_("Some texts were damaged before they were saved in this file, for example “%(example)s”."),
}

COUNTED: Mapping[str, Callable[[int, Mapping[str, Any]], str]] = {
    "unreadable_characters": lambda n, v: ngettext(
        "%(num)s character could not be read and shows as �; the first is in row %(row)s.",
        "%(num)s characters could not be read and show as �; the first is in row %(row)s.",
        n,
        **v,
    ),
    "footer_dropped": lambda n, v: ngettext(
        "%(num)s line at the end that belongs to the report, not to the data, is left out.",
        "%(num)s lines at the end that belong to the report, not to the data, are left out.",
        n,
        **v,
    ),
    "header_again": lambda n, v: ngettext(
        "The row of column names occurs %(num)s more time in the data; it is left out.",
        "The row of column names occurs %(num)s more times in the data; it is left out.",
        n,
        **v,
    ),
    "nameless_columns": lambda n, v: ngettext(
        "%(num)s column has content but no name.", "%(num)s columns have content but no name.", n, **v
    ),
    "swallowed_rows": lambda n, v: ngettext(
        "%(num)s cell seems to have swallowed rows, because a quotation mark is not closed: row %(row)s. Mend it in the file and upload it again.",
        "%(num)s cells seem to have swallowed rows, because a quotation mark is not closed; the first is in row %(row)s. "
        "Mend them in the file and upload it again.",
        n,
        **v,
    ),
    "error_cells": lambda n, v: ngettext(
        "%(num)s cell holds an error of the spreadsheet such as #REF!; the first is in row %(row)s.",
        "%(num)s cells hold an error of the spreadsheet such as #REF!; the first is in row %(row)s.",
        n,
        **v,
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence. `str()` of it is in the current reader's language; `as_json` keeps it for later.

    A sentence that depends on a number takes it from the figure `count`.
    """

    code: str
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in self.figures.items()}
        counted = COUNTED.get(self.code)
        if counted:
            number = int(self.figures["count"])
            return counted(number, {**shown, "num": shown["count"]})
        text = FILE_TEXTS.get(self.code) or ROW_TEXTS.get(self.code) or CELL_TEXTS[self.code]
        return _(text, **shown) if shown else _(text)

    @property
    def of_many(self) -> str:
        """The same about many cells or rows, without the figures of one."""
        return _(GROUP_TEXTS[self.code]) if self.code in GROUP_TEXTS else str(self)

    def as_json(self) -> dict[str, Any]:
        """Return plain data that `said_from_json` reads back."""
        return {"code": self.code, "figures": dict(self.figures)}


def said(code: str, /, **figures: Figure) -> Said:
    """Say the sentence `code` with these figures; whole numbers get thousands separators when shown."""
    return Said(code, figures)


def said_from_json(data: Mapping[str, Any]) -> Said:
    """Read back what `Said.as_json` wrote."""
    return Said(str(data["code"]), dict(data["figures"]))


class Unreadable(DomainError):
    """A file is refused. `message` is for the reader of now and says what to do; `said` keeps it for any later reader."""

    def __init__(self, code: str, **figures: Figure) -> None:
        self.said = Said(code, figures)
        super().__init__(str(self.said))
