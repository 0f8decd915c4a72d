"""The modules that declare routes, by hand: what is not listed is not served."""

from __future__ import annotations

from importlib import import_module

MODULES: tuple[str, ...] = (
    "objects.bulk",
    "objects.lists",
    "imports",
    "samples",
    "search",
    "tags",
    "public_site",
    "style_pages",
    "sign_up",
    "sign_in",
    "workspaces",
    "welcome",
    "people",
    "looking",
    "profile",
    "security.confirm",
    "security.second_step",
    "security.passkey_options",
    "security.own",
    "security.firm",
    "security.passkey_sign_in",
    "security.recovery",
    "security.resets",
    "workspace_settings",
    "sso",
    "sso_settings",
    "sso_vendors",
    "effects",
    "departments",
    "roles",
    "sharing_rules",
    "access_checks",
    "audit_log",
    "leaving",
    "objects.forms",
    "objects.choices",
    "objects.story",
    "objects.sharing",
    "objects.export",
    "objects.detail",
    "objects.inline",
    "objects.deletion",
    "objects.undo",
    "activities",
    "today",
    "help",
)


def load() -> None:
    """Import them all; a module that cannot be imported stops the process."""
    for name in MODULES:
        import_module(f"saas.web.{name}")
