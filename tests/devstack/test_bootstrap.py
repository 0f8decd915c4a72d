"""bin/bootstrap: quick when nothing changed, one clear line when it cannot work. Installing itself is tried by every CI run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a copy of what bootstrap reads, with an environment that is up to date."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "bootstrap", tmp_path / "bin" / "bootstrap")
    (tmp_path / "requirements-dev.lock").write_text("one==1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text("#!/bin/sh\n")
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    shutil.copy(tmp_path / "requirements-dev.lock", tmp_path / ".venv" / ".installed.lock")
    return tmp_path


def _bootstrap(project: Path, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    return subprocess.run([project / "bin" / "bootstrap"], env={"PATH": path}, capture_output=True, text=True, check=False)


def test_an_environment_that_is_up_to_date_costs_nothing(project: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in project.rglob("*")}
    done = _bootstrap(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path: path.lstat().st_mtime_ns for path in project.rglob("*")} == before


def test_without_a_new_enough_python_one_line_says_so(project: Path, tmp_path: Path) -> None:
    (project / "requirements-dev.lock").write_text("one==2\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "cmp", "sh", "id"):
        (tools / name).symlink_to(shutil.which(name) or name)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = _bootstrap(project, str(tools))
    assert done.returncode != 0
    assert done.stderr.startswith("bootstrap: Python 3.11 or newer is needed")
    assert done.stderr.count("\n") == 1
