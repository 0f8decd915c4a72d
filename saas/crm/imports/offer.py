"""What an object offers to an import: its fields as targets, and those of the records it links to."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.transfer.targets import Target

FULL_NAME = "full_name"
_KINDS = {
    "text": "text",
    "long_text": "long_text",
    "url": "url",
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "datetime",
    "choice": "choice",
    "multi_choice": "multi_choice",
    "yes_no": "yes_no",
    "emails": "email",
    "phones": "phone",
    "person": "member",
    "tags": "tags",
}
_ADDRESS = {"street": "street", "postal_code": "postal", "city": "city", "region": "state", "country": "country"}
_MANY = frozenset({"email", "phone", "tags", "multi_choice"})


def targets_of(obj: ObjectDef) -> list[Target]:
    """List the targets of an object: its own first, then `<link>.<field>` of each linked object."""
    found = _own(obj, "")
    by_name = {other.name: other for other in access.registered()}
    for link in obj.links:
        if link.target != obj.name:
            found += [target for target in _own(by_name[link.target], f"{link.name}.") if target.kind not in ("member", "tags")]
    return found


def _own(obj: ObjectDef, prefix: str) -> list[Target]:
    found = [
        Target(f"{prefix}{field.name}", obj.name, field.label, kind, field.aliases, kind in _MANY)
        for field in obj.fields
        if field.is_editable and (kind := _kind(obj, field))
    ]
    if obj.name_parts:
        found.insert(0, Target(f"{prefix}{FULL_NAME}", obj.name, L_("Whole name"), "person_full"))
    return found


def _kind(obj: ObjectDef, field: Field) -> str | None:
    if field.name in obj.name_parts:
        return "person_first" if field.name == obj.name_parts[0] else "person_last"
    if field.group in ("address", "delivery"):
        part = field.name.removeprefix("delivery_")
        if part in _ADDRESS:
            return f"address.{_ADDRESS[part]}"
    if field.name in obj.recognised.get("id", ()):
        return "external_id"
    return _KINDS.get(field.kind)
