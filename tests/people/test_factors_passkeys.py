"""Passkeys: adding, using and removing them, and what a page, a thief or a copied device could try instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from saas.app import Application
from saas.auth.factors.models import Passkey
from saas.tenants.session import control_session
from tests.people.authenticator import Authenticator, copy_of
from tests.people.browser import Browser
from tests.people.conftest import NewBrowser, Signup
from tests.people.factors import age_sessions, identity_of, password_step

Account = Callable[..., Signup]


def ask(browser: Browser, path: str, host: str) -> dict[str, Any]:
    """Ask for a challenge as the page's script does."""
    answer = browser.send("POST", f"http://{host}{path}", headers={"X-CSRF-Token": browser.token}, follows=False)
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.text)
    assert isinstance(found, dict)
    return found


def add(done: Signup, name: str = "Blue key", **options: Any) -> Authenticator:
    """Add a passkey on the security page."""
    device = Authenticator(f"http://{done.host}", **options)
    page = done.browser.open(f"http://{done.host}/me/security")
    token = done.browser.token
    asked = ask(done.browser, "/me/security/passkeys/options", done.host)
    assert page.status_code == 200
    data = {"csrf_token": token, "name": name, "passkey": device.make(asked)}
    answer = done.browser.send("POST", f"http://{done.host}/me/security/passkeys", data=data)
    assert answer.status_code == 200, answer.text
    return device


def sign_in(browser: Browser, host: str, device: Authenticator, **changes: Any) -> None:
    """Sign in with the passkey alone."""
    browser.open(f"http://{host}/sign-in")
    token = browser.token
    asked = ask(browser, "/passkeys/options/sign-in", host)
    browser.send("POST", f"http://{host}/sign-in/passkey", data={"csrf_token": token, "passkey": device.use(asked, **changes)})


def is_inside(browser: Browser, host: str) -> bool:
    return browser.open(f"http://{host}/people").status_code == 200 and browser.path == "/people"


def second(browser: Browser, host: str, device: Authenticator) -> int:
    """Use the passkey on the page of the second step; return the status."""
    token = browser.token
    asked = ask(browser, "/passkeys/options", host)
    data = {"csrf_token": token, "passkey": device.use(asked)}
    return browser.send("POST", f"http://{host}/sign-in/second", data=data).status_code


