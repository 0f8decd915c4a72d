"""Loopback ports: which are free, who holds one, and whether a server answers on it."""

from __future__ import annotations

import contextlib
import os
import socket
import urllib.error
import urllib.request

import psutil

from saas.devstack.process import CannotStart


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(remembered: int | None = None) -> int:
    """Choose a loopback port: the remembered one while it is free, else one that the kernel gives."""
    if remembered and is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_from_environment(variable: str, default: int) -> int:
    """Read a port. Raises CannotStart when the variable holds no port."""
    value = os.environ.get(variable, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"{variable}={value} is not a port: give a number from 1 to 65535.")
    return int(value)


def require_free(port: int, variable: str, purpose: str) -> None:
    """Raise CannotStart, naming who holds the port and the variable that moves ours, unless it is free."""
    if not is_free(port):
        raise CannotStart(f"Port {port} for {purpose} is {_why_taken(port)}: free it, or choose another with {variable}=….")


def _why_taken(port: int) -> str:
    if port < 1024 and os.geteuid() != 0:
        return "reserved to root"
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"in use by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "already in use"


def is_healthy(port: int) -> bool:
    """Say whether the web server on this port answers its health check."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
