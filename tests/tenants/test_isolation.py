"""Attacks: SQL that runs inside firm A's transaction and tries to reach firm B, in the same cell and in another one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from saas.core.db import ScopedConnection, scoped
from saas.core.statements import StatementRefused
from saas.tenants import setup
from saas.tenants.session import CONTROL, Tenant, TenantSession, control_session, tenant_session
from tests.servers import Servers
from tests.tenants.conftest import MakeTenant, Plant

SECRET = f"secret-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Firms:
    """A is where the attacker's SQL runs; B is its neighbour in the same database; C lives in the other cell."""

    a: Tenant
    b: Tenant
    c: Tenant


@pytest.fixture(scope="module")
def firms(plant: Plant, make_tenant: MakeTenant) -> Firms:
    found = Firms(make_tenant("a"), make_tenant("a"), make_tenant("b"))
    for firm in (found.a, found.b, found.c):
        with tenant_session(plant.databases, firm) as session:
            name = SECRET if firm is not found.a else "ours"
            session.execute(text("INSERT INTO counters (name, last) VALUES (:name, 1)"), {"name": name})
    return found


@pytest.fixture
def session(plant: Plant, firms: Firms) -> Iterator[TenantSession]:
    with tenant_session(plant.databases, firms.a) as found:
        yield found


