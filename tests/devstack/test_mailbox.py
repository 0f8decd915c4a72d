"""The mailbox page: shows hostile mail without letting it act, and answers tests in JSON."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from saas.devstack.mailbox_page import serve
from saas.devstack.mailbox_store import MailStore

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def store(tmp_path: Path) -> MailStore:
    """Give an empty store."""
    return MailStore(tmp_path / "mail")


@pytest.fixture
def port(store: MailStore) -> Iterator[int]:
    """Give the port of a running page."""
    server = serve(store, 0)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def _get(port: int, path: str, host: str = "localhost") -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def _mail(store: MailStore, to: str = "a@example.com", subject: str = "Hello") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "x@example.com", to, subject
    message.set_content(f"{HOSTILE} http://acme.localhost/x")
    message.add_alternative(f'<p>{HOSTILE}</p><img src="cid:pic">', subtype="html")
    message.get_payload()[1].add_related(b"PNG", "image", "png", cid="<pic>")
    return store.add(message.as_bytes(), [to])


def test_what_a_mail_says_is_escaped_everywhere_on_our_pages(store: MailStore, port: int) -> None:
    name = _mail(store, subject=HOSTILE)
    for path in ("/", f"/messages/{name}"):
        status, body, headers = _get(port, path)
        assert status == 200
        assert "<script" not in body
        assert "&lt;script&gt;" in body
        assert "script-src" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_html_part_is_sandboxed_and_brings_its_own_pictures(store: MailStore, port: int) -> None:
    _, body, headers = _get(port, f"/messages/{_mail(store)}/html")
    assert headers["content-security-policy"].startswith("sandbox ")
    assert "allow-scripts" not in headers["content-security-policy"]
    assert "allow-same-origin" not in headers["content-security-policy"]
    assert "data:image/png;base64,UE5H" in body


def test_json_lists_the_newest_first_for_one_address(store: MailStore, port: int) -> None:
    _mail(store, subject="first")
    _mail(store, to="b@example.com")
    _mail(store, subject="second")
    _, body, _ = _get(port, "/api/messages?to=A@example.com")
    found = json.loads(body)
    assert [message["subject"] for message in found] == ["second", "first"]
    assert found[0]["links"] == ["http://acme.localhost/x"]
    assert found[0]["to"] == ["a@example.com"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""])
def test_a_foreign_name_that_leads_here_reads_no_mail(store: MailStore, port: int, host: str) -> None:
    name = _mail(store)
    assert _get(port, f"/messages/{name}", host)[0] == 403
    assert _get(port, f"/messages/{name}", "acme.localhost:8025")[0] == 200


@pytest.mark.parametrize("path", ["/messages/..", "/messages/0", "/messages/../../etc/passwd/raw", "/etc/passwd"])
def test_an_unknown_address_is_not_found(port: int, path: str) -> None:
    assert _get(port, path)[0] == 404


def test_a_mail_in_a_broken_encoding_is_still_shown(store: MailStore, port: int) -> None:
    name = store.add(b"Subject: =?x-none?b?////?=\r\nContent-Type: text/plain; charset=x-none\r\n\r\n\xff\xfe caf\xe9", ["a@example.com"])
    status, body, _ = _get(port, f"/messages/{name}")
    assert status == 200
    assert "caf" in body
