"""A browser without scripts for journeys across hosts: reads forms, fills them in, follows redirects, keeps cookies for each host."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from anyio.from_thread import BlockingPortal

from saas.app import Application

MAX_REDIRECTS = 8


@dataclass
class Form:
    """A form of a page with what it would send if nothing were typed."""

    id: str
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.token = ""
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta" and found.get("name") == "csrf-token":
            self.token = found["content"]
        if tag == "form":
            self._form = Form(found.get("id", ""), found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "option" and self._form and self._select:
            if "selected" in found or self._select not in self._form.values:
                self._form.values[self._select] = found.get("value", "")
        elif self._form and found.get("name"):
            self._control(tag, found)

    def _control(self, tag: str, found: dict[str, str]) -> None:
        assert self._form is not None
        name = found["name"]
        self._form.names.add(name)
        if tag == "select":
            self._select = name
        elif tag == "input" and (found.get("type") not in ("checkbox", "radio") or "checked" in found):
            self._form.values[name] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""


class Browser:
    """One person's browser. `page` is the last answer; `url` where it came from after redirects."""

    def __init__(self, portal: BlockingPortal, app: Application, address: str, language: str = "en") -> None:
        self._portal = portal
        transport = httpx.ASGITransport(app=app, client=(address, 4000))
        self.client = httpx.AsyncClient(transport=transport, headers={"Accept-Language": language, "User-Agent": "Firefox/1 Linux"})
        self.root = app.runtime.settings.url()
        self.page: httpx.Response
        self.url = self.root

    def open(self, url: str, **options: Any) -> httpx.Response:
        """Open an address (absolute, or a path of the present host), following redirects."""
        return self.send("GET", urljoin(self.url, url), **options)

    def submit(self, form_id: str, **typed: str) -> httpx.Response:
        """Fill in a form of the present page and send it, as a person would: only fields it has can be filled."""
        form = next((f for f in self.forms() if form_id in (f.id, f.action)), None)
        assert form is not None, f"no form {form_id!r} on {self.url}: {[f.id or f.action for f in self.forms()]}"
        unknown = set(typed) - form.names
        assert not unknown, f"{form_id} has no fields {unknown}, only {form.names}"
        return self.send(form.method.upper(), urljoin(self.url, form.action), data={**form.values, **typed})

    def post(self, path: str, **data: str) -> httpx.Response:
        """Send a form by hand, with this page's own token unless another is given."""
        return self.send("POST", urljoin(self.url, path), data={"csrf_token": self.token, **data})

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        follows = options.pop("follows", True)
        self.page, self.url = self._portal.call(lambda: self.client.request(method, url, **options)), url
        for _turn in range(MAX_REDIRECTS):
            if not follows or self.page.status_code not in (302, 303):
                return self.page
            self.url = urljoin(self.url, self.page.headers["location"])
            self.page = self._portal.call(lambda: self.client.get(self.url))
        raise AssertionError(f"too many redirects, last to {self.url}")

    def forms(self) -> list[Form]:
        return self._read().forms

    @property
    def token(self) -> str:
        return self._read().token

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def cookie(self, name: str, host: str) -> str | None:
        """Read a cookie of one host."""
        wanted = host.partition(":")[0]
        return next((c.value for c in self.client.cookies.jar if c.name == name and c.domain.removesuffix(".local") == wanted), None)

    def close(self) -> None:
        self._portal.call(self.client.aclose)

    def _read(self) -> _Forms:
        found = _Forms()
        found.feed(self.page.text)
        return found