# What an injected expression or a hand-written statement may look like once it is one statement: {b} is B's schema and role.
EXPRESSIONS = {
    "naming the schema": "SELECT name FROM {b}.counters",
    "union": "SELECT name FROM counters WHERE name = '' UNION ALL SELECT name FROM {b}.counters",
    "subquery": "SELECT (SELECT string_agg(name, ',') FROM {b}.counters)",
    "exists": "SELECT EXISTS (SELECT FROM {b}.counters)",
    "control plane": "SELECT slug FROM control.tenants",
    "set_config role": "SELECT set_config('role', '{b}', true)",
    "set_config role for the session": "SELECT set_config('role', '{b}', false)",
    "set_config path": "SELECT set_config('search_path', '{b}', true)",
    "set_config by its full name": "SELECT pg_catalog.set_config('role', '{b}', true)",
    "set_config in a predicate": "SELECT name FROM counters WHERE set_config('role', '{b}', true) IS NOT NULL",
    "set_config in WITH": "WITH x AS MATERIALIZED (SELECT set_config('role', '{b}', true)) SELECT name FROM x, counters",
    "set_config in an insert": "INSERT INTO counters (name, last) SELECT set_config('role', '{b}', true), 0",
    "set_config in RETURNING": "UPDATE counters SET last = last RETURNING set_config('role', '{b}', true)",
    "set_config behind a cursor": "DECLARE x CURSOR FOR SELECT set_config('role', '{b}', true)",
    "pg_settings": "UPDATE pg_settings SET setting = '{b}' WHERE name = 'role'",
    "pg_settings in WITH": "WITH x AS (UPDATE pg_settings SET setting = '{b}' WHERE name = 'role' RETURNING 1) SELECT 1",
    "query_to_xml": "SELECT query_to_xml('SELECT name FROM {b}.counters', true, true, '')",
    "query_to_xml with SET": "SELECT query_to_xml('SET ROLE {b}', true, true, '')",
    "query_to_xml with set_config": "SELECT query_to_xml('SELECT set_config(''role'', ''{b}'', true)', true, true, '')",
    "query_to_xmlschema": "SELECT query_to_xmlschema('SELECT name FROM {b}.counters', true, true, '')",
    "table_to_xml": "SELECT table_to_xml('{b}.counters', true, true, '')",
    "ts_stat": "SELECT word FROM ts_stat('SELECT to_tsvector(name) FROM {b}.counters')",
    "ts_stat with SET": "SELECT word FROM ts_stat('SET ROLE {b}')",
    "ts_rewrite": "SELECT ts_rewrite('a'::tsquery, 'SELECT to_tsquery(name), to_tsquery(name) FROM {b}.counters')",
    "dblink": "SELECT * FROM dblink('dbname=postgres', 'SELECT name FROM {b}.counters') AS t(name text)",
    "copy out": "COPY {b}.counters TO STDOUT",
    "copy to a program": "COPY (SELECT 1) TO PROGRAM 'cat'",
    "copy from a program": "COPY counters FROM PROGRAM 'cat'",
    "copy to a file": "COPY (SELECT 1) TO '/tmp/onebook-copied'",
    "copy from a file": "COPY counters FROM '/etc/passwd'",
    "reading a file": "SELECT pg_read_file('PG_VERSION')",
    "reading a binary file": "SELECT pg_read_binary_file('PG_VERSION')",
    "listing a folder": "SELECT pg_ls_dir('.')",
    "exporting a large object": "SELECT lo_export(1, '/tmp/onebook-lo')",
    "importing a large object": "SELECT lo_import('/etc/passwd')",
    "reading another's sequence": "SELECT last_value FROM {b}.journal_batches_id_seq",
    "advancing another's sequence": "SELECT nextval('{b}.journal_batches_id_seq')",
    "writing": "INSERT INTO {b}.counters (name, last) VALUES ('was here', 1)",
    "writing in WITH": "WITH x AS (DELETE FROM {b}.counters RETURNING name) SELECT name FROM x",
    "merging": "MERGE INTO {b}.counters t USING counters s ON t.name = s.name WHEN NOT MATCHED THEN INSERT (name, last) VALUES ('x', 1)",
    "making a table from it": "SELECT * INTO stolen FROM {b}.counters",
    "explaining a definition": "EXPLAIN ANALYZE CREATE TABLE stolen AS SELECT * FROM {b}.counters",
    "planner statistics": "SELECT histogram_bounds::text || 'x' || name FROM pg_stats, {b}.counters WHERE schemaname = '{b}'",
    "raw statistics": "SELECT stavalues1::text FROM pg_statistic",
    "a lock that outlives the transaction": "SELECT pg_advisory_lock(1)",
    "a similarity limit that outlives the transaction": "SELECT set_limit(0.9)",
    "trying such a lock": "SELECT pg_try_advisory_lock_shared(1, 2)",
    "passwords": "SELECT rolpassword FROM pg_authid",
    "locking": "LOCK TABLE {b}.counters IN ACCESS SHARE MODE",
    "rewriting the journal": "UPDATE journal_batches SET at = now()",
    "thinning the journal": "DELETE FROM journal_changes",
    "changing the revision": "UPDATE alembic_version SET version_num = 'x'",
    "two statements": "SELECT 1; SET ROLE {b}",
    "two statements with work": "SELECT 1; SELECT name FROM {b}.counters",
    "commit and go on": "SELECT 1; COMMIT; SET ROLE {b}; SELECT name FROM {b}.counters",
}
# Rights, a form that is not allowed, no such extension, two statements in one string: nothing else may be what stops an attack.
REFUSALS = {
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.InvalidCursorDefinition,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.SyntaxError,
}
# Another cell's schemas do not even exist in this database.
ABSENT = {psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName}
STATEMENTS = (
    "SET ROLE {b}",
    "set role {b}",
    "  \n SET ROLE {b}",
    "/* a */ SET ROLE {b}",
    "-- a\nSET ROLE {b}",
    "SET LOCAL ROLE {b}",
    "SET SESSION ROLE {b}",
    "SET role = '{b}'",
    "SET LOCAL role TO '{b}'",
    "SET LOCAL \"role\" = '{b}'",
    "SET LOCAL U&\"\\0072ole\" = '{b}'",
    "SET SESSION AUTHORIZATION {b}",
    "SET LOCAL SESSION AUTHORIZATION {b}",
    "SET LOCAL session_authorization = '{b}'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET search_path TO {b}",
    "SET LOCAL search_path = {b}",
    "SET SCHEMA '{b}'",
    "SET LOCAL SCHEMA '{b}'",
    "SET statement_timeout = 0",
    "RESET ROLE",
    "RESET ALL",
    "RESET SESSION AUTHORIZATION",
    "DISCARD ALL",
    "DEALLOCATE ALL",
    "COMMIT",
    "COMMIT AND CHAIN",
    "END",
    "ROLLBACK",
    "ROLLBACK AND CHAIN",
    "ABORT",
    "BEGIN",
    "PREPARE TRANSACTION 'x'",
    "PREPARE x AS SELECT name FROM {b}.counters",
    "EXECUTE x",
    "DECLARE x CURSOR WITH HOLD FOR SELECT name FROM counters",
    "DECLARE x BINARY CURSOR WITH HOLD FOR SELECT name FROM counters",
    "DO $$ BEGIN EXECUTE 'SET LOCAL ROLE {b}'; END $$",
    "CALL x()",
    "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql AS 'SELECT 1'",
    "CREATE TEMP TABLE x (a int)",
    "ALTER ROLE CURRENT_USER SET search_path TO {b}",
    "ALTER ROLE onebook_app PASSWORD 'x'",
    "GRANT {a} TO {b}",
    "GRANT SELECT ON counters TO {b}",
    "LISTEN x",
    "NOTIFY x",
    "LOAD 'auto_explain'",
    "VACUUM",
    "SELECTION",
    "",
)


