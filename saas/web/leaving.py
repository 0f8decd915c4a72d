"""The page that sees somebody off: what they look after, who gets it, and afterwards what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from saas.auth import membership
from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.membership import MANAGE
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.objects.bulk import MAX_ROWS
from saas.crm.placement import counting, leaving, moving
from saas.crm.placement.leaving import Outlook, Wish
from saas.web import addressed
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import workspace


@workspace.get("/people/{id:str}/leave", right=MANAGE)
def ask(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, addressed.person(ctx, req), {})


@workspace.post("/people/{id:str}/leave", right=MANAGE)
def leave(ctx: Context, req: Req) -> Reply:
    person, chosen = addressed.person(ctx, req), dict[str, UUID]()
    for obj in counting.kept():
        key = parse_id(req.one(f"to.{obj.name}"))
        if key is not None:
            chosen[obj.name] = key
    try:
        is_going_on = leaving.leave(ctx, person.id, Wish(chosen, parse_id(req.one("head")), is_department_kept=bool(req.one("keep"))))
    except Invalid as error:
        return _page(ctx, req, person, error.fields, 422)
    identity = person.identity_id
    if identity is not None:
        # The outbox does it again, should this process die first.
        ctx.after_commit.append(lambda: membership.follow(req.runtime.databases, ctx.tenant.id, identity, is_active=False))
    said = _("%(name)s cannot sign in any more. The records are being moved.", name=person.name)
    done = _("%(name)s cannot sign in any more", name=person.name)
    return Reply.redirect(f"/people/{person.id}/leave").toast(said if is_going_on else done)


def _page(ctx: Context, req: Req, person: MemberInfo, wrong: dict[str, str], status: int = 200) -> Reply:
    seen = leaving.outlook(ctx, person.id)
    done = leaving.report(ctx, person.id) if person.status == "inactive" else None
    moved = done.moved.after if done and done.moved else {}
    number = sum(moved.get("moved", {}).values())
    return page(
        ctx, req, "people/leave.html", status=status, person=person, errors=wrong, rows=_rows(ctx, req, person, seen), seen=seen,
        run=moving.under_way(ctx.db, {"member": str(person.id)}), report=done, skipped=moved.get("skipped", 0),
        moved=[(registry.get(name).plural, count) for name, count in moved.get("moved", {}).items() if name in registry.BY_NAME],
        undo=moved.get("batch") if 0 < number <= MAX_ROWS else None, keep=bool(req.one("keep")), head=req.one("head") or _head(ctx, person),
        heads=[(m.id, m.name) for m in ctx.directory.members.values() if m.status == "active" and m.id != person.id],
        is_self=person.id == ctx.member.id,
    )  # fmt: skip


def _rows(ctx: Context, req: Req, person: MemberInfo, seen: Outlook) -> list[dict[str, Any]]:
    """Say for each kind of record how many there are, who could have them, and who is proposed."""
    rows = []
    for name, number in seen.records.items():
        obj = registry.get(name)
        people = leaving.successors(ctx, obj, person.id)
        typed, proposed = req.form.get(f"to.{name}"), _head(ctx, person)
        known = {str(one.id) for one in people}
        value = typed[0] if typed else proposed if proposed in known else str(ctx.member.id) if str(ctx.member.id) in known else ""
        label = _("Open tasks, calls and meetings") if name == "activities" else str(obj.plural)
        rows.append({"name": name, "label": label, "number": number, "people": [(one.id, one.name) for one in people], "value": value})
    return rows


def _head(ctx: Context, person: MemberInfo) -> str:
    """Propose whoever leads the nearest department of a leaver, else nobody."""
    tree = ctx.directory.departments
    for key in reversed(tree[person.department_id].path):
        head = tree[key].head_id
        if head is not None and head != person.id:
            return str(head)
    return ""
