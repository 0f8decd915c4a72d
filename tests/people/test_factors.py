"""The authenticator app and recovery codes: adding them, signing in with them, and everything somebody could try without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from saas.app import Application
from saas.auth import codes
from saas.auth.factors.models import PendingSignIn, RecoveryCode, Totp
from saas.auth.factors.proving import TRIES_OF_PAIR
from saas.auth.factors.sealing import seal, unseal
from saas.auth.identities import WebSession
from saas.core.ids import new_id
from saas.devstack.mailbox_store import MailStore
from saas.tenants import jobs, resolve
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, NewBrowser, Signup
from tests.people.factors import identity_of, password_step, set_up_app

Account = Callable[..., Signup]
SECOND = "/sign-in/second"


def is_inside(browser: Browser, host: str) -> bool:
    return browser.open(f"http://{host}/people").status_code == 200 and browser.path == "/people"


def session_count(app: Application, email: str) -> int:
    with control_session(app.runtime.databases) as control:
        return len(control.execute(select(WebSession.id).where(WebSession.identity_id == identity_of(app, email))).all())


@pytest.mark.parametrize("at", ["workspace", "public"])
def test_after_the_password_comes_the_code_and_then_the_page_one_wanted(
    app: Application, account: Account, new_browser: NewBrowser, at: str
) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    browser = password_step(new_browser, done, at)
    assert browser.path == SECOND
    assert browser.cookie("session", browser.host) is None
    browser.submit("second-form", code=phone.fresh_code())
    assert browser.host == done.host
    assert browser.path == "/today"
    assert browser.cookie("second-step", done.host) is None
    other = new_browser()
    other.open(f"http://{done.host}/people?x=1")
    other.submit("sign-in-form", handle=done.email, password=PASSWORD)
    other.submit("second-form", code=f" {phone.fresh_code()[:3]} {phone.code()[3:]} ")
    assert other.url == f"http://{done.host}/people?x=1"


def test_a_code_is_taken_once_also_by_another_browser(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    code = phone.fresh_code()
    first, second = password_step(new_browser, done), password_step(new_browser, done)
    first.submit("second-form", code=code)
    assert is_inside(first, done.host)
    answer = second.submit("second-form", code=code)
    assert answer.status_code == 422
    assert "was used already" in answer.text
    # A code of an earlier step than the one taken last is old news too.
    assert second.submit("second-form", code=phone.code(-1)).status_code == 422
    assert second.submit("second-form", code=phone.code(1)).status_code == 200


def test_the_clock_of_a_phone_may_be_half_a_minute_off_and_no_more(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    phone.fresh_code()
    browser = password_step(new_browser, done)
    for steps in (-3, 3):
        assert browser.submit("second-form", code=phone.code(steps)).status_code == 422
    browser.submit("second-form", code=phone.code(1))
    assert is_inside(browser, done.host)


def test_each_of_ten_recovery_codes_lets_in_once(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    _phone, paper = set_up_app(app, done)
    assert len(set(paper)) == 10
    browser = password_step(new_browser, done)
    browser.submit("second-form", code=paper[0].lower().replace("-", " "))
    assert is_inside(browser, done.host)
    again = password_step(new_browser, done)
    assert again.submit("second-form", code=paper[0]).status_code == 422
    again.submit("second-form", code=paper[1])
    assert is_inside(again, done.host)
    again.open("/me/security")
    assert "8 codes are left" in again.page.text
    fresh = again.submit("/me/security/codes")
    assert paper[2] not in fresh.text
    third = password_step(new_browser, done)
    assert third.submit("second-form", code=paper[2]).status_code == 422


def test_nothing_secret_is_kept_readable(app: Application, account: Account) -> None:
    done = account()
    phone, paper = set_up_app(app, done)
    key, person = app.runtime.settings.secret_key, identity_of(app, done.email)
    with control_session(app.runtime.databases) as control:
        sealed = control.execute(select(Totp.secret_sealed).where(Totp.identity_id == person)).scalar_one()
        hashes = control.execute(select(RecoveryCode.code_hash).where(RecoveryCode.identity_id == person)).scalars().all()
    assert phone.totp.secret.encode() not in sealed
    assert all(code.replace("-", "").encode() not in found for code in paper for found in hashes)
    assert unseal(key, "totp", str(person), sealed) == phone.totp.secret.encode()
    assert unseal(key, "totp", str(new_id()), sealed) is None
    assert unseal(key, "held-form", str(person), sealed) is None
    assert unseal("another key", "totp", str(person), sealed) is None
    assert unseal(key, "totp", str(person), sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert unseal(key, "totp", str(person), b"") is None
    assert seal(key, "x", "y", b"z") != seal(key, "x", "y", b"z")


def test_the_password_alone_opens_no_page_and_no_hand_off(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    set_up_app(app, done)
    for at in ("workspace", "public"):
        browser = password_step(new_browser, done, at)
        assert browser.path == SECOND
        for url in (
            f"http://{done.host}/people",
            f"http://{done.host}/today",
            f"{browser.root}workspaces",
            f"{browser.root}open/{done.slug}",
        ):
            browser.open(url)
            assert browser.path == "/sign-in", url
        # The token of the unfinished sign-in is no session's.
        token = browser.cookie("second-step", done.host if at == "workspace" else "localhost.local") or browser.cookie(
            "second-step", "localhost"
        )
        assert token
        answer = new_browser().send("GET", f"http://{done.host}/people", headers={"Cookie": f"session={token}"}, follows=False)
        assert answer.status_code == 303


def test_an_unfinished_sign_in_is_of_one_host_and_ends_after_ten_tries(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done, other = account(), account(1)
    phone, _paper = set_up_app(app, done)
    browser = password_step(new_browser, done)
    token = browser.cookie("second-step", done.host)
    foreign = new_browser()
    answer = foreign.send("GET", f"http://{other.host}{SECOND}", headers={"Cookie": f"second-step={token}"}, follows=False)
    assert answer.headers["location"] == "/sign-in"
    with control_session(app.runtime.databases) as control:
        row = control.execute(select(PendingSignIn).where(PendingSignIn.identity_id == identity_of(app, done.email))).scalars().first()
        assert row is not None
        row.tries = 9
    assert browser.submit("second-form", code="000000").status_code == 422
    browser.open(f"http://{done.host}{SECOND}")
    assert browser.path == "/sign-in"
    assert phone


def test_guessing_codes_is_slowed(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    attacker = password_step(new_browser, done)
    statuses = [attacker.submit("second-form", code=f"00000{number}").status_code for number in range(TRIES_OF_PAIR)]
    assert statuses == [422] * TRIES_OF_PAIR
    refused = attacker.post(SECOND, code=phone.fresh_code())
    assert refused.status_code == 429
    # Also after the password is typed again, from the same place; the owner goes on from another.
    attacker.open(f"http://{done.host}/sign-in")
    attacker.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert attacker.submit("second-form", code=phone.fresh_code()).status_code == 429
    owner = password_step(new_browser, done)
    owner.submit("second-form", code=phone.fresh_code())
    assert is_inside(owner, done.host)


def test_before_the_password_is_right_nothing_tells_who_has_a_second_factor(
    app: Application, account: Account, new_browser: NewBrowser
) -> None:
    plain, careful = account(), account()
    set_up_app(app, careful)
    said = set()
    for done in (plain, careful):
        browser = new_browser()
        browser.open(f"http://{done.host}/sign-in")
        answer = browser.submit("sign-in-form", handle=done.email, password="wrong password")
        said.add((answer.status_code, answer.text.replace(done.email, "H").replace(browser.token, "T")))
    assert len(said) == 1
    stranger = new_browser()
    stranger.open(f"http://{careful.host}{SECOND}")
    assert stranger.path == "/sign-in"


def test_a_reset_password_and_an_accepted_hand_off_do_not_stand_in_for_the_factor(
    app: Application, account: Account, new_browser: NewBrowser
) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    person = identity_of(app, done.email)
    with control_session(app.runtime.databases) as control:
        reset = codes.start_reset(control, person)
        tenant = resolve.by_slug(control, done.slug)
        assert tenant
        handoff = codes.start_handoff(control, person, tenant.id, new_id())
    browser = new_browser()
    browser.open(f"http://{done.host}/hand-off?token={handoff}")
    assert browser.path == SECOND
    assert not is_inside(browser, done.host)
    browser = new_browser()
    browser.open(f"http://{done.host}/reset/{reset}")
    browser.submit(f"/reset/{reset}", password="seven lanterns of rain")
    assert browser.path == SECOND
    assert session_count(app, done.email) == 0
    browser.submit("second-form", code=phone.fresh_code())
    assert is_inside(browser, done.host)


def test_a_hand_off_from_a_proved_sign_in_needs_no_second_code(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    phone, _paper = set_up_app(app, done)
    browser = password_step(new_browser, done, "public")
    browser.submit("second-form", code=phone.fresh_code())
    browser.open(f"{browser.root}open/{done.slug}")
    assert is_inside(browser, done.host)


def test_the_first_factor_signs_out_devices_that_did_not_prove_it(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    elsewhere = password_step(new_browser, done)
    assert is_inside(elsewhere, done.host)
    set_up_app(app, done)
    assert not is_inside(elsewhere, done.host)
    assert is_inside(done.browser, done.host)


def test_an_app_counts_only_once_its_code_was_right(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    done.browser.open("/me/security/app")
    assert done.browser.submit("app-form", code="123456").status_code == 422
    assert is_inside(password_step(new_browser, done), done.host)


def test_removing_the_app_makes_the_password_enough_and_tells_the_person(
    app: Application, account: Account, new_browser: NewBrowser, mailbox: MailStore
) -> None:
    done = account()
    _phone, paper = set_up_app(app, done)
    done.browser.open("/me/security/app/remove")
    done.browser.submit("/me/security/app/remove")
    assert done.browser.path == "/me/security"
    browser = password_step(new_browser, done)
    assert is_inside(browser, done.host)
    with control_session(app.runtime.databases) as control:
        assert not control.execute(select(RecoveryCode).where(RecoveryCode.identity_id == identity_of(app, done.email))).first()
        tenant = resolve.by_slug(control, done.slug)
    assert tenant
    assert paper
    jobs.drain(app.runtime, str(tenant.id))
    subjects = [letter.subject for letter in mailbox.messages(done.email)]
    assert subjects == ["The authenticator app was removed from your account", "An authenticator app was added to your account"]
