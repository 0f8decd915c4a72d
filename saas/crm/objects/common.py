"""Fields that every object, or every addressed object, declares alike."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.objects.countries import COUNTRIES
from saas.crm.objects.date_fields import DateTime
from saas.crm.objects.fields import Choice, Field, Text
from saas.crm.objects.rich_fields import DepartmentOf, Person, Tags

GROUP_RECORD = ("record", L_("Record"))
GROUP_ADDRESS = ("address", L_("Address"))


def address_fields(prefix: str = "", group: str = "address") -> tuple[Field, ...]:
    """Declare the five parts of a postal address in columns `<prefix>street` and so on."""
    return (
        Text(name=f"{prefix}street", label=L_("Street"), group=group, max_length=300),
        Text(name=f"{prefix}postal_code", label=L_("Postal code"), group=group, max_length=20),
        Text(name=f"{prefix}city", label=L_("City"), group=group),
        Text(name=f"{prefix}region", label=L_("State or region"), group=group),
        Choice(name=f"{prefix}country", label=L_("Country"), group=group, options=COUNTRIES),
    )


def record_fields() -> tuple[Field, ...]:
    """Declare what the engine keeps on every record: owner, department, tags, and the dates nobody types."""
    return (
        Person(name="owner_id", label=L_("Owner"), group="record"),
        DepartmentOf(name="department_id", label=L_("Department"), group="record"),
        Tags(name="tag_ids", label=L_("Tags"), group="record"),
        Text(name="code", label=L_("Code"), group="record", is_editable=False),
        DateTime(name="created_at", label=L_("Created"), group="record", is_editable=False, is_sortable=True),
        Person(name="created_by", label=L_("Created by"), group="record", is_editable=False),
        DateTime(name="updated_at", label=L_("Changed"), group="record", is_editable=False, is_sortable=True),
        Person(name="updated_by", label=L_("Changed by"), group="record", is_editable=False),
    )
