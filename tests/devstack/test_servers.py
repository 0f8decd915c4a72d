"""The servers that every other test stands on, and the mail sink."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from saas.core.settings import from_env
from saas.devstack.mailbox_store import MailStore
from tests.servers import Servers


def test_both_databases_of_a_worker_are_there_and_speak_utf8(servers: Servers, environment: dict[str, str]) -> None:
    assert environment["DATABASE_URL"].endswith(servers.databases[0])
    for name in servers.databases:
        with psycopg.connect(servers.admin_url(name)) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), '张' ~ '^[[:alpha:]]$'"
            ).fetchone()
        assert row is not None
        assert row[0] >= 170000
        assert row[1:] == ("UTF8", True)


def test_the_extensions_the_product_needs_can_be_made(servers: Servers) -> None:
    servers.create_database("onebook_extensions")
    try:
        with psycopg.connect(servers.admin_url("onebook_extensions"), autocommit=True) as connection:
            for name in ("pg_trgm", "unaccent", "btree_gin", "btree_gist", "pgcrypto", "fuzzystrmatch"):
                connection.execute(f"CREATE EXTENSION {name}".encode())
    finally:
        servers.drop_database("onebook_extensions")


def test_redis_keeps_a_value_for_this_worker(environment: dict[str, str]) -> None:
    client = redis.Redis.from_url(environment["REDIS_URL"])
    client.set("devstack:probe", "1")
    assert client.get("devstack:probe") == b"1"
    client.delete("devstack:probe")
    client.close()


def test_settings_can_be_read_from_the_environment(environment: dict[str, str]) -> None:
    settings = from_env(environment)
    assert [cell.name for cell in settings.cells] == ["a", "b"]
    assert settings.control_url == settings.cells[0].app_url


def test_a_mail_reaches_the_mailbox_with_its_blind_copy(environment: dict[str, str], mailbox: MailStore) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "open@example.com", "您好, “probe”"
    message.set_content("See http://acme.localhost:8000/join?t=1&x=2. Bye")
    message.add_alternative('<p>See <a href="http://acme.localhost:8000/join?t=1&amp;x=2">it</a></p>', subtype="html")
    address = urlsplit(environment["SMTP_URL"])
    with smtplib.SMTP(address.hostname or "", address.port or 0) as client:
        client.send_message(message, to_addrs=["open@example.com", "Blind@example.com"])
    received = mailbox.wait_for("blind@example.com")
    assert received.subject == "您好, “probe”"
    assert received.links == ("http://acme.localhost:8000/join?t=1&x=2",)
    assert received.recipients == ("open@example.com", "Blind@example.com")


def test_waiting_for_a_mail_that_never_comes_says_what_came(mailbox: MailStore) -> None:
    with pytest.raises(TimeoutError, match=r"0 of 1 mails to nobody@example\.com"):
        mailbox.wait_for("nobody@example.com", patience_s=0.1)
