"""Importing 100,000 persons and the real companies, beside the floor: COPY of the same final rows into the same table and indexes.

Reading, checking and bringing in are measured apart. Each step is done as a worker does it, in one process beside the server.
"""

from __future__ import annotations

import csv
import gzip
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from psycopg import sql

import saas.models  # noqa: F401  every table must be known before migrations are rendered
from benchmarks.core.rows import row as _row
from benchmarks.prototypes.search_data import people
from saas.auth.acting import acting
from saas.auth.context import Context
from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.auth.seeds import Firm
from saas.core.settings import from_env
from saas.core.text.pinyin import is_han
from saas.crm.imports import choosing, runs
from saas.crm.transfer.tables import ImportRun
from saas.devstack.postgres import Postgres
from saas.devstack.scratch import scratch_servers
from saas.onboarding import Application, claim, finish, plant
from saas.tenants import jobs, migrate, resolve, setup
from saas.tenants.runtime import Runtime, assemble
from saas.tenants.session import Tenant, control_session, tenant_session
from saas.worker import prepare

PERSONS = 100_000
FIRMS = 9_000
TARGET_S = 60.0
COMPANIES = Path(__file__).parents[2] / "shared/data/companies_hubspot.csv.gz"
HEADERS = ("First Name", "Last Name", "Email", "Phone Number", "Mobile Phone Number", "Job Title", "Company name", "City", "Country")


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """Measure on servers of its own, which write to disk as in production; return one row for each figure."""
    with ExitStack() as stack:
        environment, postgres = stack.enter_context(scratch_servers(durable=True))
        settings = from_env({**environment, "POOL_SIZE": "4"})
        setup.prepare(settings, postgres.admin_url())
        runtime = assemble(settings)
        stack.callback(runtime.close)
        migrate.upgrade_control(runtime.owners.control)
        prepare()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = _Bench(runtime, postgres, *_firm(runtime))
        return [*bench.persons(folder, max(1_000, int(PERSONS * scale)), scale), *bench.companies(folder, scale)]


