"""The running parts of the development stack: each can be started, watched and stopped. The order is run.py's."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from saas.devstack.process import CannotStart, spawn, stop

_LONGEST_PAUSE_S = 30.0


class Part(Protocol):
    """What the supervisor needs of a server or a command."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Command:
    """A process of the product; what it prints is kept for the supervisor to show line by line."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self._command, self._env, self._cwd = command, env, cwd
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Raises CannotStart when it cannot be run at all."""
        self.process = spawn(self._command, env=self._env, cwd=self._cwd, output=subprocess.PIPE)

    def stop(self) -> None:
        """Ask it to end, and see that its whole group does."""
        if self.process is not None:
            stop(self.process, ((signal.SIGTERM, 10), (signal.SIGINT, 2)))


class Supervisor:
    """Starts parts, prints what they say, restarts those that crash, and stops all in the opposite order."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._pauses: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._selector = selectors.DefaultSelector()
        self._unfinished: dict[str, bytes] = {}

    def start(self, name: str, part: Part) -> None:
        """Start a part and keep it running from now on. Raises CannotStart."""
        self._parts[name] = part
        part.start()
        self._listen(name, part)

    def wait_for(self, name: str, ready: Callable[[], bool], patience_s: float) -> None:
        """Show output until `ready()`. Raises CannotStart when the part ends first or the time is over."""
        end = time.monotonic() + patience_s
        process = self._parts[name].process
        while not ready():
            self._show(0.1)
            if process is None or process.poll() is not None:
                self._show(0.1)
                raise CannotStart(f"{name} ended while starting; see the lines above.")
            if time.monotonic() > end:
                raise CannotStart(f"{name} did not answer within {patience_s:.0f} s; see the lines above.")

    def watch(self) -> None:
        """Show output and restart crashed parts, for ever."""
        while True:
            self._show(0.5)
            for name, part in self._parts.items():
                if part.process is None or part.process.poll() is not None:
                    self._restart_when_due(name, part)

    def stop(self) -> None:
        """Stop everything, last started first."""
        for name, part in reversed(self._parts.items()):
            say(f"stopping {name}")
            part.stop()
            self._show(0)
        self._parts.clear()

    def _restart_when_due(self, name: str, part: Part) -> None:
        now = time.monotonic()
        if name not in self._due:
            lived = now - self._started.get(name, 0.0)
            # At once the first time; a part that keeps crashing waits longer each time.
            pause = 0.0 if lived > _LONGEST_PAUSE_S or name not in self._pauses else min(_LONGEST_PAUSE_S, max(1.0, 2 * self._pauses[name]))
            self._pauses[name], self._due[name] = pause, now + pause
            code = part.process.returncode if part.process else None
            say(f"{name} {_ending(code)}; starting it again{f' in {pause:.0f} s' if pause else ''}")
        if now < self._due[name]:
            return
        del self._due[name]
        try:
            part.stop()
            part.start()
        except CannotStart as error:
            say(f"{name}: {error}")
            return
        self._listen(name, part)

    def _listen(self, name: str, part: Part) -> None:
        self._started[name] = time.monotonic()
        if part.process is not None and part.process.stdout is not None:
            os.set_blocking(part.process.stdout.fileno(), False)
            self._selector.register(part.process.stdout, selectors.EVENT_READ, name)

    def _show(self, patience_s: float) -> None:
        if not self._selector.get_map():
            time.sleep(patience_s)
            return
        for key, _ in self._selector.select(patience_s):
            stream, name = key.fileobj, str(key.data)
            content = os.read(key.fd, 65536)
            *lines, rest = (self._unfinished.pop(name, b"") + content).split(b"\n")
            for line in lines:
                print(f"{name:>9} | {line.decode(errors='replace')}", flush=True)
            if content:
                self._unfinished[name] = rest
            else:
                self._selector.unregister(stream)
                if not isinstance(stream, int):
                    stream_close = getattr(stream, "close", None)
                    if stream_close:
                        stream_close()


def say(line: str) -> None:
    """Print one line of progress. A closed terminal is no reason to stop half way."""
    with contextlib.suppress(BrokenPipeError):
        print(f"  {line}", flush=True)


def python(*arguments: str) -> list[str]:
    """Build the command that runs a module with this interpreter."""
    return [sys.executable, "-m", *arguments]


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
