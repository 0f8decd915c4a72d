"""Workspaces of a given size: opened by the product's onboarding, filled with rows of its own making, multiplied inside the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import select

from benchmarks.core import drafts
from saas.auth import sessions
from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.auth.seeds import Firm
from saas.core.ids import new_id
from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.contacts.definition import CONTACTS
from saas.crm.objects.codes import code
from saas.crm.objects.definition import ObjectDef
from saas.crm.search import vocabulary
from saas.crm.search.tokens import token_id
from saas.onboarding import Application, claim, finish, plant
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, control_session, tenant_session

# So many contacts for each account; one contact in five has none.
CONTACTS_PER_ACCOUNT = 10
KEYS = {"accounts": "01980000-0001-7000-8000-", "contacts": "01980000-0002-7000-8000-"}
# Above this, indexes are dropped first and made again at the end.
FEW = 5_000


@dataclass(frozen=True)
class Book:
    """A workspace filled with contacts, and a signed-in session of its admin."""

    tenant: Tenant
    size: int
    host: str
    token: str

    @property
    def contact_id(self) -> UUID:
        """One of its contacts, who has an account."""
        return UUID(f"{KEYS['contacts']}{1:012x}")


# What of a firm's contacts is other than usual: column → SQL over `n.nr` (1 … size) and the base row `b`.
Engine = Callable[[Tenant], dict[str, str]]


def make_book(runtime: Runtime, admin_url: Callable[[str], str], size: int, engine: Engine | None = None) -> Book:
    """Open a workspace and fill it with `size` contacts and a tenth as many accounts. `admin_url` gives the superuser's URL of a cell."""
    with control_session(runtime.databases) as control:
        founder = Identity(email=f"bench-{new_id().hex[-12:]}@example.org", name="Bench Admin")
        control.add(founder)
    slug = f"bench-{new_id().hex[-10:]}"
    firm = Firm(f"Bench {size:,}", "en", "EUR", "Europe/Berlin", "DE")
    tenant = claim(runtime.databases, runtime.owners, Application(slug=slug, firm=firm, identity_id=founder.id))
    plant(runtime.databases, tenant)
    finish(runtime.databases, tenant)
    with control_session(runtime.databases) as control:
        token = sessions.create(control, founder.id, tenant.id)
    _fill(runtime, admin_url(tenant.cell), tenant, size, engine(tenant) if engine else {})
    return Book(tenant, size, runtime.settings.host(slug), token)


def _fill(runtime: Runtime, admin_url: str, tenant: Tenant, size: int, own: dict[str, str]) -> None:
    with tenant_session(runtime.databases, tenant) as session:
        owner_id, department_id = session.execute(select(Member.id, Member.department_id).order_by(Member.created_at).limit(1)).one()
    accounts = max(1, size // CONTACTS_PER_ACCOUNT)
    account = f"CASE WHEN n.nr %% 5 > 0 THEN {_key('accounts', f'(n.nr::bigint * 7919) %% {accounts} + 1')} END"
    engine = {"owner_id": f"'{owner_id}'::uuid", "department_id": f"'{department_id}'::uuid", "created_by": f"'{owner_id}'::uuid"}
    _multiply(admin_url, tenant, ACCOUNTS, drafts.accounts(), accounts, engine)
    _multiply(admin_url, tenant, CONTACTS, drafts.contacts(), size, {**engine, "account_id": account, **own})
    _teach(runtime, tenant, min(size, drafts.BASE_CONTACTS))


def _multiply(admin_url: str, tenant: Tenant, obj: ObjectDef, base: list[drafts.Row], size: int, engine: dict[str, str]) -> None:
    """Repeat the base rows under keys and codes of their own until there are `size`; indexes of large tables are made afterwards."""
    table = obj.model.__table__
    base, names = base[:size], [column.key for column in table.columns]
    made = {**engine, "id": _key(obj.name, "n.nr"), "code": "n.code", "tokens": "b.tokens || n.tokens"}
    picked = ", ".join(made.get(name, f'b."{name}"') for name in names)
    with inside(admin_url, tenant) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")  # Links are right by construction.
        indexes = _drop_indexes(connection, obj.name) if size > FEW else []
        connection.execute("CREATE TEMP TABLE numbered (nr int, code text, tokens int[]) ON COMMIT DROP")
        connection.execute(f"CREATE TEMP TABLE base (nr int, LIKE {obj.name}) ON COMMIT DROP")  # type: ignore[arg-type]
        for name in ("id", "department_id"):
            connection.execute(f"ALTER TABLE base ALTER {name} DROP NOT NULL")  # type: ignore[arg-type]
        _copy(connection, "numbered", [(nr, code(obj.prefix, nr), _code_tokens(obj, nr)) for nr in range(1, size + 1)])
        is_json = [str(column.type) == "JSONB" for column in table.columns]
        rows = [[Jsonb(row[name]) if json else row[name] for name, json in zip(names, is_json, strict=True)] for row in base]
        _copy(connection, "base", [(nr, *row) for nr, row in enumerate(rows)])
        columns = ", ".join(f'"{name}"' for name in names)
        rest = f"FROM numbered n JOIN base b ON b.nr = (n.nr - 1) %% {len(base)} ORDER BY n.nr"
        connection.execute(f"INSERT INTO {obj.name} ({columns}) SELECT {picked} {rest}", [])  # type: ignore[arg-type]
        connection.execute("INSERT INTO counters VALUES (%s, %s)", [obj.prefix, size])
    _create_indexes(admin_url, tenant, indexes)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("VACUUM ANALYZE {}.{}").format(sql.Identifier(tenant.schema_name), sql.Identifier(obj.name)))


def _key(name: str, number: str) -> str:
    return f"('{KEYS[name]}' || lpad(to_hex({number}), 12, '0'))::uuid"


def _code_tokens(obj: ObjectDef, number: int) -> list[int]:
    """Say what saas.crm.search.tokens says of a code, without its care for codes of other systems: a million times."""
    return [token_id(f"%{obj.prefix.lower()}{number}"), token_id(f"%{number}")]


def _copy(connection: psycopg.Connection[Any], table: str, rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as target:  # type: ignore[arg-type]
        for row in rows:
            target.write_row(row)


def _teach(runtime: Runtime, tenant: Tenant, count: int) -> None:
    """Teach the vocabulary the words of the names, as an import does."""
    heard: dict[str, int] = {}
    for row in drafts.contacts()[:count]:
        for word in vocabulary.words([row["name"]], is_person=True):
            heard[word] = heard.get(word, 0) + 1
    with tenant_session(runtime.databases, tenant) as session:
        session.execute(vocabulary.addition(heard, heard))


def _drop_indexes(connection: psycopg.Connection[Any], table: str) -> list[str]:
    query = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s AND indexname LIKE '%%\\_idx'"
    )
    found = connection.execute(query, [table]).fetchall()
    for name, _definition in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    # The search index takes longest.
    return sorted((definition for _name, definition in found), key=lambda definition: "(tokens)" not in definition)


def _create_indexes(admin_url: str, tenant: Tenant, definitions: list[str]) -> None:
    def create(definition: str) -> None:
        with inside(admin_url, tenant) as connection:
            connection.execute("SET LOCAL maintenance_work_mem = '1GB'; SET LOCAL max_parallel_maintenance_workers = 0")
            connection.execute(definition)  # type: ignore[arg-type]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(create, definitions))


@contextmanager
def inside(admin_url: str, tenant: Tenant) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction of the superuser inside a firm's schema."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(sql.SQL("SET LOCAL search_path = {}, extensions").format(sql.Identifier(tenant.schema_name)))
        yield connection
