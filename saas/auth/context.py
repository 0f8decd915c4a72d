"""What every domain function is handed first: who acts, where, with which rights, in which transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saas.auth.directory import Directory, MemberInfo, WorkspaceInfo
from saas.auth.permissions import Rights
from saas.core.errors import Forbidden
from saas.core.i18n import _
from saas.tenants.session import Tenant, TenantSession


@dataclass(frozen=True)
class Context:
    """One actor in one transaction of one firm.

    `via` names the door (`web`, `api`, `import`, `job`); `after_commit` collects functions called once the transaction is committed;
    `state` belongs to the engine (journal batch, system-work depth). `onlooker` is who really acts while they look as `member`.
    """

    db: TenantSession
    tenant: Tenant
    member: MemberInfo
    rights: Rights
    directory: Directory
    now: datetime
    via: str = "web"
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    onlooker: MemberInfo | None = None

    @property
    def workspace(self) -> WorkspaceInfo:
        return self.directory.workspace

    @property
    def timezone(self) -> str:
        return (self.onlooker or self.member).timezone or self.workspace.timezone

    def require(self, right: str) -> None:
        """Insist on a right. Raises Forbidden with a sentence naming who can help."""
        if not self.rights.may(right):
            raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))

    @contextmanager
    def as_system(self, reason: str) -> Iterator[None]:
        """Do the engine's own work (re-pointing, cascade, undo, numbering) without the reader's row rights; `reason` is journaled."""
        before = self.state.get("system")
        self.state["system"] = reason
        self.db.info["system"] = reason
        try:
            yield
        finally:
            self.state["system"] = before
            self.db.info["system"] = before
