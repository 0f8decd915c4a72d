"""The scoped connection alone: what one transaction carries, and that nothing of it is left for the next one."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from saas.core.db import TENANTS_PER_CONNECTION, Scope, ScopedConnection, app_engine, scoped
from tests.servers import Servers

POOL = 4


@dataclass(frozen=True)
class Place:
    """One database with a few schemas, each with a table `mine` of two columns that holds its own schema's name once."""

    admin_url: str
    app_url: str
    scopes: tuple[Scope, ...]


def _make_schema(admin: psycopg.Connection, name: str) -> None:
    script = sql.SQL(
        "CREATE ROLE {0} NOLOGIN; GRANT {0} TO onebook_app WITH INHERIT FALSE, SET TRUE;"
        "CREATE SCHEMA {0}; GRANT USAGE ON SCHEMA {0} TO {0}; CREATE TABLE {0}.mine (name text, number int);"
        "GRANT SELECT, INSERT, DELETE ON {0}.mine TO {0}; INSERT INTO {0}.mine VALUES ({1}, 0)"
    )
    admin.execute(script.format(sql.Identifier(name), sql.Literal(name)))


@pytest.fixture(scope="module")
def place(servers: Servers, environment: dict[str, str]) -> Place:
    database = servers.databases[0]
    names = [f"t_{secrets.token_hex(6)}" for _ in range(6)]
    with psycopg.connect(servers.admin_url(database), autocommit=True) as admin:
        for name in names:
            _make_schema(admin, name)
    return Place(servers.admin_url(database), environment["DATABASE_URL"], tuple(Scope(name, (name, "extensions")) for name in names))


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    made = app_engine(place.app_url, POOL, wait_s=60)
    yield made
    made.dispose()


@pytest.fixture
def single(place: Place) -> Iterator[Engine]:
    """One connection only, so that every check-out gets the same one."""
    made = app_engine(place.app_url, 1)
    yield made
    made.dispose()


def _raw(connection: Connection) -> ScopedConnection:
    found = connection.connection.dbapi_connection
    assert isinstance(found, ScopedConnection)
    return found


def _inside(connection: Connection) -> str:
    return str(connection.execute(text("SELECT name FROM mine")).scalar_one())


def test_begin_carries_role_path_and_time_outs(engine: Engine, place: Place) -> None:
    scope = Scope(place.scopes[0].role, place.scopes[0].schemas, statement_timeout_ms=1234, lock_timeout_ms=567, idle_timeout_ms=8901)
    settings = ("role", "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with scoped(engine, scope) as connection:
        found = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in settings]
    assert found == [scope.role, f"{scope.role}, extensions", "1234ms", "567ms", "8901ms"]


def test_a_transaction_costs_one_round_trip_before_its_first_statement(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[0]) as connection:
        _inside(connection)
        connection.rollback()
        raw = _raw(connection)
        begin = (raw._get_tx_start_command() + place.scopes[0].preamble).decode()
        connection.execute(text("SELECT 1"))
        with psycopg.connect(place.admin_url) as admin:
            # In the simple protocol the server shows the whole message as the query, and the next one replaces it.
            query = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND query = 'SELECT 1' AND state = 'idle in transaction'"
            assert admin.execute(query, [raw.info.backend_pid]).fetchone() == (1,)
        assert begin.count("BEGIN") == 1
        assert begin.startswith("BEGIN; SET LOCAL ROLE ")


def test_nothing_is_left_on_the_session_after_commit_or_rollback(single: Engine, place: Place) -> None:
    for end in ("commit", "rollback"):
        with scoped(single, place.scopes[0]) as connection:
            assert _inside(connection) == place.scopes[0].role
            getattr(connection, end)()
        with single.connect() as bare:
            query = "SELECT current_user::text, current_setting('search_path'), current_setting('statement_timeout')"
            assert tuple(bare.execute(text(query)).one()) == ("onebook_app", "nowhere", "0")


def test_an_unused_check_out_leaks_nothing_into_the_next(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]):
        pass
    with single.connect() as bare:
        assert _raw(bare).scope is None
        assert bare.execute(text("SELECT current_user::text")).scalar_one() == "onebook_app"
        with pytest.raises(DBAPIError, match="does not exist"):
            bare.execute(text("SELECT name FROM mine"))


def test_a_connection_goes_from_one_scope_to_the_next(single: Engine, place: Place) -> None:
    for _ in range(3):
        for scope in place.scopes:
            with scoped(single, scope) as connection:
                assert _inside(connection) == scope.role


