"""Keeps one PostgreSQL, one Redis and one mail sink for a test session, until the last process that uses them ends."""

from __future__ import annotations

import asyncio
import fcntl
import json
import shutil
import sys
import threading
import time
from pathlib import Path

from saas.devstack.mailbox import listen
from saas.devstack.mailbox_store import MailStore
from saas.devstack.postgres import Postgres
from saas.devstack.process import CannotStart
from saas.devstack.redis import Redis

_OLD_S = 600


def main(folder: Path) -> None:
    """Start the servers, write `servers.json`, wait until nobody holds `users.lock`, stop, remove the folder."""
    _sweep(folder)
    postgres = Postgres(folder / "postgres", durable=False)
    redis = Redis(folder / "redis", durable=False)
    try:
        postgres.start()
        redis.start()
        smtp_port = _start_sink(folder / "mail")
        found = {
            "postgres": postgres.admin_url(""),
            "postgres_programs": str(Path(postgres.program("psql")).parent),
            "redis": redis.url(0).rsplit("/", 1)[0],
            "smtp_port": smtp_port,
        }
        unfinished = folder / "servers.json.part"
        unfinished.write_text(json.dumps(found))
        unfinished.rename(folder / "servers.json")
        with (folder / "users.lock").open("r") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        redis.stop()
        postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(current: Path) -> None:
    """Remove what keepers that were killed themselves have left: old folders that nobody uses any more."""
    for folder in current.parent.glob(f"{current.name.rsplit('-', 1)[0]}-*"):
        try:
            if folder == current or time.time() - folder.stat().st_mtime < _OLD_S:
                continue
            with (folder / "users.lock").open("r") as users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _start_sink(folder: Path) -> int:
    """Run the SMTP sink in a thread; return its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(listen(MailStore(folder), 0))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    port: int = server.sockets[0].getsockname()[1]
    return port


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except CannotStart as error:
        sys.exit(str(error))
