"""The worker process: drains outboxes with the same domain functions, scoping and rights as the web."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from saas import onboarding
from saas.auth import codes, sessions
from saas.auth.factors import known_devices, passkeys, pending
from saas.core import i18n, log
from saas.core.settings import from_env
from saas.crm import guard
from saas.tenants import jobs, upkeep
from saas.tenants.outbox import QUEUE
from saas.tenants.runtime import Runtime, assemble
from saas.tenants.session import control_session

JOB_MODULES: tuple[str, ...] = (
    "saas.tenants.letters",
    "saas.auth.jobs",
    "saas.auth.factors.jobs",
    "saas.auth.sso.jobs",
    "saas.tenants.upkeep",
    "saas.crm.imports.jobs",
    "saas.crm.placement.moving",
    "saas.crm.sharing.counted",
    "saas.crm.sharing.jobs",
)


def prepare() -> None:
    """Register every job and attach the rights to every session of this process."""
    i18n.load_catalogues()
    for name in JOB_MODULES:
        import_module(name)
    guard.install()


@cache
def runtime() -> Runtime:
    """Return this process' parts; after a fork each child makes its own."""
    prepare()
    return assemble(from_env())


def drain(owner: str) -> int:
    """Work through one outbox; this is what rq calls."""
    return jobs.drain(runtime(), owner)


def tick(name: str) -> None:
    """Do one piece of periodic work; this is what the scheduler hands out."""
    parts = runtime()
    if name == "sweep":
        upkeep.sweep(parts)
    elif name == "sweep_all":
        upkeep.sweep_all(parts)
    elif name == "pool":
        upkeep.fill_pool(parts)
    elif name == "openings":
        onboarding.finish_openings(parts.databases)
    elif name == "sessions":
        with control_session(parts.databases) as control:
            sessions.sweep(control)
            codes.sweep(control)
            pending.sweep(control)
            passkeys.sweep(control)
            known_devices.sweep(control)
    else:
        raise ValueError(name)


def main() -> int:
    """Serve the queue until told to stop."""
    settings = from_env()
    log.configure(is_development=settings.is_development)
    prepare()
    connection = Redis.from_url(settings.redis_url)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = Worker([queue], connection=connection, serializer=JSONSerializer, maintenance_interval=30, job_monitoring_interval=10)
    worker.work(with_scheduler=True, logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
