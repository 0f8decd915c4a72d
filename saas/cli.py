"""The operator's command: `python -m saas.cli <command>`. Each command is a few lines that call the slice that knows how."""

from __future__ import annotations

import argparse
import sys

from saas import scheduler
from saas.core import log
from saas.core.settings import Settings, from_env
from saas.tenants import fleet_commands, setup


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="saas", description="Run and upgrade a fleet of workspaces.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("setup", help="prepare the databases once, as a superuser")
    make.add_argument("--admin-url", required=True, help="a superuser's URL; its database part is ignored")
    commands.add_parser("migrate", help="upgrade the control plane and all workspaces, and fill the pool of ready schemas")
    fleet_commands.add(commands)
    commands.add_parser("scheduler", help="hand periodic work to the workers, as the only one")
    options = parser.parse_args(argv)
    settings = from_env()
    log.configure(is_development=settings.is_development)
    if options.command == "setup":
        return _setup(settings, options.admin_url)
    if options.command == "scheduler":
        return scheduler.run(settings)
    if options.command == "fleet":
        return fleet_commands.run(settings, options)
    return fleet_commands.migrate_all(settings)


def _setup(settings: Settings, admin_url: str) -> int:
    for warning in setup.prepare(settings, admin_url):
        print(f"warning: {warning}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
