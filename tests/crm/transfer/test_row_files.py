"""The row file: read on from any row, and never from an unfinished file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.rowfile import rows, trailer

SIZE = 120_000_000
MEMORY_BOUND = 60_000_000


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    source = folder / "list.csv"
    with source.open("w") as file:
        file.write("Name,City,Note\n")
        file.writelines(f"Name {n},City {n % 7},\n" if n % 100 else "\n" for n in range(5000))
    return prepare(source, "list.csv", folder / "out.rows").path


@pytest.mark.parametrize("start", [0, 1, 99, 100, 999, 1000, 1001, 2500, 4998, 4999, 5000, 9999])
def test_reading_on_from_any_row_gives_the_rest(prepared: Path, start: int) -> None:
    everything = list(rows(prepared))
    assert list(rows(prepared, start)) == [(n, cells) for n, cells in everything if n >= start]


def test_every_row_has_the_full_width(prepared: Path) -> None:
    assert {len(cells) for _n, cells in rows(prepared)} == {3}
    assert trailer(prepared).rows == 4950


def test_the_last_row_of_many_is_reached_without_reading_the_others(tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    source.write_text("Name,City\n" + "".join(f"Somebody {n},Somewhere\n" for n in range(60_000)))
    path = prepare(source, "list.csv", tmp_path / "out.rows").path

    def cost(of: int) -> float:
        started = time.process_time()
        for _time in range(5):
            assert next(rows(path, of))[0] == of
        return (time.process_time() - started) / 5

    started = time.process_time()
    assert sum(1 for _row in rows(path)) == 60_000
    everything = time.process_time() - started
    assert max(cost(of) for of in (59_999, 30_500, 45_999)) < everything / 4


def test_an_unfinished_or_foreign_file_is_not_read(prepared: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.rows"
    cut.write_bytes(prepared.read_bytes()[:-30])
    for path in (cut, Path(__file__)):
        with pytest.raises(ValueError, match="not a finished row file"):
            next(rows(path))


PROBE = """
import resource, sys
from pathlib import Path
from saas.crm.transfer.prepare import prepare
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
found = prepare(Path(sys.argv[1]), "big.csv", Path(sys.argv[2]))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(found.row_count, after - before)
"""


def test_a_file_twice_as_large_as_the_bound_is_prepared_in_bounded_memory(tmp_path: Path) -> None:
    source = tmp_path / "big.csv"
    line = f'"{{}}","张伟","{"描述 " * 300}"\n'
    with source.open("w", encoding="utf-8") as file:
        file.write("Record ID,Name,Notes\n")
        size = len(line.encode())
        file.writelines(line.format(n) for n in range(SIZE // size))
    assert source.stat().st_size > SIZE * 0.99
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(source), str(tmp_path / "out.rows")],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    count, growth = map(int, done.stdout.split())
    assert count == SIZE // size
    assert growth < MEMORY_BOUND
    source.unlink()
