"""How a workbook shows its numbers: which cells are dates, percentages or codes with zeros in front; and their text.

Built-in formats and tokens after ISO/IEC 29500-1, 18.8.30 and 18.8.31.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zipfile import ZipFile

from saas.crm.transfer.limits import Deadline
from saas.crm.transfer.xml_stream import ByteBudget, local_names, read_part

CellFormat = Literal["plain", "date", "datetime", "time", "percent"] | int  # an int: filled with zeros to so many digits

EXACT_DIGITS = 15
LAST_SERIAL = 2_958_466
FALSE_LEAP_DAY = 60
_BUILT_IN: dict[int, CellFormat] = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58), "date"),
    22: "datetime",
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), "time"),
    9: "percent",
    10: "percent",
}
_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
_ZEROS = re.compile(r"0{2,18}")


def format_kind(code: str) -> CellFormat:
    """Say what a number format code makes of a number."""
    plain = _ASIDE.sub("", code.split(";", maxsplit=1)[0]).lower().replace("am/pm", "h").replace("a/p", "h").replace("上午/下午", "h")
    if _ZEROS.fullmatch(plain.strip()):
        return len(plain.strip())
    if "general" in plain:
        return "plain"
    has_day = bool(re.search(r"[yd]|年|日|e{1,2}(?![+-])|m{3,}", plain)) or ("月" in code)
    has_time = bool(re.search(r"[hs]|时|分|秒", plain))
    if has_day:
        return "datetime" if has_time else "date"
    if has_time:
        return "time"
    if re.search(r"m", plain) and not re.search(r"[0#?]", plain):
        return "date"
    return "percent" if "%" in plain else "plain"


@lru_cache(maxsize=50_000)
def number_text(raw: str, kind: CellFormat, is_1904: bool) -> str:
    """Write a stored number as a person would type it: `13800138000`, `0.1`, `2024-12-05`, `15%`, `01234`."""
    try:
        number = float(raw)
    except ValueError:
        return raw
    if kind == "plain":
        return _plain(raw, number)
    if isinstance(kind, int):
        return f"{int(number):0{kind}d}" if number == int(number) and abs(number) < 10**EXACT_DIGITS else _plain(raw, number)
    if kind == "percent":
        return f"{_plain('', round(number * 100, 10))}%"
    return _moment(number, kind, is_1904) or _plain(raw, number)


def _plain(raw: str, number: float) -> str:
    digits = raw.lstrip("-")
    if digits.isdigit() and len(digits) <= EXACT_DIGITS:
        return raw
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 -- not a number
        return raw
    if abs(number) < 10**EXACT_DIGITS:
        if number == int(number):
            return str(int(number))
        # Fifteen digits are what the spreadsheet shows; the rest is noise of binary fractions.
        short = f"{number:.15g}"
        return short if "e" not in short else f"{number:.15f}".rstrip("0")
    # Beyond fifteen digits the last ones are lost; the exponent keeps that visible.
    return f"{number:.14E}".replace("0E", "E") if digits.isdigit() else repr(number).upper()


def _moment(serial: float, kind: CellFormat, is_1904: bool) -> str:
    """Turn a serial number into ISO text; "" when it is none. Serials below 60 pass over Excel's 29 February 1900."""
    if not 0 <= serial < LAST_SERIAL:
        return ""
    if is_1904:
        epoch = datetime(1904, 1, 1)
    else:
        epoch = datetime(1899, 12, 31) if serial < FALSE_LEAP_DAY else datetime(1899, 12, 30)
    moment = epoch + timedelta(seconds=round(serial * 86_400))
    if serial < 1 and not is_1904:
        return moment.strftime("%H:%M:%S") if kind != "date" or serial else ""
    if kind == "date" and serial == int(serial):
        return moment.strftime("%Y-%m-%d") if moment.year >= 1000 else ""
    if serial == int(serial) and kind == "datetime":
        return moment.strftime("%Y-%m-%d")
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def cell_formats(archive: ZipFile, part: str, budget: ByteBudget, deadline: Deadline) -> list[CellFormat]:
    """Read the styles part: what each style index (`s` of a cell) makes of numbers."""
    styles = _Styles()
    read_part(archive, part, styles, budget, deadline)
    return [styles.codes.get(number, _BUILT_IN.get(number, "plain")) for number in styles.cells]


@dataclass
class _Styles:
    codes: dict[int, CellFormat] = field(default_factory=dict)
    cells: list[int] = field(default_factory=list)
    is_inside: bool = False

    def __post_init__(self) -> None:
        self._local = local_names()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._local(name)
        if local == "numFmt":
            self.codes[int(attributes.get("numFmtId", "0"))] = format_kind(attributes.get("formatCode", ""))
        elif local == "cellXfs":
            self.is_inside = True
        elif local == "xf" and self.is_inside:
            self.cells.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if self._local(name) == "cellXfs":
            self.is_inside = False

    def text(self, _data: str) -> None:
        """Nothing to do."""
