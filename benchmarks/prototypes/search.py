"""Measures search under rights on made-up contacts: `python -m benchmarks.prototypes.search --rows 1000000 --data FOLDER`.

Builds the table once in an embedded server below FOLDER and keeps it there; later runs only measure.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from benchmarks.prototypes.search_data import people, uuid_of
from saas.crm.search.estimate import Explain
from saas.crm.search.paging import Page, Searched, count, page
from saas.crm.search.query import parse
from saas.crm.search.ranking import best
from saas.crm.search.tokens import Searchable, tokens
from saas.devstack.postgres import Postgres

DDL = """
CREATE TABLE contacts (
    id uuid NOT NULL, name text NOT NULL, sort_key text COLLATE "C" NOT NULL, department_id uuid, owner_id uuid,
    email text, phone text, title text, city text, custom jsonb NOT NULL DEFAULT '{}', filler text,
    tokens int4[] NOT NULL
)"""
INDEXES = (
    "ALTER TABLE contacts ADD PRIMARY KEY (id)",
    "CREATE INDEX contacts_order ON contacts (sort_key, id)",
    "CREATE INDEX contacts_department ON contacts (department_id, sort_key, id)",
    "CREATE INDEX contacts_owner ON contacts (owner_id, sort_key, id)",
    "CREATE INDEX contacts_tokens ON contacts USING gin (tokens)",
    "VACUUM ANALYZE contacts",
)
COLUMNS = "id, name, sort_key, department_id, owner_id, email, phone, title, city, custom, filler, tokens"
UUID = postgresql.UUID(as_uuid=True)
CONTACTS = sa.table(
    "contacts",
    sa.column("id", UUID),
    sa.column("name", sa.Text),
    sa.column("sort_key", sa.Text),
    sa.column("department_id", UUID),
    sa.column("owner_id", UUID),
    sa.column("tokens", sa.ARRAY(sa.Integer)),
)
SEARCHED = Searched(CONTACTS, CONTACTS.c.id, CONTACTS.c.sort_key, CONTACTS.c.tokens, is_person=True)
SETTINGS = {"shared_buffers": "1GB", "jit": "off", "maintenance_work_mem": "512MB", "autovacuum_naptime": "1h", "random_page_cost": "1.1"}
QUERIES = (
    "张", "王", "伟", "丽", "张伟", "王伟", "李娜", "张伟明", "a", "m", "s", "z", "ma", "zh", "sm", "wa", "zhang", "wei",
    "smith", "muller", "müller", "zhangwei", "zhang wei", "zw", "zhang w", "anna muller", "m s", "john smith", "gmail",
    "@qq.com", "@smithgroup.com", "1381", "138 1234", "0170 1234", "CON-012345", "einkauf", "zhang 1381", "qxqx",
)  # fmt: skip


@dataclass(frozen=True)
class Rights:
    """Who looks, and how much of the book that is."""

    name: str
    departments: tuple[int, ...]
    owner: int

    def condition(self) -> sa.ColumnElement[bool]:
        """Give the rights predicate as the product's access module would."""
        if not self.departments and self.owner < 0:
            return sa.true()
        own = CONTACTS.c.owner_id == uuid_of(3, self.owner)
        if not self.departments:
            return own
        keys = sa.literal([uuid_of(2, each) for each in self.departments], sa.ARRAY(UUID))
        return sa.or_(CONTACTS.c.department_id == sa.any_(keys), own)


RIGHTS = (
    Rights("100 %", (), -1),
    Rights("50 %", tuple(range(50, 100)), 7),
    Rights("10 % clustered", (0, 18, 50, 51, 52, 53), 7),
    Rights("1 % spread", (61, 62), 7),
    Rights("1 % clustered", (38,), 7),
    Rights("0.1 %", (), 7),
    Rights("0.01 %", (), 0),
)


def build(connection: psycopg.Connection[Any], rows: int) -> None:
    """Fill the table and build its indexes, telling what each costs."""
    connection.execute("DROP TABLE IF EXISTS contacts")
    connection.execute(DDL)
    began, spent, kept = time.perf_counter(), 0.0, 0
    with connection.cursor().copy(f"COPY contacts ({COLUMNS}) FROM STDIN") as copy:
        for number, each in enumerate(people(rows), 1):
            start = time.perf_counter()
            found = tokens(
                Searchable(
                    sort_key=each.sort_key, names=(each.name,), texts=(each.title,), emails=(each.email,),
                    phones=(each.phone,), codes=(each.code,), is_person=True,
                )
            )  # fmt: skip
            spent += time.perf_counter() - start
            kept += len(found)
            copy.write_row(
                (uuid_of(1, number), each.name, each.sort_key, uuid_of(2, each.department), uuid_of(3, each.owner),
                 each.email, each.phone, each.title, each.city, '{"cf_a": "some value", "cf_b": 12}',
                 "x" * (number % 250), found)
            )  # fmt: skip
    print(f"load {time.perf_counter() - began:.0f} s, tokens {spent / rows * 1e6:.0f} µs and {kept / rows:.1f} a row")
    for statement in INDEXES:
        start = time.perf_counter()
        connection.execute(statement)
        print(f"{time.perf_counter() - start:8.1f} s  {statement}")
    for relation, size in connection.execute(
        "SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relname LIKE 'contacts%'"
    ):
        print(f"{size:>10}  {relation}")


