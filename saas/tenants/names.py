"""Workspace names: what a firm may be called in an address."""

from __future__ import annotations

import re
from itertools import groupby

from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.text.folding import fold
from saas.core.text.normal import company_key
from saas.core.text.pinyin import is_han, syllables

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
# What can be taken for something else at a glance; both sides of a comparison are brought to this form.
_LOOKALIKES = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "j": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "q": "g", "-": ""}
)
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
    plain = _skeleton(slug)
    if plain in {_skeleton(word) for word in RESERVED} or plain.startswith(_skeleton(brand.lower())):
        raise Invalid({"workspace": _("This address is kept for us. Choose another one.")})
    return slug


def suggest_name(company: str) -> str:
    """Make a name out of a company's name without its legal form, Chinese by pinyin; empty when nothing in it can be written so."""
    latin = "".join(
        " ".join(syllables(run)) if han else run
        for han, run in ((han, "".join(group)) for han, group in groupby(company_key(company), is_han))
    )
    from_words = re.sub(r"[^a-z0-9]+", "-" if latin.isascii() and not _has_han(company) else "", fold(latin)).strip("-")
    name = re.sub(r"^[0-9-]+", "", from_words)[:MAX_LENGTH].strip("-")
    return name if len(name) >= MIN_LENGTH else ""


def _has_han(text: str) -> bool:
    return any(map(is_han, text))


def _skeleton(text: str) -> str:
    return text.translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w")
