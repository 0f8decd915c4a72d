"""Exports of other systems: recognised by their headers, each column proposed for the right field or for none."""

from __future__ import annotations

import pytest

from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.contacts.definition import CONTACTS
from saas.crm.transfer.cells import KINDS
from saas.crm.transfer.mapping import Suggestion, suggest
from saas.crm.transfer.offers import targets_for
from saas.crm.transfer.presets import PRESETS, detect

HUBSPOT_CONTACTS = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Last Activity Date,Lead Status,Marketing contact status,Create Date,Mobile Phone Number,Job Title,Company name,"
    "Street Address,City,State/Region,Postal Code,Country/Region,Website URL,Unsubscribed from all email,Associated Company IDs,Associated Deal"
)
HUBSPOT_COMPANIES = "Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,Country/Region,Industry,Company Domain Name,Website URL,Number of Employees,Parent Company"
SALESFORCE_CONTACT = (
    "Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,RecordTypeId,OtherStreet,OtherCity,MailingStreet,MailingCity,MailingState,MailingPostalCode,MailingCountry,Phone,Fax,"
    "MobilePhone,HomePhone,OtherPhone,AssistantPhone,ReportsToId,Email,Title,Department,AssistantName,LeadSource,Birthdate,Description,OwnerId,HasOptedOutOfEmail,HasOptedOutOfFax,DoNotCall,CreatedDate,SystemModstamp"
)
SALESFORCE_ACCOUNT = (
    "Id,IsDeleted,MasterRecordId,Name,Type,RecordTypeId,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,BillingCountry,ShippingStreet,ShippingCity,ShippingState,ShippingPostalCode,"
    "ShippingCountry,Phone,Fax,AccountNumber,Website,Industry,AnnualRevenue,NumberOfEmployees,Description,Site,OwnerId,CreatedDate,AccountSource"
)
SALESFORCE_REPORT = "Contact ID,Salutation,First Name,Last Name,Title,Account Name,Email,Phone,Mobile Phone,Mailing Street,Mailing City,Contact Owner,Account Owner,Lead Source,Reports To,Assistant,Asst. Phone"
ZOHO = (
    "Record Id,Contact Owner.id,Contact Owner,Lead Source,First Name,Last Name,Account Name.id,Account Name,Email,Title,Department,Phone,Home Phone,Mobile,Date of Birth,Created By.id,Created By,"
    "Created Time,Contact Name,Mailing Street,Mailing City,Mailing Zip,Mailing Country,Description,Email Opt Out,Salutation,Secondary Email,Reporting To.id,Reporting To,Tag,Change Log Time,Locked"
)
PIPEDRIVE = (
    "Person - Name,Person - First name,Person - Last name,Person - Organization,Person - Owner,Person - Email - Work,Person - Email - Home,Person - Phone - Work,Person - Phone - Mobile,"
    "Person - Open deals,Person - Labels,Person - Call Center Rep ,Person - Job title,Person - ID"
)
GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,"
    "E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Website 1 - Value"
)
OUTLOOK = (
    "First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,E-mail 2 Address,Home Phone,Business Phone,Business Phone 2,Mobile Phone,Job Title,Department,"
    "Company,Business Street,Business City,Business Country/Region,Home Street,Home City,Web Page,Birthday,Notes,Manager's Name,Assistant's Name,Assistant's Phone"
)
CHINESE = "客户名称（必填）,联系人,手机,电话,QQ,微信,地址,备注,来源,客户等级,客户行业,客户状态,创建时间,归属人,创建人"


