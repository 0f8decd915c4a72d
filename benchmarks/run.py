"""Runs the benchmarks of one area or all, prints a table and writes benchmarks/latest.json."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

AREAS = {
    "core": ("benchmarks.core.start", "benchmarks.core.pages", "benchmarks.core.search", "benchmarks.core.sign_up", "benchmarks.imports"),
    "book": (),
    "rights": ("benchmarks.rights.lists",),
    "billing": (),
    "mail": (),
    "sales": (),
    "fleet": ("benchmarks.fleet",),
}
LATEST = Path(__file__).parent / "latest.json"


def main() -> int:
    """Measure; exit with 1 when a target was missed at full size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--area", choices=sorted(AREAS))
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks sizes for a quick look; targets then say nothing")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for area in [options.area] if options.area else AREAS:
        for module in AREAS[area]:
            found = import_module(module).run(options.scale)
            rows += found
            _print(found)
    kept = [row for row in _former() if row["area"] not in {row["area"] for row in rows}]
    LATEST.write_text(json.dumps([*kept, *rows], indent=1, ensure_ascii=False) + "\n", "utf-8")
    missed = [row["name"] for row in rows if row["met"] is False]
    print(f"\n{len(rows)} figures, {len(missed)} targets missed" + (f": {', '.join(missed)}" if missed else ""))
    return 1 if missed and options.scale >= 1 else 0


def _former() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(LATEST.read_text("utf-8")) if LATEST.exists() else []
    return found


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        floor = f"floor {row['floor']:>10,.1f}  ratio {row['ratio']:.2f}" if row["floor"] is not None else " " * 30
        verdict = {True: "met", False: "MISSED", None: ""}[row["met"]]
        print(
            f"{row['area']:<6} {row['name']:<58} {row['value']:>12,.1f} {row['unit']:<10} {floor}  target {row['target']!s:<24} {verdict}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
