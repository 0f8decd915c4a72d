"""All built-in objects, listed by hand: what is not here does not exist for the engine, and what is here is under the one predicate."""

from __future__ import annotations

from saas.core.errors import NotFound
from saas.core.i18n import _
from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.contacts.definition import CONTACTS
from saas.crm.notes.definition import NOTES
from saas.crm.objects import codes, journal_tables
from saas.crm.objects.definition import ObjectDef
from saas.crm.search import tables as search_tables
from saas.crm.tags import model as tag_tables
from saas.crm.transfer import tables as transfer_tables

OBJECTS: tuple[ObjectDef, ...] = (ACCOUNTS, CONTACTS, ACTIVITIES, NOTES)
BY_NAME: dict[str, ObjectDef] = {obj.name: obj for obj in OBJECTS}

# Tables of the slice that are no objects; named so that they are loaded with the registry.
OTHER_TABLES = (codes, journal_tables, search_tables, tag_tables, transfer_tables)


def get(name: str) -> ObjectDef:
    """Find an object by its name. Raises NotFound."""
    obj = BY_NAME.get(name)
    if obj is None:
        raise NotFound(_("This page does not exist."))
    return obj


def with_page(name: str) -> ObjectDef:
    """Find an object that has pages of its own. Raises NotFound."""
    obj = get(name)
    if not obj.has_page:
        raise NotFound(_("This page does not exist."))
    return obj
