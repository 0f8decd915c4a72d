"""Revisions that are not written yet, for rehearsing upgrades of the fleet."""

from __future__ import annotations

from pathlib import Path

_FORM = '''"""A revision of a rehearsal."""

from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None
concurrent_indexes = {indexes!r}


def upgrade() -> None:
    for statement in {statements!r}:
        op.execute(statement)


def downgrade() -> None:
    pass
'''


def write_revision(
    folder: Path,
    revision: str,
    down: str,
    *statements: str,
    indexes: tuple[tuple[str, str, str], ...] = (),
) -> None:
    """Write a migration of the tenant plane made of plain statements."""
    text = _FORM.format(revision=revision, down=down, statements=list(statements), indexes=list(indexes))
    (folder / f"{revision}.py").write_text(text)
