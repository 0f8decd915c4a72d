"""The browser of a request, as passkeys see it: whose domain they are for, which origin speaks, and which browser was asked."""

from __future__ import annotations

from saas.auth.factors.enrolled import Factors
from saas.auth.factors.passkeys import Browser
from saas.web.exchange import Req


def of(req: Req) -> Browser:
    """Describe the browser. Challenges are bound to the secret cookie that its CSRF token comes from."""
    settings = req.runtime.settings
    origin = settings.url(req.slug, "")
    # Browsers accept a bare domain for its sub-domains only where it is one that can be registered; `localhost` is not.
    rp_id = settings.domain if "." in settings.domain else settings.host(req.slug).partition(":")[0]
    return Browser(rp_id=rp_id, rp_name=settings.brand, origin=origin, secret=req.csrf)


def has_passkey(req: Req, factors: Factors) -> bool:
    """Tell whether one of a person's passkeys can be used on this host."""
    here = of(req).rp_id
    return any(key.rp_id == here for key in factors.passkeys)
