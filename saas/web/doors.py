"""What all doors share: the session's cookie, where somebody may be sent afterwards, how often something may be tried.

No session of somebody with a second factor is opened here before that factor is proved.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit
from uuid import UUID

from saas.auth import login, sessions
from saas.auth.factors import enrolled, known_devices, letters, pending
from saas.auth.factors.letters import Notice
from saas.auth.identities import Identity
from saas.core.clock import now
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.core.locale_format import format_datetime
from saas.core.throttle import throttle
from saas.tenants.session import ControlSession, control_session
from saas.web.agents import device
from saas.web.exchange import LOOK_COOKIE, Reply, Req

QUARTER_S, HOUR_S = 900, 3600
SECOND_STEP = "/sign-in/second"


def enter(req: Req, identity_id: UUID, after: str, *, is_two_factor: bool = False) -> Reply:
    """Sign in and lead on: to a path of this host or, from the public site's door ("/"), into the one workspace or to the list of them."""
    if req.tenant is not None or after != "/":
        return open_session(Reply.redirect(after), req, identity_id, is_two_factor=is_two_factor)
    with control_session(req.runtime.databases) as control:
        if not is_two_factor and enrolled.has_any(control, identity_id):
            return _ask_second(control, req, identity_id, None, after)
        family, mine = new_id(), login.places(control, identity_id)
        handed = login.hand_over(control, identity_id, mine[0].slug, family) if len(mine) == 1 else None
    target = hand_off_url(req, handed[0].slug, handed[1]) if handed else "/workspaces"
    return open_session(Reply.redirect(target), req, identity_id, family, is_two_factor=is_two_factor)


def open_session(reply: Reply, req: Req, identity_id: UUID, family_id: UUID | None = None, *, is_two_factor: bool = False) -> Reply:
    """Sign somebody in on the host of this request, in place of whoever was; `family_id` when an older sign-in is handed over.

    Who has a second factor that neither this request (`is_two_factor`) nor the older sign-in proved is asked for it first, and
    then led to where `reply` leads.
    """
    with control_session(req.runtime.databases) as control:
        elder = sessions.family_proof(control, family_id) if family_id else None
        if not (is_two_factor or (elder and elder.is_two_factor)) and enrolled.has_any(control, identity_id):
            return _ask_second(control, req, identity_id, family_id, reply.headers["Location"])
        if family_id is None or sessions.family_of(control, req.session_id) != family_id:
            end_session(control, req)
        place = req.tenant.id if req.tenant else None
        token = sessions.create(control, identity_id, place, req.address, req.agent, family_id=family_id, is_two_factor=is_two_factor)
        know(reply, req, control, identity_id, is_told=elder is None)
    return remember(reply, req, token)


def know(reply: Reply, req: Req, control: ControlSession, identity_id: UUID, *, is_told: bool) -> None:
    """Remember this browser as one of the person's; write to them when it is a new one, but not about the first they ever used."""
    settings = req.runtime.settings
    seen = known_devices.note(control, identity_id, known_devices.read(settings.secret_key, req.cookies.get(known_devices.COOKIE, "")))
    value = known_devices.write(settings.secret_key, seen.device_id)
    reply.set_cookie(known_devices.COOKIE, value, max_age_s=int(known_devices.KEPT.total_seconds()))
    if not (is_told and seen.is_new and not seen.is_first):
        return
    person, url, at = control.get_one(Identity, identity_id), settings.url(req.slug, "/me" if req.slug else "/workspaces"), now()

    def write() -> Notice:
        where = _(
            "%(device)s, from %(address)s, on %(when)s (UTC).", device=device(req.agent), address=req.address, when=format_datetime(at)
        )
        lines = _("You signed in with a browser we have not seen before:"), where, letters.not_you()
        return Notice(_("New sign-in to your account"), lines, url, _("See your devices"))

    letters.post(control, settings, person.email, person.language, write)


def _ask_second(control: ControlSession, req: Req, identity_id: UUID, family_id: UUID | None, after: str) -> Reply:
    token = pending.begin(control, identity_id, req.tenant.id if req.tenant else None, family_id, after)
    name = pending.cookie_name(req.runtime.settings.is_secure)
    return Reply.redirect(SECOND_STEP).set_cookie(name, token, max_age_s=int(pending.LIFE.total_seconds()))


def end_session(control: ControlSession, req: Req) -> None:
    """End the sign-in that this request belongs to, on all hosts."""
    if req.identity and req.session_id:
        sessions.end(control, req.identity.id, req.session_id)


def remember(reply: Reply, req: Req, token: str) -> Reply:
    """Put a session's token into the browser."""
    name = sessions.cookie_name(req.runtime.settings.is_secure)
    return reply.set_cookie(name, token, max_age_s=int(sessions.ABSOLUTE.total_seconds()))


def forget(reply: Reply, req: Req) -> Reply:
    """Take the session's token out of the browser, and as whom its holder was looking."""
    if LOOK_COOKIE in req.cookies:
        reply.delete_cookie(LOOK_COOKIE)
    return reply.delete_cookie(sessions.cookie_name(req.runtime.settings.is_secure))


def to_sign_in(req: Req) -> Reply:
    """Lead to the door of this host, and afterwards to where somebody wanted to go."""
    after = next_path(req)
    return Reply.redirect("/sign-in" if after == "/" else f"/sign-in?next={quote(after, safe='')}")


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
