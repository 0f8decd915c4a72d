"""Passwords and keys of the development stack: made once, kept in one private file."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

_NAMES = ("secret_key", "onebook_app", "onebook_ddl", "onebook_backup")


def load_or_make(path: Path) -> dict[str, str]:
    """Read the secrets, adding those that are missing. The file is readable by its owner only."""
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(48 if name == "secret_key" else 24) for name in _NAMES if name not in found}
    if missing:
        found |= missing
        unfinished = path.with_suffix(".part")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(found, file, indent=1)
        unfinished.rename(path)
    return found
