"""Setting up a firm's own provider. Whoever controls the provider can come in as anybody, so only admins may say which one it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from saas.auth import audit, directory, membership
from saas.auth.context import Context
from saas.auth.factors.sealing import seal, unseal
from saas.auth.identities import Identity
from saas.auth.permissions import ADMIN_KEY
from saas.auth.sso.guarded import Unreachable, check_url
from saas.auth.sso.provider import Provider, plain_issuer
from saas.auth.sso.tables import SsoLink, SsoSettings
from saas.core.errors import Forbidden, Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.core.settings import Settings
from saas.tenants.cells import Databases
from saas.tenants.session import Tenant, control_session

MANAGE = "settings:manage"
SEALED_FOR = "single sign-on"
NEWCOMERS = ("nobody", "viewer", "full")
MAX_SEATS, MAX_GROUPS, MAX_TEXT = 100_000, 100, 300
# A provider of everybody's private addresses vouches for nobody's place in a firm.
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


@dataclass
class Form:
    """What the settings page sends, as typed. `groups` are (group, role) lines; `secret` is empty when the stored one stays."""

    label: str = ""
    issuer: str = ""
    client_id: str = ""
    secret: str = ""
    domains: str = ""
    newcomers: str = "nobody"
    ceiling: str = ""
    role: str = ""
    department: str = ""
    group_claim: str = ""
    groups: list[tuple[str, str]] = field(default_factory=list)
    is_required: bool = False
    break_glass: list[str] = field(default_factory=list)


def stored(db: Session) -> SsoSettings | None:
    """Return the firm's settings, None before anything was ever saved."""
    return db.execute(select(SsoSettings)).scalar_one_or_none()


def provider_of(row: SsoSettings, tenant: Tenant, settings: Settings) -> Provider:
    """Make the provider that the settings describe."""
    secret = unseal(settings.secret_key, SEALED_FOR, str(tenant.id), row.secret) if row.secret else None
    return Provider(row.issuer, row.client_id, (secret or b"").decode(), settings.is_development)


def fingerprint(row: SsoSettings) -> str:
    """Name what a trial is about: provider, client and secret. Changed settings want another trial."""
    return hashlib.sha256("\n".join((row.issuer, row.client_id, (row.secret or b"").hex())).encode()).hexdigest()


def save(ctx: Context, databases: Databases, settings: Settings, form: Form) -> SsoSettings:
    """Keep what the page sends; nothing is switched on by it. Raises Invalid, Forbidden."""
    _insist_on_admin(ctx)
    directory.touch(ctx.db)
    row = stored(ctx.db)
    if row is None:
        row = SsoSettings(id=1)
        ctx.db.add(row)
    wrong: dict[str, str] = {}
    values = _read(ctx, settings, form, wrong)
    values["break_glass"] = _break_glass(ctx, databases, form, wrong, is_needed=form.is_required)
    if not form.secret.strip() and not row.secret:
        wrong["secret"] = _("Copy the client secret from your sign-in service.")
    if wrong:
        raise Invalid(wrong)
    if form.secret.strip():
        values["secret"] = seal(settings.secret_key, SEALED_FOR, str(ctx.tenant.id), form.secret.strip().encode())
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    for name, value in values.items():
        setattr(row, name, value)
    if row.is_on and fingerprint(row) != row.tested:
        row.is_on = False
        before["is_on"], values["is_on"] = True, False
    if before:
        audit.note(ctx.db, ctx.member.id, "sso.settings", _told(before), _told({name: values[name] for name in before}))
    ctx.db.flush()
    return row


def switch(ctx: Context, databases: Databases, *, is_on: bool) -> None:
    """Switch single sign-on on, after a trial that went well, or off, which signs out everybody who came in by it. Raises Invalid."""
    _insist_on_admin(ctx)
    directory.touch(ctx.db)
    row = stored(ctx.db)
    if row is None or row.is_on == is_on:
        return
    if is_on and row.tested != fingerprint(row):
        raise Invalid({"": _("Test it first: press “Test it” and sign in once. Then it can be switched on.")})
    if is_on and row.is_required:
        wrong: dict[str, str] = {}
        _break_glass(ctx, databases, Form(break_glass=[str(key) for key in row.break_glass]), wrong, is_needed=True)
        if wrong:
            raise Invalid({"": wrong["break_glass"]})
    row.is_on = is_on
    audit.note(ctx.db, ctx.member.id, "sso.switched", {"is_on": not is_on}, {"is_on": is_on})


def forget_links(ctx: Context) -> int:
    """Forget who is who at the provider; everybody is matched by e-mail again at the next sign-in. Return how many were forgotten."""
    _insist_on_admin(ctx)
    directory.touch(ctx.db)
    count = len(ctx.db.execute(delete(SsoLink).returning(SsoLink.subject)).all())
    audit.note(ctx.db, ctx.member.id, "sso.forgotten", {"connections": count})
    return count


def note_trial(db: Session, used: str) -> None:
    """Remember that a trial with these settings went well, unless they have changed meanwhile."""
    row = db.execute(select(SsoSettings).with_for_update()).scalar_one_or_none()
    if row is not None and fingerprint(row) == used:
        row.tested = used


def count_links(db: Session) -> int:
    """Count the people whom the provider has vouched for so far."""
    return db.execute(select(func.count()).select_from(SsoLink)).scalar_one()


