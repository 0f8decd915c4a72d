"""The embedded PostgreSQL through crashes, foreign pid files, taken ports and closed folders."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from saas.devstack import place
from saas.devstack.postgres import Postgres
from saas.devstack.process import CannotStart
from tests.devstack.alive import is_alive

SETTINGS = {"shared_buffers": "16MB"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a short-lived folder whose parents everybody may pass, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="onebook-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def postgres(folder: Path) -> Iterator[Postgres]:
    """Give a started server with one row in it."""
    server = Postgres(folder / "pg", durable=True, settings=SETTINGS)
    server.start()
    _run(server, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
    yield server
    server.stop()


def _run(server: Postgres, *statements: str) -> None:
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _rows(server: Postgres) -> int:
    with psycopg.connect(server.admin_url()) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_a_committed_row_survives_kill_9(postgres: Postgres) -> None:
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    postgres.start()
    assert _rows(postgres) == 1


def test_a_server_that_lost_its_supervisor_is_reclaimed(postgres: Postgres, folder: Path) -> None:
    lost = postgres.pid
    assert lost
    heir = Postgres(folder / "pg", durable=True, settings=SETTINGS)
    heir.start()
    try:
        assert heir.pid != lost
        assert not is_alive(lost)
        assert _rows(heir) == 1
    finally:
        heir.stop()


def test_a_pid_file_that_names_a_living_stranger_is_no_obstacle(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.start()
    assert _rows(postgres) == 1


def test_the_port_is_remembered_and_given_up_only_when_taken(postgres: Postgres) -> None:
    port = postgres.port
    postgres.stop()
    postgres.start()
    assert postgres.port == port
    postgres.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        postgres.start()
    assert postgres.port != port
    assert _rows(postgres) == 1


def test_a_half_made_cluster_is_made_again(folder: Path) -> None:
    server = Postgres(folder / "pg", durable=False, settings=SETTINGS)
    (folder / "pg" / "cluster" / "base").mkdir(parents=True)
    server.start()
    try:
        _run(server, "CREATE TABLE kept (n int)")
    finally:
        server.stop()


def test_a_setting_that_postgres_refuses_gives_one_line(folder: Path) -> None:
    server = Postgres(folder / "pg", durable=False, settings={"shared_buffers": "many"})
    with pytest.raises(CannotStart, match="shared_buffers") as raised:
        server.start()
    assert "\n" not in str(raised.value)
    assert server.pid is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")
def test_as_root_a_closed_parent_folder_moves_the_files_to_a_shelter(folder: Path) -> None:
    folder.chmod(0o700)
    server = Postgres(folder / "pg", durable=False, settings=SETTINGS)
    try:
        server.start()
        assert not server.cluster.is_relative_to(folder)
        _run(server, "CREATE TABLE kept (n int)")
        server.stop()
        server.start()
        assert _rows(server) == 0
    finally:
        server.stop()
        for shelter in place.existing_shelters(folder / "pg"):
            place.remove(shelter)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")
def test_as_root_the_server_runs_as_somebody_else(postgres: Postgres) -> None:
    assert psutil.Process(postgres.pid).uids().effective != 0
