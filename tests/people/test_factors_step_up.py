"""Proving oneself anew before dangerous acts, and coming back to what one was doing with everything that was typed."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from saas.app import Application
from saas.auth.directory import touch
from saas.auth.members import Member, MemberRole, Role
from saas.core.ids import new_id
from saas.tenants import resolve
from saas.tenants.session import control_session, tenant_session
from tests.people.conftest import PASSWORD, NewBrowser, Signup, an_email
from tests.people.factors import Phone, age_sessions, identity_of, password_step, set_up_app

Account = Callable[..., Signup]
ASKS = "Confirm that it is you"


def make_colleague(app: Application, done: Signup) -> tuple[str, str, Callable[[], str]]:
    """Add a member; return the key, the key of the admin role, and how to read which role the member holds."""
    with control_session(app.runtime.databases) as control:
        tenant = resolve.by_slug(control, done.slug)
    assert tenant
    with tenant_session(app.runtime.databases, tenant) as db:
        roles = dict(db.execute(select(Role.key, Role.id)).all())
        home = db.execute(select(Member.department_id).limit(1)).scalar_one()
        row = Member(id=new_id(), identity_id=new_id(), name="Bo Step", email=an_email(), department_id=home)
        db.add(row)
        db.flush()
        db.add(MemberRole(member_id=row.id, role_id=roles["member"]))
        touch(db)

    def held() -> str:
        with tenant_session(app.runtime.databases, tenant) as db:
            query = select(Role.key).join(MemberRole, MemberRole.role_id == Role.id).where(MemberRole.member_id == row.id)
            return str(db.execute(query).scalar_one())

    return str(row.id), str(roles["admin"]), held


def test_making_somebody_admin_asks_for_the_password_and_then_goes_on(app: Application, account: Account) -> None:
    done = account()
    person, admin, held = make_colleague(app, done)
    age_sessions(app, done.email, minutes=11)
    browser = done.browser
    browser.open(f"http://{done.host}/people/{person}")
    answer = browser.submit("person-form", role=admin)
    assert ASKS in answer.text
    assert held() == "member"
    wrong = browser.submit("confirm-form", proof="not the password")
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    assert held() == "member"
    browser.submit("confirm-form", proof=PASSWORD)
    assert browser.path == "/people"
    assert held() == "admin"


def test_within_ten_minutes_of_a_proof_nothing_is_asked(app: Application, account: Account) -> None:
    done = account()
    person, admin, held = make_colleague(app, done)
    age_sessions(app, done.email, minutes=9)
    done.browser.open(f"http://{done.host}/people/{person}")
    done.browser.submit("person-form", role=admin)
    assert held() == "admin"


def test_other_changes_of_people_ask_nothing(app: Application, account: Account) -> None:
    done = account()
    person, _admin, _held = make_colleague(app, done)
    age_sessions(app, done.email)
    done.browser.open(f"http://{done.host}/people/{person}")
    assert ASKS not in done.browser.submit("person-form").text


def test_with_a_second_factor_the_password_is_no_proof(app: Application, account: Account) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    person, admin, held = make_colleague(app, done)
    age_sessions(app, done.email)
    browser = done.browser
    browser.open(f"http://{done.host}/people/{person}")
    browser.submit("person-form", role=admin)
    assert browser.post(f"/people/{person}", **browser.forms()[0].values, proof=PASSWORD).status_code == 422
    assert held() == "member"
    browser.submit("confirm-form", code=phone.fresh_code())
    assert held() == "admin"


def test_a_kept_form_is_sealed_and_fits_one_session_and_one_page(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    set_up_app(app, done)
    age_sessions(app, done.email)
    browser = done.browser
    browser.open(f"http://{done.host}/me")
    answer = browser.submit("password-form", current=PASSWORD, password="seven lanterns of rain")
    assert ASKS in answer.text
    assert PASSWORD not in answer.text
    assert "seven lanterns" not in answer.text
    held = re.search(r'name="held" value="([^"]+)"', answer.text)
    assert held
    # Another page of the same session, another session of the same person, a changed text: all begin anew and do nothing.
    moved = browser.post("/me/security/codes", held=held[1], code="000000")
    assert ASKS in moved.text
    other = Phone("A" * 32, app, identity_of(app, done.email))
    thief = password_step(new_browser, done)
    assert thief.path == "/sign-in/second"
    assert other
    changed = browser.post("/me/password", held=held[1][:-4] + "AAAA", code="000000")
    assert ASKS in changed.text
    nonsense = browser.post("/me/password", held="é", code="000000")
    assert ASKS in nonsense.text


def test_changing_the_password_with_a_second_factor_needs_it_fresh(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    age_sessions(app, done.email)
    done.browser.open(f"http://{done.host}/me")
    done.browser.submit("password-form", current=PASSWORD, password="seven lanterns of rain")
    done.browser.submit("confirm-form", code=phone.fresh_code())
    assert done.browser.path == "/me"
    browser = new_browser()
    browser.open(f"http://{done.host}/sign-in")
    browser.submit("sign-in-form", handle=done.email, password="seven lanterns of rain")
    assert browser.path == "/sign-in/second"


def test_a_fresh_page_comes_back_to_itself_and_a_script_is_led_to_the_question(app: Application, account: Account) -> None:
    done = account()
    age_sessions(app, done.email)
    browser = done.browser
    assert ASKS in browser.open(f"http://{done.host}/me/security/app").text
    browser.submit("confirm-form", proof=PASSWORD)
    assert browser.path == "/me/security/app"
    age_sessions(app, done.email)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://{done.host}/me/security?x=1"}
    answer = browser.send("POST", f"http://{done.host}/me/security/codes", data={"csrf_token": browser.token}, headers=headers)
    assert answer.headers["hx-redirect"] == "/me/security/confirm?next=%2Fme%2Fsecurity%3Fx%3D1"


def test_guessing_the_password_of_a_left_session_is_slowed(app: Application, account: Account) -> None:
    done = account()
    age_sessions(app, done.email)
    done.browser.open(f"http://{done.host}/me/security/app")
    statuses = [done.browser.post("/me/security/confirm", proof="wrong", next="/me").status_code for _number in range(10)]
    assert statuses[:8] == [422] * 8
    assert statuses[8] == 429
