"""The export files of other systems, declared: how each is recognised and what its columns mean where the general names do not say.

A preset never fixes a set of columns; it is found by two to four signature headers and tolerates the absence of all others.
"""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saas.crm.transfer.headers import header_key
from saas.crm.transfer.vocabulary import KNOWN_NAMES


@dataclass(frozen=True)
class Preset:
    """One export layout. `object` is what its rows are: contacts, accounts, deals, cases, notes, tasks.

    `needs`: header keys of which every group must be met (a group is met by any one of its keys; a key that ends in `*`
    is a beginning, one that starts with `*` an ending). `means` maps header keys to concepts; "" means: leave out.
    `date_order`, `timezone` and `separator` are what the system writes by custom, when it has one.
    """

    name: str
    system: str
    object: str
    needs: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...] = ()
    means: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    date_order: str | None = None
    separator: str | None = None


def _means(**concepts: str) -> dict[str, str]:
    return {header_key(name): concept for concept, names in concepts.items() for name in names.split("|")}


def _noise(names: str) -> dict[str, str]:
    return dict.fromkeys((header_key(name) for name in names.split("|")), "")


_HUBSPOT = _means(
    external_id="Record ID|Record ID - Contact|Record ID - Company|hs_object_id|ID de registro",
    owner="hubspot_owner_id",
    company="Company name|Associated Company|Associated Company (Primary)|Associated Company Names (Primary)|Nombre de la empresa",
    full_name="Associated Contact",
    email_opt_out="Unsubscribed from all email|Unsubscribed",
    website="Website URL",
    linkedin="LinkedIn URL",
    next_contact_at="Next Activity Date",
) | _noise(
    "Marketing contact status|Added To List On|Associated Company IDs|Associated Company IDs (Primary)|Associated Contact IDs|Associated Deal IDs"
    "|Associated Deal|Associated Email|Associated Call|Associated Meeting|Associated Task|Associated Ticket|Company ID|Contact ID"
)
_HUBSPOT_FILE = r"hubspot-crm-exports-"

_SALESFORCE_API = _means(
    external_id="Id",
    owner="OwnerId",
    company="Company",
    job_title="Title",
    email_opt_out="HasOptedOutOfEmail",
    phone_opt_out="DoNotCall",
    other_phone="OtherPhone",
    tier="Rating",
    stage="StageName",
    revenue="AnnualRevenue",
    source="AccountSource|LeadSource",
    description="Description",
    currency="CurrencyIsoCode",
) | _noise(
    "IsDeleted|MasterRecordId|RecordTypeId|AccountId|ContactId|SystemModstamp|BillingLatitude|BillingLongitude|BillingGeocodeAccuracy|ShippingLatitude|ShippingLongitude"
    "|ShippingGeocodeAccuracy|MailingLatitude|MailingLongitude|MailingGeocodeAccuracy|OtherLatitude|OtherLongitude|OtherGeocodeAccuracy|CreatedById|LastModifiedById|ReportsToId"
    "|ParentId|Site|Sic|TickerSymbol|HasOptedOutOfFax|IsConverted|ConvertedDate|ConvertedAccountId|ConvertedContactId|ConvertedOpportunityId|IsUnreadByOwner|Fiscal|FiscalYear"
    "|FiscalQuarter|IsClosed|IsWon|IsPrivate|ForecastCategory|ForecastCategoryName|CampaignId|Pricebook2Id|HasOpportunityLineItem|TotalOpportunityQuantity|LastViewedDate"
    "|LastReferencedDate|PhotoUrl|Jigsaw|JigsawContactId|CleanStatus|WhoId|WhatId|AssetId"
)
_SALESFORCE_REPORT = _means(
    external_id="Account ID|Contact ID|Lead ID|Opportunity ID|Case ID",
    company="Account Name|Company|Company / Account",
    job_title="Title",
    tier="Rating",
) | _noise("Account Site|Account Record Type|Parent Account ID|Fiscal Period|Age|Owner Role|Private")

_ZOHO = _means(
    external_id="Record Id|Contact Id|Deal Id",
    owner="Note Owner|Task Owner",
    full_name="Contact Name|Lead Name",
    company="Account Name|Company|Company Name",
    email_opt_out="Email Opt Out",
    email_2="Secondary Email|Private Email",
    tags="Tag",
    reports_to="Reporting To",
    close_date="Closing Date",
    job_title="Title|Position",
) | _noise(
    "Created By|Modified By|Change Log Time|Locked|Last Enriched Time|Enrich Status|Unsubscribed Mode|Unsubscribed Time|Converted Date Time|Lead Conversion Time|Converted Account"
    "|Converted Contact|Converted Deal|Is Converted|Visitor Score|First Visit|Days Visited|Number Of Chats|Referrer|Average Time Spent (Minutes)|Most Recent Visit|First Page Visited"
    "|GCLID|Keyword|ZCAMPAIGNID|Exchange Rate|Vendor Name|Connected To.module|Lead Name"
)

