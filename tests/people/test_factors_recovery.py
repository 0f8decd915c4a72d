"""The way back when everything is lost: asked for, announced, cancelled or waited for, used once; and a reset by an admin."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from saas.app import Application
from saas.auth.audit import SettingsEntry
from saas.auth.directory import touch
from saas.auth.factors import enrolled, recovery
from saas.auth.factors.models import FactorRecovery
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Member, MemberRole, Role
from saas.core.clock import now
from saas.core.ids import new_id
from saas.devstack.mailbox_store import MailStore
from saas.tenants.outbox import ControlOutbox
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, PASSWORD_HASH, NewBrowser, Signup, an_email
from tests.people.factors import identity_of, set_up_app
from tests.worlds import World

OVER = "This link was used, was cancelled or is too old."
Come = Callable[..., Signup]


@pytest.fixture
def come(app: Application, world: World, new_browser: NewBrowser) -> Come:
    """Bring a fresh person into a firm of its own, signed in at its door."""

    def make(role: str = "admin", *more: World) -> Signup:
        email, key = an_email(), new_id()
        with control_session(app.runtime.databases) as control:
            control.add(Identity(id=key, email=email, name=f"P {secrets.token_hex(3)}", password_hash=PASSWORD_HASH))
            control.flush()
            control.add_all(Membership(identity_id=key, tenant_id=place.tenant.id) for place in (world, *more))
        for place in (world, *more):
            with place.db() as db:
                home = db.execute(select(Department.id).where(Department.parent_id.is_(None))).scalar_one()
                found = db.execute(select(Role.id).where(Role.key == role)).scalar_one()
                person = Member(id=new_id(), identity_id=key, name="Lost Lea", email=email, department_id=home)
                db.add(person)
                db.flush()
                db.add(MemberRole(member_id=person.id, role_id=found))
                touch(db)
        browser = new_browser()
        browser.open(f"http://{world.host}/sign-in")
        browser.submit("sign-in-form", handle=email, password=PASSWORD)
        return Signup(browser, email, world.tenant.slug, world.host)

    return make


def ask_for_way_back(done: Signup, browser: Browser) -> Browser:
    browser.open(f"http://{done.host}/sign-in")
    browser.submit("sign-in-form", handle=done.email, password=PASSWORD)
    browser.open("/sign-in/lost")
    browser.submit("lost-form")
    assert "72 hours" in browser.page.text
    return browser


def let_time_pass(app: Application, email: str) -> None:
    """Let the waiting time be over."""
    with control_session(app.runtime.databases) as control:
        mine = FactorRecovery.identity_id == identity_of(app, email)
        control.execute(update(FactorRecovery).where(mine).values(ready_at=now() - timedelta(seconds=1)))
        control.execute(update(ControlOutbox).where(ControlOutbox.job == recovery.OPEN_JOB).values(due_at=now()))


def link_in(mailbox: MailStore, email: str, part: str) -> str:
    for letter in mailbox.messages(email):
        for link in letter.links:
            if part in link:
                return link
    raise AssertionError([letter.subject for letter in mailbox.messages(email)])


def has_link(mailbox: MailStore, email: str) -> bool:
    return any("/recovery/" in link and "/cancel/" not in link for letter in mailbox.messages(email) for link in letter.links)


def journal(world: World) -> list[str]:
    with world.db() as db:
        return [what for what in db.execute(select(SettingsEntry.what).order_by(SettingsEntry.id)).scalars() if what.startswith("factor.")]


def test_after_the_waiting_time_a_link_lets_in_once_and_removes_the_old_factors(
    app: Application, world: World, come: Come, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    lea, boss, plain = come(), come(), come("member")
    set_up_app(app, lea)
    ask_for_way_back(lea, new_browser())
    ask_for_way_back(lea, new_browser())
    world.work()
    world.work()
    assert "/recovery/cancel/" in link_in(mailbox, lea.email, "/recovery/")
    assert "/recovery/cancel/" in link_in(mailbox, boss.email, "/recovery/")
    assert not [letter for letter in mailbox.messages(plain.email) if "way back" in letter.subject]
    assert not has_link(mailbox, lea.email)
    let_time_pass(app, lea.email)
    world.work()
    world.work()
    link = next(link for letter in mailbox.messages(lea.email) for link in letter.links if "/recovery/" in link and "/cancel/" not in link)
    browser = new_browser()
    browser.open(link)
    assert identity_of(app, lea.email)
    browser.submit("recover-form")
    assert browser.path == "/today"
    with control_session(app.runtime.databases) as control:
        assert not enrolled.load(control, identity_of(app, lea.email)).has_any
    lea.browser.open(f"http://{lea.host}/people")
    assert lea.browser.path == "/sign-in"
    again = new_browser()
    assert again.open(link).status_code == 404
    assert OVER in again.page.text
    world.work()
    world.work()
    assert "Your second factor was removed" in [letter.subject for letter in mailbox.messages(lea.email)]
    assert any("came back in" in letter.subject for letter in mailbox.messages(boss.email))
    assert journal(world) == ["factor.added", "factor.recovery_asked", "factor.recovery_used"]


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_the_person_or_any_admin_can_cancel_by_link(
    app: Application, world: World, come: Come, new_browser: NewBrowser, mailbox: MailStore, who: str
) -> None:
    lea, boss = come(), come()
    set_up_app(app, lea)
    ask_for_way_back(lea, new_browser())
    world.work()
    world.work()
    stranger = new_browser()
    link = link_in(mailbox, lea.email if who == "owner" else boss.email, "/recovery/cancel/")
    stranger.open(link)
    # Looking is not cancelling: programs that read mail follow links.
    let_time_pass(app, lea.email)
    stranger.submit("cancel-form")
    assert "Cancelled" in stranger.page.text
    world.work()
    world.work()
    assert not has_link(mailbox, lea.email)
    assert stranger.open(link).status_code == 404
    with control_session(app.runtime.databases) as control:
        assert enrolled.load(control, identity_of(app, lea.email)).has_app
    assert journal(world)[-1] == "factor.recovery_cancelled"


def test_nobody_asks_without_the_password_or_uses_a_link_too_early(
    app: Application, world: World, come: Come, new_browser: NewBrowser
) -> None:
    lea = come()
    set_up_app(app, lea)
    stranger = new_browser()
    stranger.open(f"http://{lea.host}/sign-in/lost")
    assert stranger.path == "/sign-in"
    ask_for_way_back(lea, new_browser())
    with control_session(app.runtime.databases) as control:
        row = control.execute(select(FactorRecovery).where(FactorRecovery.identity_id == identity_of(app, lea.email))).scalar_one()
        assert recovery.open_link(control, row.id) is None
        assert recovery.use(control, "guess") is None
        forged = recovery.cancel_token("another key", row.id)
    assert stranger.open(f"http://{lea.host}/recovery/cancel/{forged}").status_code == 404
    assert stranger.open(f"http://{lea.host}/recovery/guess").status_code == 404


def test_an_admin_resets_a_colleague_at_once_and_the_colleague_is_told(
    app: Application, world: World, come: Come, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    lea, boss = come("member"), come()
    set_up_app(app, lea)
    with world.db() as db:
        key = db.execute(select(Member.id).where(Member.email == lea.email)).scalar_one()
    boss.browser.open(f"http://{boss.host}/people/{key}")
    assert "Reset the second factor" in boss.browser.page.text
    boss.browser.open(f"/people/{key}/factors/reset")
    boss.browser.submit(f"/people/{key}/factors/reset")
    assert boss.browser.path == "/people"
    lea.browser.open(f"http://{lea.host}/people")
    assert lea.browser.path == "/sign-in"
    browser = new_browser()
    browser.open(f"http://{lea.host}/sign-in")
    browser.submit("sign-in-form", handle=lea.email, password=PASSWORD)
    assert browser.path == "/today"
    world.work()
    assert "Your second factor was removed" in [letter.subject for letter in mailbox.messages(lea.email)]
    assert journal(world)[-1] == "factor.reset"


def test_a_firm_cannot_reset_who_belongs_to_another_one_too(app: Application, world: World, other_world: World, come: Come) -> None:
    lea, boss = come("member", other_world), come()
    set_up_app(app, lea)
    with world.db() as db:
        key = db.execute(select(Member.id).where(Member.email == lea.email)).scalar_one()
    boss.browser.open(f"http://{boss.host}/people/{key}/factors/reset")
    refused = boss.browser.submit(f"/people/{key}/factors/reset")
    assert refused.status_code == 422
    assert "other workspaces" in refused.text
    with control_session(app.runtime.databases) as control:
        assert enrolled.load(control, identity_of(app, lea.email)).has_app


def test_the_only_admin_is_reminded_until_there_is_a_second_or_the_card_is_put_away(world: World) -> None:
    card, admin = "You are the only admin", world.sign_in("admin")
    assert card not in admin.get("/today").text
    member = world.sign_in("member")
    assert card in admin.get("/today").text
    assert card not in member.get("/today").text
    assert admin.post("/me/second-admin/dismiss").status_code == 303
    assert card not in admin.get("/today").text
