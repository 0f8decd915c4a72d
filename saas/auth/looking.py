"""Looking as another member (Rights 11): what both may see, without changing anything, logged, and told to whom it was.

A look is its line in the audit log: without that line there is none, so nobody looks unseen. It ends when it is ended or after an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy import select

from saas.auth import audit
from saas.auth.audit import SettingsEntry
from saas.auth.context import Context
from saas.auth.directory import Directory, MemberInfo
from saas.auth.factors import letters
from saas.auth.factors.letters import Notice
from saas.auth.members import Member
from saas.auth.permissions import FIXED_RIGHTS, Rights
from saas.core.errors import Conflict, NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.core.settings import Settings

RIGHT = "roles:manage"
STARTED, ENDED = "member.looked_as", "member.look_ended"
LASTS = timedelta(hours=1)
TOLD_EVERY = timedelta(days=1)
LONGEST_REASON = 200
LISTED = 20
# What even those may not do while they look who both may do it.
NEVER = frozenset(("data:export",))


@dataclass(frozen=True)
class Look:
    """One time somebody looked as a member. `minutes` is how long, rounded up; None where it was not ended by hand."""

    onlooker: str
    at: datetime
    reason: str
    minutes: int | None


def may_look_as(ctx: Context, person: MemberInfo) -> bool:
    """Tell whether the acting member may look as somebody: an active member other than oneself."""
    return ctx.rights.may(RIGHT) and ctx.onlooker is None and person.status == "active" and person.id != ctx.member.id


def rights_of(people: Directory, onlooker: MemberInfo, member: MemberInfo) -> Rights:
    """Combine what both may do; of that only reading remains, of the rights beside records only opening their pages."""
    return people.keep(("looking", onlooker.id, member.id), lambda: _together(people.rights(onlooker), people.rights(member)))


def _together(mine: Rights, theirs: Rights) -> Rights:
    fixed = theirs.fixed
    if theirs.is_admin:
        # An admin to whom only reading is left reads everything; "holds everything" would also mean changing it.
        fixed = frozenset(FIXED_RIGHTS)
        theirs = replace(theirs, is_admin=False, is_reader=True, hidden={}, read_only={})
    return replace(theirs, fixed=fixed - NEVER, within=mine)


def start(ctx: Context, settings: Settings, member_id: UUID | None, reason: str) -> tuple[MemberInfo, int]:
    """Begin to look as a member; return them and the number of the look. Tells them by mail, at most once a day for each onlooker.

    Raises Forbidden without the right, NotFound, Conflict for oneself and for who has no access.
    """
    ctx.require(RIGHT)
    person = ctx.directory.members.get(member_id) if member_id else None
    if person is None:
        raise NotFound(_("There is no such person in this workspace."))
    if person.id == ctx.member.id:
        raise Conflict(_("This is you. You see your own pages anyway."))
    if person.status != "active":
        raise Conflict(_("%(name)s has no access now, so there is nothing to see.", name=person.name))
    # Two clicks at once follow one another, so that one of them finds the letter of the other.
    ctx.db.execute(select(Member.id).where(Member.id == ctx.member.id).with_for_update())
    is_told = not _was_told(ctx, person)
    said = " ".join(reason.split())[:LONGEST_REASON]
    audit.note(ctx.db, ctx.member.id, "member.looked_as", after={"member": str(person.id), "reason": said, "is_told": is_told})
    if is_told:
        _tell(ctx, settings, person, said)
    ctx.db.flush()
    query = select(SettingsEntry.id).where(SettingsEntry.what == STARTED, SettingsEntry.actor_id == ctx.member.id)
    return person, ctx.db.execute(query.order_by(SettingsEntry.id.desc()).limit(1)).scalar_one()


def _was_told(ctx: Context, person: MemberInfo) -> bool:
    query = select(SettingsEntry.after).where(
        SettingsEntry.what == STARTED,
        SettingsEntry.actor_id == ctx.member.id,
        SettingsEntry.at > ctx.now - TOLD_EVERY,
        SettingsEntry.after["member"].astext == str(person.id),
    )
    return any(after.get("is_told") for after in ctx.db.execute(query).scalars())


def _tell(ctx: Context, settings: Settings, person: MemberInfo, reason: str) -> None:
    url = settings.url(ctx.tenant.slug, "/me/looked-at")

    def write() -> Notice:
        lines = [
            _("%(name)s opened the workspace %(firm)s as you see it.", name=ctx.member.name, firm=ctx.workspace.name),
            _("They see only what both of you may see, and none of your personal pages. They cannot change anything."),
        ]
        if reason:
            lines.insert(1, _("The reason given: %(reason)s", reason=reason))
        return Notice(_("%(name)s looked at the book as you", name=ctx.member.name), tuple(lines), url, _("See who looked"))

    letters.post(ctx.db, settings, person.email, person.language, write)


def find(ctx: Context, number: int) -> MemberInfo | None:
    """Find as whom the acting member looks under this number; None once it is over or was never theirs to begin with."""
    entry = _started(ctx, number)
    if entry is None or entry.at < ctx.now - LASTS or not ctx.rights.may(RIGHT):
        return None
    ended = select(SettingsEntry.id).where(SettingsEntry.id > number, SettingsEntry.what == ENDED, SettingsEntry.actor_id == ctx.member.id)
    if ctx.db.execute(ended.limit(1)).first() is not None:
        return None
    person = _member(ctx, entry)
    return person if person is not None and person.status == "active" and person.id != ctx.member.id else None


def stop(ctx: Context, number: int) -> MemberInfo | None:
    """End a look and note how long it was; return as whom it was, None where there is none to end."""
    person = find(ctx, number)
    entry = _started(ctx, number)
    if person is None or entry is None:
        return None
    minutes = max(1, ceil((ctx.now - entry.at).total_seconds() / 60))
    audit.note(ctx.db, ctx.member.id, "member.look_ended", after={"member": str(person.id), "look": number, "minutes": minutes})
    return person


def _started(ctx: Context, number: int) -> SettingsEntry | None:
    entry = ctx.db.get(SettingsEntry, number)
    return entry if entry is not None and entry.what == STARTED and entry.actor_id == ctx.member.id else None


def _member(ctx: Context, entry: SettingsEntry) -> MemberInfo | None:
    key = parse_id(str(entry.after.get("member", "")))
    return ctx.directory.members.get(key) if key else None


def at_oneself(ctx: Context) -> list[Look]:
    """List who looked as the acting member, the newest first."""
    me = SettingsEntry.after["member"].astext == str(ctx.member.id)
    query = select(SettingsEntry).where(SettingsEntry.what == STARTED, me).order_by(SettingsEntry.id.desc()).limit(LISTED)
    entries = list(ctx.db.execute(query).scalars())
    if not entries:
        return []
    since = SettingsEntry.id > entries[-1].id
    ends = ctx.db.execute(select(SettingsEntry.after).where(SettingsEntry.what == ENDED, me, since)).scalars()
    minutes = {after["look"]: after["minutes"] for after in ends}
    return list(_looks(ctx, entries, minutes))


def _looks(ctx: Context, entries: list[SettingsEntry], minutes: dict[int, int]) -> Iterator[Look]:
    for entry in entries:
        onlooker = ctx.directory.members.get(entry.actor_id) if entry.actor_id else None
        yield Look(onlooker.name if onlooker else "", entry.at, entry.after.get("reason", ""), minutes.get(entry.id))
