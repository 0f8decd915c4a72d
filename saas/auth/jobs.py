"""Jobs about people: letters whose text depends on whether there is an account, and the control plane following the firms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.auth import codes, login, membership
from saas.auth.identities import Identity
from saas.core import mail
from saas.tenants.jobs import outside_job, tenant_job
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession, bound_tenant, control_session

SIGN_UP_JOB, FORGOTTEN_JOB = "people.sign_up", "people.forgotten"


@outside_job(SIGN_UP_JOB)
def answer_sign_up(runtime: Runtime, attempt: str, email: str, locale: str) -> None:
    """Write to an address that wants to sign up: a code, or word that it has an account. Tried again, it sends a fresh code."""
    settings = runtime.settings
    with control_session(runtime.databases) as control:
        code = None if login.has_account(control, email) else codes.set_code(control, UUID(attempt), settings.secret_key)
    if code is None:
        words = {"url": settings.url(path="/sign-in"), "forgotten_url": settings.url(path="/forgotten")}
        _send(runtime, "sign_up_account", email, locale, **words)
    else:
        _send(runtime, "sign_up_code", email, locale, code=code, minutes=int(codes.LIVES["sign_up"].total_seconds() // 60))


@outside_job(FORGOTTEN_JOB)
def answer_forgotten(runtime: Runtime, email: str, slug: str | None, locale: str) -> None:
    """Write to an address that forgot its password, on the host where it said so; nothing when it has no account."""
    with control_session(runtime.databases) as control:
        person = control.execute(select(Identity.id).where(Identity.email == email)).scalar_one_or_none()
        token = codes.start_reset(control, person) if person else None
    if token:
        _send(runtime, "reset", email, locale, url=runtime.settings.url(slug, f"/reset/{token}"))


@tenant_job(membership.FOLLOW_JOB)
def follow_member(session: TenantSession, runtime: Runtime, identity_id: str) -> None:
    """List the firm among a person's workspaces, or no longer; end sessions where they have no place. Safe to repeat."""
    person, firm = UUID(identity_id), bound_tenant(session)
    membership.follow(runtime.databases, firm.id, person, is_active=membership.status_of(session, person))


def _send(runtime: Runtime, name: str, to: str, locale: str, **words: Any) -> None:
    settings = runtime.settings
    letter = mail.compose(name, to=to, locale=locale, brand=settings.brand, **words)
    mail.send(settings.smtp_url, settings.mail_from, letter)
