"""Sharing rules (Rights 3): made, changed and removed by who may manage roles; each takes effect at once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from saas.auth import audit, directory
from saas.auth.context import Context
from saas.auth.directory import RuleInfo
from saas.auth.sharing import SharingRule
from saas.core.errors import Forbidden, Invalid, NotFound
from saas.core.i18n import _
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Choice

MANAGE = "roles:manage"


@dataclass(frozen=True)
class Draft:
    """What a rule is to say. `to` is the key of a department or of a role, as `is_to_role` says; `choices` are values of `field`."""

    object: str
    from_department_id: UUID
    from_subtree: bool
    to: UUID
    is_to_role: bool
    to_subtree: bool = False
    may_edit: bool = False
    may_export: bool = False
    field: str = ""
    choices: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()


def shareable() -> tuple[ObjectDef, ...]:
    """List the objects whose records a rule can open: those that are not seen as a parent is."""
    return tuple(obj for obj in access.registered() if obj.parent is None and obj.has_page)


def conditions(obj: ObjectDef) -> tuple[Choice, ...]:
    """List the fields a rule on an object can be narrowed by: its indexed choices."""
    return tuple(field for field in obj.fields if isinstance(field, Choice) and field.is_indexed)


def carriable(obj: ObjectDef) -> tuple[ObjectDef, ...]:
    """List the objects whose records a rule on an object can carry along: those that belong to it; none unless it is the customer."""
    if obj.customer != "id":
        return ()
    return tuple(other for other in access.registered() if other.customer and other.customer != "id" and other.has_page)


def info_of(draft: Draft, key: UUID) -> RuleInfo:
    """Make of a draft what the directory holds of a rule."""
    return RuleInfo(
        id=key,
        object=draft.object,
        from_department_id=draft.from_department_id,
        from_subtree=draft.from_subtree,
        to_department_id=None if draft.is_to_role else draft.to,
        to_subtree=draft.to_subtree,
        to_role_id=draft.to if draft.is_to_role else None,
        may_edit=draft.may_edit,
        may_export=draft.may_export,
        field=draft.field,
        choices=draft.choices,
        carries=draft.carries,
    )


def check(ctx: Context, draft: Draft) -> None:
    """Refuse what no rule can say. Raises Invalid by field of the form, Forbidden for opening more than one holds (Rights 11)."""
    wrong: dict[str, str] = {}
    obj = next((one for one in shareable() if one.name == draft.object), None)
    if obj is None:
        raise Invalid({"object": _("Choose one of the list.")})
    if draft.from_department_id not in ctx.directory.departments:
        wrong["from"] = _("Choose a department.")
    if draft.to not in (ctx.directory.roles if draft.is_to_role else ctx.directory.departments):
        wrong["to"] = _("Choose who may see them.")
    elif not draft.is_to_role and draft.to == draft.from_department_id and draft.to_subtree == draft.from_subtree:
        wrong["to"] = _("A department sees its own records by its roles. Choose another one.")
    if draft.field:
        field = next((one for one in conditions(obj) if one.name == draft.field), None)
        if field is None:
            wrong["field"] = _("Choose one of the list.")
        elif not draft.choices:
            wrong["choices"] = _("Choose at least one.")
        elif any(field.option(value) is None for value in draft.choices):
            wrong["choices"] = _("Choose one of the list.")
    if set(draft.carries) - {one.name for one in carriable(obj)}:
        wrong["carries"] = _("Choose one of the list.")
    if wrong:
        raise Invalid(wrong)
    needed = ["read", *(["edit"] if draft.may_edit else []), *(["export"] if draft.may_export else [])]
    if not ctx.rights.is_admin and any(
        ctx.rights.scope(name, action).name != "ALL" for name in (draft.object, *draft.carries) for action in needed
    ):
        raise Forbidden(_("You can only give rights that you have yourself. Ask an admin."))


def save(ctx: Context, draft: Draft, rule_id: UUID | None = None) -> UUID:
    """Make a rule, or change one; return its key. Raises Invalid, Forbidden, NotFound."""
    ctx.require(MANAGE)
    check(ctx, draft)
    directory.touch(ctx.db)
    before = ctx.directory.rules.get(rule_id) if rule_id else None
    if rule_id and before is None:
        raise NotFound(_("This rule is no longer there."))
    row = ctx.db.get(SharingRule, rule_id) if rule_id else SharingRule(created_by=ctx.member.id)
    if row is None:
        raise NotFound(_("This rule is no longer there."))
    row.object, row.from_department_id, row.from_subtree = draft.object, draft.from_department_id, draft.from_subtree
    row.to_department_id = None if draft.is_to_role else draft.to
    row.to_role_id = draft.to if draft.is_to_role else None
    row.to_subtree, row.may_edit, row.may_export = draft.to_subtree and not draft.is_to_role, draft.may_edit, draft.may_export
    row.field, row.choices, row.carries = draft.field or None, list(draft.choices), list(draft.carries)
    ctx.db.add(row)
    ctx.db.flush()
    audit.note(ctx.db, ctx.member.id, "rule.saved", before.as_json() if before else None, info_of(draft, row.id).as_json())
    return row.id


def remove(ctx: Context, rule_id: UUID | None) -> None:
    """Take a rule away. Raises NotFound."""
    ctx.require(MANAGE)
    directory.touch(ctx.db)
    row = ctx.db.execute(select(SharingRule).where(SharingRule.id == rule_id)).scalar_one_or_none() if rule_id else None
    if row is None:
        raise NotFound(_("This rule is no longer there."))
    known = ctx.directory.rules.get(row.id)
    audit.note(ctx.db, ctx.member.id, "rule.removed", known.as_json() if known else None, None)
    ctx.db.delete(row)
