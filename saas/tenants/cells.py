"""Which databases this process talks to: the control plane and the cells that hold the firms."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from saas.core.db import app_engine, ddl_engine
from saas.core.settings import Settings
from saas.tenants.outbox import Bell


@dataclass(frozen=True)
class Databases:
    """Engines of one process and the bell that wakes the workers. `cells` and `cell_ddl` are keyed by the cell's name."""

    control: Engine
    cells: dict[str, Engine]
    bell: Bell

    def dispose(self) -> None:
        """Close all pooled connections."""
        for engine in (self.control, *self.cells.values()):
            engine.dispose()


@dataclass(frozen=True)
class Owners:
    """Engines of the schema-owning login; only migrations, provisioning and index jobs hold them."""

    control: Engine
    cells: dict[str, Engine]

    def dispose(self) -> None:
        """Close all pooled connections."""
        for engine in (self.control, *self.cells.values()):
            engine.dispose()


def connect(settings: Settings) -> Databases:
    """Make the run-time engines. No connection is opened before the first use."""
    return Databases(
        control=app_engine(settings.control_url, settings.pool_size),
        cells={cell.name: app_engine(cell.app_url, settings.pool_size) for cell in settings.cells},
        bell=Bell(settings.redis_url),
    )


def connect_owners(settings: Settings) -> Owners:
    """Make the engines of the owning login."""
    return Owners(
        control=ddl_engine(settings.control_ddl_url),
        cells={cell.name: ddl_engine(cell.ddl_url) for cell in settings.cells},
    )
