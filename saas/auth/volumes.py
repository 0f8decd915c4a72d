"""How much each member takes out of the book in a day: exported, printed, read by token. Admins are told of unusually much (Rights 16)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from saas.auth import audit
from saas.auth.directory import Directory, MemberInfo
from saas.auth.factors import letters
from saas.auth.factors.letters import Notice
from saas.auth.members import Member
from saas.auth.permissions import ADMIN_KEY
from saas.core.clock import today
from saas.core.i18n import L_, LazyText, _
from saas.core.locale_format import format_number
from saas.core.settings import Settings
from saas.tenants.models import TenantBase
from saas.tenants.session import TenantSession, bound_tenant

EXPORT, PRINT, API = KINDS = ("export", "print", "api")
# Fewer rows a day than this are never unusual; beyond it, so many times the greatest day of the time before are.
QUIET_ROWS = 1_000
TIMES = 3
LOOKED_BACK = timedelta(days=30)
_SENTENCES: dict[str, LazyText] = {
    EXPORT: L_("%(name)s has exported %(rows)s rows today, far more than usual."),
    PRINT: L_("%(name)s has printed %(rows)s rows today, far more than usual."),
    API: L_("Through a token of %(name)s %(rows)s rows were read today, far more than usual."),
}


class ReadingVolume(TenantBase):
    """Rows that left the book in one day of the firm's time zone, by whom and by which way. `is_told` once admins know."""

    __tablename__ = "reading_volumes"
    __table_args__ = (CheckConstraint("kind IN ('export','print','api')", name="kind"),)

    member_id: Mapped[UUID] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int] = mapped_column(default=0)
    is_told: Mapped[bool] = mapped_column(default=False)


def note(db: TenantSession, settings: Settings, people: Directory, member: MemberInfo, kind: str, rows: int) -> None:
    """Add rows to the member's day; tell the admins, once a day for each way, when it has become unusual."""
    on = today(people.workspace.timezone)
    table = ReadingVolume
    added = insert(table).values(member_id=member.id, on=on, kind=kind, rows=rows, is_told=False)
    total = added.on_conflict_do_update(index_elements=["member_id", "on", "kind"], set_={"rows": table.rows + rows})
    so_far, is_told = db.execute(total.returning(table.rows, table.is_told)).one()
    if is_told or so_far < QUIET_ROWS:
        return
    before = select(func.coalesce(func.max(table.rows), 0)).where(
        table.member_id == member.id, table.kind == kind, table.on < on, table.on >= on - LOOKED_BACK
    )
    if so_far < max(QUIET_ROWS, TIMES * int(db.execute(before).scalar_one())):
        return
    row = db.execute(select(table).where(table.member_id == member.id, table.on == on, table.kind == kind)).scalar_one()
    row.is_told = True
    audit.note(db, member.id, "volume.unusual", None, {"member": str(member.id), "kind": kind, "rows": so_far})
    tell_admins(db, settings, people, lambda: _unusual(settings, db, member, kind, so_far))


def tell_admins(db: TenantSession, settings: Settings, people: Directory, write: letters.Write) -> None:
    """Write a letter to every active admin, each in their own language."""
    for one in people.members.values():
        if one.status == "active" and ADMIN_KEY in {people.roles[key].key for key in one.role_ids}:
            letters.post(db, settings, one.email, one.language, write)


def _unusual(settings: Settings, db: TenantSession, member: MemberInfo, kind: str, rows: int) -> Notice:
    said = str(_SENTENCES[kind]) % {"name": member.name, "rows": format_number(rows)}
    advice = _("If this is as agreed, there is nothing to do. Otherwise talk to them; you can end their access on the page of the person.")
    url = settings.url(bound_tenant(db).slug, f"/people/{member.id}")
    return Notice(_("Unusually much was taken out of the book"), (said, advice), url, _("Look at the person"))
