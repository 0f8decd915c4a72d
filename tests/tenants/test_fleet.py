"""Upgrading the fleet: all cells, rings, firms that fail, tables that are held, killed runs, runs at the same time."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text

from saas import cli
from saas.core.settings import from_env
from saas.devstack.environment import throwaway_environment
from saas.tenants import cells, fleet, fleet_plan, fleet_record, planes, provision
from saas.tenants.cells import Databases, Owners
from saas.tenants.fleet import Progress
from saas.tenants.fleet_apply import CellLost, Limits
from saas.tenants.fleet_record import FleetBusy
from saas.tenants.models import FleetResult, FleetRun, TenantRow
from saas.tenants.session import Tenant, control_session, tenant_session
from tests.servers import ROOT, Servers
from tests.tenants.conftest import Plant, register
from tests.tenants.rehearsal import write_revision

BASE = planes.head("tenant")
ADD = "ALTER TABLE counters ADD COLUMN extra text"
ONCE = "INSERT INTO counters (name, last) VALUES ('upgraded', 1)"
IMPATIENT = Limits(lock_timeout_ms=100, rounds=3, pause_s=0.05)


@dataclass(frozen=True)
class Fleet:
    """Eight firms and two ready schemas over two cells, all at BASE, in databases of this test's own."""

    servers: Servers
    environment: dict[str, str]
    databases: Databases
    owners: Owners
    firms: dict[str, Tenant]

    def admin(self, cell: str) -> psycopg.Connection:
        return psycopg.connect(self.servers.admin_url(self.servers.databases["ab".index(cell)]), autocommit=True)

    def revisions(self) -> dict[str, tuple[str, str]]:
        """Tell of each schema what the control plane has on record and what its own version table says."""
        with control_session(self.databases) as control:
            rows = list(control.scalars(select(TenantRow)))
        found = {}
        for cell in self.owners.cells:
            with self.admin(cell) as admin:
                for row in rows:
                    if row.cell == cell:
                        query = sql.SQL("SELECT version_num FROM {}.alembic_version").format(sql.Identifier(row.schema_name))
                        at = admin.execute(query).fetchone()
                        found[row.schema_name] = (row.revision, at[0] if at else "")
        return found

    def upgrade(self, **options: object) -> fleet.Run:
        return fleet.upgrade(self.databases, self.owners, **options)  # type: ignore[arg-type]

    @contextmanager
    def held(self, name: str, table: str = "counters") -> Iterator[psycopg.Connection]:
        """Hold a table of a firm as a long report would."""
        with self.admin(self.firms[name].cell) as holder, holder.transaction(force_rollback=True):
            holder.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(self.firms[name].schema_name, table)))
            yield holder


RINGS = {"f1": "all", "f2": "canary", "f3": "all", "f4": "sandbox", "f5": "waves", "f6": "all", "f7": "all", "f8": "unheard of"}


