"""What single sign-on means for requests: who somebody is here, and who may not come in by password. Kept with the directory's version."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from saas.auth.directory import Directory, MemberInfo
from saas.auth.permissions import ADMIN_KEY
from saas.auth.sessions import Person
from saas.auth.sso.tables import SsoLink, SsoSettings
from saas.tenants import planes
from saas.tenants.session import Tenant, bound_tenant

# The revision that brings the tables; a firm that is still older has no single sign-on yet.
SINCE = "0003"
# A login name that nobody can type or choose: it marks an identity that only a firm's provider can vouch for.
MARK = "sso:"


@dataclass(frozen=True)
class Rules:
    """A firm's single sign-on as every request needs it. `links` maps identities made by it to members; `label` names the provider."""

    is_on: bool = False
    is_required: bool = False
    label: str = ""
    links: dict[UUID, UUID] | None = None
    break_glass: frozenset[UUID] = frozenset()


def is_there(tenant: Tenant) -> bool:
    """Tell whether a firm's schema is new enough for single sign-on."""
    return tenant.revision not in planes.older("tenant", SINCE)


def rules(db: Session, people: Directory) -> Rules:
    """Return the rules of this transaction's firm; asks the database once for each version of the directory."""
    return people.keep("sso", lambda: _load(db))


def member_of(db: Session, people: Directory, person: Person) -> MemberInfo | None:
    """Find the member that somebody who is signed in is here; None when they may not be here (any more, or not this way)."""
    found = rules(db, people)
    if is_vouched(person):
        key = (found.links or {}).get(person.id) if found.is_on else None
        return people.members.get(key) if key else None
    member = people.by_identity.get(person.id)
    if member is None or not admits(found, people, member):
        return None
    return member


def admits(found: Rules, people: Directory, member: MemberInfo) -> bool:
    """Tell whether a member may come in other than through the firm's provider."""
    if not (found.is_on and found.is_required):
        return True
    is_admin = any(people.roles[key].key == ADMIN_KEY for key in member.role_ids if key in people.roles)
    return is_admin and member.id in found.break_glass


def is_vouched(person: Person) -> bool:
    """Tell whether an identity is one that a firm's provider vouches for: good in that firm only, without password or factors."""
    return (person.login_name or "").startswith(MARK)


def _load(db: Session) -> Rules:
    row = db.execute(select(SsoSettings)).scalar_one_or_none() if is_there(bound_tenant(db)) else None
    if row is None:
        return Rules(links={})
    links = {link.identity_id: link.member_id for link in db.execute(select(SsoLink.identity_id, SsoLink.member_id))}
    return Rules(row.is_on, row.is_required, row.label, links, frozenset(row.break_glass))
