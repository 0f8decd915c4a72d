"""Errors as pages: each class of refusal has one status, here and nowhere else."""

from __future__ import annotations

from saas.core import errors
from saas.core.i18n import _
from saas.web.exchange import Reply, Req
from saas.web.frame import Site
from saas.web.render import render

STATUS: dict[type[errors.DomainError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.LimitReached: 402,
    errors.TooMany: 429,
}


def refusal(req: Req, error: errors.DomainError) -> Reply:
    """Say why something was refused; to scripts as a toast, to people as a page."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    titles = {
        402: _("Limit reached"),
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("Changed in the meantime"),
        429: _("Too many tries"),
    }
    reply = _page(req, status, titles.get(status, _("That did not work")), error.message)
    if isinstance(error, errors.TooMany):
        reply.headers["Retry-After"] = str(error.retry_after_s)
    return reply


def failure(req: Req) -> Reply:
    """Say that the fault is ours, with the reference under which it was logged."""
    text = _("It has been logged as %(reference)s. Nothing you saved is lost.", reference=req.request_id)
    return _page(req, 500, _("Something broke on our side"), text)


def not_served(req: Req) -> Reply:
    """Say that this workspace is not open just now."""
    assert req.tenant is not None
    texts = {
        "suspended": (_("This workspace is closed"), _("Ask its admin, or write to us.")),
        "opening": (_("This workspace is being made"), _("It will be ready in a few seconds. Load the page again.")),
    }
    upgrading = (_("This workspace is being upgraded"), _("It will be back in a minute. Nothing is lost."))
    title, text = texts.get(req.tenant.status, upgrading)
    reply = _page(req, 503, title, text)
    reply.headers["Retry-After"] = "20"
    return reply


def _page(req: Req, status: int, title: str, text: str) -> Reply:
    if req.is_htmx:
        return Reply("", status).toast(text, tone="error")
    site = Site(brand=req.runtime.settings.brand, csrf_token=req.csrf, looking=req.looking)
    return Reply.html(render("errors/refusal.html", site=site, status=status, heading=title, text=text, reference=req.request_id), status)
