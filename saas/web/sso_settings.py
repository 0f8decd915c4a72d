"""The settings page of single sign-on: the firm's provider, who may come in by it, a trial before it is switched on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from saas.auth import membership
from saas.auth.context import Context
from saas.auth.sso import attempts, configure, rules
from saas.auth.sso.configure import Form
from saas.auth.sso.tables import SsoSettings
from saas.core.errors import Invalid
from saas.core.i18n import _, ngettext
from saas.web import doors, errors, sso
from saas.web.exchange import Reply, Req
from saas.web.pages import page
from saas.web.routing import workspace

PATH, MANAGE = sso.SETTINGS, configure.MANAGE
TEXTS = ("label", "issuer", "client_id", "secret", "domains", "newcomers", "ceiling", "role", "department", "group_claim")
SPARE_LINES = 3


@workspace.get(PATH, right=MANAGE)
def show(ctx: Context, req: Req) -> Reply:
    if not rules.is_there(ctx.tenant):
        return errors.not_served(req)
    return _page(ctx, req, _form_of(configure.stored(ctx.db)), {})


@workspace.post(PATH, right=MANAGE)
def save(ctx: Context, req: Req) -> Reply:
    """Keep the settings. Another provider, client or secret than the one tested switches single sign-on off until it is tested."""
    form = _read(req)
    try:
        configure.save(ctx, req.runtime.databases, req.runtime.settings, form)
    except Invalid as error:
        return _page(ctx, req, form, error.fields, 422)
    return Reply.redirect(f"{PATH}#trial").toast(_("Saved"))


@workspace.get(f"{PATH}/test", right=MANAGE, looking=False)
def test(ctx: Context, req: Req) -> Reply:
    """Begin a trial sign-in; the door asks the provider, where no transaction is open."""
    doors.limit(req, "sso-test", sso.PER_ADDRESS, tenant=(str(ctx.tenant.id), 60))
    key = attempts.secret()
    attempts.keep(req.runtime.redis, "trial-key", key, {"member": str(ctx.member.id)})
    return Reply.redirect(f"{sso.START}?trial={key}")


@workspace.post(f"{PATH}/on", right=MANAGE)
def switch_on(ctx: Context, req: Req) -> Reply:
    try:
        configure.switch(ctx, req.runtime.databases, is_on=True)
    except Invalid as error:
        return _page(ctx, req, _form_of(configure.stored(ctx.db)), error.fields, 422)
    return Reply.redirect(PATH).toast(_("Single sign-on is on"))


@workspace.post(f"{PATH}/off", right=MANAGE)
def switch_off(ctx: Context, req: Req) -> Reply:
    configure.switch(ctx, req.runtime.databases, is_on=False)
    return Reply.redirect(PATH).toast(_("Single sign-on is off"))


@workspace.post(f"{PATH}/forget", right=MANAGE)
def forget(ctx: Context, _req: Req) -> Reply:
    count = configure.forget_links(ctx)
    said = ngettext("Forgot %(num)d connection", "Forgot %(num)d connections", count, num=count)
    return Reply.redirect(PATH).toast(said)


def _read(req: Req) -> Form:
    groups, roles = req.form.get("group", []), req.form.get("group_role", [])
    return Form(
        **{name: req.one(name) for name in TEXTS}, groups=list(zip(groups, roles, strict=False)),
        is_required=req.one("is_required") == "1", break_glass=req.form.get("break_glass", []),
    )  # fmt: skip


def _form_of(row: SsoSettings | None) -> Form:
    """Fill the form with what is stored; a secret never comes back."""
    if row is None:
        return Form()
    return Form(
        label=row.label, issuer=row.issuer, client_id=row.client_id, domains=", ".join(row.domains), newcomers=row.newcomers,
        ceiling=str(row.ceiling or ""), role=str(row.role_id or ""), department=str(row.department_id or ""), group_claim=row.group_claim,
        groups=[(line["group"], line["role"]) for line in row.group_roles], is_required=row.is_required,
        break_glass=[str(key) for key in row.break_glass],
    )  # fmt: skip


def _page(ctx: Context, req: Req, form: Form, wrong: dict[str, str], status: int = 200) -> Reply:
    row, able = configure.stored(ctx.db), configure.password_admins(ctx, req.runtime.databases)
    values: dict[str, Any] = {**asdict(form), "groups": [*form.groups, *[("", "")] * SPARE_LINES]}
    values["department"] = form.department or str(ctx.member.department_id)
    staff = sum(1 for member in ctx.directory.members.values() if member.status == "active" and not member.email)
    return page(
        ctx, req, "sso/settings.html", status=status, values=values, errors=wrong, row=row, is_admin=ctx.rights.is_admin,
        is_tested=row is not None and row.tested == configure.fingerprint(row), callback=sso.callback_url(req),
        roles=[(role.id, role.name) for role in ctx.directory.roles.values() if membership.may_grant(ctx, role)],
        departments=[(place.id, place.name) for place in ctx.directory.departments.values()],
        admins=[(str(key), name) for key, name in able], trial=attempts.shown(req.runtime.redis, str(ctx.member.id)),
        links=configure.count_links(ctx.db), staff=staff,
    )  # fmt: skip
