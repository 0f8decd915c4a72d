"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from saas import worker
from saas.app import Application, create
from saas.core.settings import from_env
from saas.devstack.mailbox_store import MailStore
from tests.servers import Servers, running_servers, session_id
from tests.worlds import World, found_firm

# Nothing is timed in tests: a busy machine is no fault of the code.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


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


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """Give an event loop in a thread, for clients of the ASGI application."""
    with start_blocking_portal() as found:
        yield found


@pytest.fixture(scope="session")
def app(environment: dict[str, str]) -> Iterator[Application]:
    """Give the web application as its process would assemble it."""
    application = create(from_env(environment))
    worker.prepare()
    yield application
    application.runtime.close()


@pytest.fixture
def world(portal: BlockingPortal, app: Application) -> Iterator[World]:
    """Give a fresh workspace with an admin."""
    found = found_firm(portal, app)
    yield found
    for client in found.clients:
        client.close()


@pytest.fixture
def other_world(portal: BlockingPortal, app: Application) -> Iterator[World]:
    """Give a second, unrelated workspace."""
    found = found_firm(portal, app, "Other")
    yield found
    for client in found.clients:
        client.close()
