"""The parts one process works with, assembled once by a composition root and handed to every request and job."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from saas.core.settings import Settings
from saas.core.storage import Storage
from saas.tenants import cells
from saas.tenants.cells import Databases, Owners


@dataclass(frozen=True)
class Runtime:
    """Settings, databases, files and Redis of this process. `owners` may change schemas; only provisioning and the fleet use it."""

    settings: Settings
    databases: Databases
    owners: Owners
    storage: Storage
    redis: Redis

    def close(self) -> None:
        """Give all connections back."""
        self.databases.dispose()
        self.owners.dispose()
        self.redis.close()


def assemble(settings: Settings) -> Runtime:
    """Make the parts; nothing is connected before its first use."""
    databases = cells.connect(settings)
    return Runtime(
        settings=settings,
        databases=databases,
        owners=cells.connect_owners(settings),
        storage=Storage(settings.storage_url),
        redis=databases.bell.redis,
    )
