"""`make check-migrations`: do models and migrations agree? On a throw-away PostgreSQL, in a few seconds."""

from __future__ import annotations

import sys

import saas.models  # noqa: F401  every table must be known before anything is compared
from saas.core.settings import from_env
from saas.devstack.process import CannotStart
from saas.devstack.scratch import scratch_servers
from saas.tenants import cells, migrate, setup
from saas.tenants.drift import problems


def main() -> int:
    """Print what differs; return 1 when something does."""
    with scratch_servers() as (environment, postgres):
        settings = from_env(environment)
        setup.prepare(settings, postgres.admin_url())
        owners = cells.connect_owners(settings)
        try:
            migrate.upgrade_control(owners.control)
            found = problems(owners)
        finally:
            owners.dispose()
    for line in found:
        print(line)
    print(f"migrations: {len(found)} differences to the models" if found else "migrations agree with the models")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotStart as error:
        sys.exit(str(error))
