"""The one exception to "a row I may not read does not exist for me" (Rights 8): selling twice to one customer is worse."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis import Redis
from sqlalchemy import select, true

from saas.auth import volumes
from saas.auth.context import Context
from saas.auth.directory import MemberInfo
from saas.auth.factors import letters
from saas.auth.factors.letters import Notice
from saas.auth.permissions import EDIT
from saas.core.errors import Invalid, TooMany
from saas.core.i18n import _
from saas.core.settings import Settings
from saas.core.throttle import insist, throttle
from saas.crm.imports.matching import TELLING, Known, known_records, row_keys
from saas.crm.objects import access
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.keys import key

TELLINGS_AN_HOUR = 20
LETTERS_AN_HOUR = 20
HOUR_S, DAY_S = 3600, 86_400
NATURES = tuple(prefix.rstrip(":") for prefix in TELLING)


@dataclass(frozen=True)
class Match:
    """The oldest record that has what was typed and that the writer may not read. Only `field`, `line` and the department may be told."""

    id: UUID
    department_id: UUID
    key: str
    field: str
    line: int


class InTheBook(Invalid):
    """A record is in the book already, and the writer may not read it; `keys` is what it was told about, `line` the value of the field."""

    def __init__(self, field: str, line: int, keys: tuple[str, ...], department: str) -> None:
        super().__init__({field: _("Already in the book, kept by %(department)s. Ask for access.", department=department)})
        self.field, self.line, self.keys, self.department = field, line, keys, department


def offered() -> list[tuple[str, str]]:
    """List the objects that have anything to tell by, (name, label)."""
    return [(obj.name, str(obj.plural)) for obj in access.registered() if set(NATURES) & obj.recognised.keys()]


def brought(obj: ObjectDef, values: Mapping[str, Any], record: Any = None) -> tuple[str, ...]:
    """List the keys that may tell and that typed values bring into a record; `obj` as the writer sees it, so hidden fields bring none."""
    had = set(record.keys) if record is not None else set()
    return tuple(one for one in row_keys(obj, dict(values), NATURES) if one not in had)


def check(ctx: Context, redis: Redis, obj: ObjectDef, values: Mapping[str, Any], record: Any = None, passed: Collection[str] = ()) -> None:
    """Raise InTheBook where the values bring in an e-mail, phone or tax number of a record the writer may not read.

    `passed` are keys the writer was told about and saves all the same. A saved record says that nothing was found, and a refusal that
    something was; so whoever types addresses to find out what others keep gets TELLINGS_AN_HOUR answers. After that *every* save
    bringing in such a value is refused for the rest of the hour, match or no match: the refusal itself then tells nothing. Raises
    TooMany for that. To let such saves pass unsaid would sell twice to one customer, which this is there to prevent.
    """
    keys = [one for one in brought(obj, values, record) if one not in passed]
    if not keys or not _tells(ctx, obj):
        return
    who = _asker(ctx)
    insist(redis, "already-in-the-book", who, TELLINGS_AN_HOUR)
    found = _oldest(ctx, obj, values, keys)
    if found is None:
        return
    throttle(redis, "already-in-the-book", who, TELLINGS_AN_HOUR, HOUR_S)
    kept_by = ctx.directory.departments[found.department_id].name
    raise InTheBook(found.field, found.line, brought(obj, values, record), kept_by)


def ask(ctx: Context, redis: Redis, settings: Settings, obj: ObjectDef, values: Mapping[str, Any], record: Any = None) -> str | None:
    """Write to who can share the record that was told of; return its department's name for the audit log, None when nobody was written to.

    Whatever happens, the asker is to be told the same: a letter a day for each record, and what matches nothing, must not show.
    """
    keys = brought(obj, values, record)
    if not keys or not _tells(ctx, obj):
        return None
    throttle(redis, "asked-for-access", _asker(ctx), LETTERS_AN_HOUR, HOUR_S)
    found = _oldest(ctx, obj, values, keys)
    if found is None:
        return None
    try:
        throttle(redis, "asked-for-access-to", f"{_asker(ctx)}:{found.id}", 1, DAY_S)
    except TooMany:
        return None
    home = ctx.directory.departments[ctx.member.department_id].name
    url = settings.url(ctx.tenant.slug, f"/{obj.name}/{found.id}/access")

    def write() -> Notice:
        nature, _colon, text = found.key.partition(":")
        places = {"name": ctx.member.name, "department": home, "value": text, "object": str(obj.singular).lower()}
        if nature == "email":
            said = _("%(name)s (%(department)s) asks for access to the %(object)s with the e-mail %(value)s.", **places)
        elif nature == "phone":
            said = _("%(name)s (%(department)s) asks for access to the %(object)s with the phone number %(value)s.", **places)
        else:
            said = _("%(name)s (%(department)s) asks for access to the %(object)s with the tax number %(value)s.", **places)
        advice = _("On the page of the record you can share it, for as long as you like. If you do not want to, there is nothing to do.")
        return Notice(_("%(name)s asks for access", name=ctx.member.name), (said, advice), url, _("Look at the record"))

    head = _head(ctx, obj, found)
    if head is None:
        volumes.tell_admins(ctx.db, settings, ctx.directory, write)
    else:
        letters.post(ctx.db, settings, head.email, head.language, write)
    return ctx.directory.departments[found.department_id].name


def _tells(ctx: Context, obj: ObjectDef) -> bool:
    """Tell whether anything could be said at all: the firm has it told of this object, and some of its rows are hidden."""
    return obj.name in ctx.workspace.tells_of and not access.visible(ctx.rights, obj).compare(true())


def _asker(ctx: Context) -> str:
    return f"{ctx.tenant.id}:{ctx.member.id}"


def _oldest(ctx: Context, obj: ObjectDef, values: Mapping[str, Any], keys: Collection[str]) -> Match | None:
    """Find the oldest hidden record with one of the keys; a key that a readable record has too tells nothing."""
    told: list[tuple[Known, str]] = []
    for text, known in known_records(ctx, obj, keys).items():
        if not any(one.is_visible for one in known):
            told.append((known[0], text))
    if not told:
        return None
    oldest, text = min(told, key=lambda each: (each[0].id, list(keys).index(each[1])))
    field, line = place_of(obj, values, text)
    return Match(oldest.id, oldest.department_id, text, field, line)


def place_of(obj: ObjectDef, values: Mapping[str, Any], wanted: str) -> tuple[str, int]:
    """Find the field, and which of its values, that made a key."""
    nature = wanted.partition(":")[0]
    for name in obj.recognised[nature]:
        value = values.get(name) or []
        texts = [entry["value"] for entry in value] if isinstance(value, list) else [value]
        for line, text in enumerate(texts):
            if key(nature, str(text)) == wanted:
                return name, line
    raise KeyError(wanted)


def _head(ctx: Context, obj: ObjectDef, found: Match) -> MemberInfo | None:
    """Find the head of the record's department, if they can be written to and may share the record; None for the admins."""
    place = ctx.directory.departments[found.department_id]
    head = ctx.directory.members.get(place.head_id) if place.head_id else None
    if head is None or head.status != "active" or not head.email or head.id == ctx.member.id:
        return None
    model: Any = obj.model
    query = select(model.id).where(model.id == found.id, access.visible(ctx.directory.rights(head), obj, EDIT))
    with ctx.as_system("who can share"):
        return head if ctx.db.execute(query).first() else None
