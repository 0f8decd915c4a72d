"""Putting sample data into a workspace, and taking all of it out again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from saas.auth.context import Context
from saas.core.i18n import LOCALES
from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.activities.definition import ACTIVITIES
from saas.crm.contacts.definition import CONTACTS
from saas.crm.notes.definition import NOTES
from saas.crm.objects import access, journal, records
from saas.crm.samples import data

OFFICE_HOUR = 10


def has_samples(ctx: Context) -> bool:
    """Tell whether any sample record is still in the book."""
    return any(ctx.db.execute(select(obj.model.id).where(obj.model.is_sample).limit(1)).first() is not None for obj in (ACCOUNTS, CONTACTS))


def add_samples(ctx: Context, locale: str) -> int:
    """Put the sample book in, in one batch, and return how many records it has. Nothing happens when there is one already."""
    if has_samples(ctx):
        return 0
    language = locale if locale in LOCALES else "en"
    journal.batch(ctx, "samples.add")
    firms = [_firm(ctx, firm, language) for firm in data.FIRMS[language]]
    persons = [_person(ctx, person, firms, language) for person in data.PERSONS[language]]
    for doing in data.DOINGS[language]:
        _doing(ctx, doing, persons)
    for place, body in data.NOTES[language]:
        subject = {"subject_object": CONTACTS.name, "subject_id": persons[place].id}
        records.create(ctx, NOTES, {"body": body, **subject}, is_sample=True)
    return len(firms) + len(persons) + len(data.DOINGS[language]) + len(data.NOTES[language])


def remove_samples(ctx: Context) -> int:
    """Take out every sample record, also those that somebody has changed; real records that point to them stay. Return how many went."""
    journal.batch(ctx, "samples.remove")
    gone = 0
    for obj in sorted(access.registered(), key=lambda obj: obj.parent is None):
        for record in ctx.db.execute(select(obj.model).where(obj.model.is_sample)).scalars().all():
            with ctx.as_system("remove samples"):
                records.delete(ctx, obj, record)
            gone += 1
    return gone


def _firm(ctx: Context, firm: data.Firm, language: str) -> Any:
    name, kind, tier, industry, city, postal_code, country, phone, website = firm
    values = {
        "name": name, "kind": kind, "tier": tier, "industry": industry, "city": city, "postal_code": postal_code, "country": country,
        "website": website, "phones": _list(phone), "emails": _list(f"info@{website.split('//')[1]}"), "source": "event",
        "language": language[:2],
    }  # fmt: skip
    return records.create(ctx, ACCOUNTS, values, is_sample=True)


def _person(ctx: Context, person: data.Person, firms: list[Any], language: str) -> Any:
    place, given_name, family_name, job_title, role, mail_name, phone = person
    firm = firms[place] if place is not None else None
    host = firm.website.split("//")[1] if firm else "mail.example"
    values = {
        "given_name": given_name, "family_name": family_name, "job_title": job_title or None, "role": role,
        "account_id": firm.id if firm else None, "emails": _list(f"{mail_name}@{host}"),
        "phones": _list(phone.replace(" ", ""), "mobile"), "city": firm.city if firm else None, "language": language[:2],
    }  # fmt: skip
    return records.create(ctx, CONTACTS, values, is_sample=True)


def _doing(ctx: Context, doing: data.Doing, persons: list[Any]) -> None:
    place, kind, days, title, outcome, is_done = doing
    zone = ZoneInfo(ctx.timezone)
    day = ctx.now.astimezone(zone).date() + timedelta(days=days)
    at = datetime.combine(day, datetime.min.time(), zone) + timedelta(hours=OFFICE_HOUR)
    values: dict[str, Any] = {
        "kind": kind, "title": title, "due_at": at, "done_at": at if is_done else None, "outcome": outcome,
        "direction": "out" if kind == "call" else None, "ends_at": at + timedelta(hours=1) if kind == "meeting" else None,
        "subject_object": CONTACTS.name, "subject_id": persons[place].id,
    }  # fmt: skip
    records.create(ctx, ACTIVITIES, values, is_sample=True)


def _list(value: str, label: str = "work") -> list[dict[str, str]]:
    return [{"value": value.replace(" ", "") if value.startswith("+") else value, "label": label}]
