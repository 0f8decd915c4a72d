"""Web addresses, normalised: a scheme, the host in lower case, nothing that runs code."""

from __future__ import annotations

import re
import unicodedata

from saas.crm.transfer.values.outcome import EMPTY, Problem, Value, problem
from saas.crm.transfer.values.text import NOTHING, is_error, link_target

LONGEST = 2_000
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<host>(?:[^\s/@:?#.]{1,63}\.)+[^\s/@:?#.\d][^\s/@:?#.]{1,62}|\d{1,3}(?:\.\d{1,3}){3})\.?(?P<port>:\d{1,5})?(?P<rest>[/?#]\S*)?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SLIP = re.compile(r"^(?:https?[:;]?/{1,3}|https?//:|ttps?://|http\.//|https?:\\\\)(?=[^/])", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?::::|[;；、\n|])\s*|,\s*(?=https?:|www\.)|\s+(?=https?:|www\.)", re.IGNORECASE)


def parse_url(text: str) -> Value | Problem:
    """Read the first web address of a cell; `www.Example.com/` becomes `https://www.example.com`."""
    if text.casefold() in NOTHING:
        return EMPTY
    if is_error(text):
        return problem("excel_error", "", text=text)
    plain = unicodedata.normalize("NFKC", link_target(text)).strip()
    first = next((part for part in _SPLIT.split(plain) if part), "").strip("<>\"' ").removeprefix("* ")
    if first.startswith(("//", "://")):
        first = first.lstrip(":/")
    elif not first.lower().startswith(("http://", "https://")):
        first = _SLIP.sub("https://", first)
    match = _URL.fullmatch(first)
    if not match or len(first) > LONGEST or (match["scheme"] or "http://").lower() not in ("http://", "https://"):
        unsafe = _SCHEME.match(first) and not first.lower().startswith(("http", "www."))
        return problem("unsafe_url" if unsafe and "." not in first.partition(":")[0] else "not_a_url", None, text=text[:80])
    rest = match["rest"] or ""
    scheme = (match["scheme"] or "https://").lower()
    return Value(f"{scheme}{match['host'].lower()}{match['port'] or ''}{'' if rest == '/' else rest}")


def parse_domain(text: str) -> str | None:
    """Return the bare host of a web or e-mail address without `www.`, None when there is none."""
    outcome = parse_url(text.rpartition("@")[2])
    if isinstance(outcome, Problem) or outcome.value is None:
        return None
    host = str(outcome.value).partition("://")[2]
    return re.split(r"[/:?#]", host)[0].removeprefix("www.") or None
