"""Fixtures of the browser journeys: a running product and the Chromium that `make browser` found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from saas.devstack import browser
from tests.conftest import environment, mailbox, servers  # noqa: F401 - pytest finds these fixtures by their names here
from tests.live import Product

browser.prepare_driver()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the browser that is on this machine, with the flags that root and small machines need."""
    return {**browser_type_launch_args, "executable_path": browser.find(), "args": browser.flags()}


@pytest.fixture(scope="session")
def product(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:  # noqa: F811 - the fixture above
    """Run web, worker and scheduler on this worker's own databases."""
    running = Product(environment, tmp_path_factory.mktemp("product"))
    running.run("migrate")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def base_url(product: Product) -> str:
    """Let `page.goto("/")` mean the public site."""
    return product.url(path="")
