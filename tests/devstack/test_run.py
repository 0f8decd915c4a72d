"""`make run` without the product: starting, stopping, crashing, and being refused in one clear line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from saas.devstack.ports import free_port
from tests.devstack.alive import is_alive

ROOT = Path(__file__).parents[2]
PARTS = "postgres,redis,mailbox"


class Stack:
    """One `make run` in a process of its own, with a data folder and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mailbox_port, self.smtp_port = free_port(), free_port()
        self.log = folder.parent / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, only: str = PARTS, **variables: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        environment |= {"DATA_DIR": str(self.folder), "ONEBOOK_SHARED_BUFFERS": "16MB", "PYTHONUNBUFFERED": "1"}
        environment |= {"MAILBOX_PORT": str(self.mailbox_port), "SMTP_PORT": str(self.smtp_port)} | variables
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "saas.devstack.run", "--only", only], env=environment, cwd=ROOT, stdout=output, stderr=output
            )

    def started(self, only: str = PARTS, **variables: str) -> float:
        """Start and wait until all is up; return the seconds."""
        began = time.monotonic()
        self.start(only, **variables)
        self.wait_for("Ctrl-C stops everything")
        return time.monotonic() - began

    def wait_for(self, text: str, patience_s: float = 60) -> None:
        end = time.monotonic() + patience_s
        while text not in self.output():
            assert self.process is not None
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < end, self.output()
            time.sleep(0.05)

    def output(self) -> str:
        return self.log.read_text()

    def ended(self, patience_s: float = 60) -> int:
        assert self.process is not None
        return self.process.wait(patience_s)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def children(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def mailbox_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.mailbox_port}/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Give a stack that is stopped at the end, whatever happened."""
    with tempfile.TemporaryDirectory(prefix="onebook-run-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        found = Stack(Path(name) / "data")
        yield found
        if found.process is not None and found.process.poll() is None:
            found.process.terminate()
            found.process.wait(60)


def test_ctrl_c_stops_all_and_a_second_start_is_quick(stack: Stack) -> None:
    stack.started()
    children = stack.children()
    assert stack.mailbox_answers()
    stack.send(signal.SIGINT)
    assert stack.ended() == 0
    assert not any(is_alive(child.pid) for child in children)
    # On an idle two-core machine it takes four to seven seconds; the bound only tells it from a first start that makes everything.
    assert stack.started() < 45


def test_kill_9_leaves_nothing_behind_that_hinders_the_next_start(stack: Stack) -> None:
    stack.started()
    children = stack.children()
    stack.send(signal.SIGKILL)
    stack.ended()
    stack.started()
    assert stack.mailbox_answers()
    assert not any(is_alive(child.pid) for child in children)


def test_a_crashed_part_is_started_again_with_a_visible_line(stack: Stack) -> None:
    stack.started()
    for child in stack.children():
        child.kill()
    for name in ("postgres", "redis", "mailbox"):
        stack.wait_for(f"{name} was ended by SIGKILL; starting it again")
    end = time.monotonic() + 30
    while not stack.mailbox_answers():
        assert time.monotonic() < end, stack.output()
        time.sleep(0.1)
    stack.send(signal.SIGTERM)
    assert stack.ended() == 0


def _refused(stack: Stack) -> str:
    """Wait for the refusal: a code that is not 0, one last line, no traceback, nothing left running."""
    assert stack.ended() == 1
    output = stack.output()
    assert "Traceback" not in output
    lines = [line for line in output.splitlines() if line.startswith("Onebook cannot start: ")]
    assert len(lines) == 1
    return lines[0]


def test_a_taken_port_is_named_with_the_variable_that_moves_it(stack: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", stack.mailbox_port))
        taken.listen()
        stack.start()
        line = _refused(stack)
    assert f"Port {stack.mailbox_port}" in line
    assert "MAILBOX_PORT" in line


def test_a_port_that_is_no_number_is_refused(stack: Stack) -> None:
    stack.start(PORT="eight")
    assert "PORT=eight is not a port" in _refused(stack)


def test_a_data_folder_that_cannot_be_made_is_refused(stack: Stack) -> None:
    stack.folder = Path("/proc/onebook")
    stack.start()
    assert "/proc/onebook cannot be made" in _refused(stack)


def test_a_second_run_on_the_same_data_is_refused(stack: Stack) -> None:
    stack.started()
    second = Stack(stack.folder)
    second.log = stack.folder.parent / "second.log"
    second.start()
    assert re.search(rf"already runs on .* \(process {stack.process.pid}\)" if stack.process else "-", _refused(second))
    assert stack.mailbox_answers()


def test_parts_whose_address_is_given_are_not_started(stack: Stack) -> None:
    addresses = {"DATABASE_URL": "postgresql://x@db/x", "REDIS_URL": "redis://r", "SMTP_URL": "smtp://m:25"}
    stack.started(**addresses)
    assert stack.children() == []
    for name in addresses:
        assert f"the one of {name}" in stack.output() or f"the server of {name}" in stack.output()
