"""The shape of a figure, as `benchmarks.run` prints and keeps it."""

from __future__ import annotations

from typing import Any


def row(
    name: str, value: float, unit: str, floor: float | None = None, target: str | None = None, met: bool | None = None
) -> dict[str, Any]:
    """Make the row of one figure of the core."""
    ratio = value / floor if floor else None
    return {"area": "core", "name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "target": target, "met": met}
