"""Mails that the development sink received, kept as one .eml file each, and read again for pages and tests."""

from __future__ import annotations

import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
_LINK = re.compile(r"https?://[^\s<>\"']+")
_RECIPIENT_HEADER = "X-Sink-Recipient"


@dataclass(frozen=True)
class Message:
    """One received mail. `recipients` are those of the envelope, so blind copies count; `links` in order, once each."""

    id: str
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    parsed: EmailMessage


class MailStore:
    """A folder of mails. Names sort by time of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes, recipients: list[str]) -> str:
        """Keep one mail with its envelope's recipients; readers never see half of it. Returns its id."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        head = "".join(f"{_RECIPIENT_HEADER}: {address}\r\n" for address in recipients)
        unfinished = self.folder / f".{name}.part"
        unfinished.write_bytes(head.encode() + content)
        unfinished.rename(self.folder / f"{name}.eml")
        return name

    def messages(self, to: str | None = None, limit: int | None = None) -> list[Message]:
        """List mails newest first; `to` keeps those whose envelope names that address, in any case."""
        found: list[Message] = []
        names = sorted((entry.name for entry in os.scandir(self.folder) if entry.name.endswith(".eml")), reverse=True)
        for name in names:
            if limit is not None and len(found) >= limit:
                break
            message = self.read(name.removesuffix(".eml"))
            if message and (to is None or to.casefold() in (address.casefold() for address in message.recipients)):
                found.append(message)
        return found

    def raw(self, message_id: str) -> bytes | None:
        """Return the file as received; None for an id that is malformed or gone."""
        if not _NAME.fullmatch(message_id):
            return None
        try:
            return (self.folder / f"{message_id}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def read(self, message_id: str) -> Message | None:
        """Parse one mail; None when there is none of that id."""
        content = self.raw(message_id)
        if content is None:
            return None
        parsed = message_from_bytes(content, policy=policy.default)
        text, html = _body(parsed, "plain"), _body(parsed, "html")
        return Message(
            id=message_id,
            received_at=datetime.fromtimestamp(int(message_id[:20]) / 1e9, UTC),
            sender=str(parsed.get("From", "")),
            recipients=tuple(str(address) for address in parsed.get_all(_RECIPIENT_HEADER, [])),
            subject=str(parsed.get("Subject", "")),
            text=text,
            html=html,
            links=_links(text, html),
            parsed=parsed,
        )

    def wait_for(self, to: str, *, subject: str = "", count: int = 1, patience_s: float = 15) -> Message:
        """Wait for the `count`-th mail to an address whose subject contains `subject`; return the newest of them.

        Raises TimeoutError, naming what did arrive for that address.
        """
        end = time.monotonic() + patience_s
        while True:
            to_them = self.messages(to)
            found = [message for message in to_them if subject in message.subject]
            if len(found) >= count:
                return found[0]
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} mails to {to}; subjects: {[m.subject for m in to_them]}")
            time.sleep(0.05)


def _body(parsed: EmailMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeDecodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and _LINK.fullmatch(address):
            self.found.append(address)


def _links(text: str, html: str) -> tuple[str, ...]:
    anchors = _Anchors()
    anchors.feed(html)
    plain = [address.rstrip(".,;:)]") for address in _LINK.findall(text)]
    return tuple(dict.fromkeys([*plain, *anchors.found]))
