"""Limits on how often something may be tried, counted in Redis so that all processes share one count."""

from __future__ import annotations

from redis import Redis

from saas.core.errors import TooMany
from saas.core.i18n import _


def throttle(redis: Redis, name: str, key: str, limit: int, window_s: int) -> None:
    """Count one try of `name` by `key` (an address, an account). Raises TooMany beyond `limit` tries in a window of `window_s`."""
    counter = f"throttle:{name}:{key}"
    pipe = redis.pipeline()
    pipe.incr(counter)
    pipe.expire(counter, window_s, nx=True)
    pipe.ttl(counter)
    count, _set, ttl = pipe.execute()
    if count > limit:
        raise _too_many(int(ttl))


def insist(redis: Redis, name: str, key: str, limit: int) -> None:
    """Count nothing. Raises TooMany while `limit` tries of the present window are used up."""
    counter = f"throttle:{name}:{key}"
    pipe = redis.pipeline()
    pipe.get(counter)
    pipe.ttl(counter)
    count, ttl = pipe.execute()
    if int(count or 0) >= limit:
        raise _too_many(int(ttl))


def _too_many(ttl: int) -> TooMany:
    wait_s = max(ttl, 1)
    return TooMany(_("Too many tries. Wait %(minutes)d minutes and try again.") % {"minutes": -(-wait_s // 60)}, wait_s)


def forgive(redis: Redis, name: str, key: str) -> None:
    """Forget the tries of a key, after a success."""
    redis.delete(f"throttle:{name}:{key}")
