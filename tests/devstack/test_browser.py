"""Which browser the tests use, and in which order one is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from saas.devstack import browser, browser_install
from saas.devstack.browser import NoBrowser


@pytest.fixture
def runnable(tmp_path: Path) -> str:
    """Give a program that starts and says its version."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 1\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture(autouse=True)
def _remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "REMEMBERED", tmp_path / "tools" / "browser")
    monkeypatch.setattr(browser_install, "REMEMBERED", tmp_path / "tools" / "browser")


def test_the_variable_wins_over_what_is_installed(runnable: str, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert browser.find({"CHROMIUM": str(other), "PATH": str(tmp_path)}) == str(other)


def test_a_wrong_variable_is_said_and_not_passed_over(tmp_path: Path, runnable: str) -> None:
    with pytest.raises(NoBrowser, match="CHROMIUM=/nowhere"):
        browser.find({"CHROMIUM": "/nowhere", "PATH": str(tmp_path)})


def test_an_installed_one_is_found_on_the_path(runnable: str, tmp_path: Path) -> None:
    assert browser.find({"PATH": str(tmp_path)}) == runnable


def test_one_that_does_not_start_is_passed_over(runnable: str, tmp_path: Path) -> None:
    Path(runnable).write_text("#!/bin/sh\nexit 127\n")
    with pytest.raises(NoBrowser, match="make browser"):
        browser.find({"PATH": str(tmp_path)})


def test_ways_are_tried_in_order_until_one_gives_a_browser_that_runs(runnable: str) -> None:
    tried: list[str] = []

    def way(name: str, result: str | None) -> str | None:
        tried.append(name)
        return result

    found = browser_install.install(
        {"first": lambda: way("first", None), "second": lambda: way("second", runnable), "third": lambda: way("third", runnable)}
    )
    assert found == runnable
    assert tried == ["first", "second"]
    assert browser.find({"PATH": ""}) == runnable


def test_when_no_way_works_one_line_says_what_was_tried() -> None:
    def fails() -> str | None:
        raise OSError("no network")

    with pytest.raises(NoBrowser, match=r"npm: no network; apt-get: not possible here") as raised:
        browser_install.install({"npm": fails, "apt-get": lambda: None})
    assert "\n" not in str(raised.value)


def test_only_root_gives_up_the_sandbox() -> None:
    assert "--no-sandbox" in browser.flags(is_root=True)
    assert "--no-sandbox" not in browser.flags(is_root=False)


def test_the_ways_stand_in_the_documented_order() -> None:
    assert list(browser_install._WAYS) == ["npm", "apt-get", "playwright"]
