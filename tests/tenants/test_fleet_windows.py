"""Upgrades that respect the windows of firms: who waits is left alone, told of, and upgraded by a later run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from saas import cli
from saas.tenants import fleet_plan, planes
from saas.tenants.models import FleetRun, TenantRow
from saas.tenants.session import control_session
from tests.tenants.rehearsal import write_revision
from tests.tenants.test_fleet import (  # noqa: F401 - pytest finds these fixtures by their names here
    BASE,
    Fleet,
    model_fleet,
    next_revision,
    ships,
)

FRIDAY_NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OPENS = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
SATURDAY_NIGHT = "sat 22:00-04:00 Europe/Berlin"


def give(ships: Fleet, **windows: str | None) -> None:  # noqa: F811 - the fixture above
    """Give firms a window."""
    with control_session(ships.databases) as control:
        for name, window in windows.items():
            control.scalars(select(TenantRow).where(TenantRow.slug == name)).one().upgrade_window = window


def standing(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def behind(ships: Fleet) -> set[str]:  # noqa: F811 - the fixture above
    recorded = ships.revisions()
    return {name for name, firm in ships.firms.items() if recorded[firm.schema_name] != ("r2", "r2")}


def test_who_waits_is_left_alone_until_its_window_opens(ships: Fleet, next_revision: Path) -> None:  # noqa: F811 - the fixtures above
    give(ships, f1=SATURDAY_NIGHT, f5=SATURDAY_NIGHT, f6="fri 12:00-13:00 UTC")
    run = ships.upgrade(clock=standing(FRIDAY_NOON))
    assert (run.done, run.failures, run.stopped) == (8, [], None)
    assert run.waiting == {"f1": OPENS, "f5": OPENS}
    assert behind(ships) == {"f1", "f5"}
    again = ships.upgrade(clock=standing(OPENS - timedelta(seconds=1)))
    assert (again.done, again.run_id, set(again.waiting)) == (0, None, {"f1", "f5"})
    run = ships.upgrade(clock=standing(OPENS))
    assert (run.done, run.waiting) == (2, {})
    assert behind(ships) == set()
    with control_session(ships.databases) as control:
        assert [(row.done, row.failed) for row in control.scalars(select(FleetRun).order_by(FleetRun.id))] == [(8, 0), (2, 0)]


def test_a_window_that_closes_during_the_run_is_respected(ships: Fleet, next_revision: Path) -> None:  # noqa: F811 - the fixtures above
    give(ships, f4="fri 12:00-13:00 UTC", f8="fri 12:00-13:00 UTC")
    clock = [FRIDAY_NOON]

    def after_the_first_ring(seen: object) -> None:
        clock[0] = FRIDAY_NOON + timedelta(hours=1)

    # f4 is of the first ring, f8 of the last one.
    run = ships.upgrade(clock=lambda: clock[0], progress=after_the_first_ring)
    assert set(run.waiting) == {"f8"}
    assert behind(ships) == {"f8"}


def test_windows_can_be_ignored_in_an_emergency(ships: Fleet, next_revision: Path) -> None:  # noqa: F811 - the fixtures above
    give(ships, f1=SATURDAY_NIGHT)
    run = ships.upgrade(clock=standing(FRIDAY_NOON), ignores_windows=True)
    assert (run.done, run.waiting) == (10, {})


def test_a_firm_that_is_not_served_any_more_does_not_wait(
    ships: Fleet,  # noqa: F811 - the fixture above
    next_revision: Path,  # noqa: F811 - the fixture above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(ships, f1=SATURDAY_NIGHT)
    monkeypatch.setattr(planes, "OLDEST_SERVED", "r2")
    assert ships.upgrade(clock=standing(FRIDAY_NOON)).done == 10


def test_indexes_are_built_in_the_window_too(ships: Fleet, tmp_path: Path) -> None:  # noqa: F811 - the fixture above
    folder = tmp_path / "indexed"
    folder.mkdir()
    write_revision(folder, "r2", BASE, "SELECT 1", indexes=(("counters_name_idx", "counters", "(name)"),))
    with planes.more_versions("tenant", folder):
        clock = [OPENS]

        def closing(seen: object) -> None:
            clock[0] = FRIDAY_NOON

        give(ships, f4=SATURDAY_NIGHT)
        run = ships.upgrade(clock=lambda: clock[0], progress=closing, slug="f4")
        assert (run.done, set(run.waiting)) == (1, {"f4"})
        assert not _has_index(ships)
        run = ships.upgrade(clock=standing(OPENS), slug="f4")
        assert (run.done, run.waiting) == (1, {})
        assert _has_index(ships)


def _has_index(ships: Fleet) -> bool:  # noqa: F811 - the fixture above
    with ships.admin("a") as admin:
        query = "SELECT count(*) FROM pg_indexes WHERE schemaname = %s AND indexname = 'counters_name_idx'"
        row = admin.execute(query, [ships.firms["f4"].schema_name]).fetchone()
        return bool(row and row[0])


def test_a_plan_names_who_would_wait(ships: Fleet, next_revision: Path) -> None:  # noqa: F811 - the fixtures above
    give(ships, f1=SATURDAY_NIGHT)
    plan = fleet_plan.plan(ships.databases, at=FRIDAY_NOON)
    assert plan.firms == {BASE: 9}
    assert [(firm.name, until) for firm, until in plan.waiting] == [("f1", OPENS)]
    assert fleet_plan.plan(ships.databases, at=OPENS).firms == {BASE: 10}
    assert fleet_plan.plan(ships.databases, at=FRIDAY_NOON, ignores_windows=True).firms == {BASE: 10}


def test_operators_set_show_and_clear_windows(
    ships: Fleet,  # noqa: F811 - the fixture above
    next_revision: Path,  # noqa: F811 - the fixture above
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in ships.environment.items():
        monkeypatch.setenv(name, value)

    def said(*words: str, code: int = 0) -> str:
        assert cli.main(["fleet", *words]) == code
        shown = capsys.readouterr()
        return shown.err if code else shown.out

    assert said("window", "f1", "show") == "f1: upgraded at any time\n"
    # Closed at this moment, whatever moment this is.
    away = (datetime.now(UTC) + timedelta(hours=12)).strftime("%H:%M")
    later = (datetime.now(UTC) + timedelta(hours=13)).strftime("%H:%M")
    shown = said("window", "f1", "set", "--hours", f"{away}-{later}", "--zone", "UTC")
    assert shown.startswith(f"f1: upgraded daily {away}-{later} UTC; opens 20")
    assert said("window", "f1", "show") == shown
    plan = said("upgrade", "--dry-run")
    assert "-- 9 workspaces would be taken to r2" in plan
    assert f"f1 (daily {away}-{later} UTC)" in plan
    done = said("upgrade")
    assert "9 workspaces are at r2" in done
    assert f"{away} UTC: f1\n" in done
    assert "waiting for its window until 20" in done
    assert f"f1 (at {BASE}) is upgraded in its window: daily {away}-{later} UTC" in said("status")
    assert "every other workspace is at r2" in said("upgrade")
    assert "1 workspaces are at r2" in said("upgrade", "--ignore-windows")
    assert said("window", "f1", "clear") == "f1: upgraded at any time\n"
    assert "there is no workspace 'nobody'" in said("window", "nobody", "show", code=1)
    assert "no time zone 'Moon'" in said("window", "f1", "set", "--hours", "01:00-02:00", "--zone", "Moon", code=1)
    assert "hours are written like" in said("window", "f1", "set", "--hours", "1-2", "--zone", "UTC", code=1)
