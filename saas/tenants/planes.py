"""The two trees of migrations (control plane, tenant) and their SQL, rendered once and applied many times."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from saas.tenants.models import ControlBase, TenantBase

PLANES = ("control", "tenant")
METADATA = {"control": ControlBase.metadata, "tenant": TenantBase.metadata}
ROOT = Path(__file__).resolve().parents[2] / "migrations"


def config(plane: str, output: io.StringIO | None = None) -> Config:
    """Make Alembic's configuration for one plane; rendered SQL goes to `output`."""
    made = Config(output_buffer=output) if output else Config()
    made.set_main_option("script_location", str(ROOT))
    made.set_main_option("version_locations", str(ROOT / plane / "versions"))
    made.set_main_option("version_path_separator", "newline")
    made.set_main_option("path_separator", "newline")
    made.attributes["plane"] = plane
    return made


@cache
def head(plane: str) -> str:
    """Name the newest revision of a plane."""
    newest = ScriptDirectory.from_config(config(plane)).get_current_head()
    if newest is None:
        raise LookupError(f"no migrations for {plane}")
    return newest


@cache
def render(plane: str, start: str = "base", end: str = "head") -> str:
    """Render the SQL that takes a schema from revision `start` to `end`, the version table included; it has no transaction of its own."""
    output = io.StringIO()
    command.upgrade(config(plane, output), f"{start}:{end}", sql=True)
    return output.getvalue()


# The oldest revision of a firm's schema that this code can work with; a firm behind it sees the page "being upgraded".
OLDEST_SERVED = "0001"


def is_served(revision: str) -> bool:
    """Tell whether this code can serve a firm at a revision. Revisions are numbered, so their order is that of their names."""
    return revision >= OLDEST_SERVED