class _Bench:
    """One firm to import into, and a superuser's connection to its schema for the floor."""

    def __init__(self, runtime: Runtime, postgres: Postgres, tenant: Tenant, member: UUID) -> None:
        self._runtime, self._tenant, self._member = runtime, tenant, member
        cell = next(cell for cell in runtime.settings.cells if cell.name == tenant.cell)
        self._admin = postgres.admin_url(urlsplit(cell.app_url).path.lstrip("/"))

    def persons(self, folder: Path, count: int, scale: float) -> list[dict[str, Any]]:
        """Import persons of three languages who work for some thousand firms."""
        source = folder / "persons.csv"
        _write_persons(source, count)
        spent = self._import(source, "contacts")
        floor = self._floor(("accounts", "contacts", "journal_changes"))
        name = f"import of {count:,} contacts"
        is_met = spent["run"] < TARGET_S if scale >= 1 else None
        return [
            _row(f"{name}: reading the file", spent["read"], "s"),
            _row(f"{name}: dry run", spent["check"], "s"),
            _row(f"{name}: from begin to done", spent["run"], "s", floor, "< 60 s on 2 idle cores", is_met),
            _row(f"{name}: taking it back", spent["revert"], "s"),
        ]

    def companies(self, folder: Path, scale: float) -> list[dict[str, Any]]:
        """Import the real companies, where they are."""
        if not COMPANIES.exists():
            print("the real companies are absent; not measured", file=sys.stderr)
            return []
        source = folder / "companies.csv"
        with gzip.open(COMPANIES) as packed, source.open("wb") as target:
            shutil.copyfileobj(packed, target) if scale >= 1 else target.writelines(packed.readlines()[: int(55_823 * scale)])
        spent = self._import(source, "accounts")
        floor = self._floor(("accounts", "journal_changes"))
        return [_row("import of the real companies: from begin to done", spent["run"], "s", floor)]

    def _import(self, source: Path, kind: str) -> dict[str, float]:
        """Do one import and take it back; return the seconds of each step. The rows to copy are kept before they go."""
        spent: dict[str, float] = {}
        run_id = self._act(lambda ctx: runs.start(ctx, self._runtime.storage, kind, "hubspot-crm-exports-all.csv", source).id)
        spent["read"] = self._work()
        self._with_run(run_id, lambda ctx, run: choosing.set_mapping(ctx, run, _proposed(run), run.options))
        spent["check"] = self._work()
        self._with_run(run_id, runs.begin)
        spent["run"] = self._work()
        self._rows = self._copy_out(("accounts", "contacts", "journal_changes"))
        self._with_run(run_id, runs.revert)
        spent["revert"] = self._work()
        state = self._act(lambda ctx: runs.find(ctx, run_id).state)
        if state != "reverted":
            raise RuntimeError(f"the import ended as {state}")
        return spent

    def _floor(self, tables: tuple[str, ...]) -> float:
        """Copy the same final rows into the emptied tables, in batches of the same size; return seconds."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(sql.SQL("SET search_path = {}, extensions").format(sql.Identifier(self._tenant.schema_name)))
            connection.execute("SET session_replication_role = replica")
            connection.execute("TRUNCATE accounts, contacts, activities, notes, journal_changes CASCADE")
            began = time.perf_counter()
            for table in tables:
                for chunk in self._rows.get(table, ()):
                    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as target:
                        target.write(chunk)
            spent = time.perf_counter() - began
            connection.execute("TRUNCATE accounts, contacts, activities, notes, journal_changes CASCADE")
        return spent

    def _copy_out(self, tables: tuple[str, ...]) -> dict[str, list[bytes]]:
        with psycopg.connect(self._admin) as connection:
            connection.execute(sql.SQL("SET search_path = {}, extensions").format(sql.Identifier(self._tenant.schema_name)))
            found: dict[str, list[bytes]] = {}
            for table in tables:
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as source:
                    lines = [bytes(line) for line in source]
                found[table] = [b"".join(lines[start : start + 4_000]) for start in range(0, len(lines), 4_000)]
            return found

    def _act(self, do: Callable[[Context], Any]) -> Any:
        with tenant_session(self._runtime.databases, self._tenant) as session, acting(session, self._member, "web") as ctx:
            return do(ctx)

    def _with_run(self, run_id: UUID, do: Callable[[Context, ImportRun], Any]) -> None:
        self._act(lambda ctx: do(ctx, runs.find(ctx, run_id)))

    def _work(self) -> float:
        began = time.perf_counter()
        jobs.drain(self._runtime, str(self._tenant.id))
        return time.perf_counter() - began


def _proposed(run: ImportRun) -> dict[int, str]:
    return {entry["index"]: entry["target"] for entry in run.mapping["columns"]}


def _firm(runtime: Runtime) -> tuple[Tenant, UUID]:
    """Open a workspace through the product's own onboarding; return it and the key of its founder as a member."""
    with control_session(runtime.databases) as control:
        founder = Identity(email="founder@example.org", name="Ada Admin")
        control.add(founder)
        control.flush()
    sign_up = Application(slug="bench-imports", firm=Firm("Bench", "en", "EUR", "Europe/Berlin", "DE"), identity_id=founder.id)
    claimed = claim(runtime.databases, runtime.owners, sign_up)
    plant(runtime.databases, claimed)
    finish(runtime.databases, claimed)
    with control_session(runtime.databases) as control:
        opened = resolve.by_id(control, claimed.id)
    assert opened is not None
    with tenant_session(runtime.databases, opened) as session:
        return opened, session.query(Member.id).filter(Member.identity_id == founder.id).scalar()


def _write_persons(path: Path, count: int) -> None:
    """Write persons of three languages with the cells that real lists have."""
    dice = random.Random(3)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for number, person in enumerate(people(count)):
            given, family = (person.name[1:], person.name[:1]) if is_han(person.name[0]) else person.name.rsplit(" ", 1)
            firm, mobile = dice.randrange(FIRMS), f"0151 {dice.randrange(10_000_000, 99_999_999)}"
            mail = f"p{number}@firm{firm}.example"
            writer.writerow([given, family, mail, person.phone, mobile, person.title, f"Firm {firm} GmbH", person.city, "Germany"])
