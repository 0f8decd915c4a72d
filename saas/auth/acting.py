"""Acting for a member outside a request: jobs that do what somebody asked for, with that person's rights of now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import directory
from saas.core import i18n
from saas.core.clock import now
from saas.core.errors import Forbidden
from saas.core.i18n import _
from saas.tenants.session import TenantSession, bound_tenant


@contextmanager
def acting(session: TenantSession, member_id: UUID, via: str = "job") -> Iterator[Context]:
    """Be a member inside an open transaction, in their language and time zone. Raises Forbidden when they have left."""
    people = directory(session)
    member = people.members.get(member_id)
    if member is None or member.status != "active":
        raise Forbidden(_("The person who asked for this has left the workspace."))
    rights = people.rights(member)
    session.info.update(directory=people, rights=rights)
    ctx = Context(db=session, tenant=bound_tenant(session), member=member, rights=rights, directory=people, now=now(), via=via)
    with i18n.use(member.language, ctx.timezone):
        yield ctx
