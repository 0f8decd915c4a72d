"""Which encoding a text file is written in. BOMs, UTF-8, UTF-16, then the code pages of China, Taiwan, Japan, Korea, Europe."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from saas.crm.transfer.said import Unreadable

CHUNK = 1 << 18
EVIDENCE_BYTES = 1 << 18
NULS_OF_UTF16 = 0.02
MOSTLY = 0.9
PLAUSIBLE = 0.75
LOOKALIKE_CHARS = 60
MINIMAL = 0.4
SHORT = 8
WIDE_CONTROLS = 0.01
RARE_DAMAGE = 0.04
TEXT_CONTROLS = frozenset(b"\t\n\r\x0c\x1a\x1b\x0b\x1c\x1d\x1e\x1f")

# Names that people know, for the notes and the menu of encodings; also what `prepare` accepts as an override.
NAMES: dict[str, str] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "gb18030": "GB18030 (GBK)",
    "big5hkscs": "Big5",
    "cp932": "Shift JIS",
    "cp949": "EUC-KR",
    "cp1252": "Windows-1252 (Latin-1)",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "mac_roman": "Mac OS Roman",
}


@dataclass(frozen=True)
class Encoding:
    """A codec name (a key of NAMES), how many bytes of BOM to skip, and whether it was guessed rather than proved."""

    name: str
    skip: int = 0
    is_guess: bool = False


@dataclass
class Evidence:
    """What one pass over the bytes showed: lines with high bytes, NULs, control bytes, UTF-8 damage."""

    head: bytes = b""
    lines: bytes = b""
    nuls_even: int = 0
    nuls_odd: int = 0
    controls: int = 0
    size: int = 0
    utf8_good: int = 0
    utf8_bad: int = 0


def detect_encoding(source: Path) -> Encoding:
    """Find the encoding of a text file in one pass and bounded memory. Raises Unreadable when it is not text at all."""
    with source.open("rb") as file:
        head = file.read(4)
    wide = _wide_bom(head)
    if wide:
        return wide
    evidence = collect(source)
    skip = 3 if head.startswith(codecs.BOM_UTF8) else 0
    return decide(evidence, skip)


def decide(evidence: Evidence, skip: int = 0) -> Encoding:
    """Choose the encoding that the evidence speaks for."""
    nuls = evidence.nuls_even + evidence.nuls_odd
    if nuls > evidence.size * NULS_OF_UTF16:
        return _utf16_or_refuse(evidence, nuls)
    if evidence.controls > max(8, evidence.size // 500):
        raise Unreadable("binary")
    if skip or not evidence.lines:
        return Encoding("utf-8", skip)
    if not evidence.utf8_bad:
        if _is_gbk_in_disguise(evidence.lines):
            return Encoding("gb18030", is_guess=True)
        return Encoding("utf-8")
    if evidence.utf8_bad <= evidence.utf8_good * RARE_DAMAGE:
        return Encoding("utf-8", is_guess=True)
    return Encoding(guess_code_page(evidence.lines), is_guess=True)


def collect(source: Path) -> Evidence:
    """Read the whole file once and keep what tells encodings apart."""
    evidence, kept, carry = Evidence(), [], b""
    kept_bytes = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with source.open("rb") as file:
        while chunk := file.read(CHUNK):
            evidence.head = evidence.head or chunk[:4096]
            _count_controls(evidence, chunk)
            evidence.size += len(chunk)
            if chunk.isascii() and not decoder.getstate()[0]:
                carry = b""
                continue
            _count_utf8(evidence, chunk, decoder.decode(chunk))
            if kept_bytes < EVIDENCE_BYTES:
                *lines, carry = (carry + chunk).splitlines(keepends=True)
                found = [line for line in lines if not line.isascii()]
                kept += found
                kept_bytes += sum(map(len, found))
                carry = carry[-CHUNK:]
    evidence.utf8_bad += bool(decoder.getstate()[0])
    if not carry.isascii():
        kept.append(carry)
    evidence.lines = b"".join(kept)[:EVIDENCE_BYTES]
    return evidence


def _count_utf8(evidence: Evidence, chunk: bytes, text: str) -> None:
    bad = max(0, text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd"))
    evidence.utf8_bad += bad
    evidence.utf8_good += len(text) - len(text.encode("ascii", "ignore")) - bad


def guess_code_page(text: bytes) -> str:
    """Choose the code page in which bytes that are not UTF-8 read as real text; a key of NAMES."""
    if is_latin(text):
        return _latin_page(text)
    scores = {
        "gb18030": _pair_score(text, "gb18030", _GBK_COMMON),
        "big5hkscs": _pair_score(text, "big5hkscs", _BIG5_COMMON),
        "cp932": _pair_score(text, "cp932", _SJIS_COMMON),
    }
    name = max(scores, key=lambda key: scores[key])
    if scores["gb18030"] >= MINIMAL and len(text.decode("gb18030", "ignore").encode("ascii", "ignore")) + SHORT * 2 > len(text):
        # A few characters are valid in several code pages; then the one that most such files are in is believed.
        name, scores["gb18030"] = "gb18030", 1.0
    if scores[name] >= PLAUSIBLE:
        return "cp949" if name == "gb18030" and _is_korean(text) else name
    if len(_BESIDE_ASCII.findall(text)) >= len(_HIGH_RUNS.findall(text)) * PLAUSIBLE:
        return _latin_page(text)
    best = from_bytes(text, cp_isolation=["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "gb18030", "cp949"]).best()
    return best.encoding if best and best.encoding in NAMES else ("gb18030" if scores["gb18030"] >= MINIMAL else "cp1252")


# Lead and trail bytes of the characters that make up almost all modern text: GB 2312 level 1 and its punctuation rows,
# Big5 level 1 and punctuation, JIS kana and level 1.
_GBK_COMMON = re.compile(rb"[\xb0-\xd7\xa1\xa3][\xa1-\xfe]")
_BIG5_COMMON = re.compile(rb"[\xa4-\xc6\xa1][\x40-\x7e\xa1-\xfe]")
_SJIS_COMMON = re.compile(rb"[\x81-\x83\x88-\x97][\x40-\x7e\x80-\xfc]")
_LATIN_LETTER = re.compile(rb"[a-zA-Z][\xc0-\xff]|[\xc0-\xff][a-z]|[\xc0-\xdf][A-Z]")
_BESIDE_ASCII = re.compile(rb"[a-zA-Z][\x80-\xff]+|[\x80-\xff]+[a-zA-Z]")
_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_POLISH_LETTER = re.compile(rb"[a-z][\xb3\xb9\xbf\x9c\x9f]|[\xb3\xb9\xbf\x9c\x9f][a-z]")
_TURKISH_LETTER = re.compile(rb"[a-zA-Z][\xf0\xfd\xfe\xdd\xd0\xde]")
_ICELANDIC_LETTER = re.compile(rb"[\xe6\xe1\xc1\xc6]")
_MAC_LETTER = re.compile(rb"[a-z][\x87-\x9f][a-z]")
_GBK_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9]")


def is_latin(text: bytes) -> bool:
    """Tell whether high bytes stand alone inside words, as accented letters do, instead of in runs of pairs."""
    runs = _HIGH_RUNS.findall(text)
    return sum(1 for run in runs if len(run) == 1) >= len(runs) * PLAUSIBLE


def _latin_page(text: bytes) -> str:
    """Tell the Latin code pages apart by bytes that are letters in one and signs, or rare letters, in the others."""
    if len(_MAC_LETTER.findall(text)) > len(_LATIN_LETTER.findall(text)):
        return "mac_roman"
    if _POLISH_LETTER.search(text):
        return "cp1250"
    if _TURKISH_LETTER.search(text) and not _ICELANDIC_LETTER.search(text):
        return "cp1254"
    return "cp1252"


def _pair_score(text: bytes, codec: str, common: re.Pattern[bytes]) -> float:
    """Share of two-byte characters that are common ones; 0 when the bytes are not valid in this codec."""
    try:
        decoded = text.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(text) - 4:
            return 0.0
        decoded = text.decode(codec, "ignore")
    hits = pairs = 0
    for char in decoded:
        if char <= "\x7f":
            continue
        pairs += 1
        if common.fullmatch(char.encode(codec, "ignore")):
            hits += 1
    return hits / pairs if pairs else 0.0


def _is_korean(text: bytes) -> bool:
    """Hangul fills leads B0–C8 of EUC-KR evenly; a third of Chinese text has leads above."""
    leads = [pair[0] for pair in _GBK_PAIR.findall(text) if pair[0] >= 0xB0]
    return len(leads) >= 20 and sum(1 for lead in leads if lead > 0xC8) <= len(leads) * RARE_DAMAGE


def _is_gbk_in_disguise(lines: bytes) -> bool:
    """A few GBK characters can be valid UTF-8 by chance: then they read as odd letters that stand in no word."""
    decoded = lines.decode("utf-8", "ignore")
    high = [char for char in decoded if char > "\x7f"]
    if not high or len(high) > LOOKALIKE_CHARS or any(ord(char) > 0x7FF for char in high):
        return False
    runs = _HIGH_RUNS.findall(lines)
    if any(len(run) < 4 or len(run) % 2 for run in runs) or _LATIN_LETTER.search(lines):
        return False
    scripts = {ord(char) >> 7 for char in high}
    return len(scripts) > 1 and _pair_score(lines, "gb18030", _GBK_COMMON) >= MOSTLY


def _wide_bom(head: bytes) -> Encoding | None:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable("binary")
    if head.startswith(codecs.BOM_UTF16_LE):
        return Encoding("utf-16-le", 2)
    if head.startswith(codecs.BOM_UTF16_BE):
        return Encoding("utf-16-be", 2)
    return None


def _utf16_or_refuse(evidence: Evidence, nuls: int) -> Encoding:
    name = "utf-16-le" if evidence.nuls_odd >= nuls * MOSTLY else "utf-16-be" if evidence.nuls_even >= nuls * MOSTLY else ""
    text = evidence.head.decode(name, "replace") if name else ""
    odd = sum(1 for char in text if (char < " " and ord(char) not in TEXT_CONTROLS) or char == "\ufffd")
    if not text or odd > len(text) * WIDE_CONTROLS:
        raise Unreadable("binary")
    return Encoding(name, is_guess=True)


_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in TEXT_CONTROLS)


def _count_controls(evidence: Evidence, chunk: bytes) -> None:
    nuls = chunk.count(b"\x00")
    if nuls:
        even = chunk[::2].count(b"\x00")
        if evidence.size % 2:
            even = nuls - even
        evidence.nuls_even += even
        evidence.nuls_odd += nuls - even
    evidence.controls += len(chunk) - len(chunk.translate(None, _CONTROL_BYTES)) - nuls


def chosen_encoding(source: Path, name: str) -> Encoding:
    """Take the encoding a person chose (a key of NAMES), with the BOM skipped. Raises Unreadable when the file is not in it."""
    with source.open("rb") as file:
        head = file.read(4)
    boms = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    bom = boms.get(name, b"\x00\x00\x00\x00\x00")
    encoding = Encoding(name, len(bom) if head.startswith(bom) else 0)
    bad = total = 0
    for piece in _decoded(source, encoding):
        bad += piece.count("\ufffd")
        total += len(piece)
    if name not in NAMES or bad > max(4, total // 200):
        raise Unreadable("wrong_encoding", encoding=NAMES.get(name, name))
    return encoding


def _decoded(source: Path, encoding: Encoding) -> Iterable[str]:
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    with source.open("rb") as file:
        file.seek(encoding.skip)
        while chunk := file.read(CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", True)
