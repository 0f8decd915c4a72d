"""Workspace names: what a firm may be called in an address."""

from __future__ import annotations

import re

from saas.core.errors import Invalid
from saas.core.i18n import _

RESERVED = frozenset(
    [
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "api",
        "app",
        "apps",
        "assets",
        "auth",
        "autoconfig",
        "autodiscover",
        "billing",
        "blog",
        "careers",
        "cdn",
        "chat",
        "cname",
        "connect",
        "console",
        "contact",
        "crm",
        "dashboard",
        "data",
        "demo",
        "dev",
        "developer",
        "developers",
        "dns",
        "docs",
        "download",
        "email",
        "example",
        "feedback",
        "files",
        "ftp",
        "git",
        "graphql",
        "guest",
        "help",
        "home",
        "host",
        "hostmaster",
        "http",
        "https",
        "imap",
        "info",
        "internal",
        "invite",
        "invoice",
        "jobs",
        "legal",
        "localhost",
        "login",
        "logout",
        "mail",
        "mailbox",
        "mailer",
        "manage",
        "marketing",
        "mobile",
        "mx",
        "my",
        "news",
        "ns",
        "ns1",
        "ns2",
        "oauth",
        "onebook",
        "ops",
        "operator",
        "partner",
        "partners",
        "pay",
        "payment",
        "payments",
        "ping",
        "pop",
        "pop3",
        "portal",
        "postmaster",
        "press",
        "pricing",
        "privacy",
        "prod",
        "production",
        "public",
        "register",
        "root",
        "sales",
        "sandbox",
        "secure",
        "security",
        "server",
        "sftp",
        "shop",
        "signin",
        "signup",
        "site",
        "smtp",
        "sso",
        "stage",
        "staging",
        "static",
        "stats",
        "status",
        "store",
        "stripe",
        "support",
        "sync",
        "system",
        "team",
        "terms",
        "test",
        "tls",
        "trust",
        "undefined",
        "update",
        "upgrade",
        "upload",
        "uploads",
        "user",
        "users",
        "vpn",
        "web",
        "webhook",
        "webhooks",
        "webmail",
        "webmaster",
        "wiki",
        "www",
        "xn--",
    ]
)
_SHAPE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "-": ""})
MIN_LENGTH, MAX_LENGTH = 3, 32


def check_name(slug: str, brand: str) -> str:
    """Return the name when a firm may use it. Raises Invalid({"workspace": sentence}) when not.

    Confusable spellings of reserved words and of the brand (`0nebook`, `adm1n`) are refused like the words themselves.
    """
    slug = slug.strip().lower()
    if not MIN_LENGTH <= len(slug) <= MAX_LENGTH:
        raise Invalid({"workspace": _("Use between %(low)d and %(high)d characters.") % {"low": MIN_LENGTH, "high": MAX_LENGTH}})
    if not slug.isascii() or not _SHAPE.fullmatch(slug):
        raise Invalid({"workspace": _("Use small letters a to z, digits and single hyphens; begin with a letter.")})
    plain = slug.translate(_LOOKALIKES)
    forbidden = {word.translate(_LOOKALIKES) for word in RESERVED} | {brand.lower()}
    if slug in RESERVED or plain in forbidden or plain.replace("i", "l") in forbidden:
        raise Invalid({"workspace": _("This address is kept for us. Choose another one.")})
    return slug


def suggest_name(company: str) -> str:
    """Make a name out of a company's name; may be empty when it has no Latin letters."""
    from_words = re.sub(r"[^a-z0-9]+", "-", company.lower()).strip("-")
    return re.sub(r"^[0-9-]+", "", from_words)[:MAX_LENGTH].strip("-")
