"""The product as real processes, for tests in a browser and for those that kill parts of it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from saas.devstack.parts import python
from saas.devstack.ports import free_port, is_healthy
from saas.devstack.process import kill_group, spawn, stop

ROOT = Path(__file__).parent.parent


class Product:
    """Web, worker and scheduler on given servers; `url()` is where a browser goes. Logs are files in `folder`."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.environment = {**environment, "PUBLIC_PORT": str(self.port), "PYTHONUNBUFFERED": "1", "TZ": "UTC"}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def url(self, workspace: str | None = None, path: str = "/") -> str:
        """Build an address of the public site or of a workspace."""
        return f"http://{f'{workspace}.' if workspace else ''}localhost:{self.port}{path}"

    def run(self, *arguments: str) -> str:
        """Run one operator's command (`saas.cli`) to its end; return what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            python("saas.cli", *arguments), env=self.environment, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise AssertionError(f"saas {' '.join(arguments)} ended with {done.returncode}:\n{output}")
        return output

    def start(self, *names: str) -> None:
        """Start web, worker and scheduler, or those named; return when web answers."""
        for name in names or ("web", "worker", "scheduler"):
            with (self.folder / f"{name}.log").open("ab") as log:
                self._running[name] = spawn(self._command(name), env=self.environment, cwd=ROOT, output=log)
        if "web" in self._running:
            self.wait_for_web()

    def wait_for_web(self, patience_s: float = 90) -> None:
        """Wait until web answers. Raises AssertionError with its log."""
        end = time.monotonic() + patience_s
        while not is_healthy(self.port):
            if self._running["web"].poll() is not None or time.monotonic() > end:
                raise AssertionError(f"web does not answer:\n{self.log('web')}")
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """`kill -9` a part with all its processes, those in groups of their own (as rq's forks are) included."""
        process = self._running.pop(name)
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        kill_group(process.pid)
        psutil.wait_procs(children, timeout=10)

    def stop(self, *names: str) -> None:
        """Stop the parts named, or all, the way an operator would."""
        for name in names or tuple(self._running):
            stop(self._running.pop(name), ((signal.SIGTERM, 15),))

    def log(self, name: str) -> str:
        """Return what a part has printed so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _command(self, name: str) -> list[str]:
        if name == "web":
            options = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
            return python("granian", *options, "saas.app:app")
        return python("saas.worker") if name == "worker" else python("saas.cli", "scheduler")
