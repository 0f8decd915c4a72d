"""Every change of settings, people and rights as a sentence, with what it was before and after. A verb without a sentence fails a test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from saas.auth.audit import SettingsEntry
from saas.auth.directory import Directory
from saas.core.i18n import L_, LazyText, _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.web.right_words import action_names, fixed_names, plan_names, scope_names, seat_names

# Verb → sentence. Places are filled from before and after; `member` is the name of whom it is about.
SENTENCES: dict[str, LazyText] = {
    "workspace.opened": L_("%(actor)s opened the workspace “%(name)s”"),
    "workspace.settings": L_("%(actor)s changed the workspace settings"),
    "workspace.logo": L_("%(actor)s changed the logo"),
    "workspace.sign_in_rules": L_("%(actor)s changed the rules of signing in"),
    "invitation.sent": L_("%(actor)s invited %(email)s as %(role)s"),
    "invitation.accepted": L_("%(member)s accepted an invitation"),
    "invitation.revoked": L_("%(actor)s withdrew the invitation of %(email)s"),
    "staff.made": L_("%(actor)s made a sign-in without e-mail for %(member)s"),
    "staff.code": L_("%(actor)s made a new sign-in code for %(member)s"),
    "member.role": L_("%(actor)s changed the roles of %(member)s"),
    "member.department": L_("%(actor)s changed the departments of %(member)s"),
    "member.seat": L_("%(actor)s changed the seat of %(member)s"),
    "member.deactivated": L_("%(actor)s ended the access of %(member)s"),
    "member.reactivated": L_("%(actor)s let %(member)s in again"),
    "member.left": L_("%(actor)s saw %(member)s off and handed on their work"),
    "member.looked_as": L_("%(actor)s looked at the book as %(member)s"),
    "member.look_ended": L_("%(actor)s stopped looking as %(member)s"),
    "department.made": L_("%(actor)s made the department “%(name)s” below “%(parent)s”"),
    "department.renamed": L_("%(actor)s renamed the department “%(was)s” to “%(name)s”"),
    "department.moved": L_("%(actor)s moved the department “%(name)s” below “%(parent)s”"),
    "department.head": L_("%(actor)s changed the head of the department “%(name)s”"),
    "department.emptied": L_("%(actor)s moved everybody from the department “%(name)s” to “%(target)s”"),
    "department.removed": L_("%(actor)s removed the department “%(name)s”"),
    "role.made": L_("%(actor)s made the role “%(name)s”"),
    "role.changed": L_("%(actor)s changed the role “%(name)s”"),
    "role.removed": L_("%(actor)s removed the role “%(name)s”"),
    "roles.plan": L_("%(actor)s chose the starting point of rights: %(plan)s"),
    "roles.planted": L_("The ready-made roles were added"),
    "rule.saved": L_("%(actor)s saved a sharing rule about %(object)s"),
    "check.pinned": L_("%(actor)s pinned the access check “%(sentence)s”"),
    "check.removed": L_("%(actor)s removed the access check “%(sentence)s”"),
    "check.broken": L_("An access check did not hold after an upgrade: “%(sentence)s”"),
    "rule.removed": L_("%(actor)s removed a sharing rule about %(object)s"),
    "share.given": L_("%(actor)s shared a record (%(object)s)"),
    "share.ended": L_("%(actor)s ended the sharing of a record (%(object)s)"),
    "match.told": L_("%(actor)s was told that a record is in the book already (%(object)s, kept by %(kept_by)s)"),
    "access.asked": L_("%(actor)s asked for access to a record (%(object)s, kept by %(kept_by)s)"),
    "workspace.tells_of": L_("%(actor)s changed of which records it is told that they are in the book"),
    "records.moved": L_("%(actor)s moved %(count)s records"),
    "records.stopped": L_("Moving records stopped, because %(actor)s has no access any more"),
    "records.exported": L_("%(actor)s exported a list (%(object)s)"),
    "volume.unusual": L_("%(member)s took out unusually much"),
    "audit.exported": L_("%(actor)s exported the audit log"),
    "sso.settings": L_("%(actor)s changed the settings of single sign-on"),
    "sso.switched": L_("%(actor)s switched single sign-on on or off"),
    "sso.forgotten": L_("%(actor)s had the connections with the sign-in service forgotten"),
    "sso.joined": L_("%(member)s joined through the sign-in service"),
    "sso.linked": L_("%(member)s was connected with the sign-in service"),
    "sso.roles": L_("The sign-in service changed the roles of %(member)s"),
    "factor.added": L_("%(member)s added a second factor"),
    "factor.removed": L_("%(member)s removed a second factor"),
    "factor.codes": L_("%(member)s made new recovery codes"),
    "factor.reset": L_("%(actor)s reset the second factor of %(member)s"),
    "factor.recovery_asked": L_("%(member)s asked for a way back without the second factor"),
    "factor.recovery_cancelled": L_("The way back of %(member)s was cancelled"),
    "factor.recovery_used": L_("%(member)s came back in without the second factor"),
}
# The kinds to filter by: the beginning of a verb and its name.
KINDS: dict[str, LazyText] = {
    "workspace": L_("Workspace settings"), "member": L_("People"), "invitation": L_("Invitations"), "staff": L_("Sign-ins without e-mail"),
    "department": L_("Departments"), "role": L_("Roles"), "roles": L_("Ready-made roles"), "rule": L_("Sharing rules"),
    "check": L_("Access checks"),
    "match": L_("Told of records in the book"), "access": L_("Asked for access"),
    "share": L_("Shares of single records"), "records": L_("Moving and exporting records"),
    "volume": L_("Unusual volumes"), "audit": L_("Audit log"), "sso": L_("Single sign-on"),
    "factor": L_("Second factors"),
}  # fmt: skip
# What the keys of before and after are called; what is not here shows as it is kept.
LABELS: dict[str, LazyText] = {
    "name": L_("Name"), "description": L_("Description"), "roles": L_("Roles"), "role": L_("Role"), "department": L_("Department"),
    "further": L_("Further departments"), "seat": L_("Seat"), "head": L_("Head"), "parent": L_("Below"), "target": L_("To"),
    "people": L_("People"), "email": L_("E-mail"), "login_name": L_("Login name"), "currency": L_("Currency"), "timezone": L_("Time zone"),
    "region": L_("Country"), "language": L_("Language"), "accent": L_("Accent colour"), "logo": L_("Logo"), "plan": L_("Starting point"),
    "fixed": L_("Beside the records"), "fields": L_("Fields"), "grants": L_("Rights"), "object": L_("Kind of record"),
    "record": L_("Record"), "member": L_("Person"), "until": L_("Until"), "may_edit": L_("May change"), "may_export": L_("May export"),
    "from_department_id": L_("From department"), "to_department_id": L_("To department"), "to_role_id": L_("To role"),
    "from_subtree": L_("With those below"), "to_subtree": L_("With those below (receiving)"), "field": L_("Field"),
    "choices": L_("Choices"), "carries": L_("Carried along"), "moved": L_("Moved"), "skipped": L_("Left where they were"),
    "shares": L_("Shares of single records"), "is_on": L_("On"), "heads": L_("Departments led"), "kind": L_("Kind"),
    "reason": L_("Reason"), "minutes": L_("Minutes"),
    "requires_factor": L_("Everybody needs a second factor"), "idle_minutes": L_("Ends without use after (minutes)"),
    "sentence": L_("Sentence"), "rows": L_("Rows"), "question": L_("Asked for"), "absolute_minutes": L_("Ends in any case after (minutes)"),
    "tells_of": L_("Kinds of records"), "kept_by": L_("Kept by"),
}  # fmt: skip
# Keys that mean something only to the product.
SILENT = frozenset(("id", "batch", "recovery", "member", "role", "department", "look", "is_told", "kept_by"))


def sentence(people: Directory, entry: SettingsEntry, brand: str) -> str:
    """Say what somebody did."""
    text = SENTENCES.get(entry.what)
    places: defaultdict[str, str] = defaultdict(lambda: "–")
    for said in (entry.before, entry.after):
        places.update({name: str(value) for name, value in said.items() if isinstance(value, str | int) and value != ""})
    actor = people.members.get(entry.actor_id) if entry.actor_id else None
    key = parse_id(places["member"])
    about = people.members.get(key) if key else None
    known = registry.BY_NAME.get(places["object"])
    moved = entry.after.get("moved")
    fixed = {
        "actor": actor.name if actor else brand,
        "member": about.name if about else str(entry.before.get("name") or entry.after.get("name") or _("somebody")),
        "was": str(entry.before.get("name", "–")),
        "object": str(known.plural) if known else places["object"],
        "plan": next((label for key, label, _said in plan_names() if key == places["plan"]), places["plan"]),
        "count": str(sum(moved.values())) if isinstance(moved, dict) else "–",
    }
    names = ("name", "email", "role", "parent", "target", "sentence", "kept_by")
    return _(text.message, **{name: places[name] for name in names}, **fixed) if text else entry.what


def changes(people: Directory, entry: SettingsEntry) -> list[tuple[str, str, str]]:
    """List (what, before, after) for all that an entry keeps; empty texts where one side says nothing."""
    before, after = dict(_flat(entry.before)), dict(_flat(entry.after))
    names = [name for name in dict.fromkeys((*before, *after)) if name[0] not in SILENT or name == ("member",)]
    found = []
    for name in names:
        old, new = (_value(people, name, said.get(name)) for said in (before, after))
        if old != new and name != ("member",) and not (name == ("name",) and not new):
            found.append((_label(name), old, new))
    return found


def _flat(said: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in said.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value


def _label(name: tuple[str, ...]) -> str:
    actions = action_names()
    words = []
    for place, part in enumerate(name):
        obj = registry.BY_NAME.get(part)
        if place == 0 and part in ("grants", "fields", "moved") and len(name) > 1:
            continue
        owner = registry.BY_NAME.get(name[place - 1]) if place else None
        field = owner.by_name.get(part) if owner and name[0] == "fields" else None
        if field is not None:
            words.append(str(field.label))
        elif obj is not None:
            words.append(str(obj.plural))
        elif part in actions and place:
            words.append(actions[part])
        else:
            words.append(str(LABELS.get(part, part)))
    return " · ".join(words)


def _value(people: Directory, name: tuple[str, ...], value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_value(people, name, one) for one in value)
    text = str(value)
    words = {
        "grants": scope_names(), "fixed": fixed_names(), "fields": {"hidden": _("Hidden"), "read-only": _("Read only")},
        "plan": {key: label for key, label, _said in plan_names()}, "seat": {key: label for key, label, _said in seat_names()},
        "object": {one.name: str(one.plural) for one in registry.OBJECTS},
        "tells_of": {one.name: str(one.plural) for one in registry.OBJECTS},
    }.get(name[0], {})  # fmt: skip
    if text in words:
        return words[text]
    key = parse_id(text) if len(text) == 36 else None
    for known in (people.members, people.departments, people.roles):
        if key is not None and key in known:
            return known[key].name
    return text