def _reached(connection: Connection, statement: str) -> str:
    """Run a statement and return everything it gave back, through COPY too."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, ScopedConnection)
    if statement.startswith("COPY") and "STDOUT" in statement:
        with raw.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            return b"".join(bytes(part) for part in copy).decode()
    with raw.cursor() as cursor:
        cursor.execute(statement.encode())
        return str(cursor.fetchall()) if cursor.description else ""


def _tell(session: TenantSession) -> tuple[str, str]:
    row = session.execute(text("SELECT current_user::text, current_setting('search_path')")).one()
    return row[0], row[1]


@pytest.mark.parametrize("attack", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
@pytest.mark.parametrize("place", ["neighbour", "other cell"])
def test_sql_inside_one_firm_does_not_reach_another(session: TenantSession, plant: Plant, firms: Firms, attack: str, place: str) -> None:
    target = firms.b if place == "neighbour" else firms.c
    statement = attack.format(a=firms.a.schema_name, b=target.schema_name)
    with pytest.raises(psycopg.Error) as refusal:
        _reached(session.connection(), statement)
    assert type(refusal.value) in (REFUSALS if place == "neighbour" else REFUSALS | ABSENT)
    session.rollback()
    assert _tell(session) == (firms.a.schema_name, f"{firms.a.schema_name}, extensions")
    with tenant_session(plant.databases, target) as theirs:
        assert [tuple(row) for row in theirs.execute(text("SELECT name, last FROM counters"))] == [(SECRET, 1)]


@pytest.mark.parametrize("attack", STATEMENTS)
def test_a_statement_that_is_not_work_is_never_sent(session: TenantSession, firms: Firms, attack: str) -> None:
    statement = attack.format(a=firms.a.schema_name, b=firms.b.schema_name)
    before = _tell(session)
    with pytest.raises(StatementRefused):
        _reached(session.connection(), statement)
    assert _tell(session) == before
    assert session.execute(text("SELECT name FROM counters")).scalars().all() == ["ours"]


def _send_past_the_cursor(connection: Connection, statement: str) -> psycopg.pq.abc.PGresult:
    """Send one statement by the extended protocol as if the cursor had no list: what does the server itself say?"""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, ScopedConnection)
    return raw.pgconn.exec_params(statement.encode(), None)


@pytest.mark.parametrize(
    "statement",
    [
        "DO $$ BEGIN EXECUTE 'SET LOCAL ROLE {b}'; END $$",
        "DO LANGUAGE sql $$ SELECT 1 $$",
        "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "CREATE TEMP TABLE x (a int)",
        "CREATE TABLE x (a int)",
        "CREATE TABLE extensions.x (a int)",
        "CREATE SCHEMA x",
        "SET SESSION AUTHORIZATION {b}",
        "SET SESSION AUTHORIZATION postgres",
        "SET ROLE onebook_ddl",
        "SET ROLE postgres",
        "ALTER ROLE onebook_app SET search_path TO {b}",
        "ALTER ROLE onebook_app PASSWORD 'x'",
        "GRANT {a} TO {b}",
        "ALTER TABLE counters ADD COLUMN x text",
        "DROP TABLE counters",
        "TRUNCATE journal_changes",
        "CREATE RULE x AS ON SELECT TO counters DO INSTEAD SELECT 1",
        "CREATE EXTENSION dblink",
        "LOAD 'auto_explain'",
    ],
)
def test_the_server_itself_refuses_what_would_open_a_way(session: TenantSession, firms: Firms, statement: str) -> None:
    filled = statement.format(a=firms.a.schema_name, b=firms.b.schema_name)
    session.execute(text("SELECT 1"))
    result = _send_past_the_cursor(session.connection(), filled)
    assert result.status == psycopg.pq.ExecStatus.FATAL_ERROR
    assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) in {b"42501", b"42883", b"0A000"}, result.error_message
    session.rollback()


@pytest.mark.parametrize("way_out", ["RESET ROLE", "SET ROLE NONE", "RESET ALL", "SET SESSION AUTHORIZATION DEFAULT"])
def test_stepping_out_of_the_role_gives_nothing_to_read(session: TenantSession, firms: Firms, way_out: str) -> None:
    session.execute(text("SELECT 1"))
    connection = session.connection()
    assert _send_past_the_cursor(connection, way_out).status == psycopg.pq.ExecStatus.COMMAND_OK
    for table in (f"{firms.a.schema_name}.counters", f"{firms.b.schema_name}.counters", "control.tenants"):
        result = _send_past_the_cursor(connection, f"SAVEPOINT s{secrets.token_hex(3)}")
        result = _send_past_the_cursor(connection, f"SELECT * FROM {table}")
        if result.status == psycopg.pq.ExecStatus.TUPLES_OK and way_out == "RESET ALL":
            assert table.startswith(firms.a.schema_name)  # RESET ALL leaves the role: it is still A.
        else:
            assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) in {b"42501", b"25P02"}, table
    session.rollback()


def test_without_the_list_a_whole_set_role_would_walk_through(session: TenantSession, firms: Firms) -> None:
    """Say honestly what role membership allows, so that nobody removes the list believing that the server does it."""
    session.execute(text("SELECT 1"))
    connection = session.connection()
    _send_past_the_cursor(connection, f"SET LOCAL ROLE {firms.b.schema_name}")
    assert _send_past_the_cursor(connection, f"SELECT name FROM {firms.b.schema_name}.counters").get_value(0, 0) == SECRET.encode()
    session.rollback()
    assert _tell(session)[0] == firms.a.schema_name


def test_what_a_neighbour_runs_is_hidden(session: TenantSession, plant: Plant, firms: Firms) -> None:
    with tenant_session(plant.databases, firms.b) as theirs:
        theirs.execute(text("SELECT name FROM counters WHERE name = 'typed by B'"))
        shown = session.execute(text("SELECT coalesce(string_agg(query, '|'), '') FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
        assert "typed by B" not in shown.scalar_one()
        pid = theirs.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with pytest.raises(DBAPIError, match="permission denied"):
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.rollback()


def test_planner_statistics_of_a_neighbour_are_hidden(session: TenantSession, firms: Firms, servers: Servers) -> None:
    with psycopg.connect(servers.admin_url(servers.databases[0]), autocommit=True) as admin:
        admin.execute(f"ANALYZE {firms.b.schema_name}.counters".encode())
    shown = session.execute(text("SELECT count(*) FROM pg_stats WHERE schemaname = :b"), {"b": firms.b.schema_name}).scalar_one()
    assert shown == 0


def test_the_control_session_reaches_no_firm(plant: Plant, firms: Firms) -> None:
    with control_session(plant.databases) as control:
        assert control.execute(text("SELECT count(*) FROM control.tenants")).scalar_one() >= 3
        with pytest.raises(DBAPIError, match="permission denied"):
            control.execute(text(f"SELECT name FROM {firms.a.schema_name}.counters"))
        control.rollback()


def test_a_session_with_no_tenant_reaches_nothing(plant: Plant, firms: Firms) -> None:
    with plant.databases.cells["a"].connect() as connection:
        assert connection.execute(text("SELECT current_setting('search_path'), current_user::text")).one() == ("nowhere", "onebook_app")
        for table in ("counters", f"{firms.a.schema_name}.counters", "control.tenants"):
            with pytest.raises(DBAPIError, match=r"permission denied|does not exist"):
                connection.execute(text(f"SELECT * FROM {table}"))
            connection.rollback()


def test_a_scope_of_another_firm_is_refused(plant: Plant, firms: Firms) -> None:
    with pytest.raises(ValueError, match="another firm"), tenant_session(plant.databases, firms.a, firms.b.scope):
        pass
    with pytest.raises(ValueError, match="another firm"), tenant_session(plant.databases, firms.a, CONTROL):
        pass


def test_the_role_of_a_firm_in_the_other_cell_has_nothing_here(plant: Plant, firms: Firms) -> None:
    with (
        scoped(plant.databases.cells["a"], firms.c.scope) as connection,
        pytest.raises(DBAPIError, match=r"does not exist|permission denied"),
    ):
        connection.execute(text("SELECT name FROM counters"))


def test_setting_up_says_which_doors_could_not_be_closed(servers: Servers, firms: Firms) -> None:
    """Where the server forbids the revocations, the operator must hear of it: here they are asked of somebody who may not."""
    ddl_url = servers.login_url("onebook_ddl", servers.databases[0])
    with psycopg.connect(ddl_url, autocommit=True) as powerless:
        assert setup._close_doors(powerless, ddl_url) == []
    with psycopg.connect(servers.admin_url(servers.databases[0]), autocommit=True) as admin:
        admin.execute("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC")
        try:
            with psycopg.connect(ddl_url, autocommit=True) as powerless:
                assert setup._close_doors(powerless, ddl_url) == ["pg_catalog.set_config(text, text, boolean)"]
        finally:
            assert setup._close_doors(admin, ddl_url) == []


def test_no_function_runs_with_its_owners_rights(servers: Servers, firms: Firms) -> None:
    for database in servers.databases:
        with psycopg.connect(servers.admin_url(database)) as admin:
            assert admin.execute("SELECT proname FROM pg_proc WHERE prosecdef").fetchall() == []


def test_the_run_time_login_can_become_only_firms_and_the_control_plane(servers: Servers, firms: Firms) -> None:
    with psycopg.connect(servers.admin_url(servers.databases[0])) as admin:
        query = """SELECT r.rolname, m.inherit_option, m.admin_option, r.rolcanlogin, r.rolsuper FROM pg_auth_members m
            JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'onebook_app'::regrole"""
        roles = admin.execute(query).fetchall()
        assert {row[0] for row in roles if not row[0].startswith("t_")} == {"onebook_control"}
        assert {row[1:] for row in roles} == {(False, False, False, False)}
        owned = admin.execute("SELECT count(*) FROM pg_shdepend WHERE refobjid = 'onebook_app'::regrole AND deptype = 'o'").fetchone()
        assert owned == (0,)
