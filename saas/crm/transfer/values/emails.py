"""E-mail addresses: several in a cell, with names around them, normalised without asking the network."""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from saas.crm.transfer.said import Said
from saas.crm.transfer.values.outcome import EMPTY, Problem, Value, problem
from saas.crm.transfer.values.text import NOTHING, is_error, link_target

LONGEST = 254
LONGEST_LOCAL = 64

_ORDINARY = re.compile(r"[a-z0-9_+%'-]+(?:\.[a-z0-9_+%'-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?::::|[;；、,，|\n])\s*|\s+(?:or|oder|或|/)\s+|/(?=[^/@\s]+@)|(?<=[a-z])\s+(?=[^\s@<>]+@)", re.IGNORECASE)
_BRACKETS = re.compile(r"[^<>]*<([^<>@\s]+@[^<>\s]+)>")
_LABEL = re.compile(r"^(?:\*\s*|mailto:|e-?mail\s*[:：]\s*|邮箱\s*[:：]\s*)+", re.IGNORECASE)
_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\}|＠|@)\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(punkt\)|。|．)\s*", re.IGNORECASE)
_HAN_BEFORE = re.compile(r"[\u3400-\u9fff]+[a-z0-9._+-]+@", re.IGNORECASE)
# Slips of the finger in the domains that most people use; proposed, never changed unasked.
_SLIPS = {"gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmail.con": "gmail.com", "gamil.com": "gmail.com", "hotmial.com": "hotmail.com", "yaho.com": "yahoo.com",
          "outlok.com": "outlook.com", "qq.con": "qq.com", "163.con": "163.com", "gmail.cm": "gmail.com", "gnail.com": "gmail.com"}  # fmt: skip


def parse_emails(text: str) -> Value | Problem:
    """Read the addresses of a cell as a list in order, without repeats; domains in lower case."""
    fast = _ordinary(text)
    if fast:
        return Value([fast])
    if text.casefold() in NOTHING:
        return EMPTY
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = unicodedata.normalize("NFKC", _DOT.sub(".", _AT.sub("@", link_target(text)))).strip()
    found: list[str] = []
    parts = [part for part in _SPLIT.split(_names_out(plain)) if part]
    good = []
    for part in parts:
        address = _one(part)
        if address is None:
            continue
        good.append(address)
        if address.casefold() not in (each.casefold() for each in found):
            found.append(address)
    if len(good) < len(parts) or not found:
        slip = _proposal(plain) if len(parts) == 1 else "; ".join(found)
        return problem("not_an_email" if len(parts) == 1 else "bad_email_among", slip or None, text=text[:80])
    is_changed = len(parts) == 1 and found[0].casefold() != _LABEL.sub("", text).strip().casefold()
    return Value(found, (Said("email_mended", {"text": text[:80], "email": found[0]}),) if is_changed else ())


def _names_out(text: str) -> str:
    """Drop the names in `Hans Müller <hans@example.com>, …`, which may hold commas of their own."""
    inside = _BRACKETS.findall(text)
    return ";".join(inside) if inside and len(inside) == text.count("@") else text


def _ordinary(text: str) -> str:
    """Accept what nearly all addresses look like, by one expression; "" when the library has to judge."""
    if len(text) > LONGEST or not _ORDINARY.fullmatch(text):
        return ""
    local, _, domain = text.partition("@")
    if len(local) > LONGEST_LOCAL or "--" in domain:
        return ""
    return f"{local}@{domain.lower()}"


def _one(part: str) -> str | None:
    address = _LABEL.sub("", part).strip().strip("<>()[]\"'“”‘’.,;:，。 ")
    fast = _ordinary(address)
    if fast:
        return fast
    if " " in address:
        # A name may stand before the address without any bracket; else the blank is a slip inside it.
        word = next((word for word in address.split() if "@" in word.strip("@")), "")
        return _ordinary(word) or _ordinary(address.replace(" ", "")) or None
    if _HAN_BEFORE.match(address):
        return None
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError:
        return None


def _proposal(text: str) -> str:
    local, _, domain = text.replace(" ", "").partition("@")
    if not local or "@" in domain.lstrip("@"):
        return ""
    if _HAN_BEFORE.match(text):
        local = local.lstrip("".join(char for char in local if not char.isascii()))
    mended = re.sub(r"[,;]+", ".", re.sub(r"\.{2,}", ".", domain.lstrip("@"))).strip(".")
    return _ordinary(f"{local.strip('.')}@{mended}")


def slip_of(address: str) -> str | None:
    """Return the address that was probably meant when the domain is a common slip of the finger, else None."""
    local, _, domain = address.partition("@")
    meant = _SLIPS.get(domain)
    return f"{local}@{meant}" if meant else None
