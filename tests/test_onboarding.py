"""Opening a workspace: each step alone, repeated, interrupted; what the first admin finds inside."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from saas import onboarding
from saas.auth import codes, login, passwords, ready_roles, sessions
from saas.auth.directory import directory
from saas.auth.identities import Identity, Membership, OneTimeCode, Opening
from saas.auth.members import Department, Member, Role, Workspace
from saas.auth.permissions import MEMBER_KEY, Scope
from saas.auth.seeds import Firm
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.settings import from_env
from saas.onboarding import Application
from saas.tenants import provision, resolve
from saas.tenants.models import Entitlements, TenantRow
from saas.tenants.outbox import ControlOutbox
from saas.tenants.runtime import Runtime, assemble
from saas.tenants.session import control_session, tenant_session

PASSWORD_HASH = passwords.hash_password("four kettles of tea")


@pytest.fixture(scope="module")
def runtime(environment: dict[str, str]) -> Iterator[Runtime]:
    """The parts of a process, with schemas ready."""
    made = assemble(from_env(environment))
    provision.fill_pool(made.databases, made.owners, target=4)
    yield made
    made.close()


def firm(language: str = "en") -> Firm:
    return Firm(f"Firm {secrets.token_hex(4)}", language, "EUR", "Europe/Berlin", "DE")


def proof_of(runtime: Runtime, email: str) -> str:
    with control_session(runtime.databases) as control:
        return codes.prove(control, email)


def application(runtime: Runtime, email: str, language: str = "en", slug: str | None = None) -> Application:
    name = slug or f"w{secrets.token_hex(5)}"
    return Application(name, firm(language), "Ada Lovelace", PASSWORD_HASH, proof=proof_of(runtime, email))


def opened(runtime: Runtime, what: Application) -> onboarding.Opened:
    return onboarding.open_workspace(runtime.databases, runtime.owners, what)


def an_email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def workspaces_of(runtime: Runtime, email: str) -> list[str]:
    with control_session(runtime.databases) as control:
        query = (
            select(TenantRow.slug)
            .join(Membership, Membership.tenant_id == TenantRow.id)
            .join(Identity, Identity.id == Membership.identity_id)
        )
        return [slug or "" for slug in control.execute(query.where(Identity.email == email)).scalars()]


def firms_claimed_by(runtime: Runtime, email: str) -> int:
    with control_session(runtime.databases) as control:
        query = select(func.count()).select_from(Opening).join(Identity, Identity.id == Opening.identity_id)
        return control.execute(query.where(Identity.email == email)).scalar_one()


def test_a_new_firm_has_one_admin_the_ready_made_roles_one_department_and_a_trial(runtime: Runtime) -> None:
    email = an_email()
    what = application(runtime, email, language="zh_Hans")
    done = opened(runtime, what)
    with control_session(runtime.databases) as control:
        tenant = resolve.by_slug(control, what.slug)
        assert tenant is not None
        found = sessions.find(control, done.token, None)
        plan = control.get(Entitlements, tenant.id)
    assert tenant.status == "active"
    assert found is not None
    assert (found.identity.email, found.identity.language) == (email, "zh_Hans")
    assert plan is not None
    assert plan.trial_ends_at is not None
    assert timedelta(days=13, hours=23) < plan.trial_ends_at - now() <= timedelta(days=14)
    with tenant_session(runtime.databases, tenant) as db:
        assert db.execute(select(Department.name)).scalars().all() == ["全公司"]
        assert set(db.execute(select(Role.key)).scalars()) == set(ready_roles.BY_KEY)
        workspace = db.execute(select(Workspace)).scalar_one()
        assert (workspace.name, workspace.currency, workspace.language) == (what.firm.name, "EUR", "zh_Hans")
        people = directory(db)
        founder = people.by_identity[done.identity_id]
        assert people.rights(founder).is_admin
        assert (founder.name, founder.email, founder.status) == ("Ada Lovelace", email, "active")


def test_the_ready_made_member_may_delete_and_export_only_what_is_its_own(runtime: Runtime) -> None:
    done = opened(runtime, application(runtime, an_email()))
    with tenant_session(runtime.databases, done.tenant) as db:
        role = next(role for role in directory(db).roles.values() if role.key == MEMBER_KEY)
    for obj in ("accounts", "contacts", "activities", "notes"):
        widths = {action: Scope[name.upper()] for action, name in role.grants[obj].items()}
        assert widths["delete"] is Scope.OWN
        assert widths["export"] is Scope.OWN
        assert {widths[action] for action in ("read", "create", "edit", "bulk", "assign")} == {Scope.ALL}
    assert role.fixed == ()


@pytest.mark.parametrize("died_after", ["claim", "plant"])
def test_a_crash_between_the_steps_and_the_same_form_again_make_exactly_one_workspace(runtime: Runtime, died_after: str) -> None:
    email = an_email()
    what = application(runtime, email)
    tenant = onboarding.claim(runtime.databases, runtime.owners, what)
    if died_after == "plant":
        onboarding.plant(runtime.databases, tenant)
    assert workspaces_of(runtime, email) == []
    opened(runtime, what)
    assert workspaces_of(runtime, email) == [what.slug]
    assert firms_claimed_by(runtime, email) == 1
    with tenant_session(runtime.databases, tenant) as db:
        assert db.execute(select(func.count()).select_from(Member)).scalar_one() == 1
        assert db.execute(select(func.count()).select_from(Role)).scalar_one() == len(ready_roles.ALL)


@pytest.mark.parametrize("died_after", ["claim", "plant"])
def test_a_crash_and_a_new_code_for_the_same_address_continue_with_what_is_typed_now(runtime: Runtime, died_after: str) -> None:
    email = an_email()
    first = application(runtime, email)
    tenant = onboarding.claim(runtime.databases, runtime.owners, first)
    if died_after == "plant":
        onboarding.plant(runtime.databases, tenant)
    with control_session(runtime.databases) as control:
        assert not login.has_account(control, email)
    second = application(runtime, email)
    done = opened(runtime, second)
    assert done.tenant.id == tenant.id
    assert workspaces_of(runtime, email) == [second.slug]
    with tenant_session(runtime.databases, tenant) as db:
        assert db.execute(select(Workspace.name)).scalar_one() == second.firm.name
    with control_session(runtime.databases) as control:
        assert resolve.by_slug(control, first.slug) is None
        assert login.has_account(control, email)


def test_the_sweep_finishes_what_a_crash_left(runtime: Runtime) -> None:
    email = an_email()
    tenant = onboarding.claim(runtime.databases, runtime.owners, application(runtime, email))
    assert onboarding.finish_openings(runtime.databases) == (0, 0)
    with control_session(runtime.databases) as control:
        control.execute(update(Opening).where(Opening.tenant_id == tenant.id).values(created_at=now() - timedelta(minutes=11)))
    assert onboarding.finish_openings(runtime.databases) == (1, 0)
    assert workspaces_of(runtime, email) == [tenant.slug]
    assert onboarding.finish_openings(runtime.databases) == (0, 0)


@pytest.mark.parametrize("is_claimed_twice", [False, True])
def test_the_sweep_keeps_the_starting_point_that_was_chosen(runtime: Runtime, is_claimed_twice: bool) -> None:
    email = an_email()
    what = replace(application(runtime, email), plan=ready_roles.OWN)
    if is_claimed_twice:
        onboarding.claim(runtime.databases, runtime.owners, replace(application(runtime, email), plan=ready_roles.EVERYONE))
    tenant = onboarding.claim(runtime.databases, runtime.owners, what)
    assert onboarding.finish_openings(runtime.databases, older_than=timedelta(0))[0] == 1
    with tenant_session(runtime.databases, tenant) as db:
        assert db.execute(select(Workspace.rights_plan)).scalar_one() == ready_roles.OWN
        assert db.execute(select(Role.grants).where(Role.key == MEMBER_KEY)).scalar_one()["accounts"]["read"] == "own"


def test_what_cannot_be_finished_gives_its_address_back(runtime: Runtime) -> None:
    what = application(runtime, an_email())
    tenant = onboarding.claim(runtime.databases, runtime.owners, what)
    with control_session(runtime.databases) as control:
        control.execute(update(TenantRow).where(TenantRow.id == tenant.id).values(schema_name=f"t_{secrets.token_hex(8)}"))
    assert onboarding.finish_openings(runtime.databases, older_than=timedelta(0)) == (0, 1)
    again = application(runtime, an_email(), slug=what.slug)
    assert opened(runtime, again).tenant.slug == what.slug
    with control_session(runtime.databases) as control:
        row = control.get(TenantRow, tenant.id)
        assert row is not None
        assert row.status == "failed"


def test_one_form_sent_by_two_threads_opens_one_workspace(runtime: Runtime) -> None:
    email = an_email()
    what = application(runtime, email)
    seen: list[UUID] = []
    threads = [Thread(target=lambda: seen.append(opened(runtime, what).tenant.id)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert workspaces_of(runtime, email) == [what.slug]


def test_a_taken_address_is_refused_beside_its_field_and_nothing_is_kept(runtime: Runtime) -> None:
    taken = opened(runtime, application(runtime, an_email())).tenant.slug
    email = an_email()
    with pytest.raises(Invalid) as refused:
        opened(runtime, application(runtime, email, slug=taken))
    assert set(refused.value.fields) == {"workspace"}
    with control_session(runtime.databases) as control:
        assert control.execute(select(Identity.id).where(Identity.email == email)).first() is None


def test_an_old_or_made_up_proof_opens_nothing(runtime: Runtime) -> None:
    email = an_email()
    what = application(runtime, email)
    with control_session(runtime.databases) as control:
        control.execute(update(OneTimeCode).where(OneTimeCode.handle == email).values(expires_at=now()))
    with pytest.raises(Invalid):
        opened(runtime, what)
    with pytest.raises(Invalid):
        opened(runtime, Application(f"w{secrets.token_hex(5)}", firm(), "Eve", PASSWORD_HASH, proof="made-up"))
    assert workspaces_of(runtime, email) == []


def test_a_used_proof_neither_opens_a_second_firm_nor_signs_in_later(runtime: Runtime) -> None:
    email = an_email()
    what = application(runtime, email)
    opened(runtime, what)
    with control_session(runtime.databases) as control:
        used = update(OneTimeCode).where(OneTimeCode.handle == email, OneTimeCode.purpose == "proof")
        control.execute(used.values(used_at=now() - timedelta(minutes=3)))
    with pytest.raises(Invalid):
        opened(runtime, what)
    assert len(workspaces_of(runtime, email)) == 1


def test_a_proof_that_comes_too_late_never_changes_the_password_of_an_account(runtime: Runtime) -> None:
    email = an_email()
    late = proof_of(runtime, email)
    opened(runtime, application(runtime, email))
    with pytest.raises(Invalid):
        opened(runtime, Application(f"w{secrets.token_hex(5)}", firm(), "Eve", "another hash", proof=late))
    with control_session(runtime.databases) as control:
        row = control.execute(select(Identity).where(Identity.email == email)).scalar_one()
    assert (row.password_hash, row.name) == (PASSWORD_HASH, "Ada Lovelace")


def test_somebody_signed_in_opens_another_firm_once_for_each_form(runtime: Runtime) -> None:
    email = an_email()
    first = opened(runtime, application(runtime, email))
    more = Application(f"w{secrets.token_hex(5)}", firm(), identity_id=first.identity_id)
    assert opened(runtime, more).tenant.id == opened(runtime, more).tenant.id
    assert len(workspaces_of(runtime, email)) == 2


def test_an_empty_pool_makes_sign_up_slower_not_impossible(runtime: Runtime) -> None:
    with control_session(runtime.databases) as control:
        control.execute(update(TenantRow).where(TenantRow.status == "pooled").values(revision="older"))
    assert opened(runtime, application(runtime, an_email())).tenant.status == "opening"


def test_each_claim_asks_for_the_pool_to_be_filled(runtime: Runtime) -> None:
    with control_session(runtime.databases) as control:
        before = control.execute(select(func.count()).select_from(ControlOutbox).where(ControlOutbox.job == "pool.fill")).scalar_one()
    opened(runtime, application(runtime, an_email()))
    with control_session(runtime.databases) as control:
        after = control.execute(select(func.count()).select_from(ControlOutbox).where(ControlOutbox.job == "pool.fill")).scalar_one()
    assert after == before + 1
