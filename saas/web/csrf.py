"""Proof that an unsafe request comes from a page of ours: a token derived from the browser's own secret cookie, and the Origin header."""

from __future__ import annotations

import hashlib
import hmac

from saas.core.errors import Forbidden
from saas.core.i18n import _

FIELD, HEADER = "csrf_token", "x-csrf-token"
VISITOR_COOKIE = "visitor"
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


def token(secret_key: str, secret: str) -> str:
    """Derive the token of a browser from its session token, or from its visitor cookie while nobody is signed in."""
    return hmac.new(secret_key.encode(), b"csrf:" + secret.encode(), hashlib.sha256).hexdigest()[:40]


def check(expected: str, sent: str, origin: str | None, fetch_site: str | None, own_origin: str) -> None:
    """Refuse a forged request. Raises Forbidden."""
    is_foreign = (origin not in (None, own_origin)) or fetch_site not in (None, "same-origin", "none")
    if is_foreign or not expected or not hmac.compare_digest(expected.encode(), sent.encode()):
        raise Forbidden(_("This form was open for too long, or did not come from this page. Load the page again and repeat."))
