"""Headers every answer carries, and the page for what never reaches a handler."""

from __future__ import annotations

from functools import cache

from saas.core.i18n import _
from saas.core.settings import Settings
from saas.web.frame import Site
from saas.web.render import render


@cache
def security(settings: Settings) -> dict[str, str]:
    """Return the security headers. Forms may go to workspaces of this domain: signing in hands a person over to one."""
    port = f":{settings.public_port}" if settings.public_port else ""
    hosts = f"{settings.scheme}://{settings.domain}{port} {settings.scheme}://*.{settings.domain}{port}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        f"manifest-src 'self'; form-action 'self' {hosts}; frame-ancestors 'none'; base-uri 'none'"
    )
    found = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    if settings.is_secure:
        found["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return found


def plain_page(status: int) -> str:
    """Render the page for an address, method or size that no route accepts."""
    texts = {
        404: (_("Not found"), _("This page does not exist.")),
        405: (_("Not allowed"), _("This page cannot be used that way.")),
        413: (_("Too large"), _("What you sent is larger than this page accepts.")),
    }
    heading, text = texts.get(status, (_("That did not work"), _("Go back and try again.")))
    return render("errors/refusal.html", site=Site(), status=status, heading=heading, text=text, reference="")
