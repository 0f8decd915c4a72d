"""A provider that is down, or means ill: it costs a bounded time, a bounded answer, and never reaches the inside of our network."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from saas.auth.sso import guarded, provider
from saas.auth.sso.asking import Trouble
from saas.auth.sso.guarded import Guarded, Unreachable
from saas.auth.sso.provider import Provider
from tests.people.browser import Browser
from tests.sso.conftest import Firm

Answer = Callable[[BaseHTTPRequestHandler], None]


class Hostile:
    """A server that answers as a test wants, and writes down what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer = lambda handler: handler.send_error(404)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                with suppress(OSError):
                    outer.answer(self)

            do_POST = do_GET

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://hostile.localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def json(self, value: object) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            body = json.dumps(value).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answer = answer

    def metadata(self, **changed: object) -> None:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        self.json({**found, **changed})


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    made = Hostile()
    yield made
    made.server.shutdown()
    made.server.server_close()


def who(hostile: Hostile, *, is_development: bool = True) -> Provider:
    return Provider(hostile.issuer, "client", "secret", is_development)


def test_endless_redirects_are_not_followed(hostile: Hostile) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", handler.path)
        handler.end_headers()

    hostile.answer = answer
    with pytest.raises(Trouble) as raised:
        provider.discover(who(hostile))
    assert "status 302" in raised.value.detail
    assert len(hostile.asked) == 1


def test_an_endless_answer_is_cut_off(hostile: Hostile) -> None:
    sent = 0

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        for _turn in range(10_000):
            handler.wfile.write(b" " * 65_536)
            sent += 65_536

    hostile.answer = answer
    with pytest.raises(Trouble) as raised:
        provider.discover(who(hostile))
    assert "larger than" in raised.value.detail
    assert sent < 64 * 1024 * 1024


def test_a_compressed_answer_is_refused(hostile: Hostile) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()

    hostile.answer = answer
    with pytest.raises(Trouble) as raised:
        provider.discover(who(hostile))
    assert "compressed" in raised.value.detail


def test_an_answer_that_drips_ends_with_the_time_allowed(hostile: Hostile) -> None:
    stop = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.05):
            handler.wfile.write(b"X-Drip: 1\r\n")

    hostile.answer = answer
    began = time.monotonic()
    transport = Guarded(is_development=True, patience_s=1.0)
    with pytest.raises(Unreachable), httpx.Client(transport=transport, trust_env=False) as client:
        client.get(hostile.issuer)
    stop.set()
    assert time.monotonic() - began < 20, "without the limit it would go on for ever"


@pytest.mark.parametrize("value", [[], "text", 7, None, {"issuer": "http://other.localhost"}, {"issuer": 5}, {}])
def test_what_is_no_discovery_document_is_refused(hostile: Hostile, value: object) -> None:
    hostile.json(value)
    with pytest.raises(Trouble):
        provider.discover(who(hostile))


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://example.com/x", "https://user:pw@example.com", None, "//x", "https://"])
def test_addresses_in_it_must_be_https(hostile: Hostile, name: str, url: object) -> None:
    hostile.metadata(**{name: url})
    with pytest.raises(Trouble):
        provider.discover(who(hostile))


def test_a_silent_provider_is_not_asked_again_at_once(hostile: Hostile) -> None:
    for _turn in range(5):
        with pytest.raises(Trouble):
            provider.discover(who(hostile))
    assert len(hostile.asked) == 1


def test_in_production_only_https_is_spoken(hostile: Hostile) -> None:
    hostile.metadata()
    with pytest.raises(Trouble):
        provider.discover(who(hostile, is_development=False))
    assert hostile.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
        "2002:7f00:1::", "::127.0.0.1", "ff02::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not guarded.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert guarded.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://0x7f.1/",
        "https://2130706433/",
    ],
)
def test_in_production_nothing_inside_is_asked(url: str) -> None:
    transport = Guarded(is_development=False, patience_s=3)
    with pytest.raises(Unreachable) as raised, httpx.Client(transport=transport, trust_env=False) as client:
        client.get(url)
    assert "not on the public internet" in str(raised.value) or "not known" in str(raised.value)


def test_in_development_only_this_very_machine_is_excepted() -> None:
    transport = Guarded(is_development=True, patience_s=3)
    for url in ("http://10.0.0.1/", "http://example.com/", "https://169.254.169.254/"):
        with pytest.raises(Unreachable), httpx.Client(transport=transport, trust_env=False) as client:
            client.get(url)


def test_a_provider_that_lies_about_userinfo_is_not_believed(firm: Firm, browser: Browser) -> None:
    """The page stays a page with a sentence, whatever the provider does."""
    firm.set_up()
    firm.change(issuer="https://127.0.0.1:1/inside")
    answer = browser.open(f"{firm.url}/sign-in/sso")
    assert answer.status_code == 502
    assert "127.0.0.1" not in answer.text
