"""Writes the next migration from the models: `python -m saas.devstack.new_revision tenant "Add projects"`."""

from __future__ import annotations

import argparse
import secrets
import sys

from alembic import command
from sqlalchemy import Connection

import saas.models  # noqa: F401  every table must be known before metadata is compared
from saas.core.settings import from_env
from saas.devstack.scratch import scratch_servers
from saas.tenants import cells, migrate, planes, setup
from saas.tenants.drift import at_home
from saas.tenants.provision import create_schema, drop_schema


def main() -> int:
    """Write the next revision of a plane on throw-away servers; the file wants to be read before it is committed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("plane", choices=planes.PLANES)
    parser.add_argument("message")
    options = parser.parse_args()
    with scratch_servers() as (environment, postgres):
        settings = from_env(environment)
        setup.prepare(settings, postgres.admin_url())
        owners = cells.connect_owners(settings)
        try:
            migrate.upgrade_control(owners.control)
            if options.plane == "control":
                with owners.control.begin() as connection:
                    _write(options.plane, options.message, connection)
                return 0
            owner, schema = next(iter(owners.cells.values())), f"t_new_{secrets.token_hex(4)}"
            create_schema(owner, schema)
            with at_home(owner, schema) as connection:
                _write(options.plane, options.message, connection)
            drop_schema(owner, schema)
        finally:
            owners.dispose()
    return 0


def _write(plane: str, message: str, connection: Connection) -> None:
    config = planes.config(plane)
    config.attributes["connection"] = connection
    number = f"{int(planes.head(plane)) + 1:04d}"
    command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    sys.exit(main())
