"""Single sign-on at a workspace's door: to the firm's provider and back. No transaction is open while a provider is asked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from saas.auth.context import Context
from saas.auth.directory import directory
from saas.auth.sessions import Person
from saas.auth.sso import arrive, attempts, configure, provider, rules
from saas.auth.sso.asking import MAX_TEXT, Trouble
from saas.auth.sso.attempts import Attempt
from saas.auth.sso.provider import Claims, Provider
from saas.auth.sso.tables import SsoSettings
from saas.core.errors import Forbidden, Invalid
from saas.core.i18n import _
from saas.tenants import planes
from saas.tenants.session import tenant_session
from saas.web import doors, errors
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import workspace

START, CALLBACK = "/sign-in/sso", "/sign-in/sso/callback"
SETTINGS = "/settings/single-sign-on"
DOOR = "this is the door"
# How often one address, and all of one workspace, may begin or end a sign-in in a quarter of an hour: an office comes in at nine.
PER_ADDRESS, PER_WORKSPACE = 400, 2000


@dataclass(frozen=True)
class Offer:
    """What a workspace's sign-in page says about single sign-on."""

    label: str
    is_required: bool


@workspace.open_get(START, why=DOOR)
def begin(req: Req) -> Reply:
    """Send the browser to the firm's provider, to sign in or (with the key that the settings page gave) for a trial."""
    if not is_open(req):
        return errors.not_served(req)
    assert req.tenant is not None
    doors.limit(req, "sso", PER_ADDRESS, workspace=(str(req.tenant.id), PER_WORKSPACE))
    row, redis = _stored(req), req.runtime.redis
    trial = attempts.kept(redis, "trial-key", req.one("trial")) if req.one("trial") else None
    if row is None or (not row.is_on and trial is None):
        return refused(req, _("Single sign-on is switched off in this workspace."))
    who = _provider(req, row)
    token, after = browser_token(req), doors.next_path(req)
    attempt = Attempt(
        kind="test" if trial else "enter", place=str(req.tenant.id), nonce=attempts.secret(), verifier=attempts.secret(),
        browser=attempts.browser_mark(token), then=after, fingerprint=configure.fingerprint(row), member=trial["member"] if trial else "",
    )  # fmt: skip
    try:
        if trial:
            provider.forget(who)
        state = attempts.begin(redis, attempt)
        url = provider.authorization_url(who, callback_url(req), state=state, nonce=attempt.nonce, verifier=attempt.verifier)
    except Trouble as trouble:
        return _tell_trial(req, attempt, trouble=trouble) if trial else refused(req, trouble.message, after, 502)
    return remember_browser(Reply.redirect(url), req, token)


@workspace.open_get(CALLBACK, why=DOOR)
def finish(req: Req) -> Reply:
    """Take what the provider sent the browser back with, and let in whom it vouches for."""
    if not is_open(req):
        return errors.not_served(req)
    assert req.tenant is not None
    doors.limit(req, "sso-back", PER_ADDRESS, workspace=(str(req.tenant.id), PER_WORKSPACE))
    attempt = attempts.take(req.runtime.redis, req.one("state"), req.cookies.get(cookie_name(req), ""), str(req.tenant.id))
    if attempt is None:
        return refused(req, _("This sign-in was begun in another browser, used already or took too long. Sign in again."))
    is_trial = attempt.kind == "test"
    try:
        row = _stored(req)
        if row is None or configure.fingerprint(row) != attempt.fingerprint:
            raise Trouble(_("The settings of single sign-on have just been changed. Sign in again."))
        claims = redeem(req, _provider(req, row), attempt, callback_url(req))
    except Trouble as trouble:
        return _tell_trial(req, attempt, trouble=trouble) if is_trial else refused(req, trouble.message, attempt.then, 502)
    if is_trial:
        return _tell_trial(req, attempt, row, claims)
    try:
        arrival = arrive.arrive(req.runtime.databases, req.tenant, claims, req.locale)
    except Forbidden as refusal:
        return refused(req, refusal.message, attempt.then)
    reply = Reply.redirect(attempt.then)
    if arrival.is_short:
        reply.toast(_("All full seats are taken, so you can look but not change anything. An admin can give you a full seat."), tone="info")
    # The provider answers for how well people prove who they are, second factors included (decision 9).
    return doors.open_session(reply.delete_cookie(cookie_name(req)), req, arrival.identity_id, is_two_factor=True)


