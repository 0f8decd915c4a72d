"""The shape of a figure, as `benchmarks.run` prints and keeps it."""

from __future__ import annotations

from typing import Any


def row(
    name: str,
    value: float,
    unit: str,
    floor: float | None = None,
    target: str | None = None,
    met: bool | None = None,
    *,
    area: str = "core",
) -> dict[str, Any]:
    """Make the row of one figure."""
    ratio = value / floor if floor else None
    return {"area": area, "name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "target": target, "met": met}
