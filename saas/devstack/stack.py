"""The development stack: its parts in order, and the environment that the product's processes get. run.py is the command."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from saas.devstack.data_folder import ROOT, DataFolder, fingerprint
from saas.devstack.parts import Command, Supervisor, python, say
from saas.devstack.ports import is_healthy, port_from_environment, require_free
from saas.devstack.postgres import Postgres
from saas.devstack.process import CannotStart, marked, spawn, stop
from saas.devstack.redis import Redis

MARK = "ONEBOOK_RUN"
PARTS = ("postgres", "redis", "mailbox", "setup", "web", "worker", "scheduler")


class Stack:
    """One run: what is asked for, the environment it builds, and the parts it has started."""

    def __init__(self, only: tuple[str, ...], data: DataFolder) -> None:
        self.only, self.data = only, data
        self.port = port_from_environment("PORT", 8000)
        self.mailbox_port = port_from_environment("MAILBOX_PORT", 8025)
        self.smtp_port = port_from_environment("SMTP_PORT", 1025)
        self.supervisor = Supervisor()
        self.admin_url = os.environ.get("DATABASE_ADMIN_URL")
        self.has_own_database = "postgres" in only and "DATABASE_URL" not in os.environ
        self.has_own_mailbox = "mailbox" in only and "SMTP_URL" not in os.environ
        self.env = self._environment()

    def start(self) -> None:
        """Start everything that is asked for. Raises CannotStart."""
        self._reclaim()
        self._check_ports()
        if self.has_own_database and self.data.is_demo_unfinished():
            say("the first start was interrupted: beginning anew")
            self.data.begin_anew()
        self.data.files.mkdir(exist_ok=True)
        steps = {
            "postgres": self._start_postgres,
            "redis": self._start_redis,
            "mailbox": self._start_mailbox,
            "setup": self._prepare_database,
            "web": self._start_web,
            "worker": self._start_workers,
            "scheduler": self._start_scheduler,
        }
        for name in PARTS:
            if name in self.only:
                steps[name]()
        self._announce()

    def _environment(self) -> dict[str, str]:
        defaults = {
            "SECRET_KEY": self.data.secrets()["secret_key"],
            "STORAGE_URL": f"file://{self.data.files}",
            "DOMAIN": "localhost",
            "SCHEME": "http",
            "PUBLIC_PORT": str(self.port),
            "ENVIRONMENT": "development",
            "DATA_DIR": str(self.data.path),
        }
        return {**defaults, **os.environ, MARK: str(self.data.path), "PYTHONUNBUFFERED": "1", "TZ": "UTC"}

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
        if "web" in self.only:
            require_free(self.port, "PORT", "the workspaces")
        if self.has_own_mailbox:
            require_free(self.mailbox_port, "MAILBOX_PORT", "the mailbox")
            require_free(self.smtp_port, "SMTP_PORT", "receiving mail")

    def _start_postgres(self) -> None:
        if not self.has_own_database:
            return say("PostgreSQL: the one of DATABASE_URL")
        postgres, began = Postgres(self.data.postgres, durable=True), time.monotonic()
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
        redis, began = Redis(self.data.redis, durable=True), time.monotonic()
        self.supervisor.start("redis", redis)
        self.env["REDIS_URL"] = redis.url(0)
        return _done(f"Redis on 127.0.0.1:{redis.port}", began)

    def _start_mailbox(self) -> None:
        if not self.has_own_mailbox:
            return say("Mail: through the server of SMTP_URL")
        began, http = time.monotonic(), self.mailbox_port
        options = ["--folder", str(self.data.mail), "--http-port", str(http), "--smtp-port", str(self.smtp_port)]
        self.supervisor.start("mailbox", Command(python("saas.devstack.mailbox", *options), self.env, ROOT))
        self.env["SMTP_URL"] = f"smtp://127.0.0.1:{self.smtp_port}"
        self.supervisor.wait_for("mailbox", lambda: is_healthy(http), 30)
        return _done("mailbox", began)

    def _prepare_database(self) -> None:
        """Set up and migrate the database when the code's migrations changed; make the demo workspaces once."""
        wanted, database = fingerprint(), self.env.get("DATABASE_URL", "")
        if self.data.prepared_for() == [wanted, database]:
            say("database is up to date")
        else:
            if self.admin_url:
                self._run("setting up the database", "saas.cli", "setup", "--admin-url", self.admin_url)
            self._run("migrating all workspaces", "saas.cli", "migrate")
            self.data.remember_prepared(wanted, database)
        if not self.data.demo.exists() and (self.has_own_database or "DEMO" in os.environ):
            self.data.note_demo_begun()
            self._run("making demo workspaces, on the first run only", "saas.devstack.demo")

    def _start_web(self) -> None:
        began, port = time.monotonic(), self.port
        options = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", os.environ.get("WEB_WORKERS", "1")]
        self.supervisor.start("web", Command(python("granian", *options, "saas.app:app"), self.env, ROOT))
        self.supervisor.wait_for("web", lambda: is_healthy(port), 90)
        _done("web", began)

    def _start_workers(self) -> None:
        count = int(os.environ.get("WORKERS", "1"))
        for number in range(1, count + 1):
            self.supervisor.start(f"worker{number if count > 1 else ''}", Command(python("saas.worker"), self.env, ROOT))

    def _start_scheduler(self) -> None:
        self.supervisor.start("scheduler", Command(python("saas.cli", "scheduler"), self.env, ROOT))

    def _run(self, title: str, *command: str) -> None:
        """Run one command of the product to its end, showing what it prints."""
        say(f"{title} …")
        began = time.monotonic()
        process = spawn(python(*command), env=self.env, cwd=ROOT)
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
            lines.append(f"Onebook   http://localhost:{self.port}")
        if self.has_own_mailbox:
            lines.append(f"Mailbox   http://localhost:{self.mailbox_port}   (every mail that is sent)")
        for login in self.data.logins() if "web" in self.only and self.has_own_database else []:
            lines.append(f"{login.get('name', '')}   {login.get('url', '')}   {login.get('email', '')}   {login.get('password', '')}")
        print("\n" + "\n".join(f"  {line}" for line in [*lines, "Ctrl-C stops everything."]) + "\n", flush=True)


def _done(title: str, began: float) -> None:
    say(f"✓ {title}  ({time.monotonic() - began:.1f} s)")
