"""Asks axe-core what is wrong with a page for people who see, hear or move differently."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SOURCE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Run every rule of axe-core on the page as it is; return a line for each element that breaks one."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(_source())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{broken['id']} ({broken['impact']}): {' '.join(node['target'])} — {node['failureSummary'].splitlines()[-1].strip()}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")
