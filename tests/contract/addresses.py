"""From declared routes to addresses that can be asked for. A route with a parameter nobody thought of fails here, on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from saas.crm.registry import OBJECTS
from saas.web.routing import Route, public, workspace
from tests.contract.book import Book

_PARAMETER = re.compile(r"\{(\w+):str\}")
NEVER = UUID(int=0x01900000_0000_7000_8000_000000000000)


@dataclass(frozen=True)
class Ids:
    """What the parameters of addresses stand for: `records` by object; everything else by the beginning of the path."""

    records: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)

    def of(self, path: str, name: str, obj: str) -> str:
        """Find what a parameter of a path stands for."""
        if name == "id" and path.startswith("/{object"):
            return self.records[obj]
        if name == "id" and path.startswith("/tasks/"):
            return self.records["activities"]
        return self.others[f"{path.split('{', maxsplit=1)[0]}{name}" if name == "id" else name]


OTHERS = (
    "/imports/id",
    "/settings/sharing/id",
    "/settings/access-checks/id",
    "share",
    "/people/id",
    "/people/invitations/id",
    "/me/security/passkeys/id",
    "/me/sessions/id",
    "/settings/departments/id",
    "/settings/roles/id",
    "tag",
    "slug",
    "token",
    "vendor",
    "code",
    "batch",
    "name",
)


def same(key: str) -> Ids:
    """Let every parameter stand for one text."""
    return Ids({obj.name: key for obj in OBJECTS}, {**dict.fromkeys(OTHERS, key), "act": "assign"})


def own(book: Book) -> Ids:
    """Let parameters stand for what is there."""
    member = str(book.people["ann"])
    others = {
        **dict.fromkeys(OTHERS, str(NEVER)),
        "/people/id": member, "tag": str(book.tags[0]), "slug": book.world.tenant.slug, "batch": "1", "act": "assign", "name": "imports",
    }  # fmt: skip
    return Ids({name: str(keys[1]) for name, keys in book.rows.items()}, others)


def addresses(route: Route, ids: Ids) -> Iterator[str]:
    """Write the addresses of a route: one for each object, and for each field where the route is about one."""
    for obj in OBJECTS if "{object:" in route.path else OBJECTS[:1]:
        names = [f.name for f in obj.fields if f.is_editable] if "{field:" in route.path else [""]
        for field_name in names:
            yield _PARAMETER.sub(lambda m, o=obj.name, f=field_name: _filled(route.path, m[1], o, f, ids), route.path)  # type: ignore[misc]


def _filled(path: str, name: str, obj: str, field_name: str, ids: Ids) -> str:
    if name == "object":
        return obj
    return field_name if name == "field" else ids.of(path, name, obj)


def routes(method: str | None = None) -> list[Route]:
    """List the routes of workspaces, all or of one method."""
    return [route for route in workspace.routes if method in (None, route.method)]


def public_routes(method: str | None = None) -> list[Route]:
    return [route for route in public.routes if method in (None, route.method)]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"