@pytest.fixture(scope="module")
def model_fleet(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    """Make the databases that every test gets a copy of."""
    first, second = servers.databases
    mark = secrets.token_hex(3)  # Each module that asks for them gets its own.
    own = replace(servers, databases=(f"{first}_fleet_{mark}", f"{second}_fleet_{mark}"))
    environment = own.environment(tmp_path_factory.mktemp("storage"))
    own.prepare(environment)
    settings = from_env(environment)
    plant = Plant(cells.connect(settings), cells.connect_owners(settings), environment)
    for number, (name, ring) in enumerate(RINGS.items()):
        cell = "a" if number < 4 else "b"
        schema = f"t_{secrets.token_hex(8)}"
        provision.create_schema(plant.owners.cells[cell], schema)
        register(plant, schema, cell, BASE, slug=name, ring=ring)
    provision.fill_pool(plant.databases, plant.owners, target=1)
    plant.databases.dispose()
    plant.owners.dispose()
    return own


@pytest.fixture
def ships(model_fleet: Servers, tmp_path: Path) -> Iterator[Fleet]:
    names = [f"{name}_{secrets.token_hex(3)}" for name in model_fleet.databases]
    own = replace(model_fleet, databases=(names[0], names[1]))
    for name, template in zip(own.databases, model_fleet.databases, strict=True):
        own.create_database(name, template)
    environment = throwaway_environment(own.admin, own.databases, own.redis_url, own.smtp_url, tmp_path)
    own.prepare(environment)
    settings = from_env(environment)
    databases, owners = cells.connect(settings), cells.connect_owners(settings)
    with control_session(databases) as control:
        rows = control.scalars(select(TenantRow).where(TenantRow.slug.is_not(None)))
        firms = {row.slug or "": Tenant(row.id, row.slug or "", row.name, row.cell, row.schema_name, row.status, BASE) for row in rows}
    yield Fleet(own, environment, databases, owners, firms)
    databases.dispose()
    owners.dispose()
    for name in own.databases:
        own.drop_database(name)


@pytest.fixture
def next_revision(tmp_path: Path) -> Iterator[Path]:
    """Have one additive revision after the newest, which shows when it is applied twice."""
    folder = tmp_path / "versions"
    folder.mkdir()
    write_revision(folder, "r2", BASE, ADD, ONCE)
    with planes.more_versions("tenant", folder):
        yield folder


def test_every_schema_of_every_cell_is_upgraded_and_recorded(ships: Fleet, next_revision: Path) -> None:
    run = ships.upgrade()
    assert (run.done, run.stamped, run.failures, run.stopped) == (10, 0, [], None)
    assert set(ships.revisions().values()) == {("r2", "r2")}
    for firm in ships.firms.values():
        with tenant_session(ships.databases, firm) as session:
            assert session.execute(text("SELECT name, last, extra FROM counters")).all() == [("upgraded", 1, None)]
    with control_session(ships.databases) as control:
        row = control.scalars(select(FleetRun)).one()
        assert (row.revision, row.done, row.failed, row.finished_at is not None) == ("r2", 10, 0, True)


def test_a_second_run_has_nothing_to_do_and_leaves_no_trace(ships: Fleet, next_revision: Path) -> None:
    ships.upgrade()
    again = ships.upgrade()
    assert (again.done, again.run_id) == (0, None)
    with control_session(ships.databases) as control:
        assert len(control.scalars(select(FleetRun)).all()) == 1


def test_rings_go_one_after_the_other_and_an_unheard_of_ring_is_not_forgotten(ships: Fleet, next_revision: Path) -> None:
    order: list[tuple[str, int]] = []
    ships.upgrade(progress=lambda seen: order.append((seen.ring, seen.done)))
    assert [ring for ring, _ in order] == ["sandbox", "canary", "waves", *["all"] * 7]
    assert [done for _, done in order] == list(range(1, 11))


def test_one_ring_or_one_firm_may_go_alone(ships: Fleet, next_revision: Path) -> None:
    assert ships.upgrade(rings=["canary"]).done == 1
    assert ships.upgrade(slug="f7").done == 1
    recorded = ships.revisions()
    assert {name for name, firm in ships.firms.items() if recorded[firm.schema_name][0] == "r2"} == {"f2", "f7"}


def test_a_revision_is_rendered_once_for_all(ships: Fleet, next_revision: Path) -> None:
    planes._render.cache_clear()
    ships.upgrade()
    assert planes._render.cache_info().misses == 1


def test_several_revisions_are_several_transactions(ships: Fleet, next_revision: Path) -> None:
    write_revision(next_revision, "r3", "r2", "ALTER TABLE counters ADD COLUMN third text NOT NULL DEFAULT ''")
    planes._forget()
    with ships.admin("a") as admin:
        admin.execute(f"ALTER TABLE {ships.firms['f3'].schema_name}.counters ADD COLUMN third int".encode())
    run = ships.upgrade()
    assert run.done == 9
    assert [name for name, _ in run.failures] == ["f3"]
    found = ships.revisions()
    assert found.pop(ships.firms["f3"].schema_name) == ("r2", "r2")
    assert set(found.values()) == {("r3", "r3")}


def test_a_firm_that_fails_is_set_aside_and_goes_on_working(ships: Fleet, next_revision: Path) -> None:
    broken = ships.firms["f6"]
    with ships.admin("b") as admin:
        admin.execute(f"ALTER TABLE {broken.schema_name}.counters ADD COLUMN extra int".encode())
    run = ships.upgrade()
    assert (run.done, run.stopped) == (9, None)
    assert run.failures == [("f6", '42701: column "extra" of relation "counters" already exists')]
    assert ships.revisions()[broken.schema_name] == (BASE, BASE)
    with tenant_session(ships.databases, broken) as session:
        assert session.execute(text("SELECT count(*) FROM counters")).scalar_one() == 0
    with control_session(ships.databases) as control:
        row = control.get(TenantRow, broken.id)
        assert row is not None
        assert row.status == "active"
        assert [result.tenant_id for result in control.scalars(select(FleetResult))] == [broken.id]
    assert [problem.firm for problem in fleet_record.status(ships.databases).problems] == ["f6"]
    with ships.admin("b") as admin:
        admin.execute(f"ALTER TABLE {broken.schema_name}.counters DROP COLUMN extra".encode())
    assert ships.upgrade().done == 1
    assert set(ships.revisions().values()) == {("r2", "r2")}
    assert fleet_record.status(ships.databases).problems == []


def test_a_problem_in_the_canary_ring_ends_the_run_there(ships: Fleet, next_revision: Path) -> None:
    with ships.admin("a") as admin:
        admin.execute(f"ALTER TABLE {ships.firms['f2'].schema_name}.counters ADD COLUMN extra int".encode())
    run = ships.upgrade()
    assert run.done == 1
    assert run.stopped == "a firm of ring canary was set aside, so the rings after it were not begun"
    assert [at for at, _ in ships.revisions().values()].count("r2") == 1


def test_a_revision_that_fails_everywhere_is_stopped_early(ships: Fleet, next_revision: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "TOO_MANY_FAILURES", 3)
    write_revision(next_revision, "r3", "r2", "SELECT 1/0")
    planes._forget()
    run = ships.upgrade(rings=["waves", "all"])
    assert run.stopped is not None
    assert len(run.failures) == 3


def test_a_table_that_is_held_for_a_while_is_tried_again(ships: Fleet, next_revision: Path) -> None:
    patient = replace(IMPATIENT, rounds=20)
    done: list[fleet.Run] = []
    thread = threading.Thread(target=lambda: done.append(ships.upgrade(limits=patient)))
    with ships.held("f3"):
        thread.start()
        time.sleep(0.4)
    thread.join(30)
    run = done[0]
    assert (run.done, run.failures) == (10, [])


def test_a_table_that_is_held_too_long_sets_only_its_firm_aside(ships: Fleet, next_revision: Path) -> None:
    with ships.held("f3"):
        run = ships.upgrade(limits=IMPATIENT)
        with tenant_session(ships.databases, ships.firms["f3"]) as session:
            assert session.execute(text("SELECT count(*) FROM counters")).scalar_one() == 0
    assert run.done == 9
    assert run.failures == [("f3", "55P03: canceling statement due to lock timeout")]


def test_a_firm_that_signs_up_meanwhile_is_upgraded_too(ships: Fleet, next_revision: Path) -> None:
    plant = Plant(ships.databases, ships.owners, ships.environment)
    late = ships.firms["f1"].schema_name
    joined: list[str] = []

    def join(seen: Progress) -> None:
        if seen.ring == "all" and not joined:
            schema = f"t_{secrets.token_hex(8)}"
            joined.append(schema)
            with ships.admin("b") as admin:
                admin.execute(f"CREATE SCHEMA {schema} AUTHORIZATION onebook_ddl; SET ROLE onebook_ddl".encode())
                admin.execute(f"CREATE TABLE {schema}.alembic_version AS SELECT '{BASE}' AS version_num".encode())
                admin.execute(f"CREATE TABLE {schema}.counters (name text, last int)".encode())
                columns = "id bigint GENERATED ALWAYS AS IDENTITY, job text, args jsonb, created_at timestamptz, due_at timestamptz"
                admin.execute(f"CREATE TABLE {schema}.outbox ({columns}, attempts int)".encode())
            register(plant, schema, "b", BASE)

    assert ships.upgrade(progress=join).done == 11
    assert ships.revisions()[joined[0]] == ("r2", "r2")
    assert ships.revisions()[late] == ("r2", "r2")


def test_two_runs_at_once_are_refused_with_a_clear_line(ships: Fleet, next_revision: Path) -> None:
    refused: list[str] = []

    def try_another(_: Progress) -> None:
        if not refused:
            with pytest.raises(FleetBusy) as refusal:
                ships.upgrade()
            refused.append(str(refusal.value))

    assert ships.upgrade(progress=try_another).done == 10
    assert refused == ["Another process is busy with this (fleet upgrade): wait until it has ended, or end it."]


def test_a_connection_that_breaks_is_made_anew(ships: Fleet, next_revision: Path) -> None:
    with ships.held("f3"):
        done: list[fleet.Run] = []
        thread = threading.Thread(target=lambda: done.append(ships.upgrade(limits=Limits(lock_timeout_ms=60_000))))
        thread.start()
        with ships.admin("a") as admin:
            pid = _wait_for_waiting(admin)
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    thread.join(30)
    assert done[0].done == 10
    assert done[0].failures == []


def test_a_cell_that_is_gone_does_not_hold_up_the_other(ships: Fleet, next_revision: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.tenants.fleet_apply.RECONNECT_PAUSE_S", 0.01)
    with psycopg.connect(ships.servers.admin_url(), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {ships.servers.databases[1]} CONNECTION LIMIT 0".encode())
        try:
            with pytest.raises(CellLost, match=r"cell b: .*too many connections"):
                ships.upgrade(rings=["all"])
        finally:
            admin.execute(f"ALTER DATABASE {ships.servers.databases[1]} CONNECTION LIMIT -1".encode())
    recorded = ships.revisions()
    assert {name for name, firm in ships.firms.items() if recorded[firm.schema_name][0] == "r2"} == {"f1", "f3"}
    assert ships.upgrade().done == 7


_RUN = """
import sys
from pathlib import Path
from saas.core.settings import from_env
from saas.tenants import cells, fleet, planes
from saas.tenants.fleet_apply import Limits
settings = from_env()
with planes.more_versions("tenant", Path(sys.argv[1])):
    fleet.upgrade(cells.connect(settings), cells.connect_owners(settings), limits=Limits(connections_per_cell=1, lock_timeout_ms=60_000))
"""


def test_a_killed_run_is_gone_on_with_and_nothing_is_applied_twice(ships: Fleet, next_revision: Path) -> None:
    with ships.held("f3"), ships.admin("a") as admin:
        command = [sys.executable, "-c", _RUN, str(next_revision)]
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ships.environment})
        pid = _wait_for_waiting(admin)
        _wait_until(lambda: sum(at == "r2" for _, at in ships.revisions().values()) >= 8)
        child.send_signal(signal.SIGKILL)
        child.wait()
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    before = ships.revisions()
    unrecorded = [schema for schema, (recorded, real) in before.items() if recorded != real]
    assert 1 <= len(unrecorded) <= 8
    run = ships.upgrade()
    assert run.stamped == len(unrecorded)
    assert run.done == sum(recorded == BASE for recorded, _ in before.values())
    assert set(ships.revisions().values()) == {("r2", "r2")}
    for firm in ships.firms.values():
        with tenant_session(ships.databases, firm) as session:
            assert session.execute(text("SELECT count(*) FROM counters WHERE name = 'upgraded'")).scalar_one() == 1


def _wait_for_waiting(admin: psycopg.Connection) -> int:
    """Wait until a backend of the owning login waits for a lock; return its process id."""
    query = "SELECT pid FROM pg_stat_activity WHERE usename = 'onebook_ddl' AND wait_event_type = 'Lock' AND datname = current_database()"
    found: list[int] = []

    def look() -> bool:
        row = admin.execute(query).fetchone()
        found.extend(row or ())
        return bool(found)

    _wait_until(look)
    return found[0]


def _wait_until(condition: Callable[[], bool], patience_s: float = 30) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_plan_tells_sql_and_numbers_and_changes_nothing(ships: Fleet, next_revision: Path) -> None:
    plan = fleet_plan.plan(ships.databases)
    assert (plan.target, plan.firms) == ("r2", {BASE: 10})
    assert [(start, end) for start, end, _ in plan.scripts] == [(BASE, "r2")]
    assert ADD in plan.scripts[0][2]
    assert set(ships.revisions().values()) == {(BASE, BASE)}


def test_the_command_line_shows_plan_progress_and_state(
    ships: Fleet, next_revision: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ships.environment.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["fleet", "upgrade", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "-- 10 workspaces would be taken to r2" in said
    assert f"{ADD};" in said
    assert cli.main(["fleet", "upgrade", "--ring", "sandbox"]) == 0
    assert capsys.readouterr().out.startswith("1 workspaces are at r2")
    assert cli.main(["migrate"]) == 0
    shown = capsys.readouterr()
    assert "9 workspaces are at r2" in shown.out
    assert "8 schemas made ready" in shown.out
    assert "10/9 workspaces" not in shown.err
    assert "9/9 workspaces, ring all" in shown.err
    assert cli.main(["fleet", "status"]) == 0
    assert "r2" in capsys.readouterr().out
    with ships.admin("b") as admin:
        admin.execute(f"UPDATE {ships.firms['f7'].schema_name}.alembic_version SET version_num = '{BASE}'".encode())
    with control_session(ships.databases) as control:
        row = control.get(TenantRow, ships.firms["f7"].id)
        assert row is not None
        row.revision = BASE
    assert cli.main(["fleet", "upgrade"]) == 1
    assert "set aside: f7" in capsys.readouterr().out


def test_old_code_works_on_the_new_revision_and_takes_its_ready_schemas(ships: Fleet, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    write_revision(folder, "r2", BASE, ADD)
    with planes.more_versions("tenant", folder):
        ships.upgrade()
    assert planes.head("tenant") == BASE
    assert planes.is_served("r2")
    assert ships.upgrade().done == 0
    assert provision.fill_pool(ships.databases, ships.owners, target=1) == 0
    with control_session(ships.databases) as control:
        claimed = provision.claim(control, "newcomer", "Newcomer")
    assert claimed is not None
    assert claimed.revision == "r2"
    with tenant_session(ships.databases, claimed) as session:
        session.execute(text("INSERT INTO counters (name, last) VALUES ('x', 1)"))


def test_code_serves_the_revisions_it_works_on_and_those_it_does_not_know(next_revision: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert planes.is_served(BASE)
    monkeypatch.setattr(planes, "OLDEST_SERVED", "r2")
    assert planes.is_served("r2")
    assert planes.is_served("a later one")
    assert not planes.is_served(BASE)


def test_ready_schemas_too_old_for_the_code_are_not_given_away(ships: Fleet, next_revision: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "OLDEST_SERVED", "r2")
    with control_session(ships.databases) as control:
        assert provision.claim(control, "newcomer", "Newcomer") is None
    assert provision.fill_pool(ships.databases, ships.owners, target=1) == 2


INDEX = ("counters_slow_idx", "counters", "(last) WHERE last > 0")


def _indexes(ships: Fleet) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for cell in ("a", "b"):
        with ships.admin(cell) as admin:
            query = """SELECT c.relnamespace::regnamespace::text, i.indisvalid
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = %s"""
            found.update(admin.execute(query, [INDEX[0]]).fetchall())
    return found


def test_slow_indexes_are_built_beside_and_broken_ones_are_built_anew(ships: Fleet, next_revision: Path) -> None:
    write_revision(next_revision, "r3", "r2", "SELECT 1", indexes=(INDEX,))
    planes._forget()
    with ships.admin("a") as admin:
        # What a build that was interrupted leaves behind.
        admin.execute(f"CREATE INDEX counters_slow_idx ON {ships.firms['f1'].schema_name}.counters (last)".encode())
        admin.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [f"{ships.firms['f1'].schema_name}.counters_slow_idx"]
        )
    run = ships.upgrade()
    assert run.failures == []
    assert _indexes(ships) == dict.fromkeys(ships.revisions(), True)
    with ships.admin("a") as admin:
        definition = admin.execute(
            "SELECT pg_get_indexdef(%s::regclass)", [f"{ships.firms['f1'].schema_name}.counters_slow_idx"]
        ).fetchone()
    assert definition is not None
    assert definition[0].endswith("USING btree (last) WHERE (last > 0)")
    assert ships.upgrade().run_id is None
    provision.create_schema(ships.owners.cells["a"], "t_fresh_with_index")
    assert _indexes(ships)["t_fresh_with_index"]
    provision.drop_schema(ships.owners.cells["a"], "t_fresh_with_index")


def test_an_index_that_cannot_be_built_is_reported_and_leaves_nothing(ships: Fleet, next_revision: Path) -> None:
    write_revision(next_revision, "r3", "r2", "SELECT 1", indexes=(("counters_slow_idx", "counters", "((10 / (last - 1)))"),))
    planes._forget()
    run = ships.upgrade(slug="f7")
    assert run.failures == [("f7", "index counters_slow_idx: division by zero")]
    assert _indexes(ships) == {}
    assert ships.revisions()[ships.firms["f7"].schema_name] == ("r3", "r3")
