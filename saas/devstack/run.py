"""The command behind `make run`: one at a time on a data folder, until Ctrl-C; refusals are one line. stack.py says what is started."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from saas.devstack.data_folder import DATA, DataFolder
from saas.devstack.process import CannotStart
from saas.devstack.stack import PARTS, Stack


@contextlib.contextmanager
def _only_one(data: DataFolder) -> Iterator[None]:
    """Hold the data folder's lock, which the kernel gives back however this process ends. Raises CannotStart."""
    with (data.path / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(f"Onebook already runs on {data.path} (process {lock.read().strip()}): stop that one first.") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _stop_on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def main() -> int:
    """Run the stack until a signal comes; return the exit code."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"comma-separated parts of: {', '.join(PARTS)}")
    only = tuple(parser.parse_args().only.split(","))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_on_signal)
    try:
        data = DataFolder(DATA)
        with _only_one(data):
            return _run_until_stopped(only, data)
    except CannotStart as error:
        return _refuse(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _refuse(f"No space left on the disk of {error.filename or DATA}.")
        return _refuse(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        return 130


def _run_until_stopped(only: tuple[str, ...], data: DataFolder) -> int:
    stack = Stack(only, data)
    try:
        stack.start()
        stack.supervisor.watch()
    except KeyboardInterrupt:
        print(flush=True)
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stack.supervisor.stop()
    return 0


def _refuse(line: str) -> int:
    print(f"Onebook cannot start: {line}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