def test_after_rollback_and_commit_the_same_connection_enters_its_scope_again(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[0]) as connection:
        for end in (connection.rollback, connection.commit, connection.rollback):
            assert _inside(connection) == place.scopes[0].role
            end()


def test_an_error_in_a_transaction_ends_with_the_scope_intact(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[0]) as connection:
        with pytest.raises(DBAPIError, match="division by zero"):
            connection.execute(text("SELECT 1/0"))
        connection.rollback()
        assert _inside(connection) == place.scopes[0].role


def test_savepoints_keep_the_scope(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[0]) as connection, connection.begin():
        with connection.begin_nested() as inner:
            connection.execute(text("INSERT INTO mine VALUES ('x', 1)"))
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT 1/0"))
            inner.rollback()
        assert _inside(connection) == place.scopes[0].role
        with connection.begin_nested() as inner:
            connection.execute(text("DELETE FROM mine"))
            inner.rollback()
        assert _inside(connection) == place.scopes[0].role


def test_a_scope_whose_role_is_gone_fails_and_leaves_the_connection_clean(single: Engine, place: Place) -> None:
    gone = f"t_{secrets.token_hex(6)}"
    for _ in range(2):
        with scoped(single, Scope(gone, (gone,))) as connection, pytest.raises(DBAPIError, match=f'role "{gone}" does not exist'):
            connection.execute(text("SELECT 1"))
    with scoped(single, place.scopes[1]) as connection:
        assert _inside(connection) == place.scopes[1].role
    with single.connect() as bare:
        assert bare.execute(text("SELECT current_user::text")).scalar_one() == "onebook_app"


def test_a_role_the_login_does_not_belong_to_is_refused(single: Engine) -> None:
    for role in ("onebook_ddl", "postgres", "pg_read_all_data"):
        with scoped(single, Scope(role, ("public",))) as connection, pytest.raises(DBAPIError, match="permission denied to set role"):
            connection.execute(text("SELECT 1"))


def test_names_in_a_scope_are_quoted(single: Engine) -> None:
    role = 'a"; SET ROLE onebook_control; --'
    with scoped(single, Scope(role, (role,))) as connection, pytest.raises(DBAPIError, match="does not exist"):
        connection.execute(text("SELECT 1"))


def test_autocommit_is_refused_inside_a_scope(single: Engine, place: Place) -> None:
    with (
        scoped(single, place.scopes[0]) as connection,
        pytest.raises(DBAPIError, match="autocommit"),
    ):
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("SELECT name FROM mine"))
    with scoped(single, place.scopes[0]) as connection:
        assert _inside(connection) == place.scopes[0].role


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ"])
def test_the_isolation_level_is_kept_and_does_not_stay(single: Engine, place: Place, level: str) -> None:
    with scoped(single, place.scopes[0]) as connection:
        strict = connection.execution_options(isolation_level=level)
        assert strict.execute(text("SHOW transaction_isolation")).scalar_one() == level.lower()
        assert _inside(strict) == place.scopes[0].role
    with scoped(single, place.scopes[0]) as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_a_read_only_transaction_stays_read_only(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]) as connection:
        reading = connection.execution_options(postgresql_readonly=True)
        assert _inside(reading) == place.scopes[0].role
        with pytest.raises(DBAPIError, match="read-only"):
            reading.execute(text("DELETE FROM mine"))


def test_copy_goes_through_the_scope(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[2]) as connection:
        with _raw(connection).cursor() as cursor, cursor.copy("COPY mine FROM STDIN") as copy:
            for number in range(100):
                copy.write_row(("copied", number))
        with _raw(connection).cursor() as cursor, cursor.copy("COPY (SELECT number FROM mine WHERE name = 'copied') TO STDOUT") as copy:
            assert sum(1 for _ in copy.rows()) == 100
        other = f"COPY {place.scopes[1].role}.mine TO STDOUT".encode()
        with pytest.raises(psycopg.errors.InsufficientPrivilege), _raw(connection).cursor() as cursor, cursor.copy(other) as copy:
            list(copy)


def test_many_rows_may_be_the_first_statement_of_a_transaction(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[3]) as connection:
        connection.execute(text("INSERT INTO mine VALUES (:name, :number)"), [{"name": "many", "number": n} for n in range(50)])
        assert connection.execute(text("SELECT count(*) FROM mine WHERE name = 'many'")).scalar_one() == 50
        with _raw(connection).cursor() as cursor:
            cursor.executemany("DELETE FROM mine WHERE number = %s", [(n,) for n in range(1, 20)])
            assert cursor.rowcount == 19


