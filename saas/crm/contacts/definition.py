"""Contacts, declared."""

from __future__ import annotations

from saas.core.i18n import L_, PL_
from saas.core.locale_format import person_name
from saas.crm.activities.quick import LOG_A_CALL
from saas.crm.choices import LANGUAGES, SOURCES, TIERS
from saas.crm.contacts.model import Contact
from saas.crm.objects.common import GROUP_ADDRESS, GROUP_RECORD, address_fields, record_fields
from saas.crm.objects.date_fields import Date
from saas.crm.objects.definition import ObjectDef, Preset
from saas.crm.objects.fields import Choice, LongText, Option, Text, Url, YesNo
from saas.crm.objects.rich_fields import Emails, Link, Phones


def derive(contact: Contact) -> None:
    """Keep the whole name, in the order its own script asks for."""
    contact.name = person_name(contact.given_name, contact.family_name) or _any_name(contact)


def _any_name(contact: Contact) -> str:
    """Name a person of whom only an address or a number is known."""
    reach = [*(contact.emails or []), *(contact.phones or [])]
    return str(reach[0]["value"]) if reach else "?"


ROLES = (
    Option("decides", L_("Decides"), "green"),
    Option("influences", L_("Influences"), "blue"),
    Option("uses", L_("Uses the product"), "neutral"),
    Option("pays", L_("Pays the bill"), "neutral"),
    Option("opposes", L_("Opposes"), "red"),
)
GENDERS = (Option("female", L_("Female")), Option("male", L_("Male")), Option("other", L_("Other")))
CHANNELS = (
    Option("email", L_("E-mail")),
    Option("phone", L_("Phone")),
    Option("message", L_("Text message")),
    Option("wechat", L_("WeChat")),
    Option("post", L_("Post")),
)

CONTACTS = ObjectDef(
    name="contacts",
    prefix="CON",
    singular=L_("Contact"),
    plural=L_("Contacts"),
    icon="user-round",
    model=Contact,
    is_person=True,
    name_parts=("given_name", "family_name"),
    customer="account_id",
    derive=derive,
    groups=(
        ("main", L_("Person")),
        ("reach", L_("How to reach them")),
        GROUP_ADDRESS,
        ("profile", L_("Profile")),
        ("preferences", L_("Preferences")),
        GROUP_RECORD,
    ),
    fields=(
        Text(name="name", label=PL_("person", "Name"), is_sortable=True, is_editable=False),
        Text(name="salutation", label=L_("Salutation"), max_length=40),
        Text(name="given_name", label=L_("Given name"), max_length=100),
        Text(name="family_name", label=L_("Family name"), required=True, max_length=100),
        Link(name="account_id", label=L_("Account"), target="accounts"),
        Text(name="job_title", label=L_("Job title")),
        Choice(name="role", label=L_("Role in decisions"), options=ROLES),
        LongText(name="description", label=L_("Description")),
        Emails(name="emails", label=L_("E-mail"), group="reach"),
        Phones(name="phones", label=L_("Phone"), group="reach"),
        Text(name="wechat", label=L_("WeChat"), group="reach", max_length=60),
        Url(name="website", label=L_("Website"), group="reach"),
        *address_fields(),
        Text(name="job_department", label=L_("Works in"), group="profile"),
        Text(name="occupation", label=L_("Occupation"), group="profile"),
        Date(name="birth_date", label=L_("Birth date"), group="profile"),
        Choice(name="gender", label=L_("Gender"), options=GENDERS, group="profile"),
        Choice(name="language", label=L_("Language"), options=LANGUAGES, group="profile"),
        Choice(name="tier", label=L_("Tier"), options=TIERS, is_indexed=True, group="profile"),
        Choice(name="source", label=L_("Source"), options=SOURCES, group="profile"),
        Choice(name="preferred_channel", label=L_("Preferred channel"), options=CHANNELS, group="preferences"),
        YesNo(name="no_calls", label=L_("No phone calls"), group="preferences"),
        YesNo(name="no_marketing", label=L_("No marketing mail"), group="preferences"),
        Text(name="external_id", label=L_("External ID"), group="record", max_length=100),
        *record_fields(),
    ),
    searched={
        "names": ("name",),
        "texts": ("job_title", "city", "wechat", "external_id"),
        "emails": ("emails",),
        "phones": ("phones",),
        "codes": ("code",),
    },
    recognised={"email": ("emails",), "phone": ("phones",), "id": ("external_id",)},
    default_columns=("name", "account_id", "job_title", "emails", "phones", "owner_id", "updated_at"),
    facts=("job_title", "account_id"),
    row_actions=(LOG_A_CALL,),
    presets=(Preset(label=L_("All")), Preset(label=L_("Mine"), filters=(("owner_id", "any", ("me",)),))),
)
