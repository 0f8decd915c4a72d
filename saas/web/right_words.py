"""The words for rights, as pages say them: actions, scopes, fixed rights, starting points."""

from __future__ import annotations

from saas.core.i18n import _


def action_names() -> dict[str, str]:
    """Name the actions, in their order."""
    return {
        "read": _("See"), "create": _("Make new ones"), "edit": _("Change"), "delete": _("Delete"), "export": _("Export"),
        "bulk": _("Change many at once"), "assign": _("Assign"),
    }  # fmt: skip


def scope_names() -> dict[str, str]:
    """Name the scopes, the narrowest first."""
    return {
        "none": _("None"), "own": _("Own"), "department": _("Department"), "subtree": _("Department and below"), "all": _("All records"),
    }  # fmt: skip


def fixed_names() -> dict[str, str]:
    """Name the rights beside objects."""
    return {
        "members:manage": _("Manage people and departments"),
        "roles:manage": _("Manage roles and sharing"),
        "billing:manage": _("Manage the subscription and bills"),
        "settings:manage": _("Change the workspace settings"),
        "audit:read": _("Read the audit log"),
        "data:export": _("Export the data of the whole workspace"),
    }


def plan_names() -> list[tuple[str, str, str]]:
    """Name the starting points of rights: (key, name, what it means)."""
    return [
        ("everyone", _("Everyone sees everything"), _("Good for small teams that know each other.")),
        ("department", _("By department"), _("People see the records of their departments; managers also those of the departments below.")),
        ("own", _("Own records only"), _("People see what they own; managers see their departments and those below.")),
    ]


def seat_names() -> list[tuple[str, str, str]]:
    """Name the seats: (key, name, what it means)."""
    return [
        ("full", _("Full seat"), _("Works with everything the roles allow.")),
        ("viewer", _("Viewer, free"), _("Looks and comments, whatever the roles allow.")),
    ]
