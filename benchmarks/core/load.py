"""Servers under load: started as real processes, asked over loopback by plain sockets that cost next to nothing themselves."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """One request, ready to send."""

    raw: bytes


@dataclass
class Outcome:
    """What came of a run: answers a second, seconds of each answer, and the answers that were errors."""

    rate: float
    times_s: list[float]
    errors: int

    def percentile(self, share: float) -> float:
        """Return the time under which a share of the answers stayed."""
        ordered = sorted(self.times_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def get(host: str, path: str, token: str) -> Ask:
    """Make a GET of a signed-in browser."""
    return Ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session={token}; visitor=x\r\n\r\n".encode())


def post(host: str, path: str, token: str, body: str) -> Ask:
    """Make a form submission of a signed-in browser; the body carries the CSRF token."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: session={token}; visitor=x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    return Ask(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


@contextmanager
def server(target: str, environment: dict[str, str], workers: int = 1) -> Iterator[int]:
    """Run an ASGI target under granian; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--no-ws", "--log-level", "warning", target]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait(port, process)
        yield port
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


def drive(port: int, asks: Sequence[Ask], seconds: float, concurrency: int) -> Outcome:
    """Send the requests in turn over `concurrency` connections for some seconds."""
    return asyncio.run(_drive(port, asks, seconds, concurrency))


async def _drive(port: int, asks: Sequence[Ask], seconds: float, concurrency: int) -> Outcome:
    times: list[float] = []
    errors, turn = 0, 0
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal errors, turn
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        while time.perf_counter() < end:
            ask = asks[turn % len(asks)]
            turn += 1
            began = time.perf_counter()
            writer.write(ask.raw)
            status = await _answer(reader)
            times.append(time.perf_counter() - began)
            errors += status >= 400
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _number in range(concurrency)))
    return Outcome(len(times) / (time.perf_counter() - began), times, errors)


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