class Runner:
    """Executes statements as the product does (extended protocol, no prepared plans) and keeps the time."""

    def __init__(self, connection: sa.Connection, explain: bool) -> None:
        self.connection = connection
        self.explain = explain
        backend = connection.scalar(sa.select(sa.func.pg_backend_pid()))
        self._schedule = Path(f"/proc/{backend}/schedstat")

    def now(self) -> float:
        """Give milliseconds of processor time that this thread and its backend have used.

        All data is in memory, so on an idle machine this is the time that passes; it is the same on a busy one.
        """
        return time.thread_time() * 1000 + int(self._schedule.read_text().split()[0]) / 1e6

    def floor(self) -> float:
        """Time a fixed piece of work of the server, to compare runs by."""
        start = self.now()
        self.connection.exec_driver_sql("SELECT count(*) FROM generate_series(1, 500000)")
        return self.now() - start

    def __call__(self, statement: Any) -> Sequence[Any]:
        start = time.perf_counter()
        rows = self.connection.execute(statement).all()
        if self.explain and not isinstance(statement, Explain):
            print(f"{(time.perf_counter() - start) * 1000:.1f} ms, {len(rows)} rows")
            compiled = statement.compile(self.connection, compile_kwargs={"render_postcompile": True})
            values = {name: compiled.params[name] for name in compiled.params}
            lines = self.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF) {compiled}", values)
            print("".join(f"    {line}\n" for (line,) in lines))
        return rows


def _walk_pages(runner: Runner, text: str, where: sa.ColumnElement[bool]) -> list[float]:
    """Time the first page of a list search and four further ones."""
    times, after, query = [], None, parse(text, "CN")
    for _ in range(5):
        start = runner.now()
        found = page(runner, SEARCHED, query, where, Page(after=after))
        times.append(runner.now() - start)
        if len(found) < Page().limit:
            break
        after = (found[-1][0], found[-1][1])
    return times


def _globally(runner: Runner, text: str, where: sa.ColumnElement[bool]) -> list[float]:
    start = runner.now()
    best(runner, SEARCHED, CONTACTS.c.name, parse(text, "CN"), where)
    return [runner.now() - start]


def _counted(runner: Runner, text: str, where: sa.ColumnElement[bool]) -> list[float]:
    start = runner.now()
    count(runner, SEARCHED, parse(text, "CN"), where)
    return [runner.now() - start]


def measure(runner: Runner, texts: Sequence[str], rounds: int) -> None:
    """Print median and 95th percentile for each kind of search and each reader, and the slowest queries."""
    kinds: dict[str, Callable[[Runner, str, sa.ColumnElement[bool]], list[float]]] = {
        "global": _globally, "list": _walk_pages, "count": _counted,
    }  # fmt: skip
    for kind, run in kinds.items():
        for rights in RIGHTS:
            where, speed = rights.condition(), runner.floor()
            by_query = {text: _best_of([run(runner, text, where) for _ in range(rounds)]) for text in texts}
            times = sorted(t for each in by_query.values() for t in each)
            slow = sorted(((max(v), t) for t, v in by_query.items()), reverse=True)[:5]
            print(
                f"{kind:7} {rights.name:15} p50 {statistics.median(times):6.1f}  p95 {times[int(len(times) * 0.95)]:6.1f}"
                f"  max {times[-1]:6.1f} ms  floor {speed:3.0f}  slowest " + ", ".join(f"{t} {v:.0f}" for v, t in slow)
            )


def _best_of(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Keep the best time of each page: what the others were disturbed by is not ours."""
    return [min(times) for times in zip(*rounds, strict=True)]


def main() -> None:
    """Build if needed, then measure or explain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--explain", help="show the plans of this query instead")
    parser.add_argument("--rights", type=int, default=0, help="whose plans: index into the list of rights")
    options = parser.parse_args()
    server = Postgres(options.data, durable=False, settings=SETTINGS)
    server.start()
    try:
        with psycopg.connect(server.admin_url(), autocommit=True) as raw:
            exists = raw.execute("SELECT to_regclass('contacts_tokens')").fetchone()
            if not exists or not exists[0]:
                build(raw, options.rows)
        url = server.admin_url().replace("postgresql:", "postgresql+psycopg:")
        engine = sa.create_engine(url, connect_args={"prepare_threshold": None}, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if options.explain:
                runner = Runner(connection, explain=True)
                where = RIGHTS[options.rights].condition()
                for run in (_globally, _walk_pages):
                    print(run.__name__, run(runner, options.explain, where))
            else:
                measure(Runner(connection, explain=False), QUERIES, options.rounds)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