@pytest.mark.parametrize(
    ("headers", "filename", "name", "kind"),
    [
        (HUBSPOT_CONTACTS, "hubspot-crm-exports-all-contacts-2026-01-01.csv", "hubspot_contacts", "contacts"),
        ("Record ID - Contact,First Name,Last Name,Email,Contact owner", "", "hubspot_contacts", "contacts"),
        ("ID de registro,Nombre,Apellidos,Correo,Cargo,Ciudad,Propietario del contacto", "", "hubspot_contacts", "contacts"),
        (HUBSPOT_COMPANIES, "", "hubspot_companies", "accounts"),
        ("ID de registro,Nombre de la empresa,Nombre de dominio de la empresa,Sector", "", "hubspot_companies", "accounts"),
        ("Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Deal owner", "", "hubspot_deals", "deals"),
        ("Ticket ID,Ticket name,Pipeline,Ticket status,Create date,Ticket owner", "", "hubspot_tickets", "cases"),
        (SALESFORCE_CONTACT, "Contact.csv", "salesforce_api_contacts", "contacts"),
        (SALESFORCE_ACCOUNT, "Account.csv", "salesforce_api_accounts", "accounts"),
        ("Id,IsDeleted,AccountId,Name,StageName,Amount,CloseDate,OwnerId", "", "salesforce_api_deals", "deals"),
        (SALESFORCE_REPORT, "report.csv", "salesforce_report_contacts", "contacts"),
        ("Account Name,Account Owner,Billing City,Type,Phone", "", "salesforce_report_accounts", "accounts"),
        ("Opportunity Name,Opportunity Owner,Account Name,Stage,Amount,Close Date", "", "salesforce_report_deals", "deals"),
        (ZOHO, "Contacts_2026_02_10.csv", "zoho_contacts", "contacts"),
        ("Record Id,Account Owner.id,Account Owner,Account Name,Phone,Website,Industry,Account Type", "", "zoho_accounts", "accounts"),
        ("Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,Stage", "", "zoho_deals", "deals"),
        (PIPEDRIVE, "people.csv", "pipedrive_people", "contacts"),
        (
            "Organization - Name,Organization - Owner,Organization - Address,Organization - Open deals",
            "",
            "pipedrive_organizations",
            "accounts",
        ),
        (
            "Deal - ID,Deal - Title,Deal - Value,Deal - Organization,Deal - Contact person,Person - Email - Work",
            "",
            "pipedrive_deals",
            "deals",
        ),
        (GOOGLE, "contacts.csv", "google_contacts", "contacts"),
        (OUTLOOK, "contacts.csv", "outlook_web", "contacts"),
        ("Title,First Name,Last Name,Company,Business Street,Business Phone,E-mail Address,E-mail Type", "", "outlook_desktop", "contacts"),
        (CHINESE, "", "chinese_contacts", "contacts"),
        ("客户名称,成交状态,电话,网址,下次联系时间,负责人,客户级别,客户来源,客户行业", "", "wukong_accounts", "accounts"),
        ("主键,姓名,客户编号,手机号,电话,电子邮箱,是否关键决策人,直属上级,负责人用户编号", "", "yudao_contacts", "contacts"),
        ("客户名称,客户编号,客户类型,电话,邮件,负责人,负责人主属部门,生命状态,锁定状态", "", "fxiaoke_accounts", "accounts"),
    ],
)
def test_an_export_is_recognised_by_its_headers(headers: str, filename: str, name: str, kind: str) -> None:
    found = detect(headers.split(","), filename)
    assert found is not None
    assert (found.name, found.object) == (name, kind)


@pytest.mark.parametrize("headers", ["Name,Phone,Email", "Firma,Straße,PLZ", "Company,City", "Id,Name,Email"])
def test_plain_lists_are_nobodys_export(headers: str) -> None:
    assert detect(headers.split(",")) is None


def test_missing_columns_and_other_spelling_do_not_hide_an_export() -> None:
    assert detect([" record id ", "CONTACT OWNER", "\ufeffemail"]).name == "hubspot_contacts"  # type: ignore[union-attr]


CONTACT_TARGETS = targets_for(CONTACTS, [ACCOUNTS])
ACCOUNT_TARGETS = targets_for(ACCOUNTS)


def proposed(headers: str, targets: list[object] = CONTACT_TARGETS) -> dict[str, str | None]:  # type: ignore[assignment]
    names = headers.split(",")
    found = suggest(names, [], targets, detect(names))  # type: ignore[arg-type]
    return {name: short(each) for name, each in zip(names, found, strict=True)}


def short(each: Suggestion) -> str | None:
    assert str(each.why)
    if each.target is None:
        return None
    main = "accounts." if each.target.object == "accounts" else ""
    return f"{main}{each.target.key.removeprefix('account_id.')}"


def test_hubspot_contacts_are_mapped() -> None:
    found = proposed(HUBSPOT_CONTACTS)
    assert found == {
        "Record ID": "external_id", "First Name": "given_name", "Last Name": "family_name", "Email": "emails", "Phone Number": "phones", "Contact owner": "owner_id", "Last Activity Date": None, "Lead Status": None,
        "Marketing contact status": None, "Create Date": None, "Mobile Phone Number": "phones", "Job Title": "job_title", "Company name": "account_id", "Street Address": "street", "City": "city", "State/Region": "region",
        "Postal Code": "postal_code", "Country/Region": "country", "Website URL": "website", "Unsubscribed from all email": "no_marketing", "Associated Company IDs": None, "Associated Deal": None,
    }  # fmt: skip


def test_hubspot_companies_are_mapped() -> None:
    found = proposed(HUBSPOT_COMPANIES, ACCOUNT_TARGETS)  # type: ignore[arg-type]
    assert found["Company name"] == "accounts.name"
    assert found["Company owner"] == "accounts.owner_id"
    assert found["Parent Company"] == "accounts.parent_account_id"
    assert found["Number of Employees"] == "accounts.employees"
    assert (found["Website URL"], found["Company Domain Name"]) == ("accounts.website", None)


