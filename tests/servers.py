"""Real servers for tests: one PostgreSQL, Redis and SMTP sink a session, and databases of its own for each worker."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from saas.core.settings import from_env
from saas.devstack.environment import login_url, throwaway_environment
from saas.devstack.mailbox_store import MailStore
from saas.devstack.redis import DATABASES as REDIS_DATABASES
from saas.tenants import cells, migrate, setup

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Servers:
    """Where this worker's servers are. `databases` are the names of its two; `prepare` makes them."""

    admin: str
    redis_url: str
    smtp_url: str
    mail: MailStore
    programs: Path
    databases: tuple[str, str]
    folder: Path

    def admin_url(self, database: str = "postgres") -> str:
        """Build the superuser's URL of a database."""
        return f"{self.admin}{database}"

    def login_url(self, login: str, database: str) -> str:
        """Build the URL of one of the product's logins (onebook_app, onebook_ddl, onebook_backup)."""
        return login_url(self.admin, login, database)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database, a quick file copy of `template` (nobody may be connected to it)."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database and whoever is connected to it."""
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def environment(self, storage: Path) -> dict[str, str]:
        """Build the environment of a process of the product: cell a beside the control plane, cell b apart."""
        return throwaway_environment(self.admin, self.databases, self.redis_url, self.smtp_url, storage)

    def prepare(self, environment: Mapping[str, str]) -> None:
        """Set up the databases that an environment names, as an operator would, and migrate their control plane."""
        settings = from_env(environment)
        with (self.folder / "prepare.lock").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # Logins belong to the whole server: one worker at a time changes them.
            setup.prepare(settings, self.admin_url())
        owners = cells.connect_owners(settings)
        try:
            migrate.upgrade_control(owners.control)
        finally:
            owners.dispose()


@contextmanager
def running_servers(session_id: str, worker: str) -> Iterator[Servers]:
    """Join (or start) the session's servers; they end with the last worker.

    A keeper process owns the servers and waits for a lock that every worker shares: killed workers let go of it too.
    """
    folder = Path(tempfile.gettempdir()) / f"onebook-test-{os.geteuid()}-{session_id}"
    folder.mkdir(mode=0o711, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL, which is another user when tests run as root, passes through.
    with (folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        found = _join(folder)
        number = int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
        servers = Servers(
            admin=found["postgres"],
            # Workers take the first half of the databases; the journeys that one of them runs, the second.
            redis_url=f"{found['redis']}/{number % (REDIS_DATABASES // 2)}",
            smtp_url=f"smtp://127.0.0.1:{found['smtp_port']}",
            mail=MailStore(folder / "mail"),
            programs=Path(found["postgres_programs"]),
            databases=(f"onebook_{worker}_a", f"onebook_{worker}_b"),
            folder=folder,
        )
        yield servers


def _join(folder: Path, patience_s: float = 60) -> dict[str, str]:
    with (folder / "start.lock").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        answer = folder / "servers.json"
        if not answer.exists():
            with (folder / "keeper.log").open("wb") as log:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "saas.devstack.keeper", str(folder)],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            end = time.monotonic() + patience_s
            while not answer.exists():
                if keeper.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"Test servers did not start: {(folder / 'keeper.log').read_text().strip()}")
                time.sleep(0.02)
            keeper.returncode = 0  # It outlives this process on purpose; say so, or Popen warns when it is collected.
        found: dict[str, str] = json.loads(answer.read_text())
        return found


def session_id() -> str:
    """Name this test session: what xdist tells all its workers, or something new."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:16] or secrets.token_hex(8)
