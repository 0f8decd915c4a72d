"""Staff without e-mail: a sign-in made by an admin, its one-time code, login names, forgotten passwords."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import update

from saas.app import Application
from saas.auth.codes import CROCKFORD
from saas.auth.identities import OneTimeCode
from saas.core.clock import now
from saas.tenants.session import control_session
from tests.people.conftest import PASSWORD, NewBrowser, Signup

SignUp = Callable[..., Signup]
NEW_PASSWORD = "seven lanterns of rain"


def made(admin: Signup, name: str = "Anna Koch", login_name: str = "anna.k") -> str:
    """Make a sign-in through the page; return the address that the QR code holds."""
    admin.browser.open(f"http://{admin.host}/people/staff/new")
    answer = admin.browser.submit("staff-form", name=name, login_name=login_name)
    assert answer.status_code == 200, answer.text
    found = re.search(r"<code>(http://[^<]+/start/[^<]+)</code>", answer.text)
    assert found, answer.text
    return found[1]


def started(admin: Signup, new_browser: NewBrowser, password: str = PASSWORD, **who: str) -> None:
    browser = new_browser()
    browser.open(made(admin, **who))
    browser.submit("start-password-form", password=password)
    assert browser.open("/people").status_code == 200


def test_a_code_leads_in_sets_a_password_and_works_once(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, anna = sign_up(), new_browser()
    link = made(admin)
    page = anna.open(link)
    assert "Hello Anna Koch" in page.text
    assert anna.submit("start-password-form", password="short").status_code == 422
    anna.submit("start-password-form", password=PASSWORD)
    assert anna.open("/people").status_code == 200
    assert new_browser().open(link).status_code == 422


def test_a_code_is_shown_once_with_a_picture_and_never_again(sign_up: SignUp) -> None:
    admin = sign_up()
    link = made(admin)
    page = admin.browser.page.text
    code = link.rsplit("/", 1)[1]
    assert re.fullmatch(f"[{CROCKFORD}]{{4}}-[{CROCKFORD}]{{4}}", code)
    assert "<svg" in page
    assert "style=" not in page
    assert code not in admin.browser.open("/people").text


def test_afterwards_the_login_name_signs_in_at_the_workspace_and_nowhere_else(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, other = sign_up(), sign_up()
    started(admin, new_browser)
    browser = new_browser()
    browser.open(f"http://{admin.host}/sign-in")
    browser.submit("sign-in-form", handle="  Anna.K ", password=PASSWORD)
    assert browser.open("/people").status_code == 200
    elsewhere = new_browser()
    for url in (f"http://{other.host}/sign-in", f"{elsewhere.root}sign-in"):
        elsewhere.open(url)
        assert elsewhere.submit("sign-in-form", handle="anna.k", password=PASSWORD).status_code == 422


def test_a_code_may_be_typed_with_small_letters_blanks_and_misread_characters(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, anna = sign_up(), new_browser()
    code = made(admin).rsplit("/", 1)[1]
    anna.open(f"http://{admin.host}/start")
    anna.submit("start-form", code=f" {code.lower().replace('0', 'o').replace('1', 'l').replace('-', ' - ')} ")
    assert "Hello Anna Koch" in anna.page.text


def test_a_code_of_one_firm_is_nothing_at_another(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, other = sign_up(), sign_up()
    link = made(admin)
    assert new_browser().open(link.replace(admin.host, other.host)).status_code == 422


def test_a_forgotten_password_is_answered_by_a_new_code_and_the_older_code_ends(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin = sign_up()
    first = made(admin)
    page = admin.browser.open("/people")
    person = re.search(r'href="(/people/[0-9a-f-]+)"[^>]*>\s*Anna Koch', page.text)
    assert person
    admin.browser.open(person[1])
    answer = admin.browser.submit(f"{person[1]}/code")
    second = re.search(r"<code>(http://[^<]+/start/[^<]+)</code>", answer.text)
    assert second
    assert new_browser().open(first).status_code == 422
    anna = new_browser()
    anna.open(second[1])
    anna.submit("start-password-form", password=NEW_PASSWORD)
    assert anna.open("/people").status_code == 200


def test_setting_a_new_password_signs_older_devices_out(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, old_phone = sign_up(), new_browser()
    old_phone.open(made(admin))
    old_phone.submit("start-password-form", password=PASSWORD)
    page = admin.browser.open("/people")
    person = re.search(r'href="(/people/[0-9a-f-]+)"[^>]*>\s*Anna Koch', page.text)
    assert person
    admin.browser.open(person[1])
    link = re.search(r"<code>(http://[^<]+/start/[^<]+)</code>", admin.browser.submit(f"{person[1]}/code").text)
    assert link
    assert old_phone.open("/people").status_code == 200
    new_phone = new_browser()
    new_phone.open(link[1])
    new_phone.submit("start-password-form", password=NEW_PASSWORD)
    old_phone.open("/people")
    assert old_phone.path == "/sign-in"


def test_a_code_runs_out(app: Application, sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin = sign_up()
    link = made(admin)
    with control_session(app.runtime.databases) as control:
        control.execute(update(OneTimeCode).where(OneTimeCode.purpose == "staff").values(expires_at=now()))
    assert new_browser().open(link).status_code == 422


def test_a_login_name_that_is_taken_or_malformed_is_refused_beside_its_field(sign_up: SignUp) -> None:
    admin = sign_up()
    made(admin)
    for wrong, why in (("ANNA.K", "has this login name already"), ("a", "2 to 40"), ("a b", "2 to 40"), ("x@y.z", "2 to 40")):
        admin.browser.open("/people/staff/new")
        answer = admin.browser.submit("staff-form", name="Somebody", login_name=wrong)
        assert answer.status_code == 422
        assert why in answer.text
        assert 'value="Somebody"' in answer.text


def test_a_chinese_login_name_works(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin = sign_up("zh-CN")
    started(admin, new_browser, name="张伟", login_name="张伟")
    browser = new_browser()
    browser.open(f"http://{admin.host}/sign-in")
    browser.submit("sign-in-form", handle="张伟", password=PASSWORD)
    assert browser.open("/people").status_code == 200


def test_guessing_codes_is_throttled(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin, guesser = sign_up(), new_browser()
    statuses = {guesser.open(f"http://{admin.host}/start/0000-{number:04d}").status_code for number in range(40)}
    assert statuses == {422, 429}


def test_ending_access_ends_an_open_code(sign_up: SignUp, new_browser: NewBrowser) -> None:
    admin = sign_up()
    link = made(admin)
    page = admin.browser.open("/people")
    person = re.search(r'href="(/people/[0-9a-f-]+)"[^>]*>\s*Anna Koch', page.text)
    assert person
    admin.browser.open(f"{person[1]}/deactivate")
    admin.browser.submit(f"{person[1]}/deactivate")
    assert new_browser().open(link).status_code == 422
