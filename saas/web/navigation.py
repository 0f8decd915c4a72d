"""The left rail and the "+" menu: which pages a member is offered."""

from __future__ import annotations

from saas.auth.context import Context
from saas.core.i18n import _
from saas.crm import registry
from saas.web.frame import NavGroup, NavItem

# Objects with a place in the rail, by group; the others are reached from the records they belong to.
SALES = ("accounts", "contacts", "activities")


def rail(ctx: Context, path: str) -> tuple[NavGroup, ...]:
    """List the groups of the rail, only with what the member may see."""
    here = (NavItem(_("Today"), "/today", "sun", _is_at(path, "/today")),)
    sales = tuple(
        NavItem(str(registry.get(name).plural), f"/{name}", registry.get(name).icon, _is_at(path, f"/{name}"))
        for name in SALES
        if ctx.rights.may(f"{name}:read")
    )
    everyone = [NavItem(_("Imports"), "/imports", "file-up", _is_at(path, "/imports"))] if ctx.rights.may("contacts:create") else []
    everyone.append(NavItem(_("People"), "/people", "users", _is_at(path, "/people")))
    return (NavGroup("", here), NavGroup(_("Sales"), sales), NavGroup(_("Everyone"), tuple(everyone)))


def settings_tabs(ctx: Context, path: str) -> list[tuple[str, str, bool]]:
    """List the settings as tabs (label, address, whether it is this one), only those the member may use."""
    all_of_them = (
        (_("Workspace"), "/settings", ""),
        (_("People"), "/people", "members:manage"),
        (_("Departments"), "/settings/departments", "members:manage"),
        (_("Roles"), "/settings/roles", "roles:manage"),
        (_("Sharing"), "/settings/sharing", "roles:manage"),
        (_("Access checks"), "/settings/access-checks", "roles:manage"),
        (_("Audit log"), "/settings/audit", "audit:read"),
    )
    return [
        (label, href, path == href if href == "/settings" else _is_at(path, href))
        for label, href, right in all_of_them
        if not right or ctx.rights.may(right)
    ]


def create_items(ctx: Context) -> tuple[NavItem, ...]:
    """List what the "+" menu offers to make."""
    return tuple(
        NavItem(str(registry.get(name).singular), f"/{name}/new", registry.get(name).icon)
        for name in SALES
        if ctx.rights.may(f"{name}:create")
    )


def _is_at(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")
