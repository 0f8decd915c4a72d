"""What people sign in with, in the one form it is stored: e-mail addresses, and login names of staff without one."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from saas.core.errors import Invalid
from saas.core.i18n import _

_LOGIN_NAME = re.compile(r"\w[\w.-]*")
MIN_LOGIN_NAME, MAX_LOGIN_NAME = 2, 40
MAX_NAME = 120


def email_address(text: str, field: str = "email") -> str:
    """Return an address as it is stored: small letters, no display name. Raises Invalid({field: sentence})."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        found = validate_email(plain, check_deliverability=False, globally_deliverable=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        found = ""
    if "." not in found.rpartition("@")[2]:
        raise Invalid({field: _("Write an e-mail address, such as name@example.com.") if plain else _("Write your e-mail address.")})
    return found


def login_name(text: str, field: str = "login_name") -> str:
    """Return a login name as it is stored; letters of any script. Raises Invalid({field: sentence})."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if not MIN_LOGIN_NAME <= len(plain) <= MAX_LOGIN_NAME or not _LOGIN_NAME.fullmatch(plain):
        raise Invalid({field: _("Use 2 to 40 letters, digits, dots or hyphens, without spaces.")})
    return plain


def person_name(text: str, field: str = "name") -> str:
    """Return a name on one line, of a person or a firm. Raises Invalid({field: sentence}) when it is empty or too long."""
    printable = "".join(" " if unicodedata.category(char)[0] in "CZ" and char not in "\u200c\u200d" else char for char in text)
    plain = " ".join(printable.split())
    if not plain:
        raise Invalid({field: _("Write a name.")})
    if len(plain) > MAX_NAME:
        raise Invalid({field: _("Use at most %(number)d characters.", number=MAX_NAME)})
    return plain
