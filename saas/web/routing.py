"""How routes are declared. A route without a right, or a reason for being open, cannot be written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from saas.auth.context import Context
from saas.web.exchange import Reply, Req, UploadedFile

__all__ = ["SIGNED_IN", "Context", "Reply", "Req", "Route", "UploadedFile", "public", "workspace"]

# The right every member has: seeing pages that show only what is the member's own.
SIGNED_IN = "signed-in"
DEFAULT_BODY_BYTES = 2 * 1024 * 1024

Handler = Callable[..., Reply]


@dataclass(frozen=True)
class Route:
    """One address and what answers it. Exactly one of `right` and `why` (open to strangers, because …) is set.

    `right` may name a path parameter in braces (`{object}:read`). `fresh` routes want the person to have proved who they are
    within the last minutes; whoever has not is asked first, and what was sent is kept meanwhile.

    `looking` says whether somebody who looks as another member sees the page (Rights 11). Unless it says so, what is for every member
    is personal and closed to them, and so is what wants a fresh proof; what a right opens is bounded by both members' rights. Acts are
    refused; the one that says otherwise is done as oneself.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Handler
    right: str | None = None
    why: str | None = None
    body_bytes: int = DEFAULT_BODY_BYTES
    fresh: bool = False
    looking: bool | None = None

    @property
    def is_open_to_onlookers(self) -> bool:
        """Whether somebody who looks as another member sees what it answers, as far as the rights of both go."""
        return (self.right != SIGNED_IN and not self.fresh) if self.looking is None else self.looking


@dataclass
class Site:
    """The routes of one kind of host: the public site, or every workspace."""

    name: str
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, *, right: str, fresh: bool = False, looking: bool | None = None) -> Callable[[Handler], Handler]:
        """Declare a page for members; the handler takes (ctx, req)."""
        return self._declare("GET", path, right=right, fresh=fresh, looking=looking)

    def post(
        self, path: str, *, right: str, body_bytes: int = DEFAULT_BODY_BYTES, fresh: bool = False, looking: bool | None = None
    ) -> Callable[[Handler], Handler]:
        """Declare an act of members; the handler takes (ctx, req)."""
        return self._declare("POST", path, right=right, body_bytes=body_bytes, fresh=fresh, looking=looking)

    def open_get(self, path: str, *, why: str) -> Callable[[Handler], Handler]:
        """Declare a page for strangers too; the handler takes (req)."""
        return self._declare("GET", path, why=why)

    def open_post(self, path: str, *, why: str) -> Callable[[Handler], Handler]:
        """Declare an act open to strangers; the handler takes (req)."""
        return self._declare("POST", path, why=why)

    def _declare(self, method: Any, path: str, **options: Any) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, **options))
            return handler

        return keep


workspace = Site("workspace")
public = Site("public")
