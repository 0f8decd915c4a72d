"""After an upgrade the access checks are looked at once more: new defaults may open what an admin had ruled out. Admins are told."""

from __future__ import annotations

from collections.abc import Sequence

from saas.auth import audit, directory, volumes
from saas.auth.directory import Directory
from saas.auth.factors.letters import Notice
from saas.core.i18n import _
from saas.crm.sharing import checks
from saas.crm.sharing.checks import Broken
from saas.tenants.fleet_apply import UPGRADED_JOB
from saas.tenants.jobs import tenant_job
from saas.tenants.runtime import Runtime
from saas.tenants.session import TenantSession, bound_tenant


@tenant_job(UPGRADED_JOB)
def check_again(session: TenantSession, runtime: Runtime) -> None:
    """Judge all checks of a firm; write down what does not hold, and write to its admins."""
    people = directory.directory(session)
    broken = checks.judge(session, people, people.checks.values())
    if not broken:
        return
    firm = bound_tenant(session)
    for one in broken:
        audit.note(session, None, "check.broken", None, {"sentence": checks.sentence(people, one.check)})
    url = runtime.settings.url(firm.slug, "/settings/access-checks")
    volumes.tell_admins(session, runtime.settings, people, lambda: _words(people, broken, url))


def _words(people: Directory, broken: Sequence[Broken], url: str) -> Notice:
    firm = people.workspace.name
    lines = [f"{checks.sentence(people, one.check)}. {checks.whom(one.members)}" for one in broken]
    said = _("After an upgrade these access checks of %(firm)s do not hold any more:", firm=firm)
    return Notice(_("Access checks of %(firm)s do not hold", firm=firm), (said, *lines), url, _("Look at the checks"))
