"""Fixtures of the browser journeys: a running product, the Chromium that `make browser` found, and people who sit in front of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from redis import Redis

from e2e.visitor import Visitor
from e2e.watch import Watch
from saas.devstack import browser
from saas.devstack.mailbox_store import MailStore
from tests.conftest import mailbox, servers  # noqa: F401 - pytest finds these fixtures by their names here
from tests.live import Product
from tests.servers import REDIS_DATABASES, Servers

browser.prepare_driver()
expect.set_options(timeout=15_000)

LANGUAGE_TAGS = {"en": "en-GB", "zh_Hans": "zh-CN"}
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.hookimpl(tryfirst=True)  # Before xdist looks for the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all journeys on one worker: two browsers and two products at once are too much for two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the browser that is on this machine, with the flags that root and small machines need."""
    return {**browser_type_launch_args, "executable_path": browser.find(), "args": browser.flags()}


@pytest.fixture(scope="session")
def environment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:  # noqa: F811 - the fixture above
    """Give the product databases and queues of its own: its worker must not take the jobs of other tests."""
    address, _slash, number = servers.redis_url.rpartition("/")
    names = (f"{servers.databases[0]}_e2e", f"{servers.databases[1]}_e2e")
    own = replace(servers, databases=names, redis_url=f"{address}/{(int(number) + REDIS_DATABASES // 2) % REDIS_DATABASES}")
    found = own.environment(tmp_path_factory.mktemp("storage"))
    own.prepare(found)
    return found


@pytest.fixture(scope="session")
def product(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Run web, worker and scheduler."""
    running = Product(environment, tmp_path_factory.mktemp("product"))
    running.run("migrate")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def base_url(product: Product) -> str:
    """Let `page.goto("/")` mean the public site."""
    return product.url(path="")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fail a journey in which a browser complained about anything, or asked a host that is not ours."""
    found = Watch()
    yield found
    assert found.faults == []


Comes = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def another_day(environment: dict[str, str]) -> None:
    """Forget who tried what how often: all journeys come from one address, and together sign up more often than one may in an hour."""
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        for counter in redis.scan_iter("throttle:*"):
            redis.delete(counter)


@pytest.fixture
def comes(
    new_context: Callable[..., BrowserContext],
    product: Product,
    mailbox: MailStore,  # noqa: F811 - the fixture above
    watch: Watch,
    request: pytest.FixtureRequest,
) -> Comes:
    """Give people with a browser of their own: `comes()`, `comes("zh_Hans")`, `comes(on=PHONE)`, `comes(java_script_enabled=False)`.

    With PICTURES=<folder> in the environment every step of a journey is kept there as a picture.
    """

    def arrive(locale: str = "en", on: dict[str, Any] = DESK, **options: Any) -> Visitor:
        context = new_context(locale=LANGUAGE_TAGS[locale], **{**on, **options})
        context.set_default_timeout(15_000)
        watch.over(context)
        people.append(1)
        return Visitor(
            context.new_page(), product, mailbox, locale, is_touch=bool(on.get("has_touch")),
            pictures=_folder(request.node.originalname, len(people)),
        )  # fmt: skip

    people: list[int] = []
    return arrive


def _folder(journey: str, number: int) -> Path | None:
    if "PICTURES" not in os.environ:
        return None
    folder = Path(os.environ["PICTURES"]) / journey / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
