"""The fields of declared objects as targets of an import: the kind of cell each reads, and the whole name that persons may come with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saas.core.i18n import L_
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import Field
from saas.crm.transfer.targets import Target

WHOLE_NAME = "full_name"

# Kinds of fields → kinds of cells, where the two differ.
_KINDS: Mapping[str, str] = {"emails": "email", "phones": "phone", "person": "member"}
# The department of a record follows its owner; a file's "Department" is where the person works.
_NOT_OFFERED = frozenset({"department"})
_ADDRESS: Mapping[str, str] = {
    "street": "address.street",
    "postal_code": "address.postal",
    "city": "address.city",
    "region": "address.state",
    "country": "address.country",
}
_MANY = frozenset({"email", "phone", "tags", "multi_choice"})


def targets_for(main: ObjectDef, linked: Iterable[ObjectDef] = ()) -> list[Target]:
    """List what columns can fill: the fields of the imported object first, then those of objects its rows link to.

    Keys are field names, `<link>.<field>` for fields of a linked record. A person also offers the target `full_name` (kind
    person_full), which is no field: it fills given and family name. The name of a linked record is not offered again, because
    the link itself is found by it.
    """
    targets = [_target(main, field) for field in _offered(main)]
    if main.name_parts:
        targets.insert(0, Target(WHOLE_NAME, main.name, L_("Whole name"), "person_full"))
    others = {obj.name: obj for obj in linked if obj.name != main.name}
    for link in main.links:
        if other := others.get(link.target):
            targets += [_target(other, field, f"{link.name}.") for field in _offered(other) if field.name != other.label_field]
    return targets


def _offered(obj: ObjectDef) -> list[Field]:
    return [field for field in obj.fields if field.is_editable and field.kind not in _NOT_OFFERED]


def _target(obj: ObjectDef, field: Field, prefix: str = "") -> Target:
    kind = _kind(obj, field)
    group = field.group if kind.startswith("address") else ""
    return Target(f"{prefix}{field.name}", obj.name, field.label, kind, field.aliases, kind in _MANY, group)


def _kind(obj: ObjectDef, field: Field) -> str:
    """Tell how the cells of a field are read: the parts of names and addresses, and keys of other systems, with more care than texts."""
    if field.name in obj.name_parts:
        return "person_first" if field.name == obj.name_parts[0] else "person_last"
    if field.group in ("address", "delivery"):
        part = _ADDRESS.get(field.name.removeprefix("delivery_"))
        if part:
            return part
    if field.name in obj.recognised.get("id", ()):
        return "external_id"
    return _KINDS.get(field.kind, field.kind)
