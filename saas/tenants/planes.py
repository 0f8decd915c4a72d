"""The two trees of migrations (control plane, tenant): their order, and their SQL, rendered once and applied many times."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import RLock

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from saas.tenants.models import ControlBase, TenantBase

PLANES = ("control", "tenant")
METADATA = {"control": ControlBase.metadata, "tenant": TenantBase.metadata}
ROOT = Path(__file__).resolve().parents[2] / "migrations"
# The oldest tenant revision this code works on. Raise it when code starts to need what a newer revision brought (docs/operate/upgrade.md).
OLDEST_SERVED = "0001"

_more_versions: dict[str, list[Path]] = {plane: [] for plane in PLANES}
# Alembic renders through module globals.
_rendering = RLock()


@dataclass(frozen=True)
class SlowIndex:
    """An index that a revision declares in `concurrent_indexes`, built after it without locking writers out.

    `definition` is what follows the table's name: `(name)`, `USING gin (tokens) WHERE …`.
    """

    name: str
    table: str
    definition: str


def config(plane: str, output: io.StringIO | None = None) -> Config:
    """Make Alembic's configuration for one plane; rendered SQL goes to `output`."""
    made = Config(output_buffer=output) if output else Config()
    made.set_main_option("script_location", str(ROOT))
    folders = [ROOT / plane / "versions", *_more_versions[plane]]
    made.set_main_option("version_locations", "\n".join(map(str, folders)))
    made.set_main_option("version_path_separator", "newline")
    made.set_main_option("path_separator", "newline")
    made.attributes["plane"] = plane
    return made


@contextmanager
def more_versions(plane: str, folder: Path) -> Iterator[None]:
    """Count the revisions in another folder too, for a rehearsal: tests and benchmarks of upgrades that are not written yet."""
    _more_versions[plane].append(folder)
    _forget()
    try:
        yield
    finally:
        _more_versions[plane].remove(folder)
        _forget()


def _forget() -> None:
    for known in (revisions, _render, slow_indexes):
        known.cache_clear()


@cache
def revisions(plane: str) -> tuple[str, ...]:
    """List the revisions of a plane, oldest first. They form one line: a branch is an error of alembic's."""
    walked = ScriptDirectory.from_config(config(plane)).walk_revisions("base", "head")
    return tuple(script.revision for script in walked)[::-1]


def head(plane: str) -> str:
    """Name the newest revision of a plane."""
    return revisions(plane)[-1]


def older(plane: str, revision: str) -> tuple[str, ...]:
    """List the revisions before `revision`, oldest first. Raises LookupError when this release does not know it."""
    order = revisions(plane)
    if revision not in order:
        raise LookupError(f"revision {revision} is not known to this release")
    return order[: order.index(revision)]


def newer(plane: str, revision: str) -> tuple[str, ...]:
    """List the revisions after `revision`, oldest first. Raises LookupError when this release does not know it."""
    return revisions(plane)[len(older(plane, revision)) + 1 :]


def steps(plane: str, start: str, end: str) -> list[tuple[str, str]]:
    """List the pairs of neighbouring revisions from `start` to `end`; empty when `start` is `end` or newer. Raises LookupError."""
    path = (*older(plane, end)[len(older(plane, start)) :], end)
    return list(pairwise(path)) if start in path else []


def unserved() -> tuple[str, ...]:
    """List the tenant revisions that are too old for this code."""
    return older("tenant", OLDEST_SERVED)


def is_served(revision: str) -> bool:
    """Say whether this code works on a tenant's revision. One it does not know is newer, and served: old code runs on new schemas."""
    return revision not in unserved()


def render(plane: str, start: str = "base", end: str = "head") -> str:
    """Render, once, the SQL that takes a schema from revision `start` to `end`, version table included; it opens no transaction."""
    return _render(plane, start, head(plane) if end == "head" else end)


@cache
def _render(plane: str, start: str, end: str) -> str:
    output = io.StringIO()
    with _rendering:
        command.upgrade(config(plane, output), f"{start}:{end}", sql=True)
    return output.getvalue()


@cache
def slow_indexes(plane: str) -> tuple[tuple[str, SlowIndex], ...]:
    """List (revision, index) for every index that is built beside the migrations, oldest revision first."""
    scripts = ScriptDirectory.from_config(config(plane))
    found = []
    for revision in revisions(plane):
        script = scripts.get_revision(revision)
        for declared in getattr(script.module, "concurrent_indexes", ()) if script else ():
            found.append((revision, SlowIndex(*declared)))
    return tuple(found)
