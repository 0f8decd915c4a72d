"""What browsers complain about while journeys run: script errors, refused policies, foreign hosts, broken answers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# A refused form answers 422, an edit that somebody else was faster with 409: the browser reports them, and they are meant.
# A page that is not found or is closed is a page too; only what pages are made of must be there.
_MEANT = re.compile(r"Failed to load resource: the server responded with a status of (409|422) ")
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (403|404) ")


class Watch:
    """Collects faults of any number of browser contexts; `faults` is empty when all is well."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of a context from now on."""
        context.on("console", self._heard)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        where, source = message.page.url if message.page else "", message.location.get("url", "")
        is_page = _REFUSED.match(message.text) is not None and source == where
        if message.type == "error" and not is_page and not _MEANT.match(message.text):
            self.faults.append(f"console on {where}: {message.text} ({source})")

    def _broke(self, error: WebError) -> None:
        self.faults.append(f"script on {error.page.url if error.page else ''}: {error.error}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        is_ours = address.hostname is not None and (address.hostname == "localhost" or address.hostname.endswith(".localhost"))
        if address.scheme not in ("data", "blob") and not is_ours:
            self.faults.append(f"foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} from {response.request.method} {response.url}")
