"""Connections to PostgreSQL. A connection does work only inside a *scope*: a role and a search path set locally to the transaction.

What a tenant's scope is, is said in `tenants.session`; this module only knows how a scope reaches the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
from psycopg import generators, pq, sql
from psycopg.abc import PQGen
from psycopg.types.json import set_json_dumps, set_json_loads
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from saas.core import statements

# Each tenant that a backend has served leaves catalog cache in it: 1.3 MB where all of 60 tables were read (docs/decisions/0001).
TENANTS_PER_CONNECTION = 80

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


@dataclass(frozen=True)
class Scope:
    """The role and schemas one transaction runs under. Times are in milliseconds; 0 means without limit.

    `is_read_only` lets the server refuse every write. `preamble` is what follows BEGIN in the same message.
    """

    role: str
    schemas: tuple[str, ...]
    statement_timeout_ms: int = 20_000
    lock_timeout_ms: int = 5_000
    idle_timeout_ms: int = 60_000
    is_read_only: bool = False
    preamble: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        path = sql.SQL(", ").join(sql.Identifier(schema) for schema in self.schemas)
        text = sql.SQL(
            "; SET LOCAL ROLE {role}; SET LOCAL search_path = {path};"
            " SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock};"
            " SET LOCAL idle_in_transaction_session_timeout = {idle}"
        ).format(
            role=sql.Identifier(self.role),
            path=path,
            statement=sql.Literal(self.statement_timeout_ms),
            lock=sql.Literal(self.lock_timeout_ms),
            idle=sql.Literal(self.idle_timeout_ms),
        )
        closing = b"; SET LOCAL transaction_read_only = on" if self.is_read_only else b""
        object.__setattr__(self, "preamble", text.as_bytes(None) + closing)


class ExtendedCursor(psycopg.Cursor[Any]):
    """A cursor that sends only work, and never by the simple protocol, under which one string could hold several statements."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:  # noqa: ARG002 - psycopg's signature
        statements.check(query.query)
        super()._execute_send(query, force_extended=True, binary=binary)


class ExtendedServerCursor(psycopg.ServerCursor[Any]):
    """The same for cursors that live on the server; none outlives its transaction."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:  # noqa: ARG002 - psycopg's signature
        statements.check(query.query)
        super()._execute_send(query, force_extended=True, binary=binary)


class ScopedConnection(psycopg.Connection[Any]):
    """A connection whose BEGIN carries the scope, in the same round trip; without a scope it reaches no table."""

    scope: Scope | None = None

    # A pipeline cannot carry the preamble, which is several statements: the transaction begins before it.
    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        """Send statements without waiting for each answer; inside the scope, and not across a commit."""
        with self.lock:
            self.wait(self._enter())
        with super().pipeline() as batch:
            yield batch

    @contextmanager
    def _pipeline_nolock(self) -> Iterator[psycopg.Pipeline]:
        """The same for `executemany`, which holds the lock already."""
        self.wait(self._enter())
        with super()._pipeline_nolock() as batch:
            yield batch

    def _enter(self) -> PQGen[None]:
        if self.scope is not None:
            yield from self._start_query()

    def _start_query(self) -> PQGen[None]:
        # psycopg is pinned, and tests/core/test_db.py holds this private door to its promise.
        if self.scope is None:
            yield from super()._start_query()
            return
        if self._autocommit:
            raise psycopg.ProgrammingError("a scope lasts for one transaction; there is none in autocommit mode")
        if self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return
        self.pgconn.send_query(self._get_tx_start_command() + self.scope.preamble)
        for result in (yield from generators.execute(self.pgconn)):
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result, encoding=self.info.encoding)


def app_engine(url: str, pool_size: int, wait_s: float = 10) -> Engine:
    """Make the engine of the run-time login. Every transaction must be opened through `scoped`.

    When all connections are in use, a caller waits `wait_s` before sqlalchemy.exc.TimeoutError.
    """

    def connect() -> ScopedConnection:
        connection = ScopedConnection.connect(url, prepare_threshold=None, cursor_factory=ExtendedCursor)
        connection.server_cursor_factory = ExtendedServerCursor
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait_s,
        use_native_hstore=False,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
    )
    event.listen(engine, "checkin", _leave_scope)
    return engine


def ddl_engine(url: str) -> Engine:
    """Make the engine of the login that owns all tenant schemas: migrations, provisioning, index jobs."""

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(url, prepare_threshold=None)

    return create_engine("postgresql+psycopg://", creator=connect, pool_size=4, max_overflow=4, use_native_hstore=False)


@contextmanager
def scoped(engine: Engine, scope: Scope) -> Iterator[Connection]:
    """Check out a connection whose transactions all run under `scope`. The caller commits; leaving rolls back."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, ScopedConnection)
        raw.scope = scope
        served: set[str] = connection.info.setdefault("served", set())
        served.add(scope.role)
        yield connection


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write many rows into a table of the current scope by COPY. Lists become arrays; wrap JSON values in psycopg's Jsonb."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, ScopedConnection)
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with raw.cursor() as cursor, cursor.copy(statement) as target:
        for row in rows:
            target.write_row(row)


def _leave_scope(raw: Any, entry: ConnectionPoolEntry) -> None:
    """Forget the scope on check-in, or an unused transaction would leak its tenant into the next check-out."""
    if not isinstance(raw, ScopedConnection):
        return
    raw.scope = None
    if len(entry.info.get("served", ())) > TENANTS_PER_CONNECTION:
        entry.invalidate(soft=True)
