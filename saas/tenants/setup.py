"""Preparing databases once, as a superuser: logins, schemas, extensions, and the measures that keep tenants apart (docs/decisions/0001)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from saas.core.settings import Settings
from saas.tenants.session import CONTROL_ROLE

EXTENSIONS = ("unaccent", "pg_trgm", "btree_gin", "citext")
# What nobody but the schemas' owner may use: (kind, name, privilege). First the ways to another role or path, then what outlives the
# transaction on a pooled connection: a similarity limit, and session-level locks, which could keep fleet and scheduler waiting.
DOORS = (
    ("FUNCTION", "pg_catalog.set_config(text, text, boolean)", "EXECUTE"),
    ("TABLE", "pg_catalog.pg_settings", "UPDATE"),
    ("LANGUAGE", "plpgsql", "USAGE"),
    ("LANGUAGE", "sql", "USAGE"),
    ("FUNCTION", "extensions.set_limit(real)", "EXECUTE"),
    *(
        ("FUNCTION", f"pg_catalog.pg_{how}advisory_lock{shared}({keys})", "EXECUTE")
        for how in ("", "try_")
        for shared in ("", "_shared")
        for keys in ("bigint", "integer, integer")
    ),
)
LOGINS = {"app": "LOGIN NOINHERIT", "ddl": "LOGIN CREATEROLE CREATEDB"}


def prepare(settings: Settings, admin_url: str) -> list[str]:
    """Make every database of the settings ready; return warnings for the operator. Safe to repeat.

    `admin_url` is a superuser's URL of the server; its database part is ignored.
    """
    warnings: list[str] = []
    pairs = {(settings.control_url, settings.control_ddl_url)} | {(cell.app_url, cell.ddl_url) for cell in settings.cells}
    for app_url, ddl_url in sorted(pairs):
        database = urlsplit(app_url).path.lstrip("/")
        _make_logins(admin_url, app_url, ddl_url)
        _make_database(admin_url, database, _user(ddl_url))
        with psycopg.connect(_at(admin_url, database), autocommit=True) as connection:
            _prepare_database(connection, app_url, ddl_url)
            for door in _close_doors(connection, ddl_url):
                warnings.append(f"{database}: {door} could not be revoked; injected SQL might switch its tenant (docs/decisions/0001)")
            if (app_url, ddl_url) == (settings.control_url, settings.control_ddl_url):
                _prepare_control(connection, app_url, ddl_url)
    return warnings


def _make_logins(admin_url: str, app_url: str, ddl_url: str) -> None:
    with psycopg.connect(_at(admin_url, "postgres"), autocommit=True) as connection:
        for kind, url in (("app", app_url), ("ddl", ddl_url)):
            name, password = sql.Identifier(_user(url)), sql.Literal(unquote(urlsplit(url).password or ""))
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_user(url)]).fetchone()
            verb = sql.SQL("ALTER" if exists else "CREATE")
            connection.execute(sql.SQL("{} ROLE {} {} PASSWORD {}").format(verb, name, sql.SQL(LOGINS[kind]), password))
        # A session with no tenant looks nowhere.
        connection.execute(sql.SQL("ALTER ROLE {} SET search_path TO nowhere").format(sql.Identifier(_user(app_url))))


def _make_database(admin_url: str, database: str, owner: str) -> None:
    with psycopg.connect(_at(admin_url, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            return
        make = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'")
        connection.execute(make.format(sql.Identifier(database), sql.Identifier(owner)))


def _prepare_database(connection: psycopg.Connection, app_url: str, ddl_url: str) -> None:
    app, ddl = sql.Identifier(_user(app_url)), sql.Identifier(_user(ddl_url))
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("GRANT CREATE, CONNECT ON DATABASE {} TO {}").format(database, ddl))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {0} FROM PUBLIC; GRANT CONNECT ON DATABASE {0} TO {1}").format(database, app))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    # Pages are short statements on data in memory: compiling them costs more than running them (docs/decisions/0003).
    connection.execute(sql.SQL("ALTER DATABASE {0} SET jit = off; ALTER DATABASE {0} SET random_page_cost = 1.1").format(database))
    connection.execute("CREATE SCHEMA IF NOT EXISTS extensions; GRANT USAGE ON SCHEMA extensions TO PUBLIC")
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA extensions").format(sql.Identifier(extension)))


def _close_doors(connection: psycopg.Connection, ddl_url: str) -> list[str]:
    """Take from everybody but the schemas' owner what could change role or path inside a statement; return what stayed open.

    `set_config` is the way out of an injected expression, an update of pg_settings calls it, and DO would run whole statements.
    """
    left = []
    for kind, name, privilege in DOORS:
        what = sql.SQL(f"{privilege} ON {kind} {name}")
        try:
            connection.execute(sql.SQL("REVOKE {} FROM PUBLIC").format(what))
            connection.execute(sql.SQL("GRANT {} TO {}").format(what, sql.Identifier(_user(ddl_url))))
        except psycopg.errors.InsufficientPrivilege:
            pass  # A managed server may not allow it; what counts is the check.
        check = sql.SQL("SELECT {}('public', %s, %s)").format(sql.Identifier(f"has_{kind.lower()}_privilege"))
        row = connection.execute(check, [name, privilege]).fetchone()
        if row is None or row[0]:
            left.append(name)
    return left


def _prepare_control(connection: psycopg.Connection, app_url: str, ddl_url: str) -> None:
    app, ddl, control = sql.Identifier(_user(app_url)), sql.Identifier(_user(ddl_url)), sql.Identifier(CONTROL_ROLE)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [CONTROL_ROLE]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(control))
    connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(control, app))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS control AUTHORIZATION {}").format(ddl))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA control TO {}").format(control))
    tables = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA control GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}")
    connection.execute(tables.format(ddl, control))


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")


def _at(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))
