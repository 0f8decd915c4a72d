"""Why somebody may see a record (Rights 15): by owning it, by a role, by a rule, by a share, or as what it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from saas.auth.context import Context
from saas.auth.directory import MemberInfo, RoleInfo, RuleInfo
from saas.auth.permissions import EDIT, READ, Rights, Scope
from saas.auth.sharing import RecordShare
from saas.core.i18n import _
from saas.core.locale_format import format_date
from saas.crm.objects import access
from saas.crm.objects.branches import branches
from saas.crm.objects.definition import ObjectDef

OTHERS = "roles:manage"


@dataclass(frozen=True)
class Reason:
    """One reason, as a sentence; `may_edit` when it also opens changing."""

    text: str
    may_edit: bool = False


@dataclass(frozen=True)
class Seer:
    """A member who may see a record, and why."""

    member: MemberInfo
    reasons: tuple[Reason, ...]

    @property
    def may_edit(self) -> bool:
        return any(reason.may_edit for reason in self.reasons)


def mine(ctx: Context, obj: ObjectDef, record: Any) -> tuple[Reason, ...]:
    """Explain why the reader may see a record they have got."""
    return tuple(_Case(ctx, obj, record).reasons(ctx.member, ctx.rights))


def everybody(ctx: Context, obj: ObjectDef, record: Any) -> list[Seer]:
    """List all members who may see a record, by name, each with the reasons. Raises Forbidden for who may not manage roles."""
    ctx.require(OTHERS)
    case = _Case(ctx, obj, record)
    found = []
    for member in ctx.directory.members.values():
        if member.status == "active":
            reasons = tuple(case.reasons(member, ctx.directory.rights(member)))
            if reasons:
                found.append(Seer(member, reasons))
    return found


class _Case:
    """One record with what reasons are made of, read once for all members: its shares, its customer, its subject."""

    def __init__(self, ctx: Context, obj: ObjectDef, record: Any) -> None:
        self._ctx, self._obj, self._record = ctx, access.named(obj.name), record
        with ctx.as_system("why somebody may see a record"):
            self._customer = self._linked()
            self._subject = self._parent()
            query = select(RecordShare).where(RecordShare.object == obj.name, RecordShare.record_id == record.id)
            query = query.where(or_(RecordShare.expires_at.is_(None), RecordShare.expires_at > ctx.now))
            self._shares = list(ctx.db.execute(query).scalars())

    def _linked(self) -> tuple[ObjectDef, Any] | None:
        """Read the customer record that rules may carry this one along with."""
        key = getattr(self._record, self._obj.customer) if self._obj.customer else None
        of = next((one for one in access.registered() if one.customer == "id"), None)
        if of is None or key is None or of.name == self._obj.name:
            return None
        found = self._ctx.db.get(of.model, key)
        return (of, found) if found is not None else None

    def _parent(self) -> _Case | None:
        if self._obj.parent is None:
            return None
        kind, key = (getattr(self._record, column) for column in self._obj.parent)
        found = self._ctx.db.get(access.named(kind).model, key) if kind else None
        return _Case(self._ctx, access.named(kind), found) if found is not None else None

    def reasons(self, member: MemberInfo, rights: Rights) -> Iterator[Reason]:
        """Give every reason why a member may see the record; none when they may not."""
        if rights.scope(self._obj.name, READ) is Scope.NONE:
            return
        if rights.is_admin or rights.is_reader:
            yield Reason(_("Admins see everything."), rights.is_admin)
            return
        yield from self._by_place(member, rights)
        if self._subject is not None:
            told = list(self._subject.reasons(member, rights))
            if told:
                name = self._subject._obj.label_of(self._subject._record)
                yield Reason(_("It belongs to %(name)s, which is open to them.", name=name), any(one.may_edit for one in told))
        yield from self._by_rules(member, rights)
        yield from self._by_shares(rights)

    def _by_place(self, member: MemberInfo, rights: Rights) -> Iterator[Reason]:
        record, can_edit = self._record, branches(rights, self._obj.name, EDIT)
        is_child = self._subject is not None
        if record.owner_id == member.id:
            yield Reason(_("It is their own."), bool(can_edit))
        if self._obj.open_to and member.id in getattr(record, self._obj.open_to):
            yield Reason(_("They take part."))
        if is_child:
            return
        for role in (self._ctx.directory.roles[key] for key in member.role_ids):
            text = self._by_role(role, rights)
            if text:
                edits = Scope[role.grants.get(self._obj.name, {}).get(EDIT, "none").upper()]
                yield Reason(text, self._is_within(min(edits, rights.scope(self._obj.name, EDIT)), rights))

    def _by_role(self, role: RoleInfo, rights: Rights) -> str:
        scope = Scope[role.grants.get(self._obj.name, {}).get(READ, "none").upper()]
        if scope is Scope.OWN or not self._is_within(scope, rights):
            return ""
        values = {"role": role.name, "objects": str(self._obj.plural).lower()}
        if scope is Scope.ALL:
            return _("The role %(role)s sees all %(objects)s.", **values)
        place = self._ctx.directory.departments[self._record.department_id].name
        return _("The role %(role)s sees %(objects)s of %(department)s.", **values, department=place)

    def _is_within(self, scope: Scope, rights: Rights) -> bool:
        department = self._record.department_id
        if scope is Scope.ALL or (scope is Scope.DEPARTMENT and department in rights.departments):
            return True
        return (scope is Scope.SUBTREE and department in rights.subtree) or (
            scope >= Scope.OWN and self._record.owner_id is not None and self._record.owner_id == rights.member_id
        )

    def _by_rules(self, member: MemberInfo, rights: Rights) -> Iterator[Reason]:
        for rule in self._ctx.directory.rules.values():
            if not self._is_meant(rule, member, rights):
                continue
            opened = (self._obj, self._record) if rule.object == self._obj.name else None
            if self._obj.name in rule.carries and self._customer and self._customer[0].name == rule.object:
                opened = self._customer
            if opened and self._opens(rule, *opened):
                places = self._ctx.directory.departments
                text = _("A sharing rule opens %(objects)s of %(department)s.", objects=str(access.named(rule.object).plural).lower(),
                         department=places[rule.from_department_id].name)  # fmt: skip
                yield Reason(text, rule.may_edit and rights.scope(self._obj.name, EDIT) is not Scope.NONE)

    def _is_meant(self, rule: RuleInfo, member: MemberInfo, rights: Rights) -> bool:
        if rule.to_role_id is not None:
            return rule.to_role_id in member.role_ids
        return rule.to_department_id in (rights.above if rule.to_subtree else rights.departments)

    def _opens(self, rule: RuleInfo, obj: ObjectDef, record: Any) -> bool:
        places = self._ctx.directory.departments[record.department_id].path
        is_there = rule.from_department_id in places if rule.from_subtree else rule.from_department_id == record.department_id
        return is_there and (not rule.field or getattr(record, rule.field) in rule.choices) and obj.name == rule.object

    def _by_shares(self, rights: Rights) -> Iterator[Reason]:
        for share in self._shares:
            to: UUID | None = share.to_member_id or share.to_department_id
            targets = {rights.member_id, *(rights.above if share.to_subtree else rights.departments)}
            if to not in targets:
                continue
            giver = self._ctx.directory.members.get(share.created_by) if share.created_by else None
            name = giver.name if giver else ""
            if share.expires_at:
                text = _("%(name)s shared it until %(date)s.", name=name, date=format_date(share.expires_at))
            else:
                text = _("%(name)s shared it.", name=name)
            yield Reason(text, share.may_edit and rights.scope(self._obj.name, EDIT) is not Scope.NONE)
