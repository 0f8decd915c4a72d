"""A workspace to test in: real database, real application, and one way to be somebody in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
from anyio.from_thread import BlockingPortal

from saas.app import Application
from saas.auth import sessions
from saas.auth.context import Context
from saas.auth.directory import directory, touch
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Member, MemberRole, Role
from saas.auth.seeds import Firm
from saas.core import i18n
from saas.core.clock import now
from saas.core.ids import new_id
from saas.onboarding import Application as SignUp
from saas.onboarding import claim, finish, plant
from saas.tenants import jobs, resolve
from saas.tenants.outbox import CONTROL_PLANE
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, control_session, tenant_session


class Client:
    """A browser without JavaScript: keeps cookies, follows nothing by itself, sends the CSRF token of this session."""

    def __init__(self, portal: BlockingPortal, app: Application, host: str, token: str | None = None) -> None:
        self._portal = portal
        self.host = host
        settings = app.runtime.settings
        cookies = {sessions.cookie_name(settings.is_secure): token} if token else {}
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{host}", cookies=cookies)
        self._csrf = ""

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def htmx(self, url: str, target: str = "", **options: Any) -> httpx.Response:
        """Ask for a fragment as htmx does."""
        return self.get(url, headers={"HX-Request": "true", "HX-Target": target}, **options)

    def post(self, url: str, data: dict[str, Any] | None = None, *, csrf: str | None = None, **options: Any) -> httpx.Response:
        """Submit a form, with this session's CSRF token unless another is given."""
        if csrf is None:
            csrf = self.csrf()
        return self.request("POST", url, data={**(data or {}), "csrf_token": csrf}, **options)

    def csrf(self) -> str:
        """Read the token a page of this host carries, once."""
        if not self._csrf:
            found = _Meta()
            found.feed(self.get("/sign-in").text)
            self._csrf = found.token
        return self._csrf

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            return await self._client.request(method, url, **options)

        return self._portal.call(call)

    def close(self) -> None:
        self._portal.call(self._client.aclose)


class _Meta(HTMLParser):
    token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "meta" and found.get("name") == "csrf-token":
            self.token = found.get("content") or ""


@dataclass
class World:
    """One firm with an admin. `members` are by role or by the name given to `join`."""

    portal: BlockingPortal
    app: Application
    tenant: Tenant
    members: dict[str, UUID] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    @property
    def runtime(self) -> Runtime:
        return self.app.runtime

    @property
    def host(self) -> str:
        return self.runtime.settings.host(self.tenant.slug)

    def join(self, name: str, role: str = "member", grants: dict[str, Any] | None = None, **member: Any) -> UUID:
        """Add a member by name, with a ready-made role or, with `grants`, one of their own; return the key."""
        with control_session(self.runtime.databases) as control:
            person = Identity(email=f"{name}-{new_id().hex[-8:]}@example.org", name=name.title())
            control.add(person)
            control.flush()
            control.add(Membership(identity_id=person.id, tenant_id=self.tenant.id))
        with self.db() as db:
            key = db.query(Role.id).filter(Role.key == role).scalar()
            if grants is not None:
                own = Role(key=None, name=f"Role of {name}", grants=grants, fixed=[])
                db.add(own)
                db.flush()
                key = own.id
            home = member.pop("department_id", None) or db.query(Department.id).filter(Department.parent_id.is_(None)).scalar()
            row = Member(identity_id=person.id, name=name.title(), email=person.email, department_id=home, **member)
            db.add(row)
            db.flush()
            db.add(MemberRole(member_id=row.id, role_id=key))
            touch(db)
            self.members[name] = row.id
        return row.id

    def sign_in(self, who: str = "admin") -> Client:
        """Be somebody: a client of this workspace's host, signed in. Joins the ready-made role of that name when nobody has it."""
        if who not in self.members:
            self.join(who, role=who)
        with self.db() as db:
            identity = db.query(Member.identity_id).filter(Member.id == self.members[who]).scalar()
        with control_session(self.runtime.databases) as control:
            token = sessions.create(control, identity, self.tenant.id)
        return self.visit(token)

    def visit(self, token: str | None = None, host: str | None = None) -> Client:
        """Be a stranger, or whoever holds a token, on this workspace's host or another."""
        client = Client(self.portal, self.app, host or self.host, token)
        self.clients.append(client)
        return client

    def db(self) -> Any:
        """Open a bare session of this firm, without anybody's rights."""
        return tenant_session(self.runtime.databases, self.tenant)

    @contextmanager
    def acting(self, who: str = "admin", via: str = "web") -> Iterator[Context]:
        """Open a transaction in which `who` acts: for verbs below the web."""
        if who not in self.members:
            self.join(who, role=who)
        with self.db() as db, i18n.use("en"):
            people = directory(db)
            member = people.members[self.members[who]]
            rights = people.rights(member)
            db.info.update(directory=people, rights=rights)
            yield Context(db=db, tenant=self.tenant, member=member, rights=rights, directory=people, now=now(), via=via)

    def work(self) -> int:
        """Do what workers would: drain this firm's outbox and the control plane's."""
        return jobs.drain(self.runtime, str(self.tenant.id)) + jobs.drain(self.runtime, CONTROL_PLANE)


def found_firm(portal: BlockingPortal, app: Application, name: str = "Acme") -> World:
    """Open a fresh workspace through the product's own onboarding; its founder is the admin."""
    runtime = app.runtime
    with control_session(runtime.databases) as control:
        founder = Identity(email=f"admin-{new_id().hex[-8:]}@example.org", name="Ada Admin")
        control.add(founder)
    firm = Firm(name, "en", "EUR", "Europe/Berlin", "DE")
    slug = f"{name.lower()}-{new_id().hex[-10:]}"
    tenant = claim(runtime.databases, runtime.owners, SignUp(slug=slug, firm=firm, identity_id=founder.id))
    plant(runtime.databases, tenant)
    finish(runtime.databases, tenant)
    with control_session(runtime.databases) as control:
        opened = resolve.by_id(control, tenant.id)
    assert opened is not None
    world = World(portal, app, opened)
    with world.db() as db:
        world.members["admin"] = db.query(Member.id).filter(Member.identity_id == founder.id).scalar()
    return world
