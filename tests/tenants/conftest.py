"""Firms on two cells, made as sign-up makes them: the fixtures of the tenancy tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from saas.core.settings import from_env
from saas.tenants import cells, planes, provision
from saas.tenants.cells import Databases, Owners
from saas.tenants.models import TenantRow
from saas.tenants.session import Tenant, control_session

MakeTenant = Callable[..., Tenant]


@dataclass(frozen=True)
class Plant:
    """The databases of this worker, by both kinds of login."""

    databases: Databases
    owners: Owners
    environment: dict[str, str]


@pytest.fixture(scope="session")
def plant(environment: dict[str, str]) -> Iterator[Plant]:
    settings = from_env(environment)
    databases, owners = cells.connect(settings), cells.connect_owners(settings)
    yield Plant(databases, owners, environment)
    databases.dispose()
    owners.dispose()


def register(plant: Plant, schema: str, cell: str, revision: str, **values: object) -> Tenant:
    """Enter a schema that exists into the control plane as an active firm."""
    row = TenantRow(slug=f"s{secrets.token_hex(5)}", name="Firm", cell=cell, schema_name=schema, status="active", revision=revision)
    for name, value in values.items():
        setattr(row, name, value)
    with control_session(plant.databases) as control:
        control.add(row)
        control.flush()
        return Tenant(row.id, row.slug or "", row.name, row.cell, row.schema_name, row.status, row.revision)


@pytest.fixture(scope="session")
def make_tenant(plant: Plant) -> MakeTenant:
    """Make firms: `make_tenant("a")` in cell a."""

    def make(cell: str = "a", **values: object) -> Tenant:
        schema = f"t_{secrets.token_hex(8)}"
        provision.create_schema(plant.owners.cells[cell], schema)
        return register(plant, schema, cell, planes.head("tenant"), **values)

    return make
