"""Holds every transaction that changed rights against the pinned access checks before it is committed, whatever door it came through."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from saas.auth import directory
from saas.auth.sharing import AccessCheck
from saas.crm.sharing import checks
from saas.tenants.session import TenantSession


def install() -> None:
    """Attach to all tenant sessions of this process. Safe to call again."""
    if not event.contains(TenantSession, "before_commit", _hold):
        event.listen(TenantSession, "before_commit", _hold)


def _hold(session: Session) -> None:
    info: dict[Any, Any] = session.info
    if directory.BEFORE not in info:
        return
    before = info.pop(directory.BEFORE)
    assert isinstance(session, TenantSession)
    if session.execute(select(AccessCheck.id).limit(1)).first() is not None:
        checks.require(session, before, directory.as_it_will_be(session))
