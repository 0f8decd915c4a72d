"""Where the buttons of Google and Microsoft lead, for the pages that show them."""

from __future__ import annotations

from urllib.parse import urlencode

from saas.auth.sso import vendors
from saas.web.exchange import Req

PATH = "/sign-in/with"


def buttons(req: Req, after: str = "/") -> tuple[tuple[str, str, str], ...]:
    """List (name, label, address) of the operator's providers; `after` is a path of this host to come back to."""
    words = {"workspace": req.slug or "", "next": after if after != "/" else ""}
    asked = urlencode({name: value for name, value in words.items() if value})
    root = req.runtime.settings.url(path=PATH)
    return tuple((one.name, one.label, f"{root}/{one.name}{'?' if asked else ''}{asked}") for one in vendors.vendors(req.runtime.settings))
