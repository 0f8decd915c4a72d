"""Attaches the rights to every session of this process: what may be loaded, and what may be written at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from saas.crm import registry
from saas.crm.objects import access
from saas.crm.objects.columns import RecordBase
from saas.crm.sharing import holding
from saas.tenants.session import TenantSession


class UnsanctionedWrite(RuntimeError):
    """A record was changed without having been obtained through `objects.records`: a mistake in our code, never the reader's."""


def install() -> None:
    """Put every registered object under the one predicate, and changes of rights under the access checks. Safe to call again."""
    access.register(registry.OBJECTS)
    holding.install()
    if not event.contains(TenantSession, "do_orm_execute", _restrict):
        event.listen(TenantSession, "do_orm_execute", _restrict)
        event.listen(TenantSession, "before_flush", _refuse_unsanctioned)


def _restrict(state: ORMExecuteState) -> None:
    if state.session.info.get("system"):
        return
    if state.is_insert and state.bind_mapper is not None and issubclass(state.bind_mapper.class_, RecordBase):
        raise UnsanctionedWrite(f"INSERT into {state.bind_mapper.local_table}")
    found = access.criteria(state.session)
    if found:
        state.statement = state.statement.options(*found)


def _refuse_unsanctioned(session: Session, _context: Any, _instances: Any) -> None:
    if session.info.get("system"):
        return
    sanctioned: set[Any] = session.info.get("sanctioned", set())
    changed = [record for record in session.dirty if session.is_modified(record)]
    for record in (*session.new, *changed, *session.deleted):
        if isinstance(record, RecordBase) and record.id not in sanctioned:
            raise UnsanctionedWrite(f"{type(record).__name__} {record.id}")
