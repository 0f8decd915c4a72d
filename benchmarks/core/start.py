"""`make run` on a data folder that is there already, until the public site answers; beside a bare PostgreSQL and a bare import of the app."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.core.rows import row
from saas.devstack.data_folder import ROOT, DataFolder
from saas.devstack.ports import free_port
from saas.devstack.postgres import Postgres

TARGET_S, TIMES = 10.0, 3
FIRST_START_S, STOP_S = 600.0, 60.0


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Start once to make everything, then again and again; the median of the later ones counts."""
    times = max(1, round(TIMES * min(scale, 1.0)))
    with tempfile.TemporaryDirectory(prefix="onebook-start-", ignore_cleanup_errors=True) as name:
        # PostgreSQL refuses root: the user it then runs as has to reach the folder.
        Path(name).chmod(0o755)
        data = Path(name) / "data"
        _started(data)
        # In turns, so that whatever else the machine does bears on both alike.
        pairs = [(_bare(data), _started(data)) for _time in range(times)]
    floor, value = (statistics.median(taken) for taken in zip(*pairs, strict=True))
    return [row("make run, second start until the site answers", value, "s", floor, f"< {TARGET_S:.0f} s", value < TARGET_S)]


def _started(data: Path) -> float:
    """Start everything, wait for the first page, stop; return the seconds from the command to the page."""
    began = time.perf_counter()
    with _running(data) as (process, port, log):
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > FIRST_START_S:
                raise RuntimeError(f"make run did not come up:\n{log.read_text()[-2_000:]}")
            time.sleep(0.02)
        return time.perf_counter() - began


@contextmanager
def _running(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """Run the command as a person does, on free ports; end it with Ctrl-C."""
    ports = {"PORT": free_port(), "MAILBOX_PORT": free_port(), "SMTP_PORT": free_port()}
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL") and not name.startswith("MAKE")}
    environment |= {"DATA_DIR": str(data)} | {name: str(port) for name, port in ports.items()}
    log = data.parent / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(["make", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process, ports["PORT"], log
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(STOP_S)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _bare(data: Path) -> float:
    """Start the same PostgreSQL alone, then import the app alone; return the seconds of both."""
    postgres = Postgres(DataFolder(data).postgres, durable=True)
    began = time.perf_counter()
    postgres.start()
    taken = time.perf_counter() - began
    postgres.stop()
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import saas.app"], cwd=ROOT, check=True, env={**os.environ, "DATABASE_URL": "postgresql://"})
    return taken + time.perf_counter() - began
