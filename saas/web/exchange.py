"""What a handler is given (`Req`) and gives back (`Reply`): plain values, so that a handler can run in one thread call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from saas.auth.sessions import NO_PROOF, Person, Proof
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant

TOAST_COOKIE = "toast"
# Holds the number of the look of who looks as another member.
LOOK_COOKIE = "look_as"


@dataclass(frozen=True)
class UploadedFile:
    """A file of a submitted form, already on disk; it is removed when the request is over."""

    filename: str
    content_type: str
    path: Path
    size: int


@dataclass(frozen=True)
class Req:
    """One request, read to its end. `query` and `form` map names to all values sent; `csrf` is the token this page's forms carry.

    `looking` is the name of the member as whom somebody else looks, empty for everybody who is just themselves.
    """

    method: str
    path: str
    raw_query: str
    params: dict[str, str]
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    files: dict[str, UploadedFile]
    headers: dict[str, str]
    cookies: dict[str, str]
    address: str
    host: str
    slug: str | None
    runtime: Runtime
    request_id: str
    locale: str = "en"
    timezone: str = "UTC"
    csrf: str = ""
    tenant: Tenant | None = None
    identity: Person | None = None
    session_id: UUID | None = None
    proof: Proof = NO_PROOF
    requires_factor: bool = False
    looking: str = ""

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a name in the form, then in the query."""
        values = self.form.get(name) or self.query.get(name)
        return values[0] if values else default

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")

    @property
    def is_htmx(self) -> bool:
        return self.headers.get("hx-request") == "true"

    @property
    def htmx_target(self) -> str:
        """The id of the element htmx will swap; empty for a whole page (also when htmx restores one from its history)."""
        if self.headers.get("hx-history-restore-request") == "true":
            return ""
        return self.headers.get("hx-target", "") if self.is_htmx else ""

    @property
    def url(self) -> str:
        """Path and query as they were asked for."""
        return f"{self.path}?{self.raw_query}" if self.raw_query else self.path


@dataclass
class CookieChange:
    """A cookie to set, or to remove when `value` is None."""

    name: str
    value: str | None
    max_age_s: int | None = None


@dataclass
class Reply:
    """One answer. `body` is text, bytes, or an iterator of bytes read after the transaction."""

    body: str | bytes | Iterator[bytes] = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[CookieChange] = field(default_factory=list)

    @classmethod
    def html(cls, text: str, status: int = 200) -> Reply:
        return cls(text, status)

    @classmethod
    def redirect(cls, url: str, status: int = 303) -> Reply:
        return cls("", status, headers={"Location": url})

    @classmethod
    def empty(cls, status: int = 204) -> Reply:
        return cls("", status)

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Reply:
        return cls(json.dumps(value, ensure_ascii=False), status, "application/json")

    @classmethod
    def stream(cls, chunks: Iterator[bytes], content_type: str, filename: str | None = None) -> Reply:
        """Send a file; with a name it is a download. Served so that a browser never runs what is in it."""
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        if filename:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
        return cls(chunks, 200, content_type, headers)

    def set_cookie(self, name: str, value: str, max_age_s: int | None = None) -> Reply:
        self.cookies.append(CookieChange(name, value, max_age_s))
        return self

    def delete_cookie(self, name: str) -> Reply:
        self.cookies.append(CookieChange(name, None))
        return self

    def toast(self, message: str, undo_url: str | None = None, tone: str = "success", href: str | None = None) -> Reply:
        """Show a message once: at once for htmx, on the next page after a redirect."""
        toast = {"message": message, "tone": tone, "undo_action": undo_url, "href": href}
        if 300 <= self.status < 400:
            return self.set_cookie(TOAST_COOKIE, quote(json.dumps(toast, ensure_ascii=False)), max_age_s=60)
        return self.trigger("toast", toast)

    def trigger(self, event: str, detail: Any) -> Reply:
        """Raise an event in the page (htmx' HX-Trigger)."""
        events = json.loads(self.headers.get("HX-Trigger", "{}"))
        events[event] = detail
        self.headers["HX-Trigger"] = json.dumps(events)
        return self
