"""One well-filled firm for all contract tests of a process; tests that change it take rows of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal

from saas.app import Application
from tests.contract.book import Book, open_book
from tests.contract.opened import Opened, open_up
from tests.worlds import World, found_firm


@pytest.fixture(scope="session")
def book(portal: BlockingPortal, app: Application) -> Iterator[Book]:
    """Give the filled firm."""
    found = open_book(found_firm(portal, app, "Contract"))
    yield found
    for client in found.world.clients:
        client.close()


@pytest.fixture(scope="session")
def opened(portal: BlockingPortal, app: Application) -> Iterator[Opened]:
    """Give a firm like it in which rules and shares open records to others."""
    found = open_up(open_book(found_firm(portal, app, "Opened")))
    yield found
    for client in found.book.world.clients:
        client.close()


@pytest.fixture(scope="session")
def changeable(portal: BlockingPortal, app: Application) -> Iterator[Opened]:
    """Give another such firm, for tests that change rows: read them anew each time."""
    found = open_up(open_book(found_firm(portal, app, "Changeable")))
    yield found
    for client in found.book.world.clients:
        client.close()


@pytest.fixture(scope="session")
def neighbour(portal: BlockingPortal, app: Application) -> Iterator[World]:
    """Give another firm on the same servers."""
    found = found_firm(portal, app, "Neighbour")
    yield found
    for client in found.clients:
        client.close()
