"""Rights are kept in each process, and are right there on the first question after any change made in another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from saas.auth import departments, membership
from saas.auth.directory import touch
from saas.auth.members import Role
from saas.crm.sharing import rules
from saas.crm.sharing.rules import Draft
from tests.worlds import World

ROOT = Path(__file__).parents[2]
# Answers each line with the rights of a member: the role's reach, how many departments, how many rules open something.
OTHER_PROCESS = """
import sys
from uuid import UUID
from saas.auth.directory import directory
from saas.core.settings import from_env
from saas.crm import guard
from saas.tenants import resolve
from saas.tenants.runtime import assemble
from saas.tenants.session import control_session, tenant_session
guard.install()
runtime = assemble(from_env())
with control_session(runtime.databases) as control:
    tenant = resolve.by_id(control, UUID(sys.argv[1]))
for line in sys.stdin:
    with tenant_session(runtime.databases, tenant) as db:
        people = directory(db)
        rights = people.rights(people.members[UUID(line.strip())])
    print(rights.scope("accounts", "read").name, len(rights.departments), len(rights.openings), flush=True)
"""


class Other:
    """Another process with caches of its own."""

    def __init__(self, pipes: tuple[IO[str], IO[str]], member: str) -> None:
        self._pipes, self._member = pipes, member

    def ask(self) -> tuple[str, int, int]:
        into, out = self._pipes
        into.write(self._member + "\n")
        into.flush()
        scope, places, openings = out.readline().split()
        return scope, int(places), int(openings)


@pytest.fixture
def other(world: World, environment: dict[str, str]) -> Iterator[Other]:
    key = world.join("nora", grants={"accounts": {"read": "own"}})
    command = [sys.executable, "-c", OTHER_PROCESS, str(world.tenant.id)]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Other((process.stdin, process.stdout), str(key))
        process.stdin.close()
        assert process.wait(20) == 0


def test_each_change_is_seen_by_the_next_question(world: World, other: Other) -> None:
    assert other.ask() == ("OWN", 1, 0)
    assert other.ask() == ("OWN", 1, 0)
    with world.db() as db:
        role = db.query(Role).filter(Role.name == "Role of nora").one()
        role.grants = {"accounts": {"read": "department"}}
        touch(db)
    assert other.ask() == ("DEPARTMENT", 1, 0)
    with world.acting("admin") as ctx:
        place = departments.make(ctx, "Sales", next(iter(ctx.directory.departments)))
    with world.acting("admin") as ctx:
        membership.place(ctx, world.members["nora"], next(iter(ctx.directory.departments)), [place])
    assert other.ask()[1] == 2
    with world.acting("admin") as ctx:
        role_id = next(role.id for role in ctx.directory.roles.values() if role.name == "Role of nora")
        key = rules.save(ctx, Draft("accounts", place, from_subtree=False, to=role_id, is_to_role=True))
    assert other.ask()[2] == 1
    with world.acting("admin") as ctx:
        rules.remove(ctx, key)
        membership.deactivate(ctx, world.members["nora"])
    assert other.ask()[0::2] == ("NONE", 0)
