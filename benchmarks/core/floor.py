"""The floor under a page: the same statements through bare psycopg and the same templates over what they were given, in a bare ASGI handler.

When an address is asked for first, the product answers it, with the same cookies, until its caches are warm; what the last answer did
is recorded and from then on served: exactly that, in as many threads as the product has.
"""

from __future__ import annotations

import os
import queue
import threading
from asyncio import Lock
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from anyio import CapacityLimiter, to_thread
from psycopg.rows import dict_row
from sqlalchemy import Engine, event

from saas import app as product
from saas.core import i18n
from saas.core.db import ScopedConnection
from saas.core.ids import new_id
from saas.core.settings import Settings, from_env
from saas.web import render as rendering

# Says how the statements of each recorded address read.
EXPLAIN = "BENCH_EXPLAIN"
WARMING = 2

# Whether the product answers in this context; other threads may be serving recorded work meanwhile.
_observed: ContextVar[bool] = ContextVar("observed", default=False)

Statements = list[tuple[str, Any, bool]]


@dataclass(frozen=True)
class Rendered:
    """One rendering: a template, a block of it or all of it, what it was given, and for which reader."""

    template: str
    block: str | None
    context: dict[str, Any]
    reader: tuple[str, str]

    def again(self) -> str:
        """Render it once more."""
        with i18n.use(*self.reader):
            if self.block:
                return rendering.render_block(self.template, self.block, **self.context)
            return rendering.render(self.template, **self.context)


@dataclass
class Work:
    """What one address does: transactions as (database, preamble, statements), and what it renders."""

    transactions: list[tuple[str, bytes, Statements]] = field(default_factory=list)
    rendered: list[Rendered] = field(default_factory=list)
    status: int = 200
    location: str = ""
    size: int = 0

    def explain(self) -> str:
        """Write down all statements, for reading."""
        lines = []
        for database, preamble, statements in self.transactions:
            lines.append(f"-- {database}\nBEGIN{preamble.decode()};")
            lines += [" ".join(f"{statement}; -- {parameters}".split())[:1_500] for statement, parameters, _many in statements]
            lines.append("COMMIT;")
        lines += [f"-- render {each.template} {each.block or ''}" for each in self.rendered]
        return "\n".join(lines)


class Recorder:
    """Listens to one answer of the product; one at a time."""

    def __init__(self) -> None:
        self.work = Work()
        self._open: dict[int, Statements] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record what happens inside the block."""
        listeners = {"before_cursor_execute": self._statement, "commit": self._ended, "rollback": self._ended}
        originals = rendering.Renderer.render, rendering.Renderer.render_block
        rendering.Renderer.render, rendering.Renderer.render_block = self._wrapped(*originals)  # type: ignore[method-assign, assignment]
        for name, listener in listeners.items():
            event.listen(Engine, name, listener)
        token = _observed.set(True)
        try:
            yield
        finally:
            _observed.reset(token)
            rendering.Renderer.render, rendering.Renderer.render_block = originals  # type: ignore[method-assign]
            for name, listener in listeners.items():
                event.remove(Engine, name, listener)

    def _wrapped(self, whole: Any, part: Any) -> tuple[Any, Any]:
        def render(renderer: Any, template: str, **context: Any) -> Any:
            if _observed.get():
                self.work.rendered.append(Rendered(template, None, context, _reader()))
            return whole(renderer, template, **context)

        def render_block(renderer: Any, template: str, block: str, **context: Any) -> Any:
            if _observed.get():
                self.work.rendered.append(Rendered(template, block, context, _reader()))
            return part(renderer, template, block, **context)

        return render, render_block

    def _statement(self, connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, ScopedConnection)
        assert raw.scope is not None
        key = id(raw)
        if key not in self._open:
            self._open[key] = []
            self.work.transactions.append((raw.info.dbname, raw.scope.preamble, self._open[key]))
        self._open[key].append((statement, parameters, is_many))

    def _ended(self, connection: Any) -> None:
        self._open.pop(id(connection.connection.dbapi_connection), None)


def _reader() -> tuple[str, str]:
    return i18n.current_locale(), i18n.current_timezone().key


class Pool:
    """Bare connections to one database, one for each thread."""

    def __init__(self, url: str, size: int) -> None:
        self._free: queue.SimpleQueue[psycopg.Connection[Any]] = queue.SimpleQueue()
        for _number in range(size):
            self._free.put(psycopg.connect(url, prepare_threshold=None, autocommit=True, row_factory=dict_row))

    @contextmanager
    def one(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection."""
        found = self._free.get()
        try:
            yield found
        finally:
            self._free.put(found)


