"""The web process: which host gets which site, and what every session of the process obeys."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar.types import Receive, Scope, Send

from saas.core import log
from saas.core.settings import Settings, from_env
from saas.crm import guard
from saas.tenants import resolve
from saas.tenants.runtime import Runtime, assemble
from saas.web import modules, render
from saas.web.asgi import Threads, build
from saas.web.headers import plain_page
from saas.web.routing import public, workspace

HEALTH_PATH = "/healthz"


class Application:
    """An ASGI application that sends the bare domain to the public site and everything below it to workspaces."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        threads = Threads(runtime.settings.pool_size)
        self.public: Litestar = build(public, runtime, threads)
        self.workspace: Litestar = build(workspace, runtime, threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) == "lifespan":
            await self.public(scope, receive, send)
            return
        if scope["path"] == HEALTH_PATH:
            await _answer(send, 200, b"ok", b"text/plain")
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        slug = resolve.workspace_of(host, self.runtime.settings.domain)
        if slug is None:
            await _answer(send, 404, plain_page(404).encode(), b"text/html; charset=utf-8")
            return
        scope.setdefault("state", {})["slug"] = slug or None
        await (self.workspace if slug else self.public)(scope, receive, send)


async def _answer(send: Any, status: int, body: bytes, kind: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})


def create(settings: Settings) -> Application:
    """Assemble a web process from settings."""
    log.configure(is_development=settings.is_development)
    render.configure(settings.is_development)
    modules.load()
    guard.install()
    return Application(assemble(settings))


def __getattr__(name: str) -> Application:
    """Make `saas.app:app` on first use, so that tests may build their own without an environment."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = create(from_env())
    made: Application = globals()["app"]
    return made
