"""Where a server that refuses root may live: its user, and a folder and programs which that user can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from saas.devstack.process import CannotStart

_USERS = ("postgres", "nobody")
_SHELTERS = (Path("/var/tmp"), Path(tempfile.gettempdir()))


@dataclass(frozen=True)
class User:
    """Whom a server runs as; both None means as we are."""

    uid: int | None
    gid: int | None


def unprivileged_user() -> User:
    """Choose the user for a server that refuses root. Raises CannotStart when there is none to become."""
    if os.geteuid() != 0:
        return User(None, None)
    for name in _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        user = User(entry.pw_uid, entry.pw_gid)
        if _as_user(user, "true"):
            return user
    raise CannotStart(
        "PostgreSQL does not run as root, and this root cannot become another user "
        f"({' or '.join(_USERS)}): run as a normal user, or set DATABASE_URL."
    )


def reachable_folder(home: Path, name: str, user: User) -> Path:
    """Make (or find) `home/name` for `user`, or a folder of that name in a shelter when a parent is closed to it."""
    wanted = home / name
    wanted.mkdir(parents=True, exist_ok=True)
    if user.uid is None:
        wanted.chmod(0o700)
        return wanted
    if _give(wanted, user) and _as_user(user, 'test -w "$1" && test -x "$1"', wanted):
        return wanted
    wanted.rmdir()
    sheltered = _shelter(home, user) / name
    sheltered.mkdir(exist_ok=True)
    if not _give(sheltered, user) or not _as_user(user, 'test -w "$1" && test -x "$1"', sheltered):
        raise CannotStart(f"User {user.uid} cannot reach {wanted} nor {sheltered}: move the project out of a closed folder.")
    return sheltered


def reachable_programs(installed: Path, version: str, home: Path, user: User) -> Path:
    """Return a copy of `installed` that `user` can run: itself, or one made once in a shelter."""
    probe = installed / "bin" / "postgres"
    if user.uid is None or _as_user(user, 'test -x "$1"', probe):
        return installed
    copy = _shelter(home, user) / f"programs-{version}"
    if not copy.exists():
        unfinished = copy.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(installed, unfinished, symlinks=True)
        unfinished.rename(copy)
    if not _as_user(user, 'test -x "$1"', copy / "bin" / "postgres"):
        raise CannotStart(f"User {user.uid} can run PostgreSQL neither from {installed} nor from {copy}.")
    return copy


def _shelter(home: Path, user: User) -> Path:
    """Make (or find again) the folder outside the project that stands in for `home`. Raises CannotStart."""
    name = _shelter_name(home)
    for parent in _SHELTERS:
        folder = parent / name
        if _own_shelter(folder) and _as_user(user, 'test -x "$1"', folder):
            return folder
    raise CannotStart(f"No folder for the database outside {home}: {name} cannot be made in {_SHELTERS[0]}.")


def existing_shelters(home: Path) -> list[Path]:
    """List the folders that stand in for `home`, for whoever deletes it."""
    return [parent / _shelter_name(home) for parent in _SHELTERS if (parent / _shelter_name(home)).is_dir()]


def remove(folder: Path) -> None:
    """Delete a folder with everything in it, whoever owns it; nothing happens when it is not there."""
    if folder.is_dir():
        shutil.rmtree(folder)


def _shelter_name(home: Path) -> str:
    return f"onebook-{os.geteuid()}-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}"


def _own_shelter(folder: Path) -> bool:
    """Make the folder, or accept it only if it is a real folder of ours that nobody else may write to."""
    try:
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _give(folder: Path, user: User) -> bool:
    try:
        os.chown(folder, user.uid or 0, user.gid or 0)
        folder.chmod(0o700)
    except OSError:
        return False
    return True


def _as_user(user: User, script: str, *arguments: Path) -> bool:
    """Run a line of shell as that user and say whether it succeeded: the only test that knows ACLs and mounts."""
    if user.uid is None:
        return True
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *map(str, arguments)],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0
