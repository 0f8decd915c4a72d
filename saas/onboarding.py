"""Opening a workspace, in order: identity → firm → seeds → trial. Each step is one transaction; together they survive a crash.

An `Opening` row remembers what is under way: the same form sent again continues it, and so does the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from saas.auth import codes, seeds, sessions
from saas.auth.identities import Identity, Membership, Opening
from saas.auth.ready_roles import EVERYONE
from saas.auth.seeds import Firm, Founder
from saas.core import log
from saas.core.clock import now
from saas.core.errors import Invalid, LimitReached
from saas.core.i18n import _
from saas.core.ids import new_id
from saas.crm.registry import OBJECTS
from saas.tenants import provision, resolve
from saas.tenants.cells import Databases, Owners
from saas.tenants.models import Entitlements, TenantRow
from saas.tenants.outbox import enqueue
from saas.tenants.session import Tenant, control_session, tenant_session

TRIAL = timedelta(days=14)
STALE = timedelta(minutes=10)
# How long the last form may arrive once more after it was answered (a double click, a lost answer) and still lead inside.
TWICE = timedelta(minutes=2)
POOL_TRIES = 5

_log = log.get(__name__)


@dataclass(frozen=True)
class Application:
    """What the last form of a sign-up says: of a new person, with the token of the proven address in `proof`,
    or of somebody signed in (`identity_id`), with a `key` of the form's own. Either sent twice opens one workspace.
    """

    slug: str
    firm: Firm
    person_name: str = ""
    password_hash: str | None = None
    proof: str | None = None
    identity_id: UUID | None = None
    plan: str = EVERYONE
    key: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Opened:
    """A finished opening: where and who. A new person also gets a session of the public site and a hand-off that leads inside."""

    tenant: Tenant
    identity_id: UUID
    token: str = ""
    handoff: str = ""


def open_workspace(databases: Databases, owners: Owners, application: Application, address: str = "", agent: str = "") -> Opened:
    """Open a workspace and sign its founder in. Raises Invalid (address taken, proof too old), LimitReached when no schema can be had."""
    claimed = claim(databases, owners, application)
    plant(databases, claimed)
    return finish(databases, claimed, application.proof, address, agent)


def is_own_address(databases: Databases, proof: str, slug: str) -> bool:
    """Tell whether a form was sent before and opened just this address: whoever got no answer then may send it again."""
    with control_session(databases) as control:
        found = codes.proven(control, proof)
        opening = control.get(Opening, found.id) if found else None
        tenant = resolve.by_id(control, opening.tenant_id) if opening else None
        return tenant is not None and tenant.slug == slug


def claim(databases: Databases, owners: Owners, application: Application) -> Tenant:
    """Do the first step: identity, name, trial and the note of what is under way, in one control transaction."""
    for _attempt in range(POOL_TRIES):
        try:
            with control_session(databases) as control:
                tenant = _claim(control, application)
        except IntegrityError as error:
            raise Invalid({"workspace": _("This address is taken. Choose another one.")}) from error
        if tenant is not None:
            return tenant
        _log.warning("pool of schemas is empty; making one now")
        provision.fill_pool(databases, owners, target=1)
    raise LimitReached(_("So many are signing up just now that we need a minute. What you typed is kept; try again shortly."))


def plant(databases: Databases, tenant: Tenant) -> None:
    """Do the second step: the seeds, in the firm's own schema, with the starting point of rights that was chosen."""
    with control_session(databases) as control:
        opening, identity = control.execute(
            select(Opening, Identity).join(Identity, Identity.id == Opening.identity_id).where(Opening.tenant_id == tenant.id)
        ).one()
    if opening.finished_at is not None:
        return
    firm = Firm(opening.company, opening.language, opening.currency, opening.timezone, opening.region)
    with tenant_session(databases, tenant) as db:
        seeds.plant(db, firm, Founder(identity.id, identity.name, identity.email), [obj.name for obj in OBJECTS], opening.rights_plan)


def finish(databases: Databases, tenant: Tenant, proof: str | None = None, address: str = "", agent: str = "") -> Opened:
    """Do the third step: open the door. With the proof of a new person's address, which is used up, sign that person in."""
    with control_session(databases) as control:
        # The proof first, as in `claim`: two forms of one person wait for one another in the same order.
        used = codes.proven(control, proof, is_locked=True) if proof else None
        identity_id = _activate(control, tenant)
        if used is None:
            return Opened(tenant, identity_id)
        used.used_at = used.used_at or now()
        family = new_id()
        token = sessions.create(control, identity_id, None, address, agent, family_id=family)
        handoff = codes.start_handoff(control, identity_id, tenant.id, family)
    return Opened(tenant, identity_id, token, handoff)


