"""The one folder that development data live in, and what the last run left written there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

from saas.devstack import place, secret_file
from saas.devstack.process import CannotStart, reclaim
from saas.devstack.secret_file import write_private

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DATA_DIR") or ROOT / ".data")
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
        self.postgres, self.redis = self.path / "postgres", self.path / "redis"
        self.mail, self.files = self.path / "mail", self.path / "files"
        # Beside the cluster, so that deleting the one deletes the other.
        self._prepared = self.postgres / "prepared.json"
        self._demo_begun = self.path / "demo.begun"

    def secrets(self) -> dict[str, str]:
        """Return the passwords and keys, made at the first call."""
        return secret_file.load_or_make(self.path / "secrets.json")

    def logins(self) -> list[dict[str, str]]:
        """List the demo sign-ins ({name, url, email, password}); empty when there are none."""
        found = _read_json(self.demo)
        return found if isinstance(found, list) else []

    def prepared_for(self) -> object:
        """Return [migrations' fingerprint, database URL] of the last complete migration; None when there was none."""
        return _read_json(self._prepared)

    def remember_prepared(self, migrations: str, database: str) -> None:
        """Note that this database holds these migrations, so that the next start need not ask."""
        self._prepared.parent.mkdir(exist_ok=True)
        write_private(self._prepared, json.dumps([migrations, database]))

    def note_demo_begun(self) -> None:
        """Note that demo workspaces are being made; `demo.json` says that they are complete."""
        self._demo_begun.touch()

    def is_demo_unfinished(self) -> bool:
        """Say whether the very first start was cut off: nobody can have worked on these data yet."""
        return self._demo_begun.exists() and not self.demo.exists()

    def begin_anew(self) -> None:
        """Delete databases, mails and files, wherever they lie; secrets stay."""
        for shelter in place.existing_shelters(self.postgres):
            reclaim(shelter / "cluster", signal.SIGQUIT)
            place.remove(shelter)
        reclaim(self.postgres / "cluster", signal.SIGQUIT)
        reclaim(self.redis, signal.SIGTERM)
        for folder in (self.postgres, self.redis, self.mail, self.files):
            place.remove(folder)
        self._demo_begun.unlink(missing_ok=True)


def fingerprint(root: Path = ROOT) -> str:
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
