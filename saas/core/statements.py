"""Which statements a scoped connection sends at all. What they may touch is the server's business: role and search path."""

from __future__ import annotations

import re

_WORK = rb"SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE|COPY|LOCK|EXPLAIN|SHOW|FETCH|MOVE|CLOSE"
_SAVEPOINTS = rb"SAVEPOINT|RELEASE|ROLLBACK\s+TO"
_SETTINGS = rb"enable_\w+|jit|work_mem|\w+_collapse_limit|plan_cache_mode|statement_timeout|lock_timeout"
_TUNING = rb"SET\s+LOCAL\s+(?:%s)\s*(?:=|\sTO\s)" % _SETTINGS
_CURSOR = rb"DECLARE\s+(?:\w+|\"(?:[^\"]|\"\")+\")\s+(?:NO\s+SCROLL\s+|SCROLL\s+)?CURSOR\s+(?:WITHOUT\s+HOLD\s+)?FOR"
_ALLOWED = re.compile(rb"[\s(]*(?:(?:%s|%s|%s|SET\s+CONSTRAINTS)(?![\w$])|%s)" % (_WORK, _SAVEPOINTS, _CURSOR, _TUNING), re.IGNORECASE)


class StatementRefused(Exception):
    """A statement that could outlive its transaction or change its scope; the connection never sends one."""


def check(query: bytes) -> None:
    """Let work pass. Raises StatementRefused for everything else: SET ROLE, RESET, COMMIT, DO, PREPARE, DISCARD, DDL, a leading comment.

    A list of what is allowed, not of what is forbidden, so that a spelling nobody thought of is refused too.
    """
    if _ALLOWED.match(query) is None:
        raise StatementRefused(f"this connection does not send statements of this kind: {query[:60].decode(errors='replace')!r}")
