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
        write_private(path, json.dumps(found, indent=1))
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; readers see the old text or the new, never half of it."""
    unfinished = path.with_suffix(path.suffix + ".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)