def test_a_pipeline_enters_the_scope_or_nothing(engine: Engine, place: Place) -> None:
    with scoped(engine, place.scopes[0]) as connection:
        raw = _raw(connection)
        with raw.pipeline():
            assert raw.execute("SELECT name FROM mine").fetchone() == (place.scopes[0].role,)


def test_a_server_side_cursor_reads_inside_the_scope_and_ends_with_it(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]) as connection:
        streaming = connection.execution_options(stream_results=True, yield_per=10)
        rows = streaming.execute(text("SELECT name FROM mine, generate_series(1, 35)"))
        assert Counter(row[0] for row in rows) == {place.scopes[0].role: 35}
        with _raw(connection).cursor("left_open") as cursor:
            cursor.execute("SELECT name FROM mine")
            connection.rollback()
    with scoped(single, place.scopes[1]) as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_cursors WHERE name <> ''")).scalar_one() == 0


def test_a_bare_transaction_block_has_no_rights(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]) as connection:
        raw = _raw(connection)
        with pytest.raises(psycopg.errors.UndefinedTable), raw.transaction():
            raw.execute("SELECT name FROM mine")


def test_no_statement_is_prepared_on_the_server(single: Engine, place: Place) -> None:
    for _ in range(12):
        with scoped(single, place.scopes[0]) as connection:
            connection.execute(text("SELECT name FROM mine WHERE number = :n"), {"n": 0})
            assert connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one() == 0


def test_a_connection_is_replaced_after_it_has_served_its_share_of_tenants(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]) as connection:
        first = _raw(connection).info.backend_pid
        connection.info["served"].update(f"tenant {n}" for n in range(TENANTS_PER_CONNECTION - 2))
    with scoped(single, place.scopes[0]) as connection:
        assert _raw(connection).info.backend_pid == first
    with scoped(single, place.scopes[1]) as connection:
        assert _raw(connection).info.backend_pid == first
        connection.info["served"].add("one too many")
    with scoped(single, place.scopes[0]) as connection:
        assert _raw(connection).info.backend_pid != first
        assert connection.info["served"] == {place.scopes[0].role}


def test_a_backend_that_was_ended_is_replaced(single: Engine, place: Place) -> None:
    with scoped(single, place.scopes[0]) as connection:
        pid = _raw(connection).info.backend_pid
    with psycopg.connect(place.admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(DBAPIError), scoped(single, place.scopes[0]) as connection:
        _inside(connection)
    with scoped(single, place.scopes[0]) as connection:
        assert _inside(connection) == place.scopes[0].role


def test_three_times_as_many_users_as_connections_meet_no_error_and_no_stranger(engine: Engine, place: Place) -> None:
    """10,000 short transactions of six tenants, from 12 threads over 4 connections; some fail half-way on purpose."""
    threads, each = 3 * POOL, 10_000 // (3 * POOL) + 1
    begun = threading.Barrier(threads)

    def work(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        begun.wait()
        for turn in range(each):
            scope = place.scopes[(number * 7 + turn) % len(place.scopes)]
            with scoped(engine, scope) as connection:
                if turn % 50 == 17:
                    with pytest.raises(DBAPIError):
                        connection.execute(text("SELECT 1/0"))
                    connection.rollback()
                if turn % 50 == 23:
                    continue  # A check-out that is never used.
                query = text("SELECT name = :role AND current_user = :role FROM mine WHERE number = 0 AND name NOT IN ('copied', 'many')")
                is_own = connection.execute(query, {"role": scope.role}).scalars().all()
                seen["own" if is_own == [True] else f"strange {is_own}"] += 1
                (connection.commit if turn % 2 else connection.rollback)()
        return seen

    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(work, range(threads)), Counter())
    assert set(total) == {"own"}
    assert total["own"] >= 9_700
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_waiting_for_a_connection_ends_with_an_error_that_says_so(place: Place) -> None:
    tight = app_engine(place.app_url, 1, wait_s=0.2)
    try:
        with scoped(tight, place.scopes[0]) as held:
            _inside(held)
            with pytest.raises(PoolTimeout), scoped(tight, place.scopes[1]):
                pass
    finally:
        tight.dispose()