def test_a_passkey_signs_in_without_a_password_and_is_enough(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    device = add(done)
    sign_in(browser, done.host, device)
    assert browser.path == "/today"
    assert is_inside(browser, done.host)
    listed = browser.open("/me/security").text
    assert "Blue key" in listed
    assert "10 codes are left" in listed


def test_a_passkey_is_a_second_factor_after_the_password(account: Account, new_browser: NewBrowser) -> None:
    done = account()
    device = add(done, is_verified=False)
    browser = password_step(new_browser, done)
    assert browser.path == "/sign-in/second"
    assert second(browser, done.host, device) == 200
    assert is_inside(browser, done.host)


def test_a_device_that_did_not_check_who_holds_it_cannot_sign_in_alone(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    device = add(done, is_verified=False)
    sign_in(browser, done.host, device)
    assert browser.page.status_code == 422
    assert not is_inside(browser, done.host)


def test_the_passkey_of_another_person_proves_nothing(account: Account, new_browser: NewBrowser) -> None:
    ada, eve = account(), account()
    add(ada)
    hers = add(eve)
    browser = password_step(new_browser, ada)
    assert second(browser, ada.host, hers) == 422
    assert not is_inside(browser, ada.host)
    # Nor does her passkey under Ada's name.
    thief = new_browser()
    with_name = {"userHandle": Authenticator(f"http://{ada.host}").handle or "AAAA"}
    sign_in(thief, ada.host, hers, **with_name)
    assert thief.page.status_code == 422


def test_a_challenge_is_for_one_person_one_browser_one_purpose_and_one_use(
    app: Application, account: Account, new_browser: NewBrowser
) -> None:
    ada, eve = account(), account()
    hers, mine = add(eve), add(ada)
    one, other = password_step(new_browser, ada), password_step(new_browser, eve)
    asked_of_ada = ask_again(one, ada.host)
    token = other.token
    # Ada's challenge, answered by Eve in Eve's own sign-in.
    answer = other.send("POST", f"http://{eve.host}/sign-in/second", data={"csrf_token": token, "passkey": hers.use(asked_of_ada)})
    assert answer.status_code == 422
    # Ada's answer, sent from another browser in which her password was typed too.
    thief = password_step(new_browser, ada)
    stolen = mine.use(asked_of_ada)
    token = thief.token
    assert thief.send("POST", f"http://{ada.host}/sign-in/second", data={"csrf_token": token, "passkey": stolen}).status_code == 422
    # The right browser may use it, once.
    token = one.token
    before = mine.count
    mine.count = before
    assert one.send("POST", f"http://{ada.host}/sign-in/second", data={"csrf_token": token, "passkey": stolen}).status_code == 200
    again = password_step(new_browser, ada)
    token = again.token
    assert again.send("POST", f"http://{ada.host}/sign-in/second", data={"csrf_token": token, "passkey": stolen}).status_code == 422
    # A challenge to sign in is none to prove a second factor with.
    asked = ask(again, "/passkeys/options/sign-in", ada.host)
    assert (
        again.send("POST", f"http://{ada.host}/sign-in/second", data={"csrf_token": token, "passkey": mine.use(asked)}).status_code == 422
    )


def ask_again(browser: Browser, host: str) -> dict[str, Any]:
    """Ask for a challenge and come back to the page."""
    asked = ask(browser, "/passkeys/options", host)
    browser.open(f"http://{host}/sign-in/second")
    return asked


def test_a_copied_device_is_found_out_by_its_counter(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done = account()
    device = add(done)
    stolen = copy_of(device)
    sign_in(new_browser(), done.host, device)
    sign_in(new_browser(), done.host, device)
    thief = new_browser()
    sign_in(thief, done.host, stolen)
    assert thief.page.status_code == 422
    with control_session(app.runtime.databases) as control:
        row = control.execute(select(Passkey).where(Passkey.identity_id == identity_of(app, done.email))).scalar_one()
    assert row.sign_count == device.count
    assert row.rp_id == done.host.partition(":")[0]


@pytest.mark.parametrize("origin", ["http://evil.example", "https://{host}", "http://localhost"])
def test_an_answer_given_to_another_page_is_refused(account: Account, new_browser: NewBrowser, origin: str) -> None:
    done, browser = account(), new_browser()
    device = add(done)
    device.origin = origin.format(host=done.host)
    sign_in(browser, done.host, device)
    assert browser.page.status_code == 422


def test_a_changed_signature_is_refused(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    device = add(done)
    sign_in(browser, done.host, device, signature="MEUCIQDx")
    assert browser.page.status_code == 422


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"credential": 7}',
        '{"credential": {"response": []}}',
        '{"challenge_id": 7, "credential": {"response": {}}}',
        "[" * 5000,
        "\x00",
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(account: Account, new_browser: NewBrowser, answer: str) -> None:
    done, browser = account(), new_browser()
    browser.open(f"http://{done.host}/sign-in")
    assert browser.post("/sign-in/passkey", passkey=answer).status_code == 422
    done.browser.open("/me/security")
    assert done.browser.post("/me/security/passkeys", passkey=answer, name="x").status_code == 422


def test_passkeys_are_named_removed_and_then_worthless(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    first, second_one = add(done, "Laptop"), add(done, "Key")
    page = done.browser.open("/me/security").text
    assert "Laptop" in page
    rename = next(form for form in done.browser.forms() if form.values.get("name") == "Laptop")
    done.browser.submit(rename.id, name="Desk")
    assert "Desk" in done.browser.open("/me/security").text
    done.browser.open(rename.action.replace("/name", "/remove"))
    done.browser.submit(rename.action.replace("/name", "/remove"))
    sign_in(browser, done.host, first)
    assert browser.page.status_code == 422
    sign_in(browser, done.host, second_one)
    assert is_inside(browser, done.host)


def test_a_passkey_confirms_a_dangerous_act(app: Application, account: Account) -> None:
    done = account()
    device = add(done)
    age_sessions(app, done.email)
    browser = done.browser
    browser.open(f"http://{done.host}/me/security")
    browser.submit("/me/security/codes")
    form = next(form for form in browser.forms() if "passkey" in form.names)
    token = browser.token
    asked = ask(browser, "/passkeys/options", done.host)
    answer = browser.send(
        "POST", f"http://{done.host}{form.action}", data={**form.values, "csrf_token": token, "passkey": device.use(asked)}
    )
    assert "Your recovery codes" in answer.text


def test_strangers_get_no_list_of_anybodys_passkeys(account: Account, new_browser: NewBrowser) -> None:
    done, stranger = account(), new_browser()
    add(done)
    stranger.open(f"http://{done.host}/sign-in")
    token = stranger.token
    answer = stranger.send("POST", f"http://{done.host}/passkeys/options", headers={"X-CSRF-Token": token}, follows=False)
    assert answer.status_code == 401
    stranger.open(f"http://{done.host}/sign-in")
    assert ask(stranger, "/passkeys/options/sign-in", done.host)["options"]["allowCredentials"] == []
