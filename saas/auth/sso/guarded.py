"""Asking servers that somebody else named: only public addresses, only so much, only so long, and never where they point us to."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

MAX_BYTES = 512 * 1024
PATIENCE_S = 8.0
CONNECT_S = 4.0
LOOPBACK = "127.0.0.1"
# Addresses that carry an IPv4 address inside; a gateway on the way may deliver to that one.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_EMBEDDED = ipaddress.IPv6Network("::/96")


class Unreachable(Exception):
    """A server that cannot or may not be asked, or answers what is no answer. The text is technical, for an admin's eyes."""


def check_url(url: str, *, is_development: bool) -> str:
    """Return an address that may be asked or sent to: HTTPS with a host and no credentials. Raises Unreachable.

    In development plain HTTP is accepted for this very machine.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Unreachable(f"{url[:200]!r} is not an address") from error
    is_local = is_development and parts.scheme == "http" and (host in ("localhost", LOOPBACK, "::1") or host.endswith(".localhost"))
    if (parts.scheme != "https" and not is_local) or not host or parts.username or parts.password or parts.fragment:
        raise Unreachable(f"{url[:200]!r} is not an https address")
    if not url.isprintable() or " " in url:
        raise Unreachable(f"{url[:200]!r} is not an address")
    return url


def is_public(address: str) -> bool:
    """Tell whether an IP address is somewhere on the public internet, also when it wraps another one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # Older releases of Python do not count 6to4 and Teredo among the private ranges.
        wrapped = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if any(one is not None for one in wrapped):
            return all(is_public(str(one)) for one in wrapped if one is not None)
        if found in _TRANSLATED or found in _EMBEDDED:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


class Guarded(httpx.BaseTransport):
    """One exchange after another with unknown servers, each on a connection of its own, within one time allowance for all of them."""

    def __init__(self, *, is_development: bool, patience_s: float = PATIENCE_S, max_bytes: int = MAX_BYTES) -> None:
        self._is_development = is_development
        self._deadline = time.monotonic() + patience_s
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the whole answer is read here. Raises Unreachable."""
        check_url(str(request.url), is_development=self._is_development)
        request.headers["Accept-Encoding"] = "identity"
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )  # fmt: skip
        timeouts = {"connect": CONNECT_S, "read": PATIENCE_S, "write": PATIENCE_S, "pool": PATIENCE_S}
        backend = _Backend(self._deadline, may_be_local=self._is_development)
        with httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_keepalive_connections=0) as pool:
            try:
                answer = pool.handle_request(
                    httpcore.Request(
                        request.method, url, headers=request.headers.raw, content=request.stream, extensions={"timeout": timeouts}
                    )
                )
                with closing(answer):
                    return self._read(answer)
            except (httpcore.TimeoutException, TimeoutError) as error:
                raise Unreachable(f"{request.url.host} does not answer in time") from error
            except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
                raise Unreachable(f"{request.url.host} cannot be reached: {error}"[:300]) from error

    def _read(self, answer: httpcore.Response) -> httpx.Response:
        headers = httpx.Headers(answer.headers)
        if headers.get("content-encoding", "identity") != "identity":
            raise Unreachable("the answer is compressed though we asked for plain text")
        body = bytearray()
        for piece in answer.iter_stream():
            body += piece
            if len(body) > self._max_bytes:
                raise Unreachable(f"the answer is larger than {self._max_bytes} bytes")
        kept = [(name, value) for name, value in headers.multi_items() if name not in ("transfer-encoding", "content-length")]
        return httpx.Response(answer.status, headers=kept, content=bytes(body))


class _Backend(httpcore.NetworkBackend):
    """Looks a name up once, checks every address it has, and connects to one of those."""

    def __init__(self, deadline: float, *, may_be_local: bool) -> None:
        self._deadline, self._may_be_local, self._inner = deadline, may_be_local, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = _address(host, port, may_be_local=self._may_be_local)
        stream = self._inner.connect_tcp(address, port, _left(self._deadline, timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection that ends at the deadline however slowly its bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _address(host: str, port: int, *, may_be_local: bool) -> str:
    if may_be_local and (host == "localhost" or host.endswith(".localhost")):
        return LOOPBACK
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known") from error
    refused = sorted(address for address in found if not is_public(address))
    if refused and not (may_be_local and refused == [LOOPBACK]):
        raise httpcore.ConnectError(f"{host} is not on the public internet")
    return min(found, key=lambda address: (":" in address, address))


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("no time is left")
    return left if timeout is None else min(left, timeout)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
