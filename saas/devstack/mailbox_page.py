"""The mailbox's pages and its small JSON interface, on http.server. Everything shown is escaped or sandboxed."""

from __future__ import annotations

import base64
import json
import re
import threading
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

from saas.devstack.mailbox_store import MailStore, Message

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'self'"
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:"
)
_LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\]|[a-z0-9.-]+\.localhost)(:\d+)?", re.IGNORECASE)
_MESSAGE = re.compile(r"/messages/([0-9a-f-]+)(/html|/raw)?")
_SHOWN = 200
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 60rem; padding: 1rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .5rem; border-bottom: 1px solid #8885 }
td { overflow-wrap: anywhere } pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8885; padding: 1rem }
iframe { width: 100%; height: 32rem; border: 1px solid #8885; background: #fff } .muted { opacity: .75 }
dt { font-weight: 600 } dd { margin: 0 0 .25rem }
"""


def serve(store: MailStore, port: int) -> ThreadingHTTPServer:
    """Start the pages on a loopback port, in a thread of their own. Raises OSError when the port is taken."""
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    store: MailStore
    server_version = "mailbox"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one request."""
        # Another site may resolve its own name to this machine; only our names may read mail.
        if not _LOCAL_HOST.fullmatch(self.headers.get("Host", "")):
            return self._send(HTTPStatus.FORBIDDEN, "text/plain", "Only under localhost.")
        address = urlsplit(self.path)
        to = next(iter(parse_qs(address.query).get("to", [])), None)
        if address.path == "/":
            return self._send(HTTPStatus.OK, "text/html", _list_page(self.store.messages(to, _SHOWN), to))
        if address.path == "/api/messages":
            answer = json.dumps([_as_dict(message) for message in self.store.messages(to, _SHOWN)], ensure_ascii=False)
            return self._send(HTTPStatus.OK, "application/json", answer)
        if address.path == "/healthz":
            return self._send(HTTPStatus.OK, "text/plain", "ok")
        return self._message(address.path)

    def _message(self, path: str) -> None:
        match = _MESSAGE.fullmatch(path)
        message = self.store.read(match[1]) if match else None
        if match is None or message is None:
            return self._send(HTTPStatus.NOT_FOUND, "text/plain", "No such mail.")
        if match[2] == "/html":
            return self._send(HTTPStatus.OK, "text/html", _html_part(message), _MAIL_POLICY)
        if match[2] == "/raw":
            return self._send(HTTPStatus.OK, "text/plain", (self.store.raw(message.id) or b"").decode(errors="replace"))
        return self._send(HTTPStatus.OK, "text/html", _message_page(message))

    def _send(self, status: HTTPStatus, media_type: str, body: str, policy: str = _PAGE_POLICY) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: this runs beside the product's own log."""


def _as_dict(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "received_at": message.received_at.isoformat(),
        "from": message.sender,
        "to": list(message.recipients),
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "links": list(message.links),
    }


def _layout(title: str, body: str, refresh: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}<style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def _list_page(messages: list[Message], to: str | None) -> str:
    rows = "".join(
        f"<tr><td class=muted>{message.received_at:%Y-%m-%d %H:%M:%S} UTC</td><td>{escape(', '.join(message.recipients))}</td>"
        f'<td><a href="/messages/{quote(message.id)}">{escape(message.subject) or "(no subject)"}</a></td></tr>'
        for message in messages
    )
    body = (
        "<h1>Mailbox</h1><p>Every mail that this machine's workspaces have sent. Nothing leaves the machine.</p>"
        f'<form><label>Only to <input type="email" name="to" value="{escape(to or "")}"></label> <button>Show</button></form>'
        "<table><thead><tr><th>Received</th><th>To</th><th>Subject</th></tr></thead><tbody>"
        f"{rows or '<tr><td colspan=3>No mail yet. This page looks again by itself.</td></tr>'}</tbody></table>"
    )
    return _layout("Mailbox", body, '<meta http-equiv="refresh" content="5">' if to is None else "")


def _message_page(message: Message) -> str:
    links = "".join(f'<li><a href="{escape(link)}" rel="noreferrer">{escape(link)}</a></li>' for link in message.links)
    html = f'<h2>HTML</h2><iframe title="HTML" src="/messages/{quote(message.id)}/html" sandbox="{_frame_rights()}"></iframe>'
    body = (
        f'<p><a href="/">All mail</a></p><h1>{escape(message.subject) or "(no subject)"}</h1><dl>'
        f"<dt>From</dt><dd>{escape(message.sender)}</dd><dt>To</dt><dd>{escape(', '.join(message.recipients))}</dd>"
        f"<dt>Received</dt><dd>{message.received_at:%Y-%m-%d %H:%M:%S} UTC</dd></dl>"
        f"{f'<h2>Links</h2><ul>{links}</ul>' if links else ''}<h2>Text</h2><pre>{escape(message.text)}</pre>"
        f'{html if message.html else ""}<p><a href="/messages/{quote(message.id)}/raw">Source</a></p>'
    )
    return _layout(message.subject or "Mail", body)


def _frame_rights() -> str:
    return "allow-popups allow-popups-to-escape-sandbox"


def _html_part(message: Message) -> str:
    """Show the mail's HTML with its own pictures inline; links open in a new window."""
    html = message.html
    for part in message.parsed.walk():
        name = str(part.get("Content-ID", "")).strip("<>")
        if name and part.get_content_maintype() == "image":
            payload = part.get_payload(decode=True)
            encoded = base64.b64encode(payload if isinstance(payload, bytes) else b"").decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{encoded}")
    return f'<base target="_blank">{html}'
