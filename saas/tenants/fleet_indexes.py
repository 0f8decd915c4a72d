"""Indexes on large tables, built beside the migrations with CREATE INDEX CONCURRENTLY: one at a time per cell, resumable."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from saas.tenants import planes
from saas.tenants.fleet_apply import Firm, Outcome, Waits, never, own_connection
from saas.tenants.planes import SlowIndex

# A concurrent build waits for every transaction of the database that began before it, of whichever firm.
WAIT_MS = 60_000
TRIES = 3


def build(owners: dict[str, Engine], firms: Iterable[Firm], target: str, waits: Waits = never) -> Generator[Outcome, None, None]:
    """Build what is missing or invalid in these schemas, one index after the other; yield an outcome for each schema touched.

    `firms` must say the revision their schema is at now: an index of a revision that a firm has not reached is left for later. So is
    every index of a firm that has to wait, which then is its outcome.
    """
    order = planes.revisions("tenant")
    wanted = [(revision, index) for revision, index in planes.slow_indexes("tenant") if revision not in planes.newer("tenant", target)]
    if not wanted:
        return
    by_cell: dict[str, list[Firm]] = {}
    for firm in firms:
        by_cell.setdefault(firm.cell, []).append(firm)
    for cell, members in by_cell.items():
        with own_connection(owners[cell]) as connection:
            connection.execute(f"SET lock_timeout = {WAIT_MS}".encode())
            for revision, index in wanted:
                ready = [firm for firm in members if firm.revision in order and order.index(firm.revision) >= order.index(revision)]
                yield from _build_one(connection, ready, index, waits)


def _build_one(connection: psycopg.Connection[Any], firms: list[Firm], index: SlowIndex, waits: Waits) -> Iterator[Outcome]:
    """Look once which schemas have the index, then build it in the others."""
    query = """SELECT n.nspname, i.indisvalid FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = %s"""
    found: dict[str, bool] = dict(connection.execute(query, [index.name]).fetchall())
    for firm in firms:
        is_valid = found.get(firm.schema)
        if is_valid:
            continue
        if until := waits(firm):
            yield Outcome(firm, firm.revision, waits_until=until)
            continue
        outcome = Outcome(firm, firm.revision, was_applied=True)
        problem = _build_in(connection, firm.schema, index, has_remains=is_valid is False)
        yield replace(outcome, problem=problem)


def _build_in(connection: psycopg.Connection[Any], schema: str, index: SlowIndex, has_remains: bool) -> str | None:
    """Build one index in one schema; what a failed try leaves is invalid and goes before the next. Return the problem, if one stayed."""
    place, name, table = sql.Identifier(schema), sql.Identifier(schema, index.name), sql.Identifier(schema, index.table)
    drop = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(name)
    definition = index.definition.encode()
    make = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ").format(sql.Identifier(index.name), table).as_bytes(None) + definition
    connection.execute(sql.SQL("SET search_path = {}, extensions").format(place))
    problem = None
    for _ in range(TRIES):
        try:
            if has_remains:
                connection.execute(drop)
            has_remains = True
            connection.execute(make)
        except psycopg.errors.LockNotAvailable as error:
            problem = f"index {index.name}: {error.diag.message_primary}"
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            connection.execute(drop)
            return f"index {index.name}: {error.diag.message_primary}"
        else:
            return None
    connection.execute(drop)
    return problem
