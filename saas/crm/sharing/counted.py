"""Counting the effect of a change of rights within a bound (Rights 15): in a larger book a job counts it, and keeps it for an hour.

What is kept is a convenience: losing it only means counting again.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from saas.auth.acting import acting
from saas.auth.context import Context
from saas.auth.directory import DepartmentInfo, Directory, MemberInfo, RoleInfo, RuleInfo
from saas.core import log
from saas.core.errors import Forbidden
from saas.crm.objects import access
from saas.crm.sharing import effect
from saas.crm.sharing.effect import Bound, Effect, Line, TooLarge
from saas.tenants.jobs import tenant_job
from saas.tenants.outbox import enqueue
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession

JOB = "rights.effect"
# What one request counts itself: a few seconds with a cold cache, far from the ten it may take.
WITHIN = Bound(rows=2_000_000, pairs=500_000)
KEPT_S = 3600
# After so long a count that never came is asked for anew.
WAITING_S = 600
WAITING = b"waiting"
PARTS: dict[str, Any] = {
    "members": dict[UUID, MemberInfo],
    "roles": dict[UUID, RoleInfo],
    "rules": dict[UUID, RuleInfo],
    "departments": dict[UUID, DepartmentInfo],
    "extra_departments": dict[UUID, frozenset[UUID]],
}

_log = log.get(__name__)


def count(ctx: Context, redis: Redis, after: Directory) -> Effect | str:
    """Count what would change if `after` were saved; the name of the count under `find` while a job is at it."""
    change = difference(ctx.directory, after)
    if not change:
        return Effect()
    name = hashlib.sha256(json.dumps([ctx.directory.version, change], sort_keys=True).encode()).hexdigest()[:32]
    try:
        kept = find(ctx, redis, name)
    except RedisError as error:
        _log.warning("counts cannot be kept", error=str(error))
        return effect.preview(ctx, after)
    if kept is not None:
        return name if kept == WAITING.decode() else _read(ctx, kept)
    try:
        return effect.preview(ctx, after, WITHIN)
    except TooLarge:
        enqueue(ctx.db, JOB, actor=str(ctx.member.id), name=name, version=ctx.directory.version, change=change)
        ctx.after_commit.append(lambda: _mark(redis, _key(ctx, name)))
        return name


def counted(ctx: Context, redis: Redis, name: str) -> Effect | None:
    """Give a count of this member's own; None while it is being made. Raises KeyError when there is none (any more)."""
    kept = find(ctx, redis, name)
    if kept is None:
        raise KeyError(name)
    return None if kept == WAITING.decode() else _read(ctx, kept)


def find(ctx: Context, redis: Redis, name: str) -> str | None:
    """Look for a count of this member's own by its name. Raises RedisError."""
    kept: Any = redis.get(_key(ctx, name))
    return kept.decode() if isinstance(kept, bytes) else kept


def difference(before: Directory, after: Directory) -> dict[str, Any]:
    """Say in JSON which entries of a directory another one sets and which are gone from it, by part."""
    found: dict[str, Any] = {}
    for part in PARTS:
        old, new = getattr(before, part), getattr(after, part)
        put = {key: value for key, value in new.items() if key not in old or old[key] != value}
        gone = [key for key in old if key not in new]
        if put or gone:
            found[part] = {"put": put, "gone": gone}
    said: dict[str, Any] = msgspec.to_builtins(found, str_keys=True, order="sorted")
    return said


def applied(before: Directory, change: dict[str, Any]) -> Directory:
    """Make the directory that `difference` described."""
    parts = {}
    for part, said in change.items():
        kept = {key: value for key, value in getattr(before, part).items() if str(key) not in said["gone"]}
        parts[part] = {**kept, **msgspec.convert(said["put"], PARTS[part])}
    return effect.changed(before, **parts)


@tenant_job(JOB)
def count_later(session: TenantSession, runtime: Runtime, actor: str, name: str, version: int, change: dict[str, Any]) -> None:
    """Count for whoever asked. When people or rights have changed since, nothing is kept: the question is another one then."""
    try:
        with acting(session, UUID(actor)) as ctx:
            if ctx.directory.version != version:
                runtime.redis.delete(_key(ctx, name))
                return
            found = effect.preview(ctx, applied(ctx.directory, change))
            runtime.redis.set(_key(ctx, name), json.dumps(_written(found)), ex=KEPT_S)
    except Forbidden:
        return


def _mark(redis: Redis, key: str) -> None:
    try:
        redis.set(key, WAITING, ex=WAITING_S, nx=True)
    except RedisError as error:
        _log.warning("count not marked", error=str(error))


def _key(ctx: Context, name: str) -> str:
    return f"effect:{ctx.tenant.id}:{ctx.member.id}:{name}"


def _written(found: Effect) -> dict[str, Any]:
    lines = [[str(line.member.id), line.object.name, line.action, line.gained, line.lost] for line in found.lines]
    gained = [[str(place), name, action, number] for (place, name, action), number in found.gained.items()]
    return {"is_of_people": found.is_of_people, "lines": lines, "gained": gained}


def _read(ctx: Context, text: str) -> Effect:
    said, people = json.loads(text), ctx.directory.members
    lines = [
        Line(people[UUID(key)], access.named(name), action, gained, lost)
        for key, name, action, gained, lost in said["lines"]
        if UUID(key) in people
    ]
    return Effect(said["is_of_people"], lines, {(UUID(place), name, action): number for place, name, action, number in said["gained"]})
