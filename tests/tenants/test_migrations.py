"""The migrations themselves: they agree with the models, can be undone, and lead old schemas to where new ones begin."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from saas.core.settings import from_env
from saas.tenants import cells, drift, fleet_apply, planes, provision
from saas.tenants.catalog import difference, snapshot
from saas.tenants.cells import Owners
from saas.tenants.fleet_apply import Firm, Limits, own_connection
from tests.servers import Servers
from tests.tenants.conftest import Plant
from tests.tenants.rehearsal import write_revision

FIRST = planes.revisions("tenant")[0]


@contextmanager
def _schema(owner: Engine, revision: str | None = None) -> Iterator[str]:
    schema = f"t_{secrets.token_hex(8)}"
    provision.create_schema(owner, schema, revision)
    try:
        yield schema
    finally:
        provision.drop_schema(owner, schema)


def _seen(owner: Engine, schema: str) -> frozenset[str]:
    with own_connection(owner) as connection:
        return snapshot(connection, schema)


def _move(owner: Engine, plane: str, schema: str, revision: str) -> None:
    """Run alembic itself on one schema, forwards or backwards."""
    order = ("base", *planes.revisions(plane))
    with owner.begin() as connection:
        if plane == "tenant":
            connection.execute(text(f"SET LOCAL search_path = {schema}, extensions"))
        settings = planes.config(plane)
        settings.attributes["connection"] = connection
        found = connection.execute(text(f"SELECT max(version_num) FROM {schema}.alembic_version")).scalar_one_or_none() or "base"
        go = command.upgrade if order.index(revision) > order.index(found) else command.downgrade
        go(settings, revision)


@pytest.fixture(scope="module")
def control_of_its_own(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owners]:
    """A control plane that may be torn down."""
    names = (f"{servers.databases[0]}_undone", f"{servers.databases[1]}_undone")
    own = replace(servers, databases=names)
    environment = own.environment(tmp_path_factory.mktemp("storage"))
    own.prepare(environment)
    owners = cells.connect_owners(from_env(environment))
    yield owners
    owners.dispose()
    for name in names:
        own.drop_database(name)


def test_migrations_and_models_agree_in_both_planes(plant: Plant) -> None:
    assert drift.problems(plant.owners) == []


def test_a_column_the_models_do_not_know_is_drift(plant: Plant, tmp_path: Path) -> None:
    write_revision(tmp_path, "r2", planes.head("tenant"), "ALTER TABLE tags ADD COLUMN stray text", "DROP INDEX tags_name_idx")
    with planes.more_versions("tenant", tmp_path):
        found = drift.problems(plant.owners)
    assert any("remove_column" in line and "stray" in line for line in found)
    assert any("add_index" in line and "tags_name_idx" in line for line in found)
    assert "tenant: - column tags.stray text" in found


def test_a_changed_check_constraint_is_drift_too(plant: Plant, tmp_path: Path) -> None:
    write_revision(tmp_path, "r2", planes.head("tenant"), "ALTER TABLE counters ADD CONSTRAINT stray CHECK (last >= 0)")
    with planes.more_versions("tenant", tmp_path):
        found = [line for line in drift.problems(plant.owners) if "downgrade" not in line]
    assert found == ["tenant: - constraint counters.stray CHECK ((last >= 0))"]


def test_a_migration_that_does_not_undo_itself_must_say_why(tmp_path: Path) -> None:
    assert drift.undeclared() == []
    write_revision(tmp_path, "r2", planes.head("tenant"), "SELECT 1")
    with planes.more_versions("tenant", tmp_path):
        assert drift.undeclared() == ['tenant r2: write downgrade(), or say irreversible = "why"']
    declared = (tmp_path / "r2.py").read_text().replace("depends_on", 'irreversible = "what was thrown away is gone"\ndepends_on')
    (tmp_path / "r2.py").write_text(declared)
    with planes.more_versions("tenant", tmp_path):
        assert drift.undeclared() == []


@pytest.mark.parametrize("revision", planes.revisions("tenant"))
def test_a_tenant_migration_can_be_undone_and_done_again(plant: Plant, revision: str) -> None:
    script = ScriptDirectory.from_config(planes.config("tenant")).get_revision(revision)
    assert script is not None
    if why := drift.irreversible(script):
        pytest.skip(f"said to be irreversible: {why}")
    owner = plant.owners.cells["a"]
    with _schema(owner, revision) as schema:
        done = _seen(owner, schema)
        before = planes.older("tenant", revision)
        _move(owner, "tenant", schema, before[-1] if before else "base")
        undone = _seen(owner, schema)
        if before:
            with _schema(owner, before[-1]) as earlier:
                assert difference(_seen(owner, earlier), undone) == []
        else:
            assert {line for line in undone if "alembic_version" not in line} == set()
        _move(owner, "tenant", schema, revision)
        assert difference(_without_rights(done), _without_rights(_seen(owner, schema))) == []


def _without_rights(lines: frozenset[str]) -> frozenset[str]:
    return frozenset(line for line in lines if not line.startswith("right on"))


def test_the_control_plane_can_be_undone_and_done_again(control_of_its_own: Owners) -> None:
    owner = control_of_its_own.control
    done = _seen(owner, "control")
    for revision in reversed(("base", *planes.revisions("control")[:-1])):
        _move(owner, "control", "control", revision)
    assert {line for line in _seen(owner, "control") if "alembic_version" not in line} == set()
    for revision in planes.revisions("control"):
        _move(owner, "control", "control", revision)
    assert difference(done, _seen(owner, "control")) == []


def test_a_schema_upgraded_from_the_first_revision_equals_a_new_one(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a rehearsed revision that adds tables, one of them append-only: owner and rights must be the same on both ways."""
    monkeypatch.setattr(provision, "APPEND_ONLY", (*provision.APPEND_ONLY, "later_log"))
    statements = (
        "CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)",
        "CREATE TABLE later_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        "DO $$ BEGIN EXECUTE format('REVOKE UPDATE, DELETE ON later_log FROM %I', current_schema()); END $$",
        "ALTER TABLE counters ADD COLUMN more int NOT NULL DEFAULT 7",
    )
    write_revision(tmp_path, "r2", planes.head("tenant"), *statements)
    owner = plant.owners.cells["a"]
    with planes.more_versions("tenant", tmp_path), _schema(owner, FIRST) as old, _schema(owner) as new:
        firm = Firm(uuid4(), "a", old, FIRST, "old")
        with own_connection(owner) as connection:
            connection.execute(f"INSERT INTO {old}.counters (name, last) VALUES ('kept', 3)".encode())
            outcome = fleet_apply.bring(connection, firm, "r2", Limits())
            assert (outcome.revision, outcome.problem) == ("r2", None)
            kept = connection.execute(f"SELECT name, last, more FROM {old}.counters".encode()).fetchall()
        assert difference(_seen(owner, old), _seen(owner, new)) == []
        assert kept == [("kept", 3, 7)]
        rights = {line for line in _seen(owner, old) if line.startswith("right on later") and line.endswith(" to ")}
        assert rights == {
            *(f"right on later: {right} to " for right in ("SELECT", "INSERT", "UPDATE", "DELETE")),
            *(f"right on later_log: {right} to " for right in ("SELECT", "INSERT")),
        }


def test_the_comparison_of_schemas_sees_what_differs(plant: Plant) -> None:
    owner = plant.owners.cells["a"]
    with _schema(owner) as one, _schema(owner) as other:
        with own_connection(owner) as connection:
            connection.execute(
                f"ALTER TABLE {other}.counters ALTER last SET DEFAULT 5; GRANT TRUNCATE ON {other}.counters TO {other}".encode()
            )
        found = difference(_seen(owner, one), _seen(owner, other))
    assert "+ column counters.last bigint not null default 5" in found
    assert "+ right on counters: TRUNCATE to " in found
    assert len(found) == 3


def test_both_planes_are_one_line_of_revisions() -> None:
    for plane in planes.PLANES:
        scripts = ScriptDirectory.from_config(planes.config(plane))
        assert len(scripts.get_heads()) == 1
        assert len(scripts.get_bases()) == 1
    assert planes.OLDEST_SERVED in planes.revisions("tenant")
