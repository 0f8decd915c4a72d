"""Workspaces of a given size: real rows of the product's own making, multiplied inside the database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from faker import Faker
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import select

from saas.auth import sessions
from saas.auth.identities import Identity
from saas.auth.members import Department, Member
from saas.auth.seeds import Firm
from saas.core.clock import now
from saas.core.db import copy_rows
from saas.core.ids import new_id
from saas.crm.contacts.definition import CONTACTS
from saas.crm.objects.derive import derive
from saas.onboarding import Application, claim, finish, plant
from saas.tenants.provision import raw_transaction
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, control_session, long_scope, tenant_session

BASE_ROWS = 20_000
LOCALES = ("en_US", "de_DE", "zh_CN")
# 张伟 is the most common name of China; a real book of a million people holds thousands of them.
COMMON = (("伟", "张"), ("伟", "王"), ("芳", "李"), ("敏", "张"))


@dataclass(frozen=True)
class Book:
    """A workspace filled with contacts, and a signed-in session of its admin."""

    tenant: Tenant
    size: int
    host: str
    token: str
    contact_id: UUID


def make_book(runtime: Runtime, size: int, seed: int) -> Book:
    """Open a workspace through the product's onboarding and fill it with `size` contacts."""
    with control_session(runtime.databases) as control:
        founder = Identity(email=f"bench-{new_id().hex[-12:]}@example.org", name="Bench Admin")
        control.add(founder)
    firm = Firm(f"Bench {size}", "en", "EUR", "Europe/Berlin", "DE")
    slug = f"bench-{new_id().hex[-10:]}"
    tenant = claim(runtime.databases, runtime.owners, Application(slug=slug, firm=firm, identity_id=founder.id))
    plant(runtime.databases, tenant)
    finish(runtime.databases, tenant)
    with control_session(runtime.databases) as control:
        token = sessions.create(control, founder.id, tenant.id)
    key = _fill(runtime, tenant, size, seed)
    return Book(tenant, size, runtime.settings.host(slug), token, key)


def _fill(runtime: Runtime, tenant: Tenant, size: int, seed: int) -> UUID:
    base = min(size, BASE_ROWS)
    indexes = _drop_indexes(runtime, tenant) if size > BASE_ROWS else []
    with tenant_session(runtime.databases, tenant, long_scope(tenant)) as session:
        member = session.execute(select(Member.id, Member.department_id)).first()
        departments = [department for (department,) in session.execute(select(Department.id))]
        assert member is not None
        columns = [column.key for column in CONTACTS.model.__table__.columns]
        rows = [_draft(number, member.id, departments[number % len(departments)], columns, seed) for number in range(base)]
        is_json = {column.key for column in CONTACTS.model.__table__.columns if str(column.type) == "JSONB"}
        copy_rows(
            session.connection(),
            "contacts",
            columns,
            ([Jsonb(row[name]) if name in is_json else row[name] for name in columns] for row in rows),
        )
    _multiply(runtime, tenant, columns, base, size)
    _create_indexes(runtime, tenant, indexes)
    return UUID(str(rows[0]["id"]))


def _draft(number: int, owner_id: UUID, department_id: UUID, columns: list[str], seed: int) -> dict[str, Any]:
    fake, dice = _fakers(seed)[number % len(LOCALES)], random.Random(seed * 1_000_003 + number)
    given, family = dice.choice(COMMON) if number % 30 == 2 else (fake.first_name(), fake.last_name())
    row: dict[str, Any] = dict.fromkeys(columns)
    row.update(
        id=new_id(), code=f"CON-{number:06d}", owner_id=owner_id, department_id=department_id, given_name=given, family_name=family,
        job_title=fake.job()[:60], city=fake.city()[:60],
        emails=[{"value": f"p{number}@firm{dice.randrange(5_000)}.example.com", "label": "work"}],
        phones=[{"value": f"+4930{dice.randrange(10**6, 10**7)}", "label": "work"}], tag_ids=[], custom={}, is_sample=False,
        version=1,
        no_calls=False, no_marketing=False, tokens=[], keys=[], created_at=now(), updated_at=now(), created_by=owner_id, updated_by=owner_id,
    )  # fmt: skip
    draft = _Draft(row)
    derive(CONTACTS, draft)  # type: ignore[arg-type]
    return row


class _Draft:
    """Attributes over a dict, so that the engine's own derivation fills the row."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.__dict__ = row


_made: dict[int, list[Faker]] = {}


def _fakers(seed: int) -> list[Faker]:
    if seed not in _made:
        _made[seed] = [Faker(locale) for locale in LOCALES]
        for fake in _made[seed]:
            fake.seed_instance(seed)
    return _made[seed]


def _multiply(runtime: Runtime, tenant: Tenant, columns: list[str], base: int, size: int) -> None:
    """Repeat the base rows under new keys and codes until there are `size`."""
    if size <= base:
        return
    own = {"id": "gen_random_uuid()", "code": "'CON-' || (row_number() OVER () + %s)"}
    picked = ", ".join(own.get(name, f'c."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    with raw_transaction(runtime.owners.cells[tenant.cell]) as connection:
        _in_schema(connection, tenant)
        connection.execute(
            f"INSERT INTO contacts ({names}) SELECT {picked} FROM contacts c CROSS JOIN generate_series(1, %s) LIMIT %s",  # type: ignore[arg-type]
            [10_000_000, -(-size // base), size - base],
        )


def _drop_indexes(runtime: Runtime, tenant: Tenant) -> list[str]:
    with raw_transaction(runtime.owners.cells[tenant.cell]) as connection:
        _in_schema(connection, tenant)
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'contacts'"
            " AND indexname LIKE '%%\\_idx'"
        )
        found = connection.execute(query, []).fetchall()
        for name, _definition in found:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        return [definition for _name, definition in found]


def _create_indexes(runtime: Runtime, tenant: Tenant, definitions: list[str]) -> None:
    with raw_transaction(runtime.owners.cells[tenant.cell]) as connection:
        _in_schema(connection, tenant)
        connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for definition in definitions:
            connection.execute(definition)  # type: ignore[arg-type]
    with runtime.owners.cells[tenant.cell].connect() as owner:
        raw: Any = owner.connection.dbapi_connection
        raw.rollback()
        raw.autocommit = True
        raw.execute(sql.SQL("VACUUM ANALYZE {}.contacts").format(sql.Identifier(tenant.schema_name)))
        raw.autocommit = False


def _in_schema(connection: psycopg.Connection[Any], tenant: Tenant) -> None:
    connection.execute(sql.SQL("SET LOCAL search_path = {}, extensions").format(sql.Identifier(tenant.schema_name)))
