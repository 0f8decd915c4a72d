"""What `make run` starts: every part in order, watched until Ctrl-C. It decides the order; parts.py does the work."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psutil

from saas.devstack.data_folder import DataFolder, fingerprint
from saas.devstack.parts import Command, Supervisor, python, say
from saas.devstack.postgres import Postgres
from saas.devstack.process import CannotStart, is_free, marked, spawn, stop
from saas.devstack.redis import Redis

ROOT = Path(__file__).resolve().parents[2]
MARK = "ONEBOOK_RUN"
ALL = ("postgres", "redis", "mailbox", "setup", "web", "worker", "scheduler")


class Run:
    """One `make run`: what is asked for, the environment it builds for the product's processes, and the parts."""

    def __init__(self, only: tuple[str, ...], data: DataFolder) -> None:
        self.only, self.data = only, data
        self.ports = {"PORT": _port("PORT", 8000), "MAILBOX_PORT": _port("MAILBOX_PORT", 8025), "SMTP_PORT": _port("SMTP_PORT", 1025)}
        self.supervisor = Supervisor()
        self.env = dict(os.environ)
        self.admin_url = os.environ.get("DATABASE_ADMIN_URL")
        self.has_own_database = "postgres" in only and "DATABASE_URL" not in os.environ

    def start(self) -> None:
        """Start everything that is asked for. Raises CannotStart."""
        self._reclaim()
        self._check_ports()
        self._common_environment()
        for name in ("postgres", "redis", "mailbox", "setup", "web"):
            if name in self.only:
                getattr(self, f"_start_{name}")()
        for name in ("worker", "scheduler"):
            if name in self.only:
                self._start_command(name)
        self._announce()

    def _reclaim(self) -> None:
        """End the product's processes that a killed run left behind; the servers reclaim their own."""
        left = list(marked(MARK, str(self.data.path)))
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        for process in psutil.wait_procs(left, timeout=5)[1]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if left:
            say(f"ended {len(left)} processes that an interrupted run had left")

    def _check_ports(self) -> None:
        wanted = []
        if "web" in self.only:
            wanted.append(("PORT", "the workspaces"))
        if self._has_own_mailbox():
            wanted += [("MAILBOX_PORT", "the mailbox"), ("SMTP_PORT", "receiving mail")]
        for variable, purpose in wanted:
            port = self.ports[variable]
            if not is_free(port):
                raise CannotStart(f"Port {port} for {purpose} is {_why_taken(port)}: free it, or choose another with {variable}=….")

    def _has_own_mailbox(self) -> bool:
        return "mailbox" in self.only and "SMTP_URL" not in os.environ

    def _common_environment(self) -> None:
        files = self.data.path / "files"
        defaults = {
            "SECRET_KEY": self.data.secrets()["secret_key"],
            "STORAGE_URL": f"file://{files}",
            "DOMAIN": "localhost",
            "SCHEME": "http",
            "PUBLIC_PORT": str(self.ports["PORT"]),
            "ENVIRONMENT": "development",
            "DATA_DIR": str(self.data.path),
        }
        if "STORAGE_URL" not in os.environ:
            files.mkdir(exist_ok=True)
        self.env = {**defaults, **self.env, MARK: str(self.data.path), "PYTHONUNBUFFERED": "1", "TZ": "UTC"}

    def _start_postgres(self) -> None:
        if not self.has_own_database:
            return say("PostgreSQL: the one of DATABASE_URL")
        postgres, began = Postgres(self.data.path / "postgres", durable=True), time.monotonic()
        self.supervisor.start("postgres", postgres)
        keys, place = self.data.secrets(), f"127.0.0.1:{postgres.port}/onebook"
        self.env["DATABASE_URL"] = f"postgresql://onebook_app:{keys['onebook_app']}@{place}"
        self.env["DATABASE_DDL_URL"] = f"postgresql://onebook_ddl:{keys['onebook_ddl']}@{place}"
        self.env["DATABASE_BACKUP_URL"] = f"postgresql://onebook_backup:{keys['onebook_backup']}@{place}"
        self.env["PATH"] = f"{Path(postgres.program('psql')).parent}{os.pathsep}{self.env.get('PATH', os.defpath)}"
        self.admin_url = postgres.admin_url()
        moved = "" if postgres.cluster.is_relative_to(self.data.path) else f", files in {postgres.cluster}"
        return _done(f"PostgreSQL on 127.0.0.1:{postgres.port}{moved}", began)

    def _start_redis(self) -> None:
        if "REDIS_URL" in os.environ:
            return say("Redis: the one of REDIS_URL")
        redis, began = Redis(self.data.path / "redis", durable=True), time.monotonic()
        self.supervisor.start("redis", redis)
        self.env["REDIS_URL"] = redis.url(0)
        return _done(f"Redis on 127.0.0.1:{redis.port}", began)

    def _start_mailbox(self) -> None:
        if not self._has_own_mailbox():
            return say("Mail: through the server of SMTP_URL")
        began, http, smtp = time.monotonic(), self.ports["MAILBOX_PORT"], self.ports["SMTP_PORT"]
        options = ["--folder", str(self.data.path / "mail"), "--http-port", str(http), "--smtp-port", str(smtp)]
        self.supervisor.start("mailbox", Command(python("saas.devstack.mailbox", *options), self.env, ROOT))
        self.env["SMTP_URL"] = f"smtp://127.0.0.1:{smtp}"
        self.supervisor.wait_for("mailbox", lambda: _answers(http), 30)
        return _done("mailbox", began)

    def _start_setup(self) -> None:
        """Set up and migrate the database when the code's migrations changed; make the demo workspaces once."""
        wanted, database = fingerprint(ROOT), self.env.get("DATABASE_URL", "")
        if self.data.prepared_for() == [wanted, database]:
            say("database is up to date")
        else:
            if self.admin_url:
                self._run("setting up the database", "setup", "--admin-url", self.admin_url)
            self._run("migrating all workspaces", "migrate")
            self.data.remember_prepared(wanted, database)
        if not self.data.demo.exists() and (self.has_own_database or "DEMO" in os.environ):
            self._run_module("making demo workspaces (first run only)", "saas.devstack.demo")

    def _start_web(self) -> None:
        began, port = time.monotonic(), self.ports["PORT"]
        workers = os.environ.get("WEB_WORKERS", "1")
        command = python("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", workers, "saas.app:app")
        self.supervisor.start("web", Command(command, self.env, ROOT))
        self.supervisor.wait_for("web", lambda: _answers(port), 90)
        _done("web", began)

    def _start_command(self, name: str) -> None:
        module = python("saas.worker") if name == "worker" else python("saas.cli", "scheduler")
        count = int(os.environ.get("WORKERS", "1")) if name == "worker" else 1
        for number in range(1, count + 1):
            self.supervisor.start(f"{name}{number if count > 1 else ''}", Command(module, self.env, ROOT))

    def _run(self, title: str, *arguments: str) -> None:
        self._run_module(title, "saas.cli", *arguments)

    def _run_module(self, title: str, module: str, *arguments: str) -> None:
        """Run one command of the product to its end, showing what it prints."""
        say(f"{title} …")
        began = time.monotonic()
        process = spawn(python(module, *arguments), env=self.env, cwd=ROOT)
        try:
            code = process.wait()
        except BaseException:
            stop(process, ((signal.SIGTERM, 5),))
            raise
        if code:
            raise CannotStart(f"{title} failed with code {code}; see the lines above.")
        _done(title, began)

    def _announce(self) -> None:
        lines = []
        if "web" in self.only:
            lines.append(f"Onebook   http://localhost:{self.ports['PORT']}")
        if self._has_own_mailbox():
            lines.append(f"Mailbox   http://localhost:{self.ports['MAILBOX_PORT']}   (every mail that is sent)")
        for login in self.data.logins() if "web" in self.only and self.has_own_database else []:
            lines.append(f"{login.get('name', '')}: {login.get('url', '')}   {login.get('email', '')}   {login.get('password', '')}")
        print("\n" + "\n".join(f"  {line}" for line in [*lines, "Ctrl-C stops everything."]) + "\n", flush=True)