def password_admins(ctx: Context, databases: Databases) -> list[tuple[UUID, str]]:
    """List the active admins who have a password and an address: those who can be let in when the provider is down; by name."""
    admins = {
        member.identity_id: member
        for member in ctx.directory.members.values()
        if member.identity_id and member.status == "active" and member.seat == "full" and member.email and _is_admin(ctx, member.role_ids)
    }
    with control_session(databases) as control:
        query = select(Identity.id).where(Identity.id.in_(admins), Identity.password_hash.is_not(None), Identity.email.is_not(None))
        able = set(control.execute(query).scalars())
    return sorted(((m.id, m.name) for key, m in admins.items() if key in able), key=lambda pair: pair[1].casefold())


def _insist_on_admin(ctx: Context) -> None:
    ctx.require(MANAGE)
    if not ctx.rights.is_admin:
        raise Forbidden(_("Only an admin can change single sign-on: whoever chooses the sign-in service decides who comes in."))


def _read(ctx: Context, settings: Settings, form: Form, wrong: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "label": " ".join(form.label.split())[:60],
        "issuer": plain_issuer(form.issuer),
        "client_id": form.client_id.strip(),
        "domains": _domains(form.domains, wrong),
        "newcomers": form.newcomers if form.newcomers in NEWCOMERS else "nobody",
        "ceiling": _ceiling(form, wrong),
        "role_id": _role(ctx, form.role, "role", wrong) if form.newcomers != "nobody" or form.role else None,
        "group_claim": form.group_claim.strip()[:MAX_TEXT],
        "is_required": form.is_required,
    }
    try:
        check_url(values["issuer"], is_development=settings.is_development)
    except Unreachable:
        wrong["issuer"] = _("Write the address your sign-in service calls “issuer”; it begins with https://.")
    if not values["client_id"] or len(values["client_id"]) > MAX_TEXT:
        wrong["client_id"] = _("Copy the client ID from your sign-in service.")
    try:
        values["department_id"] = membership.department_to_join(ctx, parse_id(form.department))
    except Invalid as error:
        wrong.update(error.fields)
    values["group_roles"] = _group_roles(ctx, form, wrong)
    if values["group_roles"] and not values["group_claim"]:
        wrong["group_claim"] = _("Write the name of the claim that lists the groups, often “groups”.")
    if values["group_roles"] and values["role_id"] is None and "role" not in wrong:
        wrong["role"] = _("Choose the role of people who are in none of the groups.")
    return values


def _domains(text: str, wrong: dict[str, str]) -> list[str]:
    found = sorted({part.lstrip("@").lower() for part in text.replace(",", " ").replace(";", " ").split()})
    if not found:
        wrong["domains"] = _("Write at least one, such as example.com. Without it anybody the service knows could come in.")
    bad = next((domain for domain in found if not _DOMAIN.fullmatch(domain)), None)
    if bad is not None:
        wrong["domains"] = _("%(domain)s is not a domain. Write the part after the @.", domain=bad[:MAX_TEXT])
    return found


def _ceiling(form: Form, wrong: dict[str, str]) -> int:
    plain = form.ceiling.strip()
    if form.newcomers != "full":
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 7 else 0
    if not (plain.isascii() and plain.isdigit() and 1 <= int(plain[:7]) <= MAX_SEATS):
        wrong["ceiling"] = _("Write how many full seats there may be, as a number.")
        return 0
    return int(plain)


def _role(ctx: Context, key: str, name: str, wrong: dict[str, str]) -> UUID | None:
    """Read a role that the actor may give (Rights 11)."""
    try:
        return membership.role_to_give(ctx, parse_id(key)).id
    except Invalid as error:
        wrong[name] = error.fields["role"]
    except Forbidden as error:
        wrong[name] = error.message
    return None


def _group_roles(ctx: Context, form: Form, wrong: dict[str, str]) -> list[dict[str, Any]]:
    lines = [(group.strip()[:MAX_TEXT], role) for group, role in form.groups if group.strip()]
    if len(lines) > MAX_GROUPS:
        wrong["groups"] = _("Use at most %(number)d groups.", number=MAX_GROUPS)
        return []
    return [{"group": group, "role": str(_role(ctx, role, "groups", wrong))} for group, role in lines]


def _break_glass(ctx: Context, databases: Databases, form: Form, wrong: dict[str, str], *, is_needed: bool) -> list[UUID]:
    able = {key for key, _name in password_admins(ctx, databases)}
    chosen = [key for key in map(parse_id, form.break_glass) if key in able]
    if is_needed and not chosen:
        wrong["break_glass"] = _("Choose at least one admin with a password who can still come in when the sign-in service is down.")
    return sorted(key for key in chosen if key is not None)


def _is_admin(ctx: Context, role_ids: tuple[UUID, ...]) -> bool:
    return any(ctx.directory.roles[key].key == ADMIN_KEY for key in role_ids if key in ctx.directory.roles)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Write values down for the audit log, the secret only as having changed."""
    plain = {name: "changed" if name == "secret" else value for name, value in values.items()}
    return {
        name: [str(one) if isinstance(one, UUID) else one for one in value] if isinstance(value, list)
        else str(value) if isinstance(value, UUID) else value
        for name, value in plain.items()
    }  # fmt: skip
