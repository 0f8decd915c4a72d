"""Inviting colleagues: the letter, the link, accepting with and without an account, and every way a link stops working."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, update

from saas.app import Application
from saas.auth.audit import SettingsEntry
from saas.auth.directory import touch
from saas.auth.identities import Identity
from saas.auth.members import Invitation, Member
from saas.core.clock import now
from saas.core.ids import new_id
from saas.devstack.mailbox_store import MailStore
from saas.tenants import jobs, resolve
from saas.tenants.session import Tenant, control_session, tenant_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, NewBrowser, Signup, an_email

SignUp = Callable[..., Signup]


def tenant_of(app: Application, slug: str) -> Tenant:
    with control_session(app.runtime.databases) as control:
        found = resolve.by_slug(control, slug)
    assert found is not None
    return found


def deliver(app: Application, slug: str) -> None:
    jobs.drain(app.runtime, str(tenant_of(app, slug).id))


def invited(app: Application, admin: Signup, mailbox: MailStore, email: str, count: int = 1, **words: str) -> str:
    """Invite an address through the page; return the link of the letter."""
    admin.browser.open(f"http://{admin.host}/people/invite")
    answer = admin.browser.submit("invite-form", email=email, **words)
    assert answer.status_code == 200, answer.text
    assert admin.browser.path == "/people"
    deliver(app, admin.slug)
    letter = mailbox.wait_for(email, count=count)
    return next(link for link in letter.links if "/invitation/" in link)


def test_a_colleague_without_an_account_joins_by_the_link(
    app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = account(), an_email()
    link = invited(app, admin, mailbox, email, name="Grace")
    assert link.startswith(f"http://{admin.host}/invitation/")
    assert "Ada Lovelace invites you to" in mailbox.wait_for(email).subject
    colleague = new_browser()
    page = colleague.open(link)
    assert 'value="Grace"' in page.text
    assert colleague.submit("invitation-form", name="Grace Hopper", password="short").status_code == 422
    colleague.submit("invitation-form", name="Grace Hopper", password=PASSWORD)
    people = colleague.open(f"http://{admin.host}/people")
    assert people.status_code == 200
    assert "Grace Hopper" in people.text
    assert "Invite" not in re.sub(r"<nav.*?</nav>", "", people.text, flags=re.DOTALL)
    again = new_browser()
    again.open("/sign-in")
    again.submit("sign-in-form", handle=email, password=PASSWORD)
    assert again.host == admin.host


def test_somebody_with_an_account_joins_with_its_password_and_has_two_workspaces(
    app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, guest = account(), account(1)
    link = invited(app, admin, mailbox, guest.email)
    browser = new_browser()
    browser.open(link)
    assert "name" not in next(form for form in browser.forms() if form.id == "invitation-form").names
    assert browser.submit("invitation-form", password="not the password").status_code == 422
    browser.submit("invitation-form", password=PASSWORD)
    assert browser.open(f"http://{admin.host}/people").status_code == 200
    assert admin.slug in browser.open("/workspaces").text
    assert guest.slug in browser.page.text


def test_the_letter_is_in_the_language_chosen_for_it(app: Application, account: SignUp, mailbox: MailStore) -> None:
    admin, email = account(), an_email()
    invited(app, admin, mailbox, email, language="zh_Hans")
    assert "邀请" in mailbox.wait_for(email).subject


def test_a_link_works_once(app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore) -> None:
    admin, email = account(), an_email()
    link = invited(app, admin, mailbox, email)
    first, second = new_browser(), new_browser()
    first.open(link)
    second.open(link)
    first.submit("invitation-form", name="One", password=PASSWORD)
    assert second.submit("invitation-form", name="Two", password=PASSWORD).status_code == 404
    assert new_browser().open(link).status_code == 404


def test_sending_again_replaces_the_link_and_withdrawing_ends_it(
    app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = account(), an_email()
    first = invited(app, admin, mailbox, email)
    resend = next(form for form in admin.browser.forms() if form.action.endswith("/resend"))
    admin.browser.submit(resend.action)
    deliver(app, admin.slug)
    second = next(link for link in mailbox.wait_for(email, count=2).links if "/invitation/" in link)
    assert new_browser().open(first).status_code == 404
    assert new_browser().open(second).status_code == 200
    admin.browser.submit(resend.action.replace("/resend", "/revoke"))
    assert email not in admin.browser.page.text
    assert new_browser().open(second).status_code == 404


def test_inviting_twice_keeps_one_invitation_with_the_newest_link(
    app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = account(), an_email()
    first = invited(app, admin, mailbox, email)
    second = invited(app, admin, mailbox, email.upper(), count=2)
    assert new_browser().open(first).status_code == 404
    assert new_browser().open(second).status_code == 200
    with tenant_session(app.runtime.databases, tenant_of(app, admin.slug)) as db:
        assert len(db.execute(select(Invitation.id).where(Invitation.email == email)).all()) == 1


def test_a_link_runs_out_after_two_weeks(app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore) -> None:
    admin, email = account(), an_email()
    link = invited(app, admin, mailbox, email)
    with tenant_session(app.runtime.databases, tenant_of(app, admin.slug)) as db:
        row = db.execute(select(Invitation).where(Invitation.email == email)).scalar_one()
        assert timedelta(days=13, hours=23) < row.expires_at - now() <= timedelta(days=14)
        db.execute(update(Invitation).where(Invitation.email == email).values(expires_at=now()))
    assert new_browser().open(link).status_code == 404


def test_a_link_of_one_firm_is_nothing_at_another(app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore) -> None:
    admin, other = account(), account(1)
    link = invited(app, admin, mailbox, an_email())
    assert new_browser().open(link.replace(admin.host, other.host)).status_code == 404


def test_colleagues_who_are_here_or_were_here_are_not_invited_again(
    app: Application, sign_up: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = sign_up(), an_email()
    browser = new_browser()
    browser.open(invited(app, admin, mailbox, email))
    browser.submit("invitation-form", name="Grace Hopper", password=PASSWORD)
    admin.browser.open(f"http://{admin.host}/people/invite")
    answer = admin.browser.submit("invite-form", email=email)
    assert answer.status_code == 422
    assert "in this workspace already" in answer.text
    _end_access(admin.browser, "Grace Hopper")
    admin.browser.open("/people/invite")
    answer = admin.browser.submit("invite-form", email=email)
    assert answer.status_code == 422
    assert "was here before" in answer.text


def test_ending_access_closes_an_invitation_that_waits_for_the_same_person(
    app: Application, sign_up: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = sign_up(), an_email()
    link = invited(app, admin, mailbox, email)
    tenant = tenant_of(app, admin.slug)
    with control_session(app.runtime.databases) as control:
        control.add(Identity(id=(key := new_id()), email=email, name="Early Bird"))
    with tenant_session(app.runtime.databases, tenant) as db:
        home = db.execute(select(Member.department_id)).scalars().first()
        db.add(Member(identity_id=key, name="Early Bird", email=email, department_id=home))

        touch(db)
    admin.browser.open("/people")
    _end_access(admin.browser, "Early Bird")
    assert new_browser().open(link).status_code == 404


def test_somebody_an_import_named_becomes_the_one_who_accepts(
    app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    admin, email = account(), an_email()
    tenant = tenant_of(app, admin.slug)
    with tenant_session(app.runtime.databases, tenant) as db:
        home = db.execute(select(Member.department_id)).scalars().first()
        db.add(Member(id=(expected := new_id()), name="G. Hopper", email=email, status="expected", department_id=home))
    browser = new_browser()
    browser.open(invited(app, admin, mailbox, email))
    browser.submit("invitation-form", name="Grace Hopper", password=PASSWORD)
    with tenant_session(app.runtime.databases, tenant) as db:
        row = db.execute(select(Member).where(Member.email == email)).scalar_one()
    assert (row.id, row.name, row.status) == (expected, "Grace Hopper", "active")


def test_a_member_cannot_invite_and_is_told_who_can(app: Application, account: SignUp, new_browser: NewBrowser, mailbox: MailStore) -> None:
    admin, browser = account(), new_browser()
    browser.open(invited(app, admin, mailbox, an_email()))
    browser.submit("invitation-form", name="Grace", password=PASSWORD)
    for path in ("/people/invite", "/people/staff/new"):
        answer = browser.open(f"http://{admin.host}{path}")
        assert answer.status_code == 403
        assert "admin" in answer.text
    browser.open("/me")
    assert browser.post("/people/invite", email=an_email(), role="").status_code == 403


def test_a_firm_with_a_line_break_in_its_name_cannot_write_headers(app: Application, sign_up: SignUp, mailbox: MailStore) -> None:
    admin, email = sign_up(company="Evil\r\nBcc: victim@example.com\r\n\r\nfirm"), an_email()
    invited(app, admin, mailbox, email, name="Bob\r\nX-Evil: 1")
    letter = mailbox.wait_for(email)
    assert letter.recipients == (email,)
    assert letter.parsed["Bcc"] is None
    assert letter.parsed["X-Evil"] is None
    assert mailbox.messages("victim@example.com") == []


def test_what_admins_do_with_people_is_written_down(app: Application, sign_up: SignUp, mailbox: MailStore) -> None:
    admin, email = sign_up(), an_email()
    invited(app, admin, mailbox, email)
    with tenant_session(app.runtime.databases, tenant_of(app, admin.slug)) as db:
        entries = db.execute(select(SettingsEntry).order_by(SettingsEntry.id)).scalars().all()
        founder = db.execute(select(Member.id)).scalars().first()
    assert [entry.what for entry in entries] == ["roles.planted", "workspace.opened", "invitation.sent"]
    assert entries[2].actor_id == founder
    assert entries[2].after == {"email": email, "role": "Member"}


def _end_access(browser: Browser, name: str) -> None:
    page = browser.open("/people")
    found = re.search(rf'href="(/people/[0-9a-f-]+)"[^>]*>\s*{re.escape(name)}', page.text)
    assert found, page.text
    browser.open(f"{found[1]}/deactivate")
    browser.submit(f"{found[1]}/deactivate")
    assert browser.path == "/people"