def _done(title: str, began: float) -> None:
    say(f"✓ {title}  ({time.monotonic() - began:.1f} s)")


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"{variable}={value} is not a port: give a number from 1 to 65535.")
    return int(value)


def _why_taken(port: int) -> str:
    if port < 1024 and os.geteuid() != 0:
        return "reserved to root"
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"in use by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "already in use"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def _only_one(data: DataFolder) -> Iterator[None]:
    """Hold the data folder's lock, which the kernel gives back however this process ends. Raises CannotStart."""
    with (data.path / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(f"Onebook already runs on {data.path} (process {lock.read().strip()}): stop that one first.") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _stop_on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def main() -> int:
    """Run the stack until a signal comes; return the exit code."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--only", default=",".join(ALL), help=f"comma-separated parts of: {', '.join(ALL)}")
    only = tuple(parser.parse_args().only.split(","))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_on_signal)
    try:
        data = DataFolder(Path(os.environ.get("DATA_DIR") or ROOT / ".data"))
        with _only_one(data):
            return _run_until_stopped(only, data)
    except CannotStart as error:
        return _refuse(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _refuse(f"No space left on the disk of {error.filename or data.path}.")
        return _refuse(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        return 130


def _run_until_stopped(only: tuple[str, ...], data: DataFolder) -> int:
    run = Run(only, data)
    try:
        run.start()
        run.supervisor.watch()
    except KeyboardInterrupt:
        print(flush=True)
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        run.supervisor.stop()
    return 0


def _refuse(line: str) -> int:
    print(f"Onebook cannot start: {line}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
