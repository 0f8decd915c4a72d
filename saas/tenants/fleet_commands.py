"""The operator's commands about the fleet: `saas migrate`, and `saas fleet upgrade`, `status` and `window`. What they do is in `fleet`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from saas.core.settings import Settings
from saas.tenants import cells, fleet, fleet_plan, fleet_record, fleet_windows, migrate, planes, provision
from saas.tenants.fleet_apply import CellLost, Limits
from saas.tenants.fleet_progress import Bar, plan_text, status_text, summary
from saas.tenants.fleet_record import RINGS, FleetBusy

MIGRATE_WAIT_S = 900


def add(commands: Any) -> None:
    """Add the `fleet` commands to the command line."""
    verbs = commands.add_parser("fleet", help="upgrade all workspaces, or see how they stand").add_subparsers(dest="verb", required=True)
    verbs.add_parser("status", help="count workspaces by revision; show what was set aside")
    upgrade = verbs.add_parser("upgrade", help="take every workspace to the newest revision, ring after ring")
    upgrade.add_argument("--dry-run", action="store_true", help="print the SQL and the number of workspaces; change nothing")
    upgrade.add_argument("--ring", action="append", choices=RINGS, help="only this ring (may be repeated)")
    upgrade.add_argument("--tenant", metavar="NAME", help="only the workspace of this address")
    upgrade.add_argument("--target", default="head", metavar="REVISION")
    upgrade.add_argument("--ignore-windows", action="store_true", help="for emergencies: also those whose window is closed")
    upgrade.add_argument("--connections", type=int, default=Limits().connections_per_cell, metavar="N", help="connections per cell")
    fleet_windows.add(verbs)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run a `fleet` command; return the exit code."""
    databases, owners = cells.connect(settings), cells.connect_owners(settings)
    try:
        if options.verb == "status":
            print(status_text(fleet_record.status(databases)))
            return 0
        if options.verb == "window":
            print(fleet_windows.run(databases, options))
            return 0
        rings = options.ring or RINGS
        if options.dry_run:
            plan = fleet_plan.plan(databases, options.target, rings, options.tenant, ignores_windows=options.ignore_windows)
            print(plan_text(plan))
            return 0
        limits = Limits(connections_per_cell=options.connections)
        return _upgrade(
            databases,
            owners,
            target=options.target,
            rings=rings,
            slug=options.tenant,
            limits=limits,
            ignores_windows=options.ignore_windows,
        )
    except (FleetBusy, LookupError, ValueError) as refusal:
        print(refusal.args[0], file=sys.stderr)
        return 1
    finally:
        databases.dispose()
        owners.dispose()


def _upgrade(databases: cells.Databases, owners: cells.Owners, **options: Any) -> int:
    bar = Bar(sys.stderr)
    try:
        done = fleet.upgrade(databases, owners, progress=bar, **options)
    except (CellLost, KeyboardInterrupt) as error:
        bar.close()
        print(f"{error or 'interrupted'}: what was done is recorded; the same command goes on from there", file=sys.stderr)
        return 1 if isinstance(error, CellLost) else 130
    bar.close()
    print(summary(done))
    return 1 if done.failures or done.stopped else 0


def migrate_all(settings: Settings) -> int:
    """Bring the control plane, all workspaces and the pool of ready schemas up to date; return the exit code.

    When several start at once, one works and the others wait. A firm that is set aside does not keep the others from starting: code 0.
    """
    databases, owners = cells.connect(settings), cells.connect_owners(settings)
    try:
        with fleet_record.exclusive(owners, "migrate", MIGRATE_WAIT_S):
            migrate.upgrade_control(owners.control)
            bar = Bar(sys.stderr)
            done = fleet.upgrade(databases, owners, progress=bar)
            bar.close()
            made = provision.fill_pool(databases, owners)
    except (FleetBusy, CellLost) as refusal:
        print(refusal.args[0], file=sys.stderr)
        return 1
    finally:
        databases.dispose()
        owners.dispose()
    print(f"control plane at {planes.head('control')}; {made} schemas made ready\n{summary(done)}")
    return 0
