"""Asking a provider over the network: few at once, answers kept for a while, and what goes wrong said to the reader."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from saas.auth.sso.guarded import Guarded, Unreachable
from saas.core.errors import DomainError
from saas.core.i18n import _

KEPT_S, KEPT_FAILURE_S, KEPT = 600.0, 5.0, 300
MAX_TEXT = 300
AT_ONCE = 4


class Trouble(DomainError):
    """The provider cannot be used just now, or says what cannot be believed. `detail` is technical, for the admin who tests it."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def silent(detail: str) -> Trouble:
    """Say that a provider does not answer."""
    return Trouble(_("The sign-in service does not answer. Try again in a minute, or ask an admin."), detail)


def unbelievable(detail: str) -> Trouble:
    """Say that a provider's answer is not to be trusted."""
    return Trouble(_("The sign-in service gave an answer that cannot be trusted, so nobody was signed in. Tell an admin."), detail)


_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def asking(*, is_development: bool) -> Iterator[Guarded]:
    """Lend a transport; slow providers together may hold only some of this process's threads. Raises Trouble."""
    if not _slots.acquire(timeout=2):
        raise silent("too many providers are slow at the moment")
    try:
        yield Guarded(is_development=is_development)
    except Unreachable as error:
        raise silent(str(error)) from error
    finally:
        _slots.release()


def get_json(url: str, headers: dict[str, str] | None = None, *, is_development: bool) -> dict[str, Any]:
    """Fetch a JSON object. Raises Trouble."""
    with (
        asking(is_development=is_development) as transport,
        httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
    ):
        answer = client.get(url, headers={"Accept": "application/json", **(headers or {})})
        if answer.status_code != 200:
            raise Unreachable(f"{url} answers with status {answer.status_code}"[:MAX_TEXT])
        try:
            found: Any = answer.json()
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"{url} does not answer with JSON"[:MAX_TEXT]) from error
        if not isinstance(found, dict):
            raise Unreachable(f"{url} does not answer with a JSON object"[:MAX_TEXT])
    return dict(found)


class Kept:
    """Answers kept in the process for a while, failures too, so that a silent provider costs one wait and not one for each click."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, fetch: Callable[[], Any]) -> Any:
        """Return what is kept, or fetch it. Raises the Trouble of fetching it, also a kept one."""
        with self._lock:
            until, value = self._found.get(key, (0.0, None))
        if until <= time.monotonic():
            try:
                value, life = fetch(), KEPT_S
            except Trouble as error:
                value, life = error, KEPT_FAILURE_S
            with self._lock:
                self._found[key] = (time.monotonic() + life, value)
                while len(self._found) > KEPT:
                    self._found.popitem(last=False)
        if isinstance(value, Trouble):
            raise Trouble(value.message, value.detail)
        return value

    def forget(self, key: str) -> Any:
        """Drop what is kept and return it; None for a failure and for nothing."""
        with self._lock:
            _until, value = self._found.pop(key, (0.0, None))
        return None if isinstance(value, Trouble) else value
