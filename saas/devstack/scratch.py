"""Throw-away servers around one block or one command: `python -m saas.devstack.scratch COMMAND …`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saas.devstack.environment import throwaway_environment
from saas.devstack.postgres import Postgres
from saas.devstack.process import CannotStart
from saas.devstack.redis import Redis

DATABASES = ("onebook_a", "onebook_b")


@contextmanager
def scratch_servers(*, durable: bool = False, settings: dict[str, str] | None = None) -> Iterator[tuple[dict[str, str], Postgres]]:
    """Run a PostgreSQL and a Redis of their own; yield the product's environment (its databases wait for `saas setup`) and the server.

    Mail goes nowhere (the SMTP port is closed). Everything is removed at the end. Raises CannotStart.
    """
    folder = Path(tempfile.mkdtemp(prefix="onebook-scratch-"))
    folder.chmod(0o711)  # PostgreSQL, which is another user when this runs as root, passes through.
    storage = folder / "files"
    storage.mkdir()
    postgres = Postgres(folder / "postgres", durable=durable, settings=settings)
    redis = Redis(folder / "redis", durable=False)
    try:
        postgres.start()
        redis.start()
        yield throwaway_environment(postgres.admin_url(), DATABASES, redis.url(0), "smtp://127.0.0.1:9", storage), postgres
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    """Make and set up both databases, run the command in that environment, and return its exit code."""
    with scratch_servers() as (product, postgres):
        environment = {**os.environ, **product}
        set_up = [sys.executable, "-m", "saas.cli", "setup", "--admin-url", postgres.admin_url()]
        subprocess.run(set_up, env=environment, check=True, stdout=subprocess.DEVNULL)
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (CannotStart, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
