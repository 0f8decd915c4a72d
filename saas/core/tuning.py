"""Settings of the database server for the length of one transaction."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_MANY_ROWS = text("SET LOCAL gin_pending_list_limit = '32MB'")


def expect_many_rows(session: Session) -> None:
    """Let new entries of search indexes wait longer before they are merged: fewer, larger merges, while many rows are written.

    Searches read what waits, so only writers of thousands of rows say this; the next ordinary writer merges the rest.
    """
    session.execute(_MANY_ROWS)
