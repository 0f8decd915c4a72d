"""Reading our own pages in tests: rows, links, forms. No assertions here."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

_ROW = re.compile(r'<tr data-row id="row-([0-9a-f-]{36})"')
_LINK = re.compile(r'<a class="btn[^"]*" id="page-(next|prev)" rel="(?:next|prev)" href="([^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def rows(answer: httpx.Response) -> list[str]:
    """List the keys of the rows of a list, in order."""
    assert answer.status_code == 200, answer.text[:500]
    return _ROW.findall(answer.text)


def neighbour(answer: httpx.Response, which: str) -> str | None:
    """Find the address of the `next` or `prev` page."""
    found = dict(_LINK.findall(answer.text))
    return html.unescape(found[which]) if which in found else None


def form_of(answer: httpx.Response, form_id: str) -> dict[str, list[str]]:
    """Read the hidden fields of a form, without its CSRF token."""
    inside = re.search(rf'<form[^>]*id="{form_id}".*?</form>', answer.text, re.DOTALL)
    assert inside, f"there is no form {form_id}"
    found: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(inside[0]):
        if name != "csrf_token":
            found.setdefault(html.unescape(name), []).append(html.unescape(value))
    return found


def query_of(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def texts(answer: httpx.Response) -> str:
    """Give what a reader would read, without markup."""
    bare = re.sub(r"<(script|style|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def toast(answer: httpx.Response) -> dict[str, Any]:
    """Read the toast that a redirect carries to the next page."""
    raw = answer.cookies.get("toast") or ""
    found: dict[str, Any] = json.loads(unquote(raw.strip('"'))) if raw else {}
    return found
