"""Child processes that end with their parent, and left-over ones. What is run is decided elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(Exception):
    """A part of the development stack cannot run; the message is one line that says why and what to do."""


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    output: IO[bytes] | int | None = None,
    user: int | None = None,
    group: int | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group that receives `death_signal` when this process dies (Linux).

    Call it from the main thread: Linux ties the signal to the thread that forked. Raises CannotStart.
    """
    try:
        with warnings.catch_warnings():
            # Python warns of forking beside threads; between fork and exec the child makes one system call and takes no lock.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(
                list(command),
                env=dict(env) if env is not None else None,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
                start_new_session=True,
                preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 - said above
            )
    except (PermissionError, FileNotFoundError) as error:
        raise CannotStart(f"Cannot run {command[0]}: {error.strerror}.") from error


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    libc, parent = _libc, os.getpid()
    if libc is None:
        return None

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def stop(process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal to the child and wait its seconds, until the child has ended; SIGKILL its group at last."""
    for number, patience_s in signals:
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
    kill_group(process.pid)
    process.wait()


def kill_group(group_id: int) -> None:
    """Kill what is left of a process group that `spawn` made."""
    try:
        os.killpg(group_id, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def reclaim(folder: Path, first: signal.Signals, patience_s: float = 20) -> int:
    """End the servers a killed run left working in `folder` (it is their current directory); return how many.

    The caller holds the lock of the data folder, so whoever still works there has lost its supervisor.
    """
    left = [process for process in psutil.process_iter() if _works_in(process, folder)]
    for process in left:
        _signal(process, first)
    _, stubborn = psutil.wait_procs(left, timeout=patience_s)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=5)
    return len(left)


def marked(name: str, value: str) -> Iterator[psutil.Process]:
    """Find the processes that carry `name=value` in their environment, this one excepted."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                yield process
        except (psutil.Error, OSError):
            continue


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.name() != "" and process.cwd() == str(folder)
    except (psutil.Error, OSError):
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], patience_s: float) -> bool:
    """Poll until `ready()`; false when the process ends first or the time is over."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end and process.poll() is None:
        if ready():
            return True
        time.sleep(0.02)
    return False
