"""The firm's own settings: name, logo, currency, time zone, phone region, language, accent colour."""

from __future__ import annotations

from sqlalchemy import update

from saas.auth import addresses, audit, directory, regions
from saas.auth.context import Context
from saas.auth.members import Workspace
from saas.core.clock import now
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import LANGUAGE_NAMES, LOCALES, _
from saas.core.ids import new_id
from saas.crm.sharing import telling
from saas.tenants.models import TenantRow
from saas.tenants.session import control_session
from saas.web.exchange import Reply, Req, UploadedFile
from saas.web.frame import ACCENTS
from saas.web.navigation import settings_tabs
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, workspace

MANAGE = "settings:manage"
FIELDS = ("name", "currency", "timezone", "region", "language", "accent")
LOGO_BYTES = 1024 * 1024
# The first bytes say what a file is; its name and its declared type are only claims.
PICTURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n", 0, b""),
    "image/jpeg": (b"\xff\xd8\xff", 0, b""),
    "image/gif": (b"GIF8", 0, b""),
    "image/webp": (b"RIFF", 8, b"WEBP"),
}
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


@workspace.get("/settings", right=SIGNED_IN, looking=True)
def show(ctx: Context, req: Req) -> Reply:
    return _page(ctx, req, {})


@workspace.post("/settings", right=MANAGE)
def save(ctx: Context, req: Req) -> Reply:
    typed = {name: req.one(name) for name in FIELDS}
    wrong = _check(typed)
    if wrong:
        return _page(ctx, req, wrong, 422, typed)
    typed["name"] = addresses.person_name(typed["name"])
    directory.touch(ctx.db)
    row = ctx.db.get_one(Workspace, 1)
    before = {name: getattr(row, name) for name in FIELDS if getattr(row, name) != typed[name]}
    for name in before:
        setattr(row, name, typed[name])
    if before:
        audit.note(ctx.db, ctx.member.id, "workspace.settings", before, {name: typed[name] for name in before})
    if "name" in before:
        ctx.after_commit.append(lambda: _rename(ctx, req, typed["name"]))
    return Reply.redirect("/settings").toast(_("Saved"))


@workspace.post("/settings/logo", right=MANAGE, body_bytes=2 * LOGO_BYTES)
def save_logo(ctx: Context, req: Req) -> Reply:
    file = req.files.get("logo")
    try:
        kind = picture_type(file)
    except Invalid as error:
        return _page(ctx, req, error.fields, 422)
    assert file is not None
    key = f"{ctx.tenant.id}/logo/{new_id().hex}.{SUFFIXES[kind]}"
    req.runtime.storage.put(key, file.path)
    _set_logo(ctx, req, key)
    return Reply.redirect("/settings").toast(_("Logo saved"))


@workspace.post("/settings/logo/remove", right=MANAGE)
def remove_logo(ctx: Context, req: Req) -> Reply:
    _set_logo(ctx, req, None)
    return Reply.redirect("/settings").toast(_("Logo removed"))


@workspace.post("/settings/in-the-book", right=MANAGE)
def save_tells_of(ctx: Context, req: Req) -> Reply:
    """Choose of which objects people are told that a record they may not read is in the book. Objects not offered stay as they are."""
    offered = {name for name, _label in telling.offered()}
    directory.touch(ctx.db)
    row = ctx.db.get_one(Workspace, 1)
    before = sorted(row.tells_of)
    after = sorted({*row.tells_of} - offered | (offered & {*req.form.get("tells_of", ())}))
    if before != after:
        row.tells_of = after
        audit.note(ctx.db, ctx.member.id, "workspace.tells_of", {"tells_of": before}, {"tells_of": after})
    return Reply.redirect("/settings#in-the-book").toast(_("Saved"))


@workspace.get("/logo", right=SIGNED_IN, looking=True)
def logo(ctx: Context, req: Req) -> Reply:
    """Serve the logo as nothing but a picture; its address changes with it, so browsers may keep it."""
    key = ctx.workspace.logo_key
    if key is None:
        raise NotFound(_("This page does not exist."))
    kind = next(kind for kind, suffix in SUFFIXES.items() if key.endswith(f".{suffix}"))
    reply = Reply.stream(req.runtime.storage.stream(key), kind)
    reply.headers["Cache-Control"] = "private, max-age=86400"
    return reply


def picture_type(file: UploadedFile | None) -> str:
    """Tell what kind of picture a file really is. Raises Invalid({"logo": sentence})."""
    if file is None or file.size == 0:
        raise Invalid({"logo": _("Choose a picture first.")})
    if file.size > LOGO_BYTES:
        raise Invalid({"logo": _("Use a picture of at most 1 MB.")})
    with file.path.open("rb") as stream:
        head = stream.read(16)
    for kind, (start, offset, mark) in PICTURES.items():
        if head.startswith(start) and head[offset:].startswith(mark):
            return kind
    raise Invalid({"logo": _("Use a picture in PNG, JPEG, WebP or GIF.")})


def _check(typed: dict[str, str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    try:
        addresses.person_name(typed["name"])
    except Invalid as error:
        wrong.update(error.fields)
    known = {
        "currency": regions.currency_codes(),
        "timezone": regions.zone_names(),
        "region": regions.country_codes(),
        "language": frozenset(LOCALES),
        "accent": frozenset(ACCENTS),
    }
    wrong.update({name: _("Choose from the list.") for name, allowed in known.items() if typed[name] not in allowed})
    return wrong


def _set_logo(ctx: Context, req: Req, key: str | None) -> None:
    """Point the firm at another logo; the old file goes once that is committed."""
    directory.touch(ctx.db)
    row = ctx.db.get_one(Workspace, 1)
    old, row.logo_key = row.logo_key, key
    audit.note(ctx.db, ctx.member.id, "workspace.logo", {"logo": old}, {"logo": key})
    if old is not None:
        ctx.after_commit.append(lambda: req.runtime.storage.delete(old))


def _rename(ctx: Context, req: Req, name: str) -> None:
    """Tell the control plane the firm's name, which sign-in pages and lists of workspaces show."""
    with control_session(req.runtime.databases) as control:
        control.execute(update(TenantRow).where(TenantRow.id == ctx.tenant.id).values(name=name))


def _page(ctx: Context, req: Req, wrong: dict[str, str], status: int = 200, typed: dict[str, str] | None = None) -> Reply:
    settings = ctx.workspace
    values = {name: getattr(settings, name) or "" for name in FIELDS}
    values["accent"] = values["accent"] or ACCENTS[0]
    return page(
        ctx, req, "settings/workspace.html", status=status, values={**values, **(typed or {})}, errors=wrong,
        may_manage=ctx.rights.may(MANAGE), currencies=regions.currencies(req.locale), countries=regions.countries(req.locale),
        zones=regions.zones(now()), languages=list(LANGUAGE_NAMES.items()), accents=accent_names(), logo_key=settings.logo_key,
        tells_of=ctx.workspace.tells_of, tellable=telling.offered(),
        host=req.runtime.settings.host(ctx.tenant.slug), tabs=settings_tabs(ctx, req.path),
    )  # fmt: skip


def accent_names() -> list[tuple[str, str]]:
    """List the accent colours with their names."""
    names = {
        "blue": _("Blue"), "teal": _("Teal"), "green": _("Green"), "olive": _("Olive"), "orange": _("Orange"),
        "red": _("Red"), "pink": _("Pink"), "violet": _("Violet"), "graphite": _("Graphite"),
    }  # fmt: skip
    return [(accent, names[accent]) for accent in ACCENTS]
