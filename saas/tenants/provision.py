"""Making schemas for firms: once-rendered DDL applied as one script, and a pool of ready ones so that sign-up waits for nothing."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenants import planes
from saas.tenants.cells import Databases, Owners
from saas.tenants.models import TenantRow
from saas.tenants.session import Tenant, control_session

APP_LOGIN = "onebook_app"
POOL_TARGET = 5
# The journals are append-only for the firm's run-time role.
APPEND_ONLY = ("journal_batches", "journal_changes", "settings_journal")


def create_schema(owner: Engine, schema: str, revision: str | None = None) -> str:
    """Create a schema, its run-time role and all tables in one transaction; return the revision it is at.

    `revision` may name an older one than the newest, to rehearse upgrades.
    """
    revision = revision or planes.head("tenant")
    name = sql.Identifier(schema)
    before = sql.SQL(
        "CREATE ROLE {0} NOLOGIN; GRANT {0} TO {1} WITH INHERIT FALSE, SET TRUE; CREATE SCHEMA {0};"
        " SET LOCAL search_path = {0}, extensions;"
    ).format(name, sql.Identifier(APP_LOGIN))
    grants = sql.SQL(
        "GRANT USAGE ON SCHEMA {0} TO {0};"
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO {0};"
        "REVOKE INSERT, UPDATE, DELETE ON {0}.alembic_version FROM {0};"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {0} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {0};"
    ).format(name)
    with raw_transaction(owner) as connection:
        connection.execute(before)
        connection.execute(planes.render("tenant", "base", revision).encode())
        for at, index in planes.slow_indexes("tenant"):
            if at not in planes.newer("tenant", revision):
                connection.execute(f"CREATE INDEX {index.name} ON {index.table} {index.definition}".encode())
        connection.execute(grants)
        for table in APPEND_ONLY if revision == planes.head("tenant") else _present(connection, schema, APPEND_ONLY):
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE ON {}.{} FROM {}").format(name, sql.Identifier(table), name))
    return revision


def _present(connection: psycopg.Connection[Any], schema: str, tables: Collection[str]) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)"
    return [row[0] for row in connection.execute(query, [schema, list(tables)]).fetchall()]


def drop_schema(owner: Engine, schema: str) -> None:
    """Remove a schema with everything in it, and its role."""
    name = sql.Identifier(schema)
    with raw_transaction(owner) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE; DROP ROLE IF EXISTS {0}").format(name))


class raw_transaction:
    """One transaction on a bare psycopg connection of the owning login, where several statements may travel as one script."""

    def __init__(self, owner: Engine) -> None:
        self._connection = owner.connect()

    def __enter__(self) -> psycopg.Connection[Any]:
        raw: Any = self._connection.connection.dbapi_connection
        assert isinstance(raw, psycopg.Connection)
        return raw

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        raw: Any = self._connection.connection.dbapi_connection
        try:
            if kind is None:
                raw.commit()
            else:
                raw.rollback()
        finally:
            self._connection.close()


def fill_pool(databases: Databases, owners: Owners, target: int = POOL_TARGET) -> int:
    """Bring each cell up to `target` ready schemas, the new ones at the newest revision; return their number. Safe to run twice at once."""
    made = 0
    for cell, owner in owners.cells.items():
        while _ready(databases, cell) < target:
            schema = f"t_{secrets.token_hex(8)}"
            revision = create_schema(owner, schema)
            with control_session(databases) as control:
                control.add(TenantRow(id=new_id(), slug=None, cell=cell, schema_name=schema, status="pooled", revision=revision))
            made += 1
    return made


def _ready(databases: Databases, cell: str) -> int:
    with control_session(databases) as control:
        query = select(func.count()).where(
            TenantRow.status == "pooled", TenantRow.cell == cell, TenantRow.revision.not_in(planes.unserved())
        )
        return int(control.execute(query).scalar_one())


def claim(control: Session, slug: str, name: str, cell: str | None = None) -> Tenant | None:
    """Give a ready schema a name, in the caller's transaction; None when the pool is empty. The firm is `opening` until it is seeded.

    Raises sqlalchemy.exc.IntegrityError when the name is taken.
    """
    # While the fleet is being upgraded, schemas of both revisions are ready, and code of both releases takes them.
    ready = select(TenantRow.id).where(TenantRow.status == "pooled", TenantRow.revision.not_in(planes.unserved()))
    if cell:
        ready = ready.where(TenantRow.cell == cell)
    ready = ready.order_by(func.random()).limit(1).with_for_update(skip_locked=True)
    changed = (
        update(TenantRow)
        .where(TenantRow.id == ready.scalar_subquery())
        .values(slug=slug, name=name, status="opening", activated_at=now())
        .returning(TenantRow.id, TenantRow.cell, TenantRow.schema_name, TenantRow.status, TenantRow.revision)
    )
    row = control.execute(changed).first()
    return Tenant(row.id, slug, name, row.cell, row.schema_name, row.status, row.revision) if row else None
