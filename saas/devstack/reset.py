"""Deletes the development data: the data folder and, where the database lives elsewhere, its shelter."""

from __future__ import annotations

import fcntl
import shutil
import sys

from saas.devstack.data_folder import DATA
from saas.devstack.place import existing_shelters


def main() -> str | None:
    """Ask, delete; return the line to fail with, None when done."""
    data = DATA.resolve()
    if not data.exists():
        return None
    with (data / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"Onebook runs on {data}: stop it first."
        if input(f"Delete all workspaces, mails and files in {data}? Type yes: ").strip() != "yes":
            return "Nothing was deleted."
        for folder in (*existing_shelters(data / "postgres"), data):
            shutil.rmtree(folder)
    return None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, EOFError, KeyboardInterrupt) as error:
        sys.exit(f"Nothing was deleted, or not all: {error}")