class Floor:
    """An ASGI application that serves recorded work."""

    def __init__(self, settings: Settings) -> None:
        self._size = settings.pool_size
        self._product = product.create(settings)
        self._works: dict[tuple[str, ...], Work] = {}
        urls = (settings.control_url, *(cell.app_url for cell in settings.cells))
        self._urls = {urlsplit(url).path.lstrip("/"): url for url in urls}
        self._pools: dict[str, Pool] = {}
        self._pools_lock = threading.Lock()
        self._lock = Lock()
        self._limiter: CapacityLimiter | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        headers = dict(scope["headers"])
        key = (headers[b"host"], scope["path"], scope["query_string"], headers.get(b"hx-target", b""))
        body = await _body(receive) if scope["method"] == "POST" else b""
        work = self._works.get(key) or await self._record(key, scope, headers, body)
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._size)
        page = await to_thread.run_sync(partial(self._serve, work), limiter=self._limiter)
        sent = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(page)).encode())]
        if work.location:
            sent.append((b"location", work.location.encode()))
        await send({"type": "http.response.start", "status": work.status, "headers": sent})
        await send({"type": "http.response.body", "body": page})
        return None

    async def _record(self, key: tuple[str, ...], scope: Any, headers: dict[bytes, bytes], body: bytes) -> Work:
        """Let the product answer, the last time under observation."""
        async with self._lock:
            if key in self._works:
                return self._works[key]
            transport = httpx.ASGITransport(app=self._product)  # type: ignore[arg-type]
            plain = {name.decode(): value.decode() for name, value in headers.items()}
            url = f"http://{plain['host']}{scope['path']}?{scope['query_string'].decode()}"
            recorder = Recorder()
            async with httpx.AsyncClient(transport=transport) as client:
                for _time in range(WARMING):
                    await client.request(scope["method"], url, headers=plain, content=body)
                with recorder.listening():
                    answer = await client.request(scope["method"], url, headers=plain, content=body)
            assert answer.status_code < 400, (url, answer.status_code, answer.text[:500])
            work = recorder.work
            work.status, work.location, work.size = answer.status_code, answer.headers.get("location", ""), len(answer.content)
            if os.environ.get(EXPLAIN):
                print(f"\n{scope['method']} {url}\n{work.explain()}", flush=True)
            # It must be the same page: nothing less, nothing more.
            made = await to_thread.run_sync(self._serve, work)
            assert abs(len(made) - work.size) <= work.size // 100, (url, len(made), work.size)
            self._works[key] = work
            return work

    def _serve(self, work: Work) -> bytes:
        fresh: dict[Any, Any] = {}
        for database, preamble, statements in work.transactions:
            with self._pool(database).one() as connection:
                connection.pgconn.exec_(b"BEGIN" + preamble)
                for statement, parameters, is_many in statements:
                    if is_many:
                        connection.cursor().executemany(statement, _renewed(parameters, fresh))  # type: ignore[arg-type]
                        continue
                    cursor = connection.execute(statement, _renewed(parameters, fresh))  # type: ignore[arg-type]
                    if cursor.description:
                        cursor.fetchall()
                connection.pgconn.exec_(b"COMMIT")
        return "".join([each.again() for each in work.rendered]).encode()

    def _pool(self, database: str) -> Pool:
        if database not in self._pools:
            with self._pools_lock:
                if database not in self._pools:
                    self._pools[database] = Pool(self._urls[database], self._size)
        return self._pools[database]


def _renewed(parameters: Any, fresh: dict[Any, Any]) -> Any:
    """Give rows that are inserted new keys and codes each time."""
    if isinstance(parameters, list):
        return [_renewed(each, fresh) for each in parameters]
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


app = Floor(from_env()) if "DATABASE_URL" in os.environ else None
