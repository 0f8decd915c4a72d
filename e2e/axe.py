"""Asks axe-core what is wrong with a page for people who see, hear or move differently."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SOURCE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"

# A theme that has just changed is on its way through transitions, and a colour that is inherited sets out when its parent's has arrived.
_SETTLED = """async () => {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((done) => requestAnimationFrame(done));
    const moving = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(moving.map((one) => one.finished.catch(() => null)));
    quiet = moving.length ? 0 : quiet + 1;
  }
}"""


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Run rules of axe-core, all unless some are named, on the page as it is; return a line for each element that breaks one."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(_source())
    page.evaluate(_SETTLED)
    options = {"resultTypes": ["violations"], **({"runOnly": {"type": "rule", "values": list(rules)}} if rules else {})}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{broken['id']} ({broken['impact']}): {' '.join(node['target'])} — {node['failureSummary'].splitlines()[-1].strip()}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")