def finish_openings(databases: Databases, older_than: timedelta = STALE) -> tuple[int, int]:
    """Finish what a crash left half done; what cannot be finished gives its address back. Return how many of each."""
    with control_session(databases) as control:
        query = resolve.select_tenants().join(Opening, Opening.tenant_id == TenantRow.id)
        waiting = control.execute(query.where(Opening.finished_at.is_(None), Opening.created_at < now() - older_than)).all()
    done = released = 0
    for tenant in map(resolve.from_row, waiting):
        try:
            plant(databases, tenant)
            with control_session(databases) as control:
                _activate(control, tenant)
            done += 1
        except Exception as error:
            _log.exception("opening cannot be finished", tenant=str(tenant.id))
            _release(databases, tenant, error)
            released += 1
    return done, released


def _claim(control: Session, application: Application) -> Tenant | None:
    identity, key = _founder(control, application)
    opening = control.get(Opening, key) or _unfinished(control, identity.id)
    if opening is not None and opening.identity_id == identity.id:
        return _continue(control, opening, application)
    firm = application.firm
    tenant = provision.claim(control, application.slug, firm.name)
    if tenant is None:
        control.rollback()
        return None
    control.add(Entitlements(tenant_id=tenant.id, plan="trial", trial_ends_at=now() + TRIAL))
    control.add(Opening(key=key, identity_id=identity.id, tenant_id=tenant.id, **_columns(application)))
    enqueue(control, "pool.fill")
    return tenant


def _founder(control: Session, application: Application) -> tuple[Identity, UUID]:
    """Find or make the person, and the key of the opening. The lock on the proof makes two forms of one person follow one another."""
    if application.proof is None:
        found = control.execute(select(Identity).where(Identity.id == application.identity_id).with_for_update(key_share=True)).scalar_one()
        return found, application.key
    proof = codes.proven(control, application.proof, is_locked=True)
    if proof is None or (proof.used_at is not None and proof.used_at < now() - TWICE):
        raise Invalid({"": _("Too much time has passed since you typed the code. Begin again with your e-mail address.")})
    fresh = insert(Identity).values(
        id=new_id(), email=proof.handle, name=application.person_name, language=application.firm.language, password_hash=None
    )
    control.execute(fresh.on_conflict_do_nothing())
    identity = control.execute(select(Identity).where(Identity.email == proof.handle).with_for_update(key_share=True)).scalar_one()
    is_member = control.execute(select(Membership.tenant_id).where(Membership.identity_id == identity.id)).first() is not None
    if is_member and proof.used_at is None:
        raise Invalid({"": _("You have an account already. Sign in with your e-mail address and password.")})
    if not is_member:
        identity.name, identity.language = application.person_name, application.firm.language
        identity.password_hash = application.password_hash
    return identity, proof.id


def _unfinished(control: Session, identity_id: UUID) -> Opening | None:
    query = select(Opening).where(Opening.identity_id == identity_id, Opening.finished_at.is_(None)).order_by(Opening.created_at)
    return control.execute(query.limit(1)).scalar_one_or_none()


def _continue(control: Session, opening: Opening, application: Application) -> Tenant | None:
    """Go on with what was begun; what the form says now counts, as long as the door is not open yet."""
    if opening.finished_at is None:
        for name, value in _columns(application).items():
            setattr(opening, name, value)
        changed = update(TenantRow).where(TenantRow.id == opening.tenant_id, TenantRow.status == "opening")
        control.execute(changed.values(slug=application.slug, name=application.firm.name))
    return resolve.by_id(control, opening.tenant_id)


def _columns(application: Application) -> dict[str, str]:
    firm = application.firm
    return {
        "company": firm.name, "language": firm.language, "currency": firm.currency, "timezone": firm.timezone, "region": firm.region,
        "rights_plan": application.plan,
    }  # fmt: skip


def _activate(control: Session, tenant: Tenant) -> UUID:
    opening = control.execute(select(Opening).where(Opening.tenant_id == tenant.id).with_for_update(key_share=True)).scalar_one()
    if opening.finished_at is None:
        opening.finished_at = now()
        control.execute(
            update(TenantRow).where(TenantRow.id == tenant.id, TenantRow.status == "opening").values(status="active", activated_at=now())
        )
    member = insert(Membership).values(identity_id=opening.identity_id, tenant_id=tenant.id, is_active=True, created_at=now())
    control.execute(member.on_conflict_do_nothing())
    return opening.identity_id


def _release(databases: Databases, tenant: Tenant, error: Exception) -> None:
    """Give the address back and set the schema aside, with the reason, for an operator to look at."""
    with control_session(databases) as control:
        control.execute(delete(Opening).where(Opening.tenant_id == tenant.id))
        problem = f"opening failed: {type(error).__name__}: {error}"[:500]
        row = update(TenantRow).where(TenantRow.id == tenant.id, TenantRow.status == "opening")
        control.execute(row.values(slug=f"released-{tenant.id.hex[-12:]}", status="failed", problem=problem))
