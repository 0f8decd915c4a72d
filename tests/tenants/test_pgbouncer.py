"""The same transactions through PgBouncer in transaction mode, where every transaction may meet another server connection."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text

from saas.core.db import app_engine
from saas.devstack.place import unprivileged_user
from saas.devstack.ports import free_port
from saas.tenants.cells import Databases
from saas.tenants.session import tenant_session
from tests.tenants.conftest import MakeTenant, Plant

SERVER_CONNECTIONS = 3
CLIENTS = 3 * SERVER_CONNECTIONS
PROGRAM = shutil.which("pgbouncer")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")

CONFIG = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 100
ignore_startup_parameters = extra_float_digits
server_lifetime = 600
"""


@pytest.fixture(scope="module")
def through(plant: Plant) -> Iterator[Databases]:
    """Give the databases of this worker, cell a reached through a bouncer of three server connections."""
    url = urlsplit(plant.environment["DATABASE_URL"])
    folder = Path(tempfile.mkdtemp(prefix="onebook-bouncer-"))
    folder.chmod(0o755)
    own_port = free_port()
    config = CONFIG.format(host=url.hostname, port=url.port, own_port=own_port, folder=folder, size=SERVER_CONNECTIONS)
    (folder / "pgbouncer.ini").write_text(config)
    (folder / "users").write_text(f'"{url.username}" "{url.password}"\n')
    user = unprivileged_user()
    command = [str(PROGRAM), "-q", str(folder / "pgbouncer.ini")]
    with subprocess.Popen(command, user=user.uid, group=user.gid, stderr=subprocess.DEVNULL, cwd="/") as bouncer:
        address = f"postgresql://{url.username}:{url.password}@127.0.0.1:{own_port}{url.path}"
        _wait_for(address)
        engine = app_engine(address, CLIENTS)
        yield replace(plant.databases, cells={**plant.databases.cells, "a": engine})
        engine.dispose()
        bouncer.terminate()
    shutil.rmtree(folder)


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("pgbouncer did not start")


def test_tenants_do_not_cross_while_server_connections_are_shared(through: Databases, make_tenant: MakeTenant) -> None:
    firms = [make_tenant("a") for _ in range(4)]
    for firm in firms:
        with tenant_session(through, firm) as session:
            session.execute(text("INSERT INTO counters (name, last) VALUES (:name, 1)"), {"name": firm.schema_name})

    def work(number: int) -> Counter[tuple[bool, int]]:
        seen: Counter[tuple[bool, int]] = Counter()
        for turn in range(150):
            firm = firms[(number + turn) % len(firms)]
            with tenant_session(through, firm) as session:
                names = session.execute(text("SELECT name FROM counters")).scalars().all()
                pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            seen[names == [firm.schema_name], pid] += 1
        return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        total = sum(pool.map(work, range(CLIENTS)), Counter())
    assert {is_own for is_own, _ in total} == {True}
    assert sum(total.values()) == 150 * CLIENTS
    assert 1 <= len({pid for _, pid in total}) <= SERVER_CONNECTIONS


def test_nothing_of_a_tenant_stays_on_a_shared_server_connection(through: Databases, make_tenant: MakeTenant) -> None:
    firm = make_tenant("a")
    for _ in range(2 * SERVER_CONNECTIONS):
        with tenant_session(through, firm) as session:
            session.execute(text("SELECT 1"))
        with through.cells["a"].connect() as bare:
            found = bare.execute(text("SELECT current_user::text, current_setting('search_path'), current_setting('statement_timeout')"))
            assert tuple(found.one()) == ("onebook_app", "nowhere", "0")


def test_cursors_copy_and_batches_work_inside_one_transaction(through: Databases, make_tenant: MakeTenant) -> None:
    firm = make_tenant("a")
    with tenant_session(through, firm) as session:
        rows = [{"name": secrets.token_hex(4)} for _ in range(30)]
        session.connection().execute(text("INSERT INTO counters (name, last) VALUES (:name, 0)"), rows)
        streamed = session.connection().execution_options(stream_results=True, yield_per=7).execute(text("SELECT name FROM counters"))
        assert len(streamed.all()) == 30
        raw = session.connection().connection.dbapi_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy("COPY counters (name, last) TO STDOUT") as copy:
            assert sum(1 for _ in copy.rows()) == 30
