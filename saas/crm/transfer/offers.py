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
# Fields that are text to the engine but are read with more care.
_BY_NAME: Mapping[str, str] = {
    "given_name": "person_first",
    "family_name": "person_last",
    "external_id": "external_id",
    "street": "address.street",
    "postal_code": "address.postal",
    "city": "address.city",
    "region": "address.state",
    "country": "address.country",
}
_MANY = frozenset({"email", "phone", "tags", "multi_choice"})


def targets_for(main: ObjectDef, linked: Iterable[ObjectDef] = ()) -> list[Target]:
    """List what columns can fill: the fields of the imported object first, then those of objects its rows link to.

    A person also offers the target `full_name` (kind person_full), which is no field: it fills given and family name. The name of
    a linked record is not offered again, because the link itself is found by it.
    """
    targets = [_target(main, field) for field in _offered(main)]
    if main.is_person:
        targets.insert(0, Target(WHOLE_NAME, main.name, L_("Whole name"), "person_full"))
    for obj in linked:
        targets += [_target(obj, field) for field in _offered(obj) if field.name != obj.label_field]
    return targets


def _offered(obj: ObjectDef) -> list[Field]:
    return [field for field in obj.fields if field.is_editable and field.kind not in _NOT_OFFERED]


def _target(obj: ObjectDef, field: Field) -> Target:
    kind = _KINDS.get(field.kind, field.kind)
    bare = field.name.removeprefix("delivery_")
    if field.kind == "text":
        kind = _BY_NAME.get(bare, kind)
    return Target(field.name, obj.name, field.label, kind, field.aliases, kind in _MANY, field.group if kind.startswith("address") else "")
