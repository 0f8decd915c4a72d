"""Servers under load: started as real processes, asked over loopback by plain sockets that cost next to nothing themselves."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ask:
    """One request, ready to send."""

    raw: bytes


@dataclass
class Outcome:
    """What came of a run: answers a second, CPU seconds the server used for one, seconds each took, and how many were errors."""

    rate: float
    cpu_s: float
    times_s: list[float]
    errors: int

    def percentile(self, share: float) -> float:
        """Return the time under which a share of the answers stayed."""
        ordered = sorted(self.times_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the CPU seconds, user and system, that the process and its children have used."""
        return sum(_cpu_s(pid) for pid in _family(self.pid))


def get(host: str, path: str, token: str, headers: Mapping[str, str] | None = None) -> Ask:
    """Make a GET of a signed-in browser."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return Ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session={token}; visitor=x\r\n{more}\r\n".encode())


def post(host: str, path: str, token: str, body: str) -> Ask:
    """Make a form submission of a signed-in browser; the body carries the CSRF token."""
    kind = "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session={token}; visitor=x\r\nContent-Type: {kind}\r\n"
    return Ask(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


@contextmanager
def server(target: str, environment: dict[str, str], workers: int = 1) -> Iterator[Served]:
    """Run an ASGI target under granian, in one process unless more are wanted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--no-ws", "--log-level", "warning", target]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait(port, process)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _cpu_s(pid: int) -> float:
    # The second field, the program's name, may hold blanks (proc(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def drive(served: Served, asks: Sequence[Ask], seconds: float, concurrency: int) -> Outcome:
    """Send the requests in turn over `concurrency` connections for some seconds."""
    return asyncio.run(_drive(served, asks, seconds, concurrency))


async def _drive(served: Served, asks: Sequence[Ask], seconds: float, concurrency: int) -> Outcome:
    times: list[float] = []
    errors, turn = 0, 0
    used, began = served.cpu_s(), time.perf_counter()
    end = began + seconds

    async def one() -> None:
        nonlocal errors, turn
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1 << 20)
        while True:
            ask = asks[turn % len(asks)]
            turn += 1
            sent = time.perf_counter()
            writer.write(ask.raw)
            status = await _answer(reader)
            times.append(time.perf_counter() - sent)
            errors += status >= 400
            if time.perf_counter() >= end:
                break
        writer.close()

    await asyncio.gather(*(one() for _number in range(concurrency)))
    return Outcome(len(times) / (time.perf_counter() - began), (served.cpu_s() - used) / len(times), times, errors)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    place = lowered.find(b"content-length:")
    if place >= 0:
        await reader.readexactly(int(lowered[place + 15 : lowered.index(b"\r\n", place)]))
    elif b"transfer-encoding: chunked" in lowered:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status
