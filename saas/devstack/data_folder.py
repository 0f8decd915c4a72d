"""The one folder that development data live in, and what the last run left written there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from saas.devstack import secret_file
from saas.devstack.process import CannotStart

_NEEDED_BYTES = 500 * 1024 * 1024


class DataFolder:
    """`.data/`, or the folder that DATA_DIR names. Raises CannotStart when it cannot be written or the disk is full."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.path = path.resolve()
        except OSError as error:
            raise CannotStart(f"The data folder {path} cannot be made: {error.strerror}.") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise CannotStart(f"No permission to write to the data folder {self.path}; its owner is another user.")
        free = shutil.disk_usage(self.path).free
        if free < _NEEDED_BYTES:
            raise CannotStart(f"{free >> 20} MB are free on the disk of {self.path}, {_NEEDED_BYTES >> 20} MB are needed.")
        self.demo = self.path / "demo.json"

    def secrets(self) -> dict[str, str]:
        """Return the passwords and keys, made at the first call."""
        return secret_file.load_or_make(self.path / "secrets.json")

    def logins(self) -> list[dict[str, str]]:
        """List the demo sign-ins ({name, url, email, password}); empty when there are none."""
        found = _read_json(self.demo)
        return found if isinstance(found, list) else []

    def prepared_for(self) -> object:
        """Return [migrations' fingerprint, database URL] of the last complete migration; None when there was none."""
        return _read_json(self.path / "prepared.json")

    def remember_prepared(self, migrations: str, database: str) -> None:
        """Note that this database holds these migrations, so that the next start need not ask."""
        unfinished = self.path / "prepared.part"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump([migrations, database], file)
        unfinished.rename(self.path / "prepared.json")


def fingerprint(root: Path) -> str:
    """Digest everything that decides what a migrated database looks like."""
    digest = hashlib.sha256()
    for path in sorted([*(root / "migrations").rglob("*.py"), *(root / "migrations").rglob("*.sql")]):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    for path in sorted((root / "saas" / "tenants").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