def test_salesforce_contacts_take_one_address_whole_and_nobody_elses_columns() -> None:
    found = proposed(SALESFORCE_CONTACT)
    assert [found[name] for name in ("MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry")] == [
        "street",
        "city",
        "region",
        "postal_code",
        "country",
    ]
    assert [
        found[name]
        for name in ("OtherStreet", "OtherCity", "AssistantPhone", "AssistantName", "ReportsToId", "AccountId", "Fax", "IsDeleted")
    ] == [None] * 8
    assert (found["Title"], found["Department"], found["HasOptedOutOfEmail"], found["DoNotCall"]) == (
        "job_title",
        "job_department",
        "no_marketing",
        "no_calls",
    )


def test_salesforce_accounts_keep_billing_and_delivery_apart() -> None:
    found = proposed(SALESFORCE_ACCOUNT, ACCOUNT_TARGETS)  # type: ignore[arg-type]
    for part, field in (("Street", "street"), ("City", "city"), ("State", "region"), ("PostalCode", "postal_code"), ("Country", "country")):
        assert found[f"Billing{part}"] == f"accounts.{field}"
        assert found[f"Shipping{part}"] == f"accounts.delivery_{field}"
    assert (found["Name"], found["Site"], found["ParentId"]) == ("accounts.name", None, None)


def test_owners_bosses_and_assistants_of_a_report_are_not_the_person() -> None:
    found = proposed(SALESFORCE_REPORT)
    assert (found["Contact Owner"], found["Account Owner"]) == ("owner_id", "accounts.owner_id")
    assert [found[name] for name in ("Reports To", "Assistant", "Asst. Phone")] == [None] * 3
    assert found["Account Name"] == "account_id"


def test_zoho_pairs_and_opt_out() -> None:
    found = proposed(ZOHO)
    assert [found[name] for name in ZOHO.split(",") if name.endswith(".id")] == [None] * 4
    assert (found["Email Opt Out"], found["Secondary Email"], found["Account Name"], found["Tag"]) == (
        "no_marketing",
        "emails",
        "account_id",
        "tag_ids",
    )
    assert (found["Created By"], found["Reporting To"], found["Contact Name"]) == (None, None, None)


def test_pipedrive_google_and_outlook() -> None:
    found = proposed(PIPEDRIVE)
    assert (found["Person - Name"], found["Person - First name"], found["Person - Organization"], found["Person - Owner"]) == (
        None,
        "given_name",
        "account_id",
        "owner_id",
    )
    assert (found["Person - Open deals"], found["Person - Labels"], found["Person - Call Center Rep "]) == (None, "tag_ids", None)
    found = proposed(GOOGLE)
    assert (found["Organization Title"], found["Name Prefix"], found["E-mail 2 - Value"], found["E-mail 1 - Label"]) == (
        "job_title",
        "salutation",
        "emails",
        None,
    )
    found = proposed(OUTLOOK)
    assert (found["Title"], found["Job Title"], found["Manager's Name"], found["Assistant's Phone"]) == (
        "salutation",
        "job_title",
        None,
        None,
    )
    assert (found["Business Street"], found["Home Street"], found["Business Phone 2"]) == ("street", None, "phones")


def test_chinese_lists_are_mapped() -> None:
    found = proposed(CHINESE)
    assert found == {
        "客户名称（必填）": "account_id", "联系人": "full_name", "手机": "phones", "电话": "phones", "QQ": None, "微信": "wechat", "地址": "street", "备注": "description", "来源": "source", "客户等级": "tier",
        "客户行业": "accounts.industry", "客户状态": None, "创建时间": None, "归属人": "owner_id", "创建人": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        "Firma,Vorname,Nachname,E-Mail-Adresse,Telefon,Straße,PLZ,Ort,Land,Geburtsdatum",
        "Empresa,Nombre,Apellidos,Correo electrónico,Teléfono,Calle,Código postal,Ciudad,País,Fecha de nacimiento",
        "Société,Prénom,Nom de famille,Adresse e-mail,Téléphone,Rue,Code postal,Ville,Pays,Date de naissance",
        "公司名称,名,姓,邮箱,电话,街道,邮编,城市,国家,生日",
        "COMPANY,first_name,LastName,E-mail,Tel.,Street Address,ZIP,Town,Country Code,DOB",
    ],
)
def test_the_same_list_in_five_languages(headers: str) -> None:
    expected = ["account_id", "given_name", "family_name", "emails", "phones", "street", "postal_code", "city", "country", "birth_date"]
    assert list(proposed(headers).values()) == expected


def test_every_target_of_our_objects_is_of_a_known_kind_and_every_preset_of_a_known_object() -> None:
    assert {target.kind for target in CONTACT_TARGETS + ACCOUNT_TARGETS} <= KINDS
    assert {preset.object for preset in PRESETS} == {"contacts", "accounts", "deals", "cases", "notes", "tasks"}
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
