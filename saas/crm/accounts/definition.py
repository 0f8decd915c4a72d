"""Accounts, declared."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.accounts.model import Account
from saas.crm.activities.quick import LOG_A_CALL
from saas.crm.choices import INDUSTRIES, LANGUAGES, SOURCES, TIERS
from saas.crm.objects.common import GROUP_ADDRESS, GROUP_RECORD, address_fields, record_fields
from saas.crm.objects.date_fields import Date
from saas.crm.objects.definition import ObjectDef, Preset
from saas.crm.objects.fields import Choice, LongText, Option, Text, Url
from saas.crm.objects.number_fields import Money, Number
from saas.crm.objects.rich_fields import Emails, Link, Phones

KINDS = (
    Option("prospect", L_("Prospect"), "amber"),
    Option("customer", L_("Customer"), "green"),
    Option("former", L_("Former customer"), "neutral"),
    Option("partner", L_("Partner"), "blue"),
    Option("distributor", L_("Distributor"), "blue"),
    Option("supplier", L_("Supplier"), "neutral"),
    Option("competitor", L_("Competitor"), "red"),
    Option("household", L_("Household"), "green"),
    Option("other", L_("Other"), "neutral"),
)
SIZES = (
    Option("1", L_("1–9 people")),
    Option("2", L_("10–49 people")),
    Option("3", L_("50–249 people")),
    Option("4", L_("250–999 people")),
    Option("5", L_("1,000 people or more")),
)

ACCOUNTS = ObjectDef(
    name="accounts",
    prefix="ACC",
    singular=L_("Account"),
    plural=L_("Accounts"),
    icon="building-2",
    model=Account,
    customer="id",
    groups=(
        ("main", L_("Company")),
        ("reach", L_("How to reach them")),
        GROUP_ADDRESS,
        ("delivery", L_("Delivery address")),
        ("figures", L_("Profile")),
        GROUP_RECORD,
    ),
    fields=(
        Text(name="name", label=L_("Name"), required=True, is_sortable=True),
        Choice(name="kind", label=L_("Kind"), options=KINDS, is_indexed=True),
        Choice(name="tier", label=L_("Tier"), options=TIERS, is_indexed=True),
        Choice(name="industry", label=L_("Industry"), options=INDUSTRIES),
        LongText(name="description", label=L_("Description")),
        Url(name="website", label=L_("Website"), group="reach"),
        Emails(name="emails", label=L_("E-mail"), group="reach"),
        Phones(name="phones", label=L_("Phone"), group="reach"),
        *address_fields(),
        *address_fields("delivery_", "delivery"),
        Text(name="legal_name", label=L_("Legal name"), group="figures"),
        Text(name="tax_number", label=L_("Tax number"), group="figures", max_length=40),
        Choice(name="size", label=L_("Size"), options=SIZES, group="figures"),
        Number(name="employees", label=L_("Employees"), group="figures", low=0, high=10_000_000),
        Money(name="annual_revenue", label=L_("Annual revenue"), group="figures"),
        Date(name="founded_on", label=L_("Founded on"), group="figures"),
        Date(name="customer_since", label=L_("Customer since"), group="figures"),
        Text(name="territory", label=L_("Territory"), group="figures"),
        Choice(name="language", label=L_("Language"), options=LANGUAGES, group="figures"),
        Choice(name="source", label=L_("Source"), options=SOURCES, group="figures"),
        Link(name="parent_account_id", label=L_("Parent company"), target="accounts", group="figures", inverse=L_("Subsidiaries")),
        Text(name="external_id", label=L_("External ID"), group="record", max_length=100),
        *record_fields(),
    ),
    searched={
        "names": ("name", "legal_name"),
        "texts": ("city", "tax_number", "external_id"),
        "hosts": ("website",),
        "emails": ("emails",),
        "phones": ("phones",),
        "codes": ("code",),
    },
    recognised={
        "name": ("name", "legal_name"),
        "host": ("website",),
        "email": ("emails",),
        "phone": ("phones",),
        "tax": ("tax_number",),
        "id": ("external_id",),
    },
    default_columns=("name", "kind", "tier", "industry", "city", "country", "owner_id", "updated_at"),
    facts=("kind", "tier", "industry"),
    row_actions=(LOG_A_CALL,),
    presets=(Preset(label=L_("All")), Preset(label=L_("Mine"), filters=(("owner_id", "any", ("me",)),))),
)
