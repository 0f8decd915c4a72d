"""The browser, the fixtures and the product find each other; the journeys are in files of their own."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.live import Product


def test_a_browser_sees_the_public_site_without_a_script_error(page: Page, product: Product) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    answer = page.goto(product.url())
    assert answer is not None
    assert answer.status == 200
    assert errors == []


def test_a_name_that_no_workspace_has_is_not_found(page: Page, product: Product) -> None:
    answer = page.goto(product.url("no-such-workspace"))
    assert answer is not None
    assert answer.status == 404
