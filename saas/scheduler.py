"""The scheduler: hands the periodic jobs to the workers. Only the process that holds an advisory lock of the control plane does."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from saas.core import log
from saas.core.settings import Settings
from saas.tenants.outbox import QUEUE

TICK = "saas.worker.tick"
LOCK_KEY = 0x0_0B00_C0DE
# Name of the work → seconds between two runs.
PERIODS_S = {"sweep": 30, "pool": 300, "openings": 120, "sessions": 3_600}

_log = log.get(__name__)


def run(settings: Settings) -> int:
    """Schedule until told to stop; a second scheduler waits and takes over when the first one goes."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    while not stop.is_set():
        try:
            with psycopg.connect(settings.control_ddl_url, autocommit=True, application_name="scheduler") as connection:
                _lead(settings, connection, stop)
        except psycopg.OperationalError as error:
            _log.warning("control plane not reached", error=str(error))
            stop.wait(2)
    return 0


def _lead(settings: Settings, connection: psycopg.Connection, stop: threading.Event) -> None:
    """Wait for the lock, then hand out work; the lock goes with the connection."""
    queue = Queue(QUEUE, connection=Redis.from_url(settings.redis_url), serializer=JSONSerializer)
    is_first, last = True, dict.fromkeys(PERIODS_S, -1)
    while not stop.is_set():
        row = connection.execute(
            "SELECT pg_try_advisory_lock(%s)" if is_first else "SELECT true", [LOCK_KEY] if is_first else None
        ).fetchone()
        if row and row[0]:
            if is_first:
                _hand_out(queue, "sweep_all", int(time.time()))
                is_first = False
            for name, period_s in PERIODS_S.items():
                slot = int(time.time() / period_s)
                if slot != last[name] and _hand_out(queue, name, slot):
                    last[name] = slot
        stop.wait(1)


def _hand_out(queue: Queue, name: str, slot: int) -> bool:
    try:
        queue.enqueue(TICK, name, job_id=f"{name}-{slot}", job_timeout=600, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        _log.warning("work not handed out", name=name, error=str(error))
        return False
    return True
