"""Servers and processes that these tests may kill: their own, so that no other test is disturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from anyio.from_thread import BlockingPortal
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from saas import worker
from saas.app import Application, create
from saas.core.settings import Settings, from_env
from saas.devstack.environment import throwaway_environment
from saas.devstack.postgres import Postgres
from saas.devstack.redis import Redis
from saas.tenants import cells, migrate, setup, upkeep
from tests.live import Product
from tests.worlds import World, found_firm

PATIENCE_S = 120


@dataclass
class Plant:
    """One installation whose parts can be killed. `sweep` does what the scheduler does every half minute."""

    postgres: Postgres
    redis: Redis
    environment: dict[str, str]
    app: Application
    product: Product
    world: World

    def kill_redis(self) -> None:
        """`kill -9` Redis and start it again."""
        assert self.redis.process is not None
        self.redis.process.kill()
        self.redis.process.wait()
        self.redis.start()

    def kill_postgres(self) -> None:
        """`kill -9` the database server and start it again; it recovers from its log."""
        assert self.postgres.process is not None
        self.postgres.process.kill()
        self.postgres.process.wait()
        self.postgres.start()
        self.app.runtime.databases.dispose()

    def sweep(self) -> None:
        """Ring for all outboxes with work; what lost Redis or a lost worker knew is found in the database."""
        upkeep.sweep_all(self.app.runtime)

    def until(self, is_reached: Callable[[], bool], what: str) -> None:
        """Wait for something, ringing now and then as the scheduler would. Raises AssertionError with the worker's log."""
        end, ring_at = time.monotonic() + PATIENCE_S, time.monotonic() + 1
        while time.monotonic() < end:
            try:
                if is_reached():
                    return
                if time.monotonic() > ring_at:
                    self.sweep()
                    ring_at = time.monotonic() + 3
            except (DBAPIError, psycopg.Error, RedisError):
                self.app.runtime.databases.dispose()
            time.sleep(0.05)
        raise AssertionError(f"{what} was not reached; the worker said:\n{self.product.log('worker')[-4000:]}")


@pytest.fixture(scope="module")
def plant(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Give an installation of one's own with one firm."""
    folder = tmp_path_factory.mktemp("plant")
    postgres, redis = Postgres(folder / "postgres", durable=True), Redis(folder / "redis", durable=True)
    postgres.start()
    redis.start()
    environment = throwaway_environment(
        postgres.admin_url(""), ("faults_a", "faults_b"), redis.url(), "smtp://127.0.0.1:9", folder / "files"
    )
    settings = from_env(environment)
    _set_up(settings, postgres)
    app = create(settings)
    worker.prepare()
    (folder / "product").mkdir()
    product = Product(environment, folder / "product")
    yield Plant(postgres, redis, environment, app, product, found_firm(portal, app))
    product.stop()
    app.runtime.close()
    redis.stop()
    postgres.stop()


def _set_up(settings: Settings, postgres: Postgres) -> None:
    setup.prepare(settings, postgres.admin_url())
    owners = cells.connect_owners(settings)
    migrate.upgrade_control(owners.control)
    owners.dispose()
