"""Sign-ins under way: what a browser that was sent to a provider has to bring back. Kept in Redis for ten minutes, good once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import msgspec
from redis import Redis

LIFE_S = 600
SHOWN_S = 900


class Attempt(msgspec.Struct, frozen=True):
    """One sign-in under way. `kind` is `enter`, `test` or the name of an operator's provider; `place` the workspace's key, or "".

    `fingerprint` says which settings it began with; `member` who tests; `then` and `workspace` where to go afterwards.
    """

    kind: str
    place: str
    nonce: str
    verifier: str
    browser: str
    then: str = "/"
    workspace: str = ""
    fingerprint: str = ""
    member: str = ""


def secret() -> str:
    """Make a random value nobody can guess (state, nonce, the verifier of PKCE)."""
    return secrets.token_urlsafe(48)


def browser_mark(token: str) -> str:
    """Hash the value that a browser keeps in its cookie while a sign-in is under way."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(redis: Redis, attempt: Attempt) -> str:
    """Remember a sign-in; return its state."""
    state = secret()
    redis.set(_key("state", state), msgspec.json.encode(attempt), ex=LIFE_S)
    return state


def take(redis: Redis, state: str, token: str, place: str) -> Attempt | None:
    """Use a state up; None when it is unknown, used, too old, another browser's or another workspace's."""
    raw: Any = redis.getdel(_key("state", state))
    found = msgspec.json.decode(raw, type=Attempt) if raw else None
    if found is None or found.place != place or not hmac.compare_digest(found.browser, browser_mark(token)):
        return None
    return found


def show(redis: Redis, member: str, result: dict[str, Any]) -> None:
    """Keep what came of a member's trial, for the settings page."""
    redis.set(_key("trial", member), msgspec.json.encode(result), ex=SHOWN_S)


def shown(redis: Redis, member: str) -> dict[str, Any]:
    """Return what came of a member's latest trial; empty when there was none lately."""
    raw: Any = redis.get(_key("trial", member))
    found: dict[str, Any] = msgspec.json.decode(raw) if raw else {}
    return found


def keep(redis: Redis, kind: str, key: str, value: dict[str, Any]) -> None:
    """Keep something of a sign-in that still needs a step, for as long as the step may take."""
    redis.set(_key(kind, key), msgspec.json.encode(value), ex=SHOWN_S)


def kept(redis: Redis, kind: str, key: str) -> dict[str, Any] | None:
    """Return what was kept, None when it is over."""
    raw: Any = redis.get(_key(kind, key))
    found: dict[str, Any] | None = msgspec.json.decode(raw) if raw else None
    return found


def drop(redis: Redis, kind: str, key: str) -> None:
    """Forget what was kept."""
    redis.delete(_key(kind, key))


def _key(kind: str, secret_text: str) -> str:
    return f"sso:{kind}:{hashlib.sha256(secret_text.encode()).hexdigest()}"
