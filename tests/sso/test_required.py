"""Where the firm insists on its provider: no password opens the workspace, but for break-glass admins."""

from __future__ import annotations

from sqlalchemy import select, update

from saas.app import Application
from saas.auth.directory import touch
from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.sso.conftest import PASSWORD, PASSWORD_HASH, SETTINGS, Firm, NewBrowser, come_in
from tests.sso.test_coming_in import is_inside


def with_password(firm: Firm, app: Application, name: str, role: str = "member") -> str:
    """Add a member who has a password; return the address."""
    key = firm.world.join(name, role=role)
    with firm.world.db() as db:
        member = db.get_one(Member, key)
        member.email = f"{name}@{firm.domain}"
        touch(db)
        identity = member.identity_id
    with control_session(app.runtime.databases) as control:
        values = {"password_hash": PASSWORD_HASH, "email": f"{name}@{firm.domain}"}
        control.execute(update(Identity).where(Identity.id == identity).values(**values))
    return f"{name}@{firm.domain}"


def admin_email(firm: Firm) -> str:
    with firm.world.db() as db:
        return str(db.execute(select(Member.email).where(Member.id == firm.world.members["admin"])).scalar_one())


def insist(firm: Firm) -> None:
    firm.set_up(is_required="1", break_glass=[str(firm.world.members["admin"])])


def sign_in(browser: Browser, where: str, email: str) -> Browser:
    browser.open(f"{where}/sign-in")
    browser.submit("sign-in-form", handle=email, password=PASSWORD)
    return browser


def test_passwords_do_not_open_the_workspace_but_the_break_glass_admins_does(firm: Firm, app: Application, new_browser: NewBrowser) -> None:
    email = with_password(firm, app, "ann")
    insist(firm)
    refused = sign_in(new_browser(), firm.url, email)
    assert refused.page.status_code == 422
    assert "its own sign-in service" in refused.page.text
    assert "Sign in with Acme account" in refused.page.text
    assert not is_inside(refused, firm)
    assert is_inside(sign_in(new_browser(), firm.url, admin_email(firm)), firm)


def test_neither_does_a_hand_off_from_the_public_site(firm: Firm, app: Application, new_browser: NewBrowser) -> None:
    email = with_password(firm, app, "bea")
    insist(firm)
    browser = sign_in(new_browser(), app.runtime.settings.url(path=""), email)
    assert (browser.host, browser.path) == (firm.world.host, "/sign-in")
    assert "asks everybody to sign in with Acme account" in browser.page.text
    assert not is_inside(browser, firm)


def test_a_session_that_began_with_a_password_ends_when_it_is_switched_on(firm: Firm, app: Application, new_browser: NewBrowser) -> None:
    email = with_password(firm, app, "cat")
    browser = sign_in(new_browser(), firm.url, email)
    assert is_inside(browser, firm)
    insist(firm)
    assert not is_inside(browser, firm)
    firm.person("cat")
    come_in(browser, firm, "cat")
    assert is_inside(browser, firm)


def test_another_admin_is_refused_too(firm: Firm, app: Application, new_browser: NewBrowser) -> None:
    email = with_password(firm, app, "dan", "admin")
    insist(firm)
    assert not is_inside(sign_in(new_browser(), firm.url, email), firm)


def test_when_the_provider_is_down_the_break_glass_admin_still_comes_in(firm: Firm, new_browser: NewBrowser) -> None:
    insist(firm)
    firm.change(issuer="http://gone.localhost:9")
    browser = new_browser()
    answer = browser.open(f"{firm.url}/sign-in/sso")
    assert answer.status_code == 502
    assert "does not answer" in answer.text
    assert "Other ways to sign in" in answer.text
    assert is_inside(sign_in(browser, firm.url, admin_email(firm)), firm)


def test_the_last_break_glass_admin_cannot_be_removed(firm: Firm, app: Application) -> None:
    with_password(firm, app, "eve", "admin")
    insist(firm)
    eve = firm.world.sign_in("eve")
    assert eve.get("/people").status_code == 303, "no password opens the workspace"
    firm.change(break_glass=[firm.world.members["eve"]])
    with firm.world.db() as db:
        touch(db)
    firm.change(is_required=True)
    eve = firm.world.sign_in("eve")
    assert eve.post(f"/people/{firm.world.members['admin']}/deactivate").status_code == 303
    with_password(firm, app, "fay", "admin")
    firm.change(break_glass=[firm.world.members["eve"], firm.world.members["fay"]])
    with firm.world.db() as db:
        touch(db)
    fay = firm.world.sign_in("fay")
    assert fay.post(f"/people/{firm.world.members['eve']}/deactivate").status_code == 303
    other = firm.world.join("gus", role="admin")
    firm.change(break_glass=[firm.world.members["fay"]])
    answer = fay.post(f"/people/{firm.world.members['fay']}", {"role": str(firm.role("member"))})
    assert answer.status_code == 422
    assert "when the sign-in service is down" in answer.text
    assert other


def test_it_cannot_be_insisted_on_without_somebody_who_has_a_password(firm: Firm, app: Application) -> None:
    with control_session(app.runtime.databases) as control:
        email = admin_email(firm)
        control.execute(update(Identity).where(Identity.email == email).values(password_hash=None))
    answer = firm.save(is_required="1", break_glass=[str(firm.world.members["admin"])])
    assert answer.status_code == 422
    assert "Choose at least one admin" in answer.text


def test_the_way_back_when_single_sign_on_ends(firm: Firm, app: Application, new_browser: NewBrowser) -> None:
    """Who only ever came in by the provider can be invited, and then has a password in the same place."""
    firm.set_up()
    firm.person("hal")
    come_in(new_browser(), firm, "hal")
    before = firm.member(f"hal@{firm.domain}")
    assert before is not None
    sent = firm.admin.post(
        "/people/invite", {"email": f"hal@{firm.domain}", "name": "", "role": str(firm.role("member")), "language": "en"}
    )
    assert sent.status_code == 303, sent.text
    assert SETTINGS
    from saas.auth import invitations
    from saas.auth.sessions import Person
    from saas.core.ids import new_id

    person = Person(new_id(), "Hal", f"hal@{firm.domain}", None, "en")
    with control_session(app.runtime.databases) as control:
        control.add(Identity(id=person.id, email=person.email, name="Hal", password_hash=PASSWORD_HASH))
    with firm.world.db() as db:
        from saas.auth.members import Invitation

        row = db.execute(select(Invitation).where(Invitation.email == person.email)).scalar_one()
        row.secret_hash = invitations._hash("known")
        db.flush()
        after = invitations.accept(db, "known", person)
        assert (after.id, after.identity_id) == (before.id, person.id)
