"""Letters about how somebody signs in: what happened, in the reader's language, and where to look when it was not them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy.orm import Session

from saas.core import i18n, mail
from saas.core.i18n import _
from saas.core.settings import Settings
from saas.tenants.outbox import enqueue


@dataclass(frozen=True)
class Notice:
    """What a letter says: subject and heading, lines, and optionally one button."""

    title: str
    lines: tuple[str, ...]
    url: str = ""
    label: str = ""


# Writes a letter in the language that is set when it is called.
Write = Callable[[], Notice]


def post(session: Session, settings: Settings, to: str | None, locale: str, write: Write) -> None:
    """Put a letter into the outbox of the session's plane; nothing for who has no address. `write` runs in the reader's language."""
    if not to:
        return
    with i18n.use(locale):
        notice = write()
    letter = mail.compose("notice", to=to, locale=locale, notice=notice, brand=settings.brand)
    enqueue(session, "mail.send", **msgspec.to_builtins(letter))


def not_you() -> str:
    """Say what to do when somebody else did it."""
    return _("If this was not you, set a new password now and tell an admin of your workspace.")
