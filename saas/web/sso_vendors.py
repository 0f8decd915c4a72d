"""Sign-in and sign-up with Google and Microsoft. All of it happens on the public site, whose one address is registered with them;
people who came from a workspace's door go back there by the hand-off that every sign-in uses.
"""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from saas.auth import codes
from saas.auth.codes import Try
from saas.auth.sso import attempts, provider, vendors
from saas.auth.sso.asking import Trouble
from saas.auth.sso.attempts import Attempt
from saas.auth.sso.jobs import PROVE_JOB
from saas.auth.sso.vendors import Vendor
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.tenants.outbox import enqueue
from saas.tenants.session import control_session
from saas.web import doors, sign_up, sso
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import public
from saas.web.sso_buttons import PATH

DOOR = "this is the door"
HERE = "public"


@public.open_get(f"{PATH}/{{vendor:str}}", why=DOOR)
def begin(req: Req) -> Reply:
    """Send the browser to the vendor."""
    vendor, token = _vendor(req), sso.browser_token(req)
    doors.limit(req, "sso", sso.PER_ADDRESS)
    attempt = Attempt(
        kind=vendor.name, place=HERE, nonce=attempts.secret(), verifier=attempts.secret(), browser=attempts.browser_mark(token),
        then=doors.next_path(req), workspace=req.one("workspace")[:60],
    )  # fmt: skip
    try:
        state = attempts.begin(req.runtime.redis, attempt)
        url = provider.authorization_url(
            vendor.provider, _callback(req, vendor), state=state, nonce=attempt.nonce, verifier=attempt.verifier
        )
    except Trouble as trouble:
        return _refused(req, vendor, trouble.message, 502)
    return sso.remember_browser(Reply.redirect(url), req, token)


@public.open_get(f"{PATH}/{{vendor:str}}/callback", why=DOOR)
def finish(req: Req) -> Reply:
    """Take what the vendor sent the browser back with: sign in who is known, sign up who is not, ask for a code where in doubt."""
    vendor = _vendor(req)
    doors.limit(req, "sso-back", sso.PER_ADDRESS)
    attempt = attempts.take(req.runtime.redis, req.one("state"), req.cookies.get(sso.cookie_name(req), ""), HERE)
    if attempt is None or attempt.kind != vendor.name:
        return _refused(req, vendor, _("This sign-in was begun in another browser, used already or took too long. Sign in again."))
    try:
        claims = sso.redeem(req, vendor.provider, attempt, _callback(req, vendor))
        with control_session(req.runtime.databases) as control:
            identity_id = vendors.known(control, claims)
        if identity_id is not None:
            return _enter(req, identity_id, _after(attempt.workspace, attempt.then))
        word = vendors.word_on_email(vendor, claims)
    except Trouble as trouble:
        return _refused(req, vendor, trouble.message, 502)
    except Invalid:
        return _refused(req, vendor, _("%(service)s did not tell your e-mail address. Sign in with a password.", service=vendor.label))
    kept = {
        "issuer": claims.issuer, "subject": claims.subject, "email": word.email, "after": _after(attempt.workspace, attempt.then),
        "browser": attempt.browser,
    }  # fmt: skip
    return _proven(req, kept) if word.is_proof else _ask_for_code(req, vendor, kept)


@public.open_get(f"{PATH}/{{vendor:str}}/code", why=DOOR)
def ask_code(req: Req) -> Reply:
    return _code_form(req, {})


@public.open_post(f"{PATH}/{{vendor:str}}/code", why=DOOR)
def check_code(req: Req) -> Reply:
    """Compare the code; once right, the address is proven and the account is connected for good."""
    doors.limit(req, "sign-up-code", 40)
    kept, attempt = _kept(req), parse_id(req.one("attempt"))
    if kept is None or attempt is None:
        return Reply.redirect("/sign-in")
    with control_session(req.runtime.databases) as control:
        result, _email = codes.try_sign_up(control, attempt, req.one("code"), req.runtime.settings.secret_key)
    if result is Try.RIGHT:
        attempts.drop(req.runtime.redis, "unproven", str(attempt))
        return _proven(req, kept)
    said = {
        Try.WRONG: _("This is not the code in the newest letter. Look again."),
        Try.OVER: _("This code is no longer valid. Begin again and you get a new one."),
    }
    return _code_form(req, {"code": said[result]}, 422)


def _proven(req: Req, kept: dict[str, str]) -> Reply:
    """Go on with an address that is proven: inside when somebody has signed up with it, else to the rest of signing up."""
    with control_session(req.runtime.databases) as control:
        identity_id = vendors.connect(control, kept["issuer"], kept["subject"], kept["email"])
        token = codes.prove(control, kept["email"]) if identity_id is None else ""
    if identity_id is not None:
        return _enter(req, identity_id, kept["after"])
    reply = Reply.redirect("/sign-up/company")
    return reply.set_cookie(sign_up.PROOF_COOKIE, token, max_age_s=int(codes.LIVES["proof"].total_seconds()))


def _enter(req: Req, identity_id: UUID, after: str) -> Reply:
    """Sign in and lead on by a page of our own: what is asked for then comes from us, not from the vendor, and needs no confirming."""
    reply = doors.enter(req, identity_id, after)
    target = reply.headers.pop("Location")
    page = open_page(req, "sso/on_the_way.html", target=target)
    page.headers["Refresh"] = f"0;url={target}"
    page.cookies = reply.cookies
    return page.delete_cookie(sso.cookie_name(req))


def _ask_for_code(req: Req, vendor: Vendor, kept: dict[str, str]) -> Reply:
    doors.limit(req, "sign-up", 20, doors.HOUR_S, email=(kept["email"], 5))
    with control_session(req.runtime.databases) as control:
        attempt = codes.start_attempt(control, kept["email"])
        enqueue(control, PROVE_JOB, attempt=str(attempt), email=kept["email"], locale=req.locale)
    attempts.keep(req.runtime.redis, "unproven", str(attempt), kept)
    return Reply.redirect(f"{PATH}/{vendor.name}/code?attempt={attempt}")


def _kept(req: Req) -> dict[str, str] | None:
    kept = attempts.kept(req.runtime.redis, "unproven", req.one("attempt"))
    is_own = kept is not None and kept["browser"] == attempts.browser_mark(req.cookies.get(sso.cookie_name(req), ""))
    return kept if is_own else None


def _code_form(req: Req, wrong: dict[str, str], status: int = 200) -> Reply:
    vendor, kept = _vendor(req), _kept(req)
    if kept is None:
        return Reply.redirect("/sign-in")
    return open_page(
        req, "sso/code.html", status=status, vendor=vendor, attempt=req.one("attempt"), email=kept["email"], errors=wrong, path=PATH
    )


def _vendor(req: Req) -> Vendor:
    found = next((one for one in vendors.vendors(req.runtime.settings) if one.name == req.params["vendor"]), None)
    if found is None:
        raise NotFound(_("This page does not exist."))
    return found


def _callback(req: Req, vendor: Vendor) -> str:
    return req.runtime.settings.url(path=f"{PATH}/{vendor.name}/callback")


def _after(workspace: str, then: str) -> str:
    """Say where a signed-in person goes: the workspace whose door they came from, by hand-off, or where the public site leads."""
    if not workspace.replace("-", "").isalnum():
        return then
    return f"/open/{workspace}" + (f"?next={quote(then, safe='')}" if then != "/" else "")


def _refused(req: Req, vendor: Vendor, message: str, status: int = 403) -> Reply:
    return sso.refused(req, message, status=status, retry=f"{PATH}/{vendor.name}")
