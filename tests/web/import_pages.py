"""Walking through the pages of an import as a browser would: forms are read from the pages and sent back. No assertions here."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.worlds import Client, World

PERSONS = b"First name,Last name,E-mail,Company\nAda,Lovelace,ada@engine.example,Engine Ltd\nGrace,Hopper,grace@navy.example,Navy\n"


class Forms(HTMLParser):
    """The fields of all forms of a page, by the form's id, as a browser would send them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, list[str]]] = {}
        self._form = self._select = ""
        self._options: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        name = have.get("name") or ""
        if tag == "form":
            self._form = have.get("id") or have.get("action") or ""
            self.found[self._form] = {}
        elif not self._form:
            return
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((have.get("value") or "", "selected" in have))
        elif tag == "input" and name and name != "csrf_token":
            is_choice = have.get("type") in ("checkbox", "radio")
            if not is_choice or "checked" in have:
                self.found[self._form].setdefault(name, []).append(have.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "select" and self._form:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [value for value, _no in self._options[:1]]
            self.found[self._form].setdefault(self._select, []).extend(chosen)


def form(answer: httpx.Response, form_id: str) -> dict[str, Any]:
    """Read one form of a page."""
    return dict(Forms(answer.text).found[form_id])


def upload(client: Client, content: bytes, filename: str = "list.csv", kind: str = "contacts") -> httpx.Response:
    """Submit a file."""
    return client.post("/imports/new", {"object": kind}, files={"file": (filename, content, "application/octet-stream")})


class Walk:
    """One import, seen through the pages."""

    def __init__(self, world: World, client: Client, content: bytes = PERSONS, kind: str = "contacts", filename: str = "list.csv") -> None:
        self.world, self.client = world, client
        self.url = upload(client, content, filename, kind).headers["location"]
        world.work()

    @property
    def id(self) -> str:
        return self.url.rpartition("/")[2]

    def page(self, path: str = "") -> httpx.Response:
        return self.client.get(self.url + path)

    def map(self, changed: Mapping[str, str] | None = None) -> httpx.Response:
        """Send the mapping form as it stands, with some fields changed."""
        return self.client.post(f"{self.url}/mapping", {**form(self.page("/mapping"), "mapping-form"), **(changed or {})})

    def check(self, changed: Mapping[str, str] | None = None) -> httpx.Response:
        """Send the mapping form and do the dry run."""
        self.map(changed)
        self.world.work()
        return self.page()

    def decide(self, then: str, changed: Mapping[str, Any] | None = None) -> httpx.Response:
        """Send the form below the dry run, with some fields changed."""
        return self.client.post(f"{self.url}/decide", {**form(self.page(), "decide-form"), **(changed or {}), "then": then})

    def finish(self) -> httpx.Response:
        """Begin, and do it."""
        self.decide("begin")
        self.world.work()
        return self.page()


def message(answer: httpx.Response) -> str:
    """Read the error beside the file field."""
    found = re.search(r'class="field-error"[^>]*>.*?<span>(.*?)</span>', answer.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def figures(answer: httpx.Response) -> dict[str, str]:
    """Read the figures of a run's page."""
    found = re.findall(r'class="stat-label">(.*?)</span>\s*<span class="stat-value">(.*?)</span>', answer.text, re.DOTALL)
    return {html.unescape(label): value for label, value in found}
