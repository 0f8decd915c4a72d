"""First steps into a workspace: accepting an invitation, and the one-time code of staff without e-mail."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import addresses, invitations, login, membership, passwords, staff
from saas.auth.identities import Identity
from saas.auth.members import Invitation, Member
from saas.auth.sessions import Person
from saas.core.errors import Invalid, NotFound
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.tenants.session import Tenant, control_session, tenant_session
from saas.web import doors
from saas.web.exchange import Reply, Req
from saas.web.pages import open_page
from saas.web.routing import workspace

INVITED = "the secret in the address is the proof; the person may have no account yet"
NEWCOMER = "staff without e-mail prove themselves with the code in the address"


@workspace.open_get("/invitation/{token:str}", why=INVITED)
def show_invitation(req: Req) -> Reply:
    tenant = _tenant(req)
    with tenant_session(req.runtime.databases, tenant) as db:
        row, inviter = _invitation(req, db)
    return _invitation_form(req, row, inviter, {"name": row.name}, {})


@workspace.open_post("/invitation/{token:str}", why=INVITED)
def accept_invitation(req: Req) -> Reply:
    """Let the holder in: with the password of the account that the address has, or with a new account."""
    tenant = _tenant(req)
    with tenant_session(req.runtime.databases, tenant) as db:
        row, inviter = _invitation(req, db)
    typed = {"name": req.one("name")}
    try:
        person = _signed_in(req, row.email) if _account(req, row.email) else _new_person(req, row, typed["name"])
    except Invalid as error:
        return _invitation_form(req, row, inviter, typed, error.fields, 422)
    with tenant_session(req.runtime.databases, tenant) as db:
        invitations.accept(db, req.params["token"], person)
    membership.follow(req.runtime.databases, tenant.id, person.id, is_active=True)
    return doors.open_session(Reply.redirect("/"), req, person.id)


@workspace.open_get("/start", why=NEWCOMER)
def ask_code(req: Req) -> Reply:
    return open_page(req, "auth/start.html", errors={})


@workspace.open_post("/start", why=NEWCOMER)
def take_code(req: Req) -> Reply:
    plain = "".join(char for char in req.one("code") if char.isascii() and (char.isalnum() or char == "-"))
    if _whose(req, plain) is None:
        return open_page(req, "auth/start.html", status=422, errors={"code": _code_is_over()})
    return Reply.redirect(f"/start/{plain}")


@workspace.open_get("/start/{code:str}", why=NEWCOMER)
def show_start(req: Req) -> Reply:
    person = _whose(req, req.params["code"])
    if person is None:
        return open_page(req, "auth/start.html", status=422, errors={"code": _code_is_over()})
    return open_page(req, "auth/start_password.html", person=person, errors={})


@workspace.open_post("/start/{code:str}", why=NEWCOMER)
def start(req: Req) -> Reply:
    """Set the first (or next) password with the code, and go in."""
    person = _whose(req, req.params["code"])
    if person is None:
        return open_page(req, "auth/start.html", status=422, errors={"code": _code_is_over()})
    try:
        passwords.accept(req.one("password"), person.login_name or "", person.name)
    except Invalid as error:
        return open_page(req, "auth/start_password.html", status=422, person=person, errors=error.fields)
    fresh, tenant = passwords.hash_password(req.one("password")), _tenant(req)
    with control_session(req.runtime.databases) as control:
        used = staff.start(control, tenant, req.params["code"], req.runtime.settings.secret_key, fresh)
    if used is None:
        return open_page(req, "auth/start.html", status=422, errors={"code": _code_is_over()})
    return doors.open_session(Reply.redirect("/"), req, used)


def _tenant(req: Req) -> Tenant:
    """Return the firm of this host; one that is not served has no doors either."""
    assert req.tenant is not None
    if req.tenant.status != "active":
        raise NotFound(_("This workspace is not open just now."))
    return req.tenant


def _invitation(req: Req, db: Session) -> tuple[Invitation, str]:
    doors.limit(req, "invitation", 60)
    row = invitations.find(db, req.params["token"])
    inviter = db.execute(select(Member.name).where(Member.id == row.invited_by)).scalar_one()
    return row, inviter


def _account(req: Req, email: str) -> bool:
    with control_session(req.runtime.databases) as control:
        return control.execute(select(Identity.id).where(Identity.email == email, Identity.password_hash.is_not(None))).first() is not None


def _signed_in(req: Req, email: str) -> Person:
    try:
        return login.prove(req.runtime.databases, req.runtime.redis, email, req.one("password"), tenant=None, address=req.address)
    except Invalid as error:
        raise Invalid({"password": _("The password is not right.")}) from error


def _new_person(req: Req, row: Invitation, typed_name: str) -> Person:
    """Make an account for the address that the link has proven."""
    name = addresses.person_name(typed_name)
    passwords.accept(req.one("password"), row.email, name)
    words = {"name": name, "language": req.locale, "password_hash": passwords.hash_password(req.one("password"))}
    made = insert(Identity).values(id=new_id(), email=row.email, **words)
    # An account without a password is one that nobody could use yet: the link's holder may have it.
    made = made.on_conflict_do_update(index_elements=["email"], set_=words, where=Identity.password_hash.is_(None))
    with control_session(req.runtime.databases) as control:
        key = control.execute(made.returning(Identity.id)).scalar_one_or_none()
    if key is None:
        raise Invalid({"": _("This address got an account in the meantime. Load the page again and sign in with it.")})
    return Person(key, name, row.email, None, req.locale)


def _whose(req: Req, code: str) -> Person | None:
    tenant = _tenant(req)
    doors.limit(req, "start", 30, doors.QUARTER_S, tenant=(str(tenant.id), 300))
    with control_session(req.runtime.databases) as control:
        return staff.whose(control, tenant, code, req.runtime.settings.secret_key)


def _code_is_over() -> str:
    return _("This code was used, is too old or was mistyped. Ask your admin for a new one.")


def _invitation_form(req: Req, row: Invitation, inviter: str, values: dict[str, str], wrong: dict[str, str], status: int = 200) -> Reply:
    return open_page(
        req, "auth/invitation.html", status=status, invitation=row, inviter=inviter, values=values, errors=wrong,
        has_account=_account(req, row.email),
    )  # fmt: skip
