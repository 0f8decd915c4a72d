"""The embedded Redis through crashes."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import redis

from saas.devstack.redis import Redis
from tests.devstack.alive import is_alive


def test_a_value_survives_kill_9_and_the_port_and_password_stay(tmp_path: Path) -> None:
    server = Redis(tmp_path / "redis", durable=True)
    server.start()
    try:
        url = server.url(3)
        with redis.Redis.from_url(url) as client:
            client.set("kept", "1")
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        server.start()
        assert server.url(3) == url
        with redis.Redis.from_url(url) as client:
            assert client.get("kept") == b"1"
    finally:
        server.stop()


def test_a_server_that_lost_its_supervisor_is_reclaimed(tmp_path: Path) -> None:
    server = Redis(tmp_path / "redis", durable=True)
    server.start()
    lost = server.pid
    assert lost
    heir = Redis(tmp_path / "redis", durable=True)
    heir.start()
    try:
        assert not is_alive(lost)
        with redis.Redis.from_url(heir.url()) as client:
            assert client.ping()
    finally:
        heir.stop()
        server.stop()


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    server = Redis(tmp_path / "redis", durable=False)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stranger:
            stranger.sendall(b"GET x\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")
    finally:
        server.stop()
