"""Work to do after a commit: a row written in the same transaction as its cause, in the firm's schema or in the control plane."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Retry
from rq.serializers import JSONSerializer
from sqlalchemy import BigInteger, Identity, Index, func, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from saas.core import log
from saas.core.clock import now
from saas.tenants.models import ControlBase, TenantBase

DIRTY = "dirty-outboxes"
CONTROL_PLANE = "control"
QUEUE = "default"
DRAIN = "saas.worker.drain"

_log = log.get(__name__)


class OutboxColumns:
    """Columns of both outboxes. `due_at` moves forward after a failure; `dead_at` is set when trying again is pointless.

    What is due is said by the database's clock alone: a row written on one machine is due at once for a worker on another.
    """

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    dead_at: Mapped[datetime | None]


class TenantOutbox(OutboxColumns, TenantBase):
    """Work of one firm."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due_idx", "due_at", "id", postgresql_where=text("dead_at IS NULL")),)


class ControlOutbox(OutboxColumns, ControlBase):
    """Work before or beside any firm, such as the letter with a sign-up code."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due_idx", "due_at", "id", postgresql_where=text("dead_at IS NULL")),)


class Bell:
    """Tells the workers whose outbox has something in it. Losing Redis loses nothing: the sweep finds the rows."""

    def __init__(self, redis_url: str) -> None:
        self.redis: Redis = Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=2)
        self._queue = Queue(QUEUE, connection=Redis.from_url(redis_url), serializer=JSONSerializer)

    def mark(self, owner: str) -> None:
        """Remember, before the commit, that this outbox will need a look. `owner` is a tenant's key or CONTROL_PLANE."""
        try:
            self.redis.sadd(DIRTY, owner)
        except RedisError as error:
            _log.warning("outbox not marked", owner=owner, error=str(error))

    def ring(self, owner: str, job_id: str | None = None) -> None:
        """Ask a worker to drain this outbox now."""
        try:
            self._queue.enqueue(
                DRAIN,
                owner,
                job_id=job_id,
                job_timeout=900,
                result_ttl=0,
                failure_ttl=86_400,
                retry=Retry(max=5, interval=[1, 5, 15, 60, 60]),
            )
        except RedisError as error:
            _log.warning("outbox not rung", owner=owner, error=str(error))


def enqueue(session: Session, job: str, due_at: datetime | None = None, **args: Any) -> None:
    """Put work for this session's firm, or the control plane, into its outbox; it runs after the commit, at least once."""
    table = TenantOutbox if "tenant" in session.info else ControlOutbox
    row = table(job=job, args=args, due_at=due_at or func.clock_timestamp())
    session.add(row)
    session.info["rang"] = True
