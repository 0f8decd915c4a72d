"""The fleet: making schemas, upgrading 1,000 firms over two cells, and what database backends weigh while they serve them in turn."""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Engine, select, text, update

import saas.models  # noqa: F401  every table must be known before migrations are rendered
from saas.core.ids import new_id
from saas.core.settings import from_env
from saas.devstack.scratch import scratch_servers
from saas.tenants import cells, fleet, migrate, planes, provision, setup
from saas.tenants.cells import Databases, Owners
from saas.tenants.fleet_apply import Limits, own_connection
from saas.tenants.models import TenantBase, TenantRow
from saas.tenants.session import Tenant, control_session, tenant_session

TENANTS = 1_000
UPGRADE_TARGET_S = 10.0
BACKEND_TARGET_MB = 150.0
SCHEMA_TABLES = 60
FULL_SIZE_FIRMS = 100
HANDS = Limits().connections_per_cell

_REVISION = '''"""An additive revision of a rehearsal."""
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, None, None
def upgrade():
    for statement in {statements!r}:
        op.execute(statement)
def downgrade(): ...
'''


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Measure on servers of its own, which write to disk as in production; return one row for each figure."""
    count = max(20, int(TENANTS * scale))
    with ExitStack() as stack:
        environment, postgres = stack.enter_context(scratch_servers(durable=True))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = from_env({**environment, "POOL_SIZE": "8"})
        setup.prepare(settings, postgres.admin_url())
        databases, owners = cells.connect(settings), cells.connect_owners(settings)
        stack.callback(databases.dispose)
        stack.callback(owners.dispose)
        migrate.upgrade_control(owners.control)
        rows = [*_full_size(databases, owners, folder, scale)]
        _make_firms(databases, owners, count)
        rows += _memory(databases, count)
        rows += _upgrades(databases, owners, folder, count)
        return rows


def _row(name: str, value: float, unit: str, floor: float | None, target: str, met: bool) -> dict[str, Any]:
    ratio = round(value / floor, 2) if floor else None
    floor = round(floor, 4) if floor else None
    return {
        "area": "fleet",
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "floor": floor,
        "ratio": ratio,
        "target": target,
        "met": met,
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _write(folder: Path, revision: str, down: str, *statements: str) -> None:
    (folder / f"{revision}.py").write_text(_REVISION.format(revision=revision, down=down, statements=list(statements)))


def _full_size(databases: Databases, owners: Owners, folder: Path, scale: float) -> Iterator[dict[str, Any]]:
    """Make schemas of as many tables as the finished product will have, and weigh a backend that reads all tables of all of them."""
    missing = SCHEMA_TABLES - len(TenantBase.metadata.tables)
    tables = [
        f"CREATE TABLE more_{n} (id uuid PRIMARY KEY, name text NOT NULL, owner_id uuid, custom jsonb NOT NULL, at timestamptz);"
        f"CREATE INDEX ON more_{n} (name, id); CREATE INDEX ON more_{n} (owner_id); CREATE INDEX ON more_{n} (at)"
        for n in range(missing)
    ]
    more = folder / "more"
    more.mkdir()
    _write(more, "more", planes.head("tenant"), *tables)
    names = [f"t_{secrets.token_hex(8)}" for _ in range(max(10, int(FULL_SIZE_FIRMS * scale)))]
    with planes.more_versions("tenant", more):
        yield _provisioning(owners.cells["a"], names)
    firms = [Tenant(new_id(), name, name, "a", name, "active", "more") for name in names]
    value = _heaviest(databases, firms, [*TenantBase.metadata.tables, *(f"more_{n}" for n in range(missing))], hands=1)
    yield _row(
        f"heaviest backend, {len(firms)} firms in turn, {SCHEMA_TABLES} tables read",
        value,
        "MB",
        None,
        "< 150 MB",
        value < BACKEND_TARGET_MB,
    )
    for name in names:
        provision.drop_schema(owners.cells["a"], name)


def _provisioning(owner: Engine, names: list[str]) -> dict[str, Any]:
    """Make the schemas. Floor: the bare script, without role and rights, every tenth time."""
    script = planes.render("tenant")
    ours, floor = [], []
    with own_connection(owner) as connection:
        for number, name in enumerate(names):
            ours.append(_timed(lambda name=name: provision.create_schema(owner, name)))
            if number % 10 < 2:
                bare = f"BEGIN; CREATE SCHEMA bare; SET LOCAL search_path = bare, extensions; {script}; COMMIT"
                floor.append(_timed(lambda bare=bare: connection.execute(bare.encode())))
                connection.execute("DROP SCHEMA bare CASCADE")
    value = statistics.median(ours)
    return _row(f"make a schema of {SCHEMA_TABLES} tables", value, "s", statistics.median(floor), "≤ 0.30 s", value <= 0.3)


def _make_firms(databases: Databases, owners: Owners, count: int) -> None:
    """Make the firms as provisioning does, over both cells."""

    def make(number: int) -> TenantRow:
        cell = "ab"[number % 2]
        schema = f"t_{secrets.token_hex(8)}"
        revision = provision.create_schema(owners.cells[cell], schema)
        return TenantRow(id=new_id(), slug=f"firm-{number}", name="Firm", cell=cell, schema_name=schema, status="active", revision=revision)

    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(make, range(count)))
    with control_session(databases) as control:
        control.add_all(rows)


def _firms(databases: Databases) -> list[Tenant]:
    with control_session(databases) as control:
        rows = control.scalars(select(TenantRow).where(TenantRow.slug.is_not(None)).order_by(TenantRow.slug)).all()
        return [Tenant(row.id, row.slug or "", row.name, row.cell, row.schema_name, row.status, row.revision) for row in rows]


def _memory(databases: Databases, count: int) -> Iterator[dict[str, Any]]:
    """Serve all firms in turn, twice, each request reading every table, and weigh the backends after each request."""
    firms = _firms(databases)
    value = _heaviest(databases, firms * 2, list(TenantBase.metadata.tables), hands=6)
    name = f"heaviest backend, {count} firms in turn, {len(TenantBase.metadata.tables)} tables read"
    yield _row(name, value, "MB", None, "< 150 MB", value < BACKEND_TARGET_MB)


def _heaviest(databases: Databases, firms: list[Tenant], tables: list[str], hands: int) -> float:
    """Read all these tables in all these firms from some threads; return the largest weight (MB) that a backend ever had."""
    queries = [text(f"SELECT count(*) FROM (SELECT * FROM {table} LIMIT 1) x") for table in tables]

    def serve(firm: Tenant) -> float:
        with tenant_session(databases, firm) as session:
            for query in queries:
                session.execute(query)
            return _private_mb(session.execute(text("SELECT pg_backend_pid()")).scalar_one())

    with ThreadPoolExecutor(hands) as pool:
        return max(pool.map(serve, firms))


def _private_mb(pid: int) -> float:
    """Read what a process holds for itself alone: without the shared buffers, which every backend maps."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _upgrades(databases: Databases, owners: Owners, folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """Add a column to every firm's contacts, through the command's own way and bare, in turn."""
    versions = folder / "versions"
    versions.mkdir()
    ours, floor = [], []
    start = planes.head("tenant")
    for number in range(4):
        end = f"rehearsal_{number}"
        _write(versions, end, start, f"ALTER TABLE contacts ADD COLUMN rehearsal_{number} text")
        with planes.more_versions("tenant", versions):
            planes.render("tenant", start, end)
            if number % 2:
                floor.append(_timed(lambda start=start, end=end: _bare_upgrade(databases, owners, start, end)))
                _stamp(databases, end)
            else:
                ours.append(_timed(lambda: fleet.upgrade(databases, owners)))
                assert {firm.revision for firm in _firms(databases)} == {end}
        start = end
    value, bare = min(ours), min(floor)
    met = value < UPGRADE_TARGET_S * count / TENANTS
    yield _row(
        f"upgrade {count} firms over two cells by one additive revision",
        value,
        "s",
        bare,
        f"< {UPGRADE_TARGET_S * count / TENANTS:g} s",
        met,
    )
    yield _row("firms upgraded", count / value, "/s", count / bare, "≥ 100 /s", count / value >= TENANTS / UPGRADE_TARGET_S)


def _bare_upgrade(databases: Databases, owners: Owners, start: str, end: str) -> None:
    """Send the same script to every schema through bare psycopg, over the same number of connections."""
    script = planes.render("tenant", start, end).encode()
    by_cell: dict[str, list[str]] = {}
    for firm in _firms(databases):
        by_cell.setdefault(firm.cell, []).append(firm.schema_name)

    def work(cell: str, schemas: list[str]) -> None:
        with own_connection(owners.cells[cell]) as connection:
            for schema in schemas:
                connection.execute(_bare_script(schema, script))

    hands = [(cell, schemas[hand::HANDS]) for cell, schemas in by_cell.items() for hand in range(HANDS)]
    with ThreadPoolExecutor(len(hands)) as pool:
        for done in [pool.submit(work, *hand) for hand in hands]:
            done.result()


def _bare_script(schema: str, script: bytes) -> bytes:
    opening = sql.SQL("BEGIN; SET LOCAL lock_timeout = 1000; SET LOCAL search_path = {}, extensions;").format(sql.Identifier(schema))
    return opening.as_bytes(None) + script + b";COMMIT"


def _stamp(databases: Databases, revision: str) -> None:
    with control_session(databases) as control:
        control.execute(update(TenantRow).values(revision=revision))


if __name__ == "__main__":
    import sys

    for found in run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0):
        print(found)
