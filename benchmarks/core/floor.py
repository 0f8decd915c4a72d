"""The floor under a page: the same statements through bare psycopg and the same template over what it was given, in a bare ASGI handler.

At its start it lets the product answer each address once and records the statements (with the scope of each transaction) and what
was rendered; then it serves exactly that, in as many threads as the product has.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psycopg
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine, event

from saas import app as product
from saas.core.db import ScopedConnection
from saas.core.ids import new_id
from saas.core.settings import from_env
from saas.web import render as rendering


@dataclass
class Work:
    """What one address does: transactions as (database URL, preamble, [(statement, parameters)]), and what it renders."""

    transactions: list[tuple[str, bytes, list[tuple[str, Any]]]] = field(default_factory=list)
    rendered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200
    location: str = ""


class Recorder:
    """Listens to one answer of the product."""

    def __init__(self) -> None:
        self.work = Work()
        self._open: dict[int, list[tuple[str, Any]]] = {}

    def statement(self, connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, ScopedConnection)
        assert raw.scope is not None
        key = id(raw)
        if key not in self._open:
            self._open[key] = []
            self.work.transactions.append((raw.info.dsn, raw.scope.preamble, self._open[key]))
        self._open[key].append((statement, parameters))

    def ended(self, connection: Any) -> None:
        self._open.pop(id(connection.connection.dbapi_connection), None)


class Pool:
    """Bare connections, one for each thread and database."""

    def __init__(self, url: str, size: int) -> None:
        self._free: queue.SimpleQueue[psycopg.Connection[Any]] = queue.SimpleQueue()
        for _number in range(size):
            self._free.put(psycopg.connect(url, prepare_threshold=None, autocommit=True))

    @contextmanager
    def one(self) -> Iterator[psycopg.Connection[Any]]:
        found = self._free.get()
        try:
            yield found
        finally:
            self._free.put(found)


class Floor:
    """An ASGI application that serves recorded work. `POST /record` with host, path, cookie and form records an address."""

    def __init__(self) -> None:
        self.settings = from_env()
        self._works: dict[tuple[str, str], Work] = {}
        self._pools: dict[str, Pool] = {}
        self._limiter: CapacityLimiter | None = None
        self._urls = {cell.app_url.rsplit("/", 1)[-1]: cell.app_url for cell in self.settings.cells}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        headers = dict(scope["headers"])
        key = (headers[b"host"].decode(), scope["path"])
        if key not in self._works:
            await self._record(key, scope, headers, await _body(receive))
        elif scope["method"] == "POST":
            await _body(receive)
        if self._limiter is None:
            self._limiter = CapacityLimiter(self.settings.pool_size)
        body = await to_thread.run_sync(partial(self._serve, self._works[key]), limiter=self._limiter)
        work = self._works[key]
        sent = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        if work.location:
            sent.append((b"location", work.location.encode()))
        await send({"type": "http.response.start", "status": work.status, "headers": sent})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _record(self, key: tuple[str, str], scope: Any, headers: dict[bytes, bytes], body: bytes) -> None:
        """Let the product answer twice (the first fills its caches) and keep what the second answer did."""
        application = product.create(self.settings)
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        plain = {name.decode(): value.decode() for name, value in headers.items()}
        url = f"http://{key[0]}{key[1]}"
        async with httpx.AsyncClient(transport=transport) as client:
            await client.request(scope["method"], url, headers=plain, content=body)
            recorder, original = Recorder(), rendering.Renderer.render

            def keep(self: Any, template_name: str, **context: Any) -> str:
                recorder.work.rendered.append((template_name, context))
                return original(self, template_name, **context)

            event.listen(Engine, "before_cursor_execute", recorder.statement)
            event.listen(Engine, "commit", recorder.ended)
            event.listen(Engine, "rollback", recorder.ended)
            rendering.Renderer.render = keep  # type: ignore[method-assign]
            try:
                answer = await client.request(scope["method"], url, headers=plain, content=body)
            finally:
                rendering.Renderer.render = original  # type: ignore[method-assign]
                event.remove(Engine, "before_cursor_execute", recorder.statement)
                event.remove(Engine, "commit", recorder.ended)
                event.remove(Engine, "rollback", recorder.ended)
        recorder.work.status, recorder.work.location = answer.status_code, answer.headers.get("location", "")
        assert answer.status_code < 400, (key, answer.status_code)
        application.runtime.close()
        self._works[key] = recorder.work

    def _serve(self, work: Work) -> bytes:
        fresh: dict[Any, Any] = {}
        for dsn, preamble, statements in work.transactions:
            name = dict(part.split("=", 1) for part in dsn.split() if "=" in part)["dbname"]
            if name not in self._pools:
                self._pools[name] = Pool(self._urls[name], self.settings.pool_size)
            with self._pools[name].one() as connection:
                connection.pgconn.exec_(preamble)
                for statement, parameters in statements:
                    cursor = connection.execute(statement, _renewed(parameters, fresh))  # type: ignore[arg-type]
                    if cursor.description:
                        names = [column.name for column in cursor.description]
                        [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
                connection.pgconn.exec_(b"COMMIT")
        parts = [rendering.render(template, **context) for template, context in work.rendered]
        return "".join(parts).encode()


def _renewed(parameters: Any, fresh: dict[Any, Any]) -> Any:
    """Give rows that are inserted new keys and codes each time."""
    if not isinstance(parameters, dict) or "code" not in parameters:
        return parameters
    made = new_id()
    fresh[parameters.get("id")] = made
    return parameters | {"id": made, "code": f"F-{made.hex}"}


async def _body(receive: Any) -> bytes:
    found = b""
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body"):
            return found


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


app = Floor() if "DATABASE_URL" in os.environ else None
