"""What a new firm starts with: its settings, one department, the ready-made roles and its first admin. Safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import audit, directory, ready_roles
from saas.auth.members import Department, Member, MemberRole, Role, Workspace
from saas.auth.permissions import ADMIN_KEY
from saas.core import i18n
from saas.core.i18n import _
from saas.core.ids import new_id


@dataclass(frozen=True)
class Firm:
    """What the seeds are made from. `timezone` is an IANA name, `region` a country (ISO 3166), `currency` ISO 4217."""

    name: str
    language: str
    currency: str
    timezone: str
    region: str


@dataclass(frozen=True)
class Founder:
    """Who opens the firm and becomes its first admin."""

    identity_id: UUID
    name: str
    email: str | None


def plant(db: Session, firm: Firm, founder: Founder, objects: Sequence[str], plan: str = ready_roles.EVERYONE) -> UUID:
    """Put the seeds into a firm's schema, or what is missing of them, before its door opens; return the founder's key as a member.

    `objects` names the kinds of records the ready-made roles are about, `plan` the starting point of rights.
    """
    settings = {"currency": firm.currency, "timezone": firm.timezone, "region": firm.region, "language": firm.language}
    row = insert(Workspace).values(id=1, version=1, name=firm.name, rights_plan=plan, **settings)
    # The first statement locks the row, so that two plantings at once follow one another.
    db.execute(row.on_conflict_do_update(index_elements=["id"], set_={"name": firm.name, **settings}))
    with i18n.use(firm.language):
        root = _root(db, _("Everyone"))
        ready_roles.plant(db, objects, plan)
    admin = db.execute(select(Role.id).where(Role.key == ADMIN_KEY)).scalar_one()
    found = db.execute(select(Member.id).where(Member.identity_id == founder.identity_id)).scalar_one_or_none()
    if found is not None:
        return found
    first = Member(
        id=new_id(), identity_id=founder.identity_id, name=founder.name, email=founder.email, department_id=root, language=firm.language
    )
    db.add(first)
    db.flush()
    db.add(MemberRole(member_id=first.id, role_id=admin))
    audit.note(db, first.id, "workspace.opened", after={"name": firm.name, **settings})
    directory.touch(db)
    return first.id


def _root(db: Session, name: str) -> UUID:
    found = db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar()
    if found is not None:
        return found
    key = new_id()
    db.add(Department(id=key, parent_id=None, name=name, path=[key]))
    db.flush()
    return key
