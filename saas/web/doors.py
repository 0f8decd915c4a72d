"""What all doors share: the session's cookie, where somebody may be sent afterwards, how often something may be tried."""

from __future__ import annotations

from urllib.parse import quote, urlsplit
from uuid import UUID

from saas.auth import sessions
from saas.core.throttle import throttle
from saas.tenants.session import ControlSession, control_session
from saas.web.exchange import Reply, Req

QUARTER_S, HOUR_S = 900, 3600


def open_session(reply: Reply, req: Req, identity_id: UUID, family_id: UUID | None = None) -> Reply:
    """Sign somebody in on the host of this request, in place of whoever was; `family_id` when an older sign-in is handed over."""
    with control_session(req.runtime.databases) as control:
        if family_id is None or sessions.family_of(control, req.session_id) != family_id:
            end_session(control, req)
        place = req.tenant.id if req.tenant else None
        token = sessions.create(control, identity_id, place, req.address, req.agent, family_id=family_id)
    return remember(reply, req, token)


def end_session(control: ControlSession, req: Req) -> None:
    """End the sign-in that this request belongs to, on all hosts."""
    if req.identity and req.session_id:
        sessions.end(control, req.identity.id, req.session_id)


def remember(reply: Reply, req: Req, token: str) -> Reply:
    """Put a session's token into the browser."""
    name = sessions.cookie_name(req.runtime.settings.is_secure)
    return reply.set_cookie(name, token, max_age_s=int(sessions.ABSOLUTE.total_seconds()))


def forget(reply: Reply, req: Req) -> Reply:
    """Take the session's token out of the browser."""
    return reply.delete_cookie(sessions.cookie_name(req.runtime.settings.is_secure))


def next_path(req: Req) -> str:
    """Read where to go afterwards: a path of this very host, or "/" for everything that could lead away."""
    text = req.one("next")
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    is_plain = text.isprintable() and "\\" not in text and not text.startswith(("/sign-", "/hand-off"))
    return text if is_path and is_plain else "/"


def hand_off_url(req: Req, slug: str, token: str, after: str = "/") -> str:
    """Build the address that takes a hand-off to a workspace."""
    more = f"&next={quote(after, safe='')}" if after != "/" else ""
    return req.runtime.settings.url(slug, f"/hand-off?token={token}{more}")


def limit(req: Req, name: str, per_address: int, window_s: int = QUARTER_S, **keys: tuple[str, int]) -> None:
    """Count a try by the client's address and by other keys: `email=(address, 5)`. Raises TooMany."""
    throttle(req.runtime.redis, f"{name}-from", req.address, per_address, window_s)
    for kind, (key, times) in keys.items():
        throttle(req.runtime.redis, f"{name}-{kind}", key, times, window_s)


def back_path(req: Req) -> str:
    """Tell which page of this host a form was on, by `next` or the Referer header."""
    if req.one("next"):
        return next_path(req)
    parts = urlsplit(req.headers.get("referer", ""))
    if parts.netloc != req.host or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")
