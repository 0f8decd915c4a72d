"""What may go wrong in a way the reader can do something about. Each class is mapped to one HTTP status, once, in `web.errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A refusal with a sentence for the reader, already in the reader's language."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """The thing does not exist, or does not exist for this reader (Rights 8)."""


class Forbidden(DomainError):
    """The reader may see the thing but not do this to it; the message says who can."""


class Conflict(DomainError):
    """Somebody else changed the thing first. `theirs` holds field → stored value, for the page that shows both."""

    def __init__(self, message: str, theirs: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.theirs = dict(theirs or {})


class Invalid(DomainError):
    """What was typed cannot be accepted. `fields` is field name → message; the key "" is for the form as a whole."""

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        super().__init__(message or next(iter(fields.values()), ""))
        self.fields = dict(fields)


class LimitReached(DomainError):
    """The plan, or a safety limit, does not allow more."""


class TooMany(DomainError):
    """Too many tries; `retry_after_s` says when the next one may succeed."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
