"""Demo workspaces for a first look: two firms with sample data, logins written down for `make run` to print."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from saas.auth import passwords
from saas.auth.context import Context
from saas.auth.directory import directory, touch
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Member, MemberRole, Role
from saas.auth.seeds import Firm
from saas.core import i18n
from saas.core.clock import now
from saas.core.settings import from_env
from saas.crm import guard
from saas.crm.samples import verbs
from saas.onboarding import Application, claim, finish, plant
from saas.tenants.runtime import Runtime, assemble
from saas.tenants.session import Tenant, control_session, tenant_session

People = tuple[tuple[str, str, str], ...]
PASSWORD = "look around 2026"
# workspace, firm, language, currency, zone, region, (name, mail name, role) of its people
FIRMS = (
    ("acme", "Acme Coffee Machines", "en", "EUR", "Europe/Berlin", "DE", (("Ada Admin", "ada", "admin"), ("Ben Sales", "ben", "member"))),
    ("meihua", "梅花咖啡机", "zh_Hans", "CNY", "Asia/Shanghai", "CN", (("梅雪", "meixue", "admin"), ("李强", "liqiang", "member"))),
)


def main() -> int:
    """Make the demo workspaces and write their logins to `<DATA_DIR>/demo.json`."""
    runtime = assemble(from_env())
    i18n.load_catalogues()
    guard.install()
    logins = [login for firm in FIRMS for login in _make(runtime, *firm)]
    target = Path(os.environ.get("DATA_DIR", ".data")) / "demo.json"
    target.write_text(json.dumps(logins, ensure_ascii=False, indent=1), "utf-8")
    return 0


def _make(
    runtime: Runtime,
    slug: str,
    name: str,
    language: str,
    currency: str,
    timezone: str,
    region: str,
    people: tuple[tuple[str, str, str], ...],
) -> list[dict[str, str]]:
    hashed = passwords.hash_password(PASSWORD)
    with control_session(runtime.databases) as control:
        rows = [
            Identity(email=f"{mail}@{slug}.example", name=full_name, language=language, password_hash=hashed)
            for full_name, mail, _role in people
        ]
        control.add_all(rows)
    firm = Firm(name, language, currency, timezone, region)
    tenant = claim(runtime.databases, runtime.owners, Application(slug=slug, firm=firm, identity_id=rows[0].id))
    plant(runtime.databases, tenant)
    finish(runtime.databases, tenant)
    for row, (_full_name, _mail, role) in zip(rows[1:], people[1:], strict=True):
        _join(runtime, tenant, row, role)
    _fill(runtime, tenant, rows[0], language)
    url = runtime.settings.url(slug)
    return [{"url": url, "email": row.email or "", "password": PASSWORD, "name": name} for row in rows]


def _join(runtime: Runtime, tenant: Tenant, person: Identity, role: str) -> None:
    with control_session(runtime.databases) as control:
        control.add(Membership(identity_id=person.id, tenant_id=tenant.id))
    with tenant_session(runtime.databases, tenant) as db:
        home = db.query(Department.id).filter(Department.parent_id.is_(None)).scalar()
        row = Member(identity_id=person.id, name=person.name, email=person.email, department_id=home, language=person.language)
        db.add(row)
        db.flush()
        db.add(MemberRole(member_id=row.id, role_id=db.query(Role.id).filter(Role.key == role).scalar()))
        touch(db)


def _fill(runtime: Runtime, tenant: Tenant, founder: Identity, language: str) -> None:
    with tenant_session(runtime.databases, tenant) as db, i18n.use(language):
        people = directory(db)
        member = people.by_identity[founder.id]
        rights = people.rights(member)
        db.info.update(directory=people, rights=rights)
        verbs.add_samples(Context(db=db, tenant=tenant, member=member, rights=rights, directory=people, now=now()), language)


if __name__ == "__main__":
    sys.exit(main())