_PIPEDRIVE = _means(
    full_name="Person - Name|Deal - Contact person|Person - Name*",
    company="Organization - Name|Person - Organization|Deal - Organization|Organization - Name*",
    email="Person - Email - Work|Person - Email|Person - Email (Work)",
    email_2="Person - Email - Home|Person - Email - Other|Person - Email (Home)",
    phone="Person - Phone - Work|Person - Phone",
    mobile="Person - Phone - Mobile",
    home_phone="Person - Phone - Home",
    other_phone="Person - Phone - Other",
    job_title="Person - Job title|Person - Title",
    deal_name="Deal - Title",
    amount="Deal - Value",
    currency="Deal - Currency|Deal - Currency of Value",
    address="Organization - Address",
) | _noise(
    "Person - Open deals|Person - Done activities|Person - Email messages count|Person - Marketing status|Organization - People|Organization - Open deals|Organization - Closed deals"
    "|Organization - Won deals|Organization - Lost deals|Deal - Total activities|Deal - Creator|Person - Closed deals|Person - Won deals|Person - Lost deals|Person - Total activities"
)
_GOOGLE = _means(
    company="Organization Name|Organization 1 - Name",
    job_title="Organization Title|Organization 1 - Title",
    department="Organization Department|Organization 1 - Department",
    first_name="First Name|Given Name",
    last_name="Last Name|Family Name",
    full_name="Name",
    salutation="Name Prefix",
    suffix="Name Suffix",
    tags="Labels|Group Membership",
) | _noise(
    "File As|Phonetic First Name|Phonetic Middle Name|Phonetic Last Name|Photo|Yomi Name|Given Name Yomi|Additional Name Yomi|Family Name Yomi|Organization 1 - Type|Organization 1 - Yomi Name"
    "|E-mail 1 - Label|E-mail 1 - Type|E-mail 2 - Label|E-mail 2 - Type|Phone 1 - Label|Phone 1 - Type|Phone 2 - Label|Phone 2 - Type|Address 1 - Label|Address 1 - Type|Website 1 - Label|Website 1 - Type"
    "|Relation 1 - Label|Relation 1 - Value|Relation 1 - Type|Event 1 - Label|Event 1 - Value|Initials|Short Name|Maiden Name|Sensitivity|Priority|Mileage|Hobby|Billing Information|Directory Server"
)
_OUTLOOK = _means(
    salutation="Title",
    job_title="Job Title",
    company="Company",
    email="E-mail Address",
    email_2="E-mail 2 Address|E-mail 3 Address",
    phone="Business Phone",
    other_phone="Business Phone 2|Home Phone 2|Primary Phone|Other Phone|Company Main Phone|Car Phone|Callback",
    website="Business Web Page|Web Page|Personal Web Page",
    fax="Business Fax|Home Fax|Other Fax",
    tags="Categories",
    assistant_phone="Assistant's Phone",
    reports_to="Manager's Name",
) | _noise(
    "E-mail Type|E-mail Display Name|E-mail 2 Type|E-mail 2 Display Name|E-mail 3 Type|E-mail 3 Display Name|Priority|Private|Sensitivity|Spouse|Schools|Hobby|Location|Account|Anniversary|Billing Information"
    "|Children|Directory Server|Government ID Number|Initials|Internet Free Busy|Keywords|Mileage|Office Location|Organizational ID Number|PO Box|Profession|Referred By|User 1|User 2|User 3|User 4"
    "|Given Yomi|Surname Yomi|Company Yomi|ISDN|Pager|Radio Phone|TTY/TDD Phone|Telex|Gender"
)
_CHINESE = _means(
    company="客户名称|公司名称|所属客户",
    full_name="联系人|姓名|联系人姓名",
    owner="负责人|归属人|所有人|业务员",
    tier="客户级别|客户等级|客户星级",
    source="客户来源|来源|线索来源",
    mobile="手机|手机号|手机号码",
    account_number="客户编号|客户编码",
) | _noise(
    "锁定状态|距进入公海天数|负责人获取客户时间|所属公海|业务类型|源线索|外部负责人|最后修改人|人员-普通成员-只读|人员-普通成员-读写|部门-普通成员-只读|部门-普通成员-读写"
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "salesforce_report_contacts",
        "Salesforce",
        "contacts",
        (
            ("account name",),
            ("contact owner", "reports to", "contact id", "asst phone"),
            ("last name", "full name", "contact name", "email"),
        ),
        ("record id", "*id"),
        _SALESFORCE_REPORT,
    ),
    Preset(
        "salesforce_report_leads",
        "Salesforce",
        "contacts",
        (("lead id", "company account"), ("lead status", "lead owner")),
        ("record id",),
        _SALESFORCE_REPORT,
    ),
    Preset(
        "salesforce_report_deals",
        "Salesforce",
        "deals",
        (("account name",), ("opportunity owner", "opportunity name", "opportunity id")),
        ("record id",),
        _SALESFORCE_REPORT,
    ),
    Preset(
        "salesforce_report_cases",
        "Salesforce",
        "cases",
        (("case number",), ("case owner", "case origin", "account name")),
        ("record id",),
        _SALESFORCE_REPORT,
    ),
    Preset(
        "salesforce_report_accounts",
        "Salesforce",
        "accounts",
        (("account name",), ("account owner", "account site", "account id", "billing zip postal code", "billing state province")),
        ("record id",),
        _SALESFORCE_REPORT,
    ),
    Preset(
        "salesforce_api_contacts",
        "Salesforce",
        "contacts",
        (
            ("id",),
            ("owner id", "system modstamp", "is deleted"),
            ("mailing street", "reports to id", "has opted out of email", "last name"),
        ),
        (),
        _SALESFORCE_API,
        date_order="ymd",
        separator=";",
    ),
    Preset(
        "salesforce_api_deals",
        "Salesforce",
        "deals",
        (("id",), ("owner id", "system modstamp", "is deleted"), ("stage name",)),
        (),
        _SALESFORCE_API,
        date_order="ymd",
        separator=";",
    ),
    Preset(
        "salesforce_api_cases",
        "Salesforce",
        "cases",
        (("id",), ("owner id", "system modstamp", "is deleted"), ("case number",)),
        (),
        _SALESFORCE_API,
        date_order="ymd",
        separator=";",
    ),
    Preset(
        "salesforce_api_tasks",
        "Salesforce",
        "tasks",
        (("id",), ("owner id",), ("who id", "what id")),
        (),
        _SALESFORCE_API,
        date_order="ymd",
        separator=";",
    ),
    Preset(
        "salesforce_api_accounts",
        "Salesforce",
        "accounts",
        (("id",), ("owner id", "system modstamp", "is deleted"), ("billing street", "billing city", "account number", "name")),
        (),
        _SALESFORCE_API,
        date_order="ymd",
        separator=";",
    ),
    Preset(
        "zoho_deals",
        "Zoho CRM",
        "deals",
        (("record id", "deal id"), ("deal name",), ("stage", "closing date")),
        ("deal stage",),
        _ZOHO,
        date_order="ymd",
    ),
    Preset(
        "zoho_notes", "Zoho CRM", "notes", (("record id",), ("note content",), ("parent id", "note title")), (), _ZOHO, date_order="ymd"
    ),
    Preset(
        "zoho_accounts",
        "Zoho CRM",
        "accounts",
        (("record id",), ("account owner", "account type", "parent account"), ("account name",)),
        ("contact owner", "first name", "last name"),
        _ZOHO,
        date_order="ymd",
    ),
    Preset(
        "zoho_contacts",
        "Zoho CRM",
        "contacts",
        (
            ("record id", "contact id"),
            ("account name id", "contact owner id", "company name id", "contact name", "lead owner id", "email opt out"),
            ("last name",),
        ),
        (),
        _ZOHO,
        date_order="ymd",
    ),
    Preset(
        "hubspot_tickets",
        "HubSpot",
        "cases",
        (("ticket id",), ("ticket status", "ticket owner", "ticket name")),
        (),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset(
        "hubspot_deals",
        "HubSpot",
        "deals",
        (("deal name", "dealname"), ("deal stage", "dealstage")),
        (),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset(
        "hubspot_notes",
        "HubSpot",
        "notes",
        (("activity type",), ("activity assigned to", "associated contact ids", "associated company ids")),
        (),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset(
        "hubspot_tasks",
        "HubSpot",
        "tasks",
        (("task title",), ("task status", "associated contact ids", "due date")),
        (),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset(
        "hubspot_contacts",
        "HubSpot",
        "contacts",
        (
            ("record id", "record id contact", "id de registro", "hs object id"),
            ("contact owner", "first name", "last name", "firstname", "propietario del contacto", "apellidos", "email"),
        ),
        ("*id",),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset(
        "hubspot_companies",
        "HubSpot",
        "accounts",
        (
            ("record id", "record id company", "id de registro", "hs object id"),
            ("company domain name", "company owner", "company name", "nombre de la empresa", "nombre de dominio de la empresa"),
        ),
        ("deal name",),
        _HUBSPOT,
        _HUBSPOT_FILE,
        "ymd",
        ";",
    ),
    Preset("pipedrive_notes", "Pipedrive", "notes", (("note is pinned to deal",),), (), _PIPEDRIVE, date_order="ymd"),
    Preset(
        "pipedrive_deals",
        "Pipedrive",
        "deals",
        (
            ("deal title", "deal id", "deal value", "deal stage"),
            ("deal organization", "deal contact person", "deal pipeline", "deal owner", "deal status"),
        ),
        ("record id",),
        _PIPEDRIVE,
        date_order="ymd",
    ),
    Preset(
        "pipedrive_people", "Pipedrive", "contacts", (("person name", "person first name"), ("person *",)), (), _PIPEDRIVE, date_order="ymd"
    ),
    Preset(
        "pipedrive_organizations",
        "Pipedrive",
        "accounts",
        (
            ("organization name",),
            (
                "organization owner",
                "organization address",
                "organization people",
                "organization open deals",
                "organization labels",
                "organization id",
                "organization website",
            ),
        ),
        (),
        _PIPEDRIVE,
        date_order="ymd",
    ),
    Preset("google_contacts", "Google Contacts", "contacts", (("e mail 1 value", "phone 1 value"),), (), _GOOGLE, separator=" ::: "),
    Preset("outlook_web", "Outlook", "contacts", (("e mail address",), ("given yomi", "surname yomi")), (), _OUTLOOK),
    Preset(
        "outlook_desktop",
        "Outlook",
        "contacts",
        (("e mail address",), ("business phone", "business street", "internet free busy")),
        (),
        _OUTLOOK,
    ),
    Preset(
        "fxiaoke_accounts",
        "纷享销客",
        "accounts",
        (("客户名称",), ("生命状态", "所属公海", "负责人主属部门", "外部负责人", "人员 普通成员 只读")),
        (),
        _CHINESE,
        date_order="ymd",
    ),
    Preset(
        "yudao_contacts",
        "芋道 CRM",
        "contacts",
        (("姓名",), ("是否关键决策人", "负责人用户编号", "客户编号"), ("主键", "直属上级", "最后跟进时间")),
        (),
        _CHINESE,
        date_order="ymd",
    ),
    Preset("wukong_deals", "悟空CRM", "deals", (("商机名称",), ("商机状态组", "商机阶段")), (), _CHINESE, date_order="ymd"),
    Preset(
        "wukong_leads",
        "悟空CRM",
        "contacts",
        (("线索名称",), ("线索来源", "下次联系时间")),
        (),
        _CHINESE | _means(full_name="线索名称"),
        date_order="ymd",
    ),
    Preset(
        "wukong_accounts",
        "悟空CRM",
        "accounts",
        (("客户名称",), ("成交状态", "距进入公海天数", "锁定状态"), ("下次联系时间", "客户级别", "客户来源")),
        (),
        _CHINESE,
        date_order="ymd",
    ),
    Preset(
        "chinese_contacts",
        "中文客户表",
        "contacts",
        (("客户名称", "公司名称"), ("联系人", "联系人姓名", "姓名")),
        (),
        _CHINESE,
        date_order="ymd",
    ),
)

KNOWN_HEADERS = KNOWN_NAMES | frozenset(key for preset in PRESETS for key in preset.means)


def detect(headers: Sequence[str], filename: str = "") -> Preset | None:
    """Recognise the export a file comes from by its headers; the file name decides between presets that fit equally."""
    keys = [header_key(name) for name in headers if name]
    fitting = [preset for preset in PRESETS if _fits(preset, keys, headers)]
    named = [preset for preset in fitting if preset.file_name and re.match(preset.file_name, filename, re.IGNORECASE)]
    return next(iter(named or fitting), None)


def _fits(preset: Preset, keys: Sequence[str], headers: Sequence[str]) -> bool:
    if any(_met(each, keys, headers) for each in preset.unless):
        return False
    return all(any(_met(each, keys, headers) for each in group) for group in preset.needs)


def _met(wanted: str, keys: Sequence[str], headers: Sequence[str]) -> bool:
    if wanted == "*id":
        # Zoho's lookups come in pairs `Contact Owner.id`, `Contact Owner`.
        return any(name.strip().casefold().endswith(".id") for name in headers)
    if wanted.endswith("*"):
        return sum(1 for key in keys if key.startswith(wanted[:-1])) > 1
    return wanted in keys