def again(ctx: Context, req: Req) -> Reply:
    """Ask somebody whom the firm's provider vouches for to come in by it once more: there is nothing of theirs here to prove with."""
    after = req.url if req.method == "GET" and not req.path.startswith("/me/security") else doors.next_path(req)
    label = rules.rules(ctx.db, ctx.directory).label or _("single sign-on")
    return open_page(req, "sso/again.html", label=label, after=after)


def offer(req: Req) -> Offer | None:
    """Say what the sign-in page of this workspace offers; None where single sign-on is off."""
    if req.tenant is None or not is_open(req):
        return None
    with tenant_session(req.runtime.databases, req.tenant) as db:
        found = rules.rules(db, directory(db))
    return Offer(found.label or _("single sign-on"), found.is_required) if found.is_on else None


def insist(req: Req, person: Person) -> None:
    """Refuse who proved a password where the firm's provider has to vouch for everybody. Raises Invalid({"": sentence})."""
    if not admits(req, person.id):
        raise Invalid({"": _("This workspace asks everybody to use its own sign-in service. Press its button here.")})


def admits(req: Req, identity_id: UUID) -> bool:
    """Tell whether somebody may come into this workspace without its own service."""
    if req.tenant is None or not is_open(req):
        return True
    with tenant_session(req.runtime.databases, req.tenant) as db:
        people = directory(db)
        member = people.by_identity.get(identity_id)
        return member is None or rules.admits(rules.rules(db, people), people, member)


def is_open(req: Req) -> bool:
    """Tell whether this workspace can be entered just now."""
    return req.tenant is not None and req.tenant.status == "active" and planes.is_served(req.tenant.revision)


def callback_url(req: Req) -> str:
    """Build the address that a provider sends people back to; it has to be registered there."""
    return req.runtime.settings.url(req.slug, CALLBACK)


def redeem(req: Req, who: Provider, attempt: Attempt, redirect_uri: str) -> Claims:
    """Check what came back with the browser and turn its code into claims. Raises Trouble."""
    refusal = req.one("error")
    if refusal == "access_denied":
        raise Trouble(_("You were not signed in: the sign-in service says it was refused or cancelled."), refusal)
    if refusal or not req.one("code"):
        detail = f"{refusal}: {req.one('error_description')}"[:MAX_TEXT]
        raise Trouble(_("The sign-in service could not sign you in. Try again, or ask an admin."), detail)
    if not provider.answers_as(who, req.one("iss") or None):
        raise Trouble(_("The answer came from another sign-in service. Sign in again."), req.one("iss")[:MAX_TEXT])
    return provider.redeem(who, redirect_uri, code=req.one("code"), nonce=attempt.nonce, verifier=attempt.verifier)


def cookie_name(req: Req) -> str:
    """Name the cookie that binds a sign-in under way to one browser on one host."""
    return "__Host-sign-in" if req.runtime.settings.is_secure else "sign-in"


def browser_token(req: Req) -> str:
    """Return this browser's own value; the one it has, so that sign-ins in two tabs do not disturb each other."""
    return req.cookies.get(cookie_name(req), "") or attempts.secret()


def remember_browser(reply: Reply, req: Req, token: str) -> Reply:
    """Put the value into the browser for as long as a sign-in may take."""
    return reply.set_cookie(cookie_name(req), token, max_age_s=attempts.LIFE_S)


def refused(req: Req, message: str, after: str = "/", status: int = 403, retry: str = START) -> Reply:
    """Say why somebody was not signed in, and what they can do."""
    return open_page(req, "sso/refused.html", status=status, message=message, after=after, retry=retry)


def _stored(req: Req) -> SsoSettings | None:
    assert req.tenant is not None
    if not rules.is_there(req.tenant):
        return None
    with tenant_session(req.runtime.databases, req.tenant) as db:
        return configure.stored(db)


def _provider(req: Req, row: SsoSettings) -> Provider:
    assert req.tenant is not None
    return configure.provider_of(row, req.tenant, req.runtime.settings)


def _tell_trial(
    req: Req, attempt: Attempt, row: SsoSettings | None = None, claims: Claims | None = None, trouble: Trouble | None = None
) -> Reply:
    """Keep what a trial brought for the settings page. It changes nothing but that these settings now count as tested."""
    result = arrive.nothing_told(trouble.message, trouble.detail) if trouble else arrive.nothing_told()
    if row is not None and claims is not None:
        assert req.tenant is not None
        with tenant_session(req.runtime.databases, req.tenant) as db:
            result = arrive.rehearse(db, row, claims)
            if result["is_good"]:
                configure.note_trial(db, attempt.fingerprint)
    attempts.show(req.runtime.redis, attempt.member, result)
    return Reply.redirect(f"{SETTINGS}#trial")
