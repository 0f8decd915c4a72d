"""Jobs about recoveries: telling the person and the firms at each step, and sending the link when the waiting is over."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from saas.auth import audit
from saas.auth.audit import SettingsEntry
from saas.auth.directory import Directory, MemberInfo, directory
from saas.auth.factors import letters
from saas.auth.factors import recovery as way_back
from saas.auth.factors.letters import Notice
from saas.auth.factors.models import FactorRecovery
from saas.auth.identities import Identity, Membership
from saas.auth.membership import MANAGE
from saas.core.i18n import _
from saas.core.locale_format import format_datetime
from saas.tenants import resolve
from saas.tenants.jobs import outside_job
from saas.tenants.models import TenantRow
from saas.tenants.runtime import Runtime
from saas.tenants.session import Tenant, control_session, tenant_session


@outside_job(way_back.ANNOUNCE_JOB)
def announce(runtime: Runtime, recovery: str, step: str) -> None:
    """Write a step of a recovery into the audit log of each firm of the person, and to all who must know. Safe to repeat."""
    with control_session(runtime.databases) as control:
        row = control.get(FactorRecovery, UUID(recovery))
        if row is None:
            return
        person = control.get_one(Identity, row.identity_id)
        mine = (Membership.identity_id == person.id, Membership.is_active, TenantRow.status == "active")
        query = resolve.select_tenants().join(Membership, Membership.tenant_id == TenantRow.id).where(*mine)
        firms = [resolve.from_row(found) for found in control.execute(query)]
        letters.post(control, runtime.settings, person.email, person.language, lambda: _to_person(runtime, row, step))
    for firm in firms:
        _announce_in(runtime, firm, row, person.name, step)


@outside_job(way_back.OPEN_JOB)
def open_recovery(runtime: Runtime, recovery: str) -> None:
    """Send the link that lets in; nothing when somebody cancelled. Tried again, it sends a fresh link."""
    with control_session(runtime.databases) as control:
        row = control.get(FactorRecovery, UUID(recovery))
        token = way_back.open_link(control, row.id) if row else None
        if row is None or token is None:
            return
        person = control.get_one(Identity, row.identity_id)
        url = runtime.settings.url(row.slug, f"/recovery/{token}")
        letters.post(control, runtime.settings, person.email, person.language, lambda: _with_link(url))


def _announce_in(runtime: Runtime, firm: Tenant, row: FactorRecovery, name: str, step: str) -> None:
    what, settings = f"factor.recovery_{step}", runtime.settings
    with tenant_session(runtime.databases, firm) as db:
        told = select(SettingsEntry.id).where(SettingsEntry.what == what, SettingsEntry.after["recovery"].astext == str(row.id))
        if db.execute(told).first() is not None:
            return
        people = directory(db)
        member = people.by_identity.get(row.identity_id)
        if member is None or member.status != "active":
            return
        audit.note(db, member.id, what, after={"member": str(member.id), "recovery": str(row.id)})
        for colleague in _managers(people, member):
            letters.post(db, settings, colleague.email, colleague.language, lambda: _to_manager(runtime, firm, row, name, step))


def _managers(people: Directory, but: MemberInfo) -> list[MemberInfo]:
    active = [member for member in people.members.values() if member.status == "active" and member.id != but.id]
    return [member for member in active if people.rights(member).may(MANAGE)]


def _cancel_url(runtime: Runtime, slug: str | None, row: FactorRecovery) -> str:
    return runtime.settings.url(slug, f"/recovery/cancel/{way_back.cancel_token(runtime.settings.secret_key, row.id)}")


def _to_person(runtime: Runtime, row: FactorRecovery, step: str) -> Notice:
    if step == way_back.ASKED:
        lines = (
            _("Somebody who knows your password says that your phone and passkeys are lost, and asks to be let in without them."),
            _("If it was you: on %(when)s (UTC) we send you a link that lets you in.", when=format_datetime(row.ready_at)),
            _("If it was not you, cancel it now, and set a new password."),
        )
        return Notice(_("Your second factor is to be removed"), lines, _cancel_url(runtime, row.slug, row), _("Cancel it"))
    if step == way_back.CANCELLED:
        return Notice(_("The recovery of your account was cancelled"), (_("Your second factor stays as it is."), letters.not_you()))
    lines_used = _("Somebody came in with the link that we sent to this address. All old factors were removed."), letters.not_you()
    return Notice(_("Your second factor was removed"), lines_used)


def _to_manager(runtime: Runtime, firm: Tenant, row: FactorRecovery, name: str, step: str) -> Notice:
    if step == way_back.ASKED:
        lines = (
            _("%(name)s says that phone and passkeys are lost, and asks to be let in to %(firm)s without them.", name=name, firm=firm.name),
            _("Ask them in person whether that is so. If it is, nothing needs to be done: it happens on %(when)s (UTC).",
              when=format_datetime(row.ready_at)),
            _("If it is not, cancel it."),
        )  # fmt: skip
        title = _("%(name)s asks for a way back in", name=name)
        return Notice(title, lines, _cancel_url(runtime, firm.slug, row), _("Cancel it"))
    if step == way_back.CANCELLED:
        title = _("The recovery of %(name)s was cancelled", name=name)
        return Notice(title, (_("Their second factor stays as it is."),))
    title = _("%(name)s came back in without a second factor", name=name)
    return Notice(title, (_("All old factors were removed. If you did not expect this, end their access under People now."),))


def _with_link(url: str) -> Notice:
    said = _("The waiting time is over. With this link you come in, and your old phone and passkeys stop working.")
    lines = said, _("It works once, for three days.")
    return Notice(_("Your way back in"), lines, url, _("Come in"))
