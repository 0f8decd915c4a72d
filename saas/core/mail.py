"""Letters: composed from templates in the reader's language, sent by SMTP. When they are sent is the outbox's business."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from saas.core import i18n

TEMPLATES = Path(__file__).parent / "mail_templates"


@dataclass(frozen=True)
class Mail:
    """One letter to one address; plain JSON values only, so that it can wait in an outbox."""

    to: str
    subject: str
    text: str
    html: str


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(i18n._, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined] # an extension adds it
    return environment


def compose(name: str, to: str, locale: str, **context: Any) -> Mail:
    """Write the letter `name` in a language. The template `<name>.html` defines the blocks `subject`, `text` and `html`."""
    with i18n.use(locale):
        template = _environment().get_template(f"{name}.html")
        fresh = template.new_context({**context, "language": locale})
        text = "".join(template.blocks["text"](fresh)).strip() + "\n"
        subject = " ".join("".join(template.blocks["subject"](fresh)).split())
        return Mail(
            to=to,
            subject=_unescape(subject),
            text=_unescape(text),
            html=template.render({**context, "language": locale}),
        )


def _unescape(text: str) -> str:
    from_entities = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&#39;": "'", "&#34;": '"'}
    for entity, character in reversed(from_entities.items()):
        text = text.replace(entity, character)
    return text


def send(smtp_url: str, sender: str, mail: Mail, message_id: str | None = None) -> None:
    """Hand one letter to the server. Raises smtplib.SMTPException or OSError; the caller decides whether to try again.

    `smtp://user:password@host:port` uses STARTTLS where offered, `smtps://` speaks TLS from the start.
    """
    message = EmailMessage(policy=policy.SMTPUTF8)
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = (
        formatdate(),
        message_id or make_msgid(domain=sender.rsplit("@", 1)[-1].rstrip(">")),
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    parts = urlsplit(smtp_url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=20, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=20)
    with server:
        server.ehlo()
        if parts.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
