"""What a schema is made of, as comparable lines: to tell whether two ways of making one lead to the same."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql

_QUERIES = (
    # Columns by name, not by position: a column that came later stands last, and nothing may depend on it.
    """SELECT format('column %%s.%%s %%s%%s%%s%%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
          CASE WHEN a.attnotnull THEN ' not null' END,
          CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text END, ' default ' || pg_get_expr(d.adbin, d.adrelid))
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped""",
    """SELECT format('constraint %%s.%%s %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE connamespace = %s::regnamespace AND contype <> 'n'""",
    """SELECT format('index %%s%%s', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN ' invalid' END)
       FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = %s::regnamespace""",
    """SELECT format('relation %%s %%s owned by %%s %%s', c.relkind, c.relname, c.relowner::regrole, c.reloptions)
       FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind <> 'i'""",
    """SELECT format('right on %%s: %%s to %%s', c.relname, x.privilege_type, x.grantee::regrole)
       FROM pg_class c, aclexplode(c.relacl) x WHERE c.relnamespace = %s::regnamespace""",
    """SELECT format('function %%s', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = %s::regnamespace""",
    """SELECT format('trigger %%s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
       WHERE c.relnamespace = %s::regnamespace AND NOT tgisinternal""",
)


def snapshot(connection: psycopg.Connection[Any], schema: str) -> frozenset[str]:
    """Describe tables, columns, constraints, indexes, rights, functions and triggers of a schema; its own name is left out."""
    name = re.compile(rf'"?\b{re.escape(schema)}\b"?\.?')
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL search_path = {}, extensions").format(sql.Identifier(schema)))
        return frozenset(name.sub("", row[0]) for query in _QUERIES for row in connection.execute(query.encode(), [schema]).fetchall())


def difference(first: frozenset[str], second: frozenset[str]) -> list[str]:
    """List what only one of two snapshots has: `-` only in the first, `+` only in the second."""
    return sorted([f"- {line}" for line in first - second] + [f"+ {line}" for line in second - first], key=lambda line: (line[2:], line))
