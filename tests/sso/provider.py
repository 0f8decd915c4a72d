"""The provider of `provider.mjs` as a process of its own, and a browser's way through its pages."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from saas.devstack.ports import free_port
from saas.web.assets_build import MODULES, ROOT, _node

MAX_STEPS = 8
CLIENT_SECRET = "a-secret-of-at-least-thirty-two-letters"


class Idp:
    """A running provider. `issuer` is what the product is told; every method but `stop` needs it running."""

    def __init__(self, name: str = "idp") -> None:
        self.port = free_port()
        self.issuer = f"http://{name}.localhost:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process; return when it listens."""
        command = [_node(), str(ROOT / "tests" / "sso" / "provider.mjs"), str(self.port), self.issuer]
        self._process = subprocess.Popen(
            command, cwd=MODULES.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip() == "ready", f"the provider does not start: {line!r}"

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def account(self, sub: str, **claims: Any) -> str:
        """Make or change an account; whoever types `sub` on the sign-in page is this one."""
        self._tell("account", {"sub": sub, "claims": {"email_verified": True, "name": sub.title(), **claims}})
        return sub

    def client(self, redirect_uri: str, client_id: str, **more: Any) -> None:
        """Register the product as a client."""
        self._tell("client", {"client_id": client_id, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri], **more})

    def lie(self, **how: Any) -> None:
        """Alter tokens from now on: `claims`, `without`, `header`, `signature` (broken, none, secret); nothing named tells the truth again."""
        self._tell("lie", how)

    def rotate(self) -> None:
        """Sign with a new key; the old one is not published any more."""
        self._tell("rotate", {})

    def sign_in(self, url: str, login: str) -> str:
        """Go through the provider's pages as a browser does; return the address it sends back to, unvisited."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers={"Host": urlsplit(self.issuer).netloc}) as browser:
            answer = browser.get(_path(url))
            for _step in range(MAX_STEPS):
                if answer.status_code in (302, 303):
                    target = urljoin(self.issuer, answer.headers["location"])
                    if urlsplit(target).netloc != urlsplit(self.issuer).netloc:
                        return target
                    answer = browser.get(_path(target))
                    continue
                assert answer.status_code == 200, answer.text
                form = _Form()
                form.feed(answer.text)
                answer = browser.post(_path(form.action), data={"login": login})
        raise AssertionError("the provider sends its browser in circles")

    def _tell(self, what: str, body: dict[str, Any]) -> None:
        answer = httpx.post(f"http://127.0.0.1:{self.port}/_test/{what}", content=json.dumps(body), trust_env=False)
        assert answer.status_code == 200, answer.text


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


class _Form(HTMLParser):
    action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.action = dict(attrs).get("action") or ""
