"""What all core benchmarks stand on, made once in a process: servers, and books of three sizes."""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import saas.models  # noqa: F401  every table must be known before migrations are rendered
from benchmarks.core.books import Book, make_book
from benchmarks.core.load import Served, server
from saas.core.settings import from_env
from saas.crm import guard
from saas.devstack.scratch import scratch_servers
from saas.tenants import migrate, provision, setup
from saas.tenants.runtime import Runtime, assemble

# size → how many workspaces of it the requests rotate over
SIZES = {1_000: 5, 100_000: 2, 1_000_000: 1}
POOL = 6
# As on a server of 4 GB; the rest is the kernel's cache.
SERVER_SETTINGS = {"shared_buffers": "1GB", "effective_cache_size": "3GB", "max_wal_size": "8GB"}


@dataclass(frozen=True)
class Ground:
    """The parts of this process, the product and its floor being served, and the books by their nominal size.

    `admin_url` gives the superuser's URL of a cell.
    """

    runtime: Runtime
    product: Served
    floor: Served
    books: dict[int, list[Book]]
    admin_url: Callable[[str], str]


@cache
def ground(scale: float) -> Ground:
    """Start servers and make books of the sizes times `scale`; everything is removed when the process ends."""
    began = time.perf_counter()
    site = empty_ground()
    for size, count in SIZES.items():
        site.books[size] = [make_book(site.runtime, site.admin_url, max(100, int(size * scale))) for _number in range(count)]
    print(f"books made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return site


@cache
def empty_ground() -> Ground:
    """Start servers without any book; they end with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    environment, postgres = stack.enter_context(scratch_servers(durable=True, settings=SERVER_SETTINGS))
    environment = {**environment, "POOL_SIZE": str(POOL), "ENVIRONMENT": "production", "SCHEME": "http"}
    settings = from_env(environment)
    setup.prepare(settings, postgres.admin_url())
    runtime = assemble(settings)
    stack.callback(runtime.close)
    migrate.upgrade_control(runtime.owners.control)
    provision.fill_pool(runtime.databases, runtime.owners, sum(SIZES.values()))
    guard.install()
    databases = {cell.name: urlsplit(cell.app_url).path.lstrip("/") for cell in settings.cells}

    def admin_url(cell: str) -> str:
        return postgres.admin_url(databases[cell])

    product = stack.enter_context(server("saas.app:app", environment))
    floor = stack.enter_context(server("benchmarks.core.floor:app", environment))
    return Ground(runtime, product, floor, {}, admin_url)
