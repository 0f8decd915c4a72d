"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from saas.devstack.mailbox_store import MailStore
from tests.servers import Servers, running_servers, session_id


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Give this worker real servers; its databases come with `environment`."""
    with running_servers(session_id(), os.environ.get("PYTEST_XDIST_WORKER", "main")) as found:
        yield found


@pytest.fixture(scope="session")
def environment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the environment of a process of the product, its two databases set up: for `from_env` and for subprocesses."""
    found = servers.environment(tmp_path_factory.mktemp("storage"))
    servers.prepare(found)
    return found


@pytest.fixture(scope="session")
def mailbox(servers: Servers) -> MailStore:
    """Give the mails that reached the sink; use addresses of your own, all workers share it."""
    return servers.mail
