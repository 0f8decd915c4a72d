"""Jobs about people: the control plane following what a firm says about its members."""

from __future__ import annotations

from uuid import UUID

from saas.auth import membership
from saas.tenants.jobs import tenant_job
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession, bound_tenant


@tenant_job(membership.FOLLOW_JOB)
def follow_member(session: TenantSession, runtime: Runtime, identity_id: str) -> None:
    """List the firm among a person's workspaces, or no longer; end sessions where they have no place. Safe to repeat."""
    person, firm = UUID(identity_id), bound_tenant(session)
    membership.follow(runtime.databases, firm.id, person, is_active=membership.status_of(session, person))
