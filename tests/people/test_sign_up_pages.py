"""Signing up through the pages: the happy path, wrong and old codes, and not a word about who has an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from saas.app import Application
from saas.auth import codes
from saas.auth.identities import OneTimeCode
from saas.core.clock import now
from saas.devstack.mailbox_store import MailStore
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, NewBrowser, Signup, an_email, code_in

SignUp = Callable[..., Signup]
Work = Callable[[], None]


def test_a_stranger_is_inside_a_working_workspace_after_three_forms(sign_up: SignUp) -> None:
    done = sign_up()
    assert done.host.startswith(f"{done.slug}.")
    assert done.browser.page.status_code in (200, 404)
    people = done.browser.open("/people")
    assert people.status_code == 200
    assert "Ada Lovelace" in people.text
    assert done.email in people.text


def test_the_whole_way_in_chinese_makes_a_chinese_firm(sign_up: SignUp) -> None:
    done = sign_up("zh-CN", company="上海智能科技有限公司", workspace="", name="张伟")
    assert re.match(r"shanghaizhinengkeji(-\d)?\.", done.host)
    settings = done.browser.open("/settings")
    assert 'lang="zh-Hans"' in settings.text
    assert 'value="CNY" selected' in settings.text
    assert 'value="Asia/Shanghai" selected' in settings.text
    assert "工作区设置" in settings.text


def test_the_letter_holds_the_code_in_subject_and_text_in_the_readers_language(
    new_browser: NewBrowser, work: Work, mailbox: MailStore
) -> None:
    for language, word in (("en", "Your code"), ("zh-CN", "验证码")):
        browser, email = new_browser(language), an_email()
        browser.open("/sign-up")
        browser.submit("sign-up-form", email=email)
        work()
        letter = mailbox.wait_for(email)
        assert code_in(mailbox, email) in letter.subject
        assert word in letter.text


def _seen(browser: Browser, email: str) -> tuple[int, str, str]:
    """What somebody sees, without what is random in it."""
    return browser.page.status_code, browser.path, re.sub(r"[0-9a-f-]{32,40}", "", browser.page.text.replace(email, "E"))


def test_an_address_with_an_account_gets_the_same_pages_and_another_letter(
    sign_up: SignUp, new_browser: NewBrowser, work: Work, mailbox: MailStore
) -> None:
    known, fresh = sign_up().email, an_email()
    pages = []
    for email in (known, fresh):
        browser = new_browser()
        browser.open("/sign-up")
        browser.submit("sign-up-form", email=email)
        pages.append(_seen(browser, email))
        work()
        browser.submit("code-form", code="000000")
        pages.append(_seen(browser, email))
    assert pages[:2] == pages[2:]
    letter = mailbox.wait_for(known, count=2)
    assert "already have an account" in letter.subject
    assert not re.search(r"\b\d{6}\b", letter.text)


def test_six_wrong_codes_end_the_attempt_even_for_the_right_one(new_browser: NewBrowser, work: Work, mailbox: MailStore) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    right = code_in(mailbox, email)
    wrong = "000000" if right != "000000" else "111111"
    for _number in range(codes.MAX_TRIES):
        assert browser.submit("code-form", code=wrong).status_code == 422
    answer = browser.submit("code-form", code=right)
    assert answer.status_code == 422
    assert "no longer valid" in answer.text


def test_a_wrong_code_leaves_tries_for_the_right_one_and_blanks_do_not_matter(
    new_browser: NewBrowser, work: Work, mailbox: MailStore
) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    right = code_in(mailbox, email)
    browser.submit("code-form", code="999999" if right != "999999" else "888888")
    browser.submit("code-form", code=f" {right[:3]} {right[3:]} ")
    assert browser.path == "/sign-up/company"


def test_a_code_runs_out_after_a_quarter_of_an_hour(app: Application, new_browser: NewBrowser, work: Work, mailbox: MailStore) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    with control_session(app.runtime.databases) as control:
        query = update(OneTimeCode).where(OneTimeCode.handle == email).values(expires_at=OneTimeCode.expires_at - timedelta(minutes=15))
        control.execute(query)
    assert browser.submit("code-form", code=code_in(mailbox, email)).status_code == 422
    assert browser.path == "/sign-up/code"


def test_a_code_works_only_in_the_browser_that_asked_for_it(new_browser: NewBrowser, work: Work, mailbox: MailStore) -> None:
    mine, other, email = new_browser(), new_browser(), an_email()
    for browser in (mine, other):
        browser.open("/sign-up")
        browser.submit("sign-up-form", email=email)
        work()
    newest = code_in(mailbox, email, count=2)
    older = code_in(mailbox, email, count=1) if newest != code_in(mailbox, email) else newest
    assert older == newest
    assert mine.submit("code-form", code=newest).status_code == 422
    other.submit("code-form", code=newest)
    assert other.path == "/sign-up/company"


def test_the_last_form_needs_a_proven_address(new_browser: NewBrowser) -> None:
    browser = new_browser()
    browser.open("/sign-up/company")
    assert browser.path == "/sign-up"
    browser.post("/sign-up/company", company="X", workspace="some-firm", name="Eve", password=PASSWORD, country="DE")
    assert browser.path == "/sign-up"


def test_what_was_typed_stays_and_errors_stand_beside_their_fields(new_browser: NewBrowser, work: Work, mailbox: MailStore) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    browser.submit("code-form", code=code_in(mailbox, email))
    answer = browser.submit("company-form", company="Kettles & Sons", workspace="admin", name="", password="short", country="AT")
    assert answer.status_code == 422
    assert 'value="Kettles &amp; Sons"' in answer.text
    assert 'value="AT" selected' in answer.text
    for name in ("field-workspace-error", "field-name-error", "field-password-error"):
        assert f'id="{name}"' in answer.text
    assert "short" not in re.findall(r'name="password"[^>]*value="([^"]*)"', answer.text)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("1234567890", "first that get tried"),
        ("aaaaaaaaaaaa", "first that get tried"),
        ("kurz", "at least 10"),
        ("x" * 300, "at most"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(
    new_browser: NewBrowser, work: Work, mailbox: MailStore, password: str, why: str
) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    browser.submit("code-form", code=code_in(mailbox, email))
    answer = browser.submit("company-form", company="Firm", workspace="", name="Ada", password=password)
    assert answer.status_code == 422
    assert why in answer.text


def test_a_script_in_a_company_name_is_text_everywhere(sign_up: SignUp) -> None:
    done = sign_up(company="<script>alert(1)</script>", name='"><img src=x onerror=alert(1)>')
    for path in ("/people", "/settings", "/me", "/sign-in"):
        page = done.browser.open(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_an_address_says_while_it_is_typed_whether_it_is_free(sign_up: SignUp, new_browser: NewBrowser) -> None:
    taken, browser = sign_up().slug, new_browser()
    said = {
        name: browser.open(f"/sign-up/address?workspace={name}").text
        for name in ("good-name", taken, "admin", "a_b", "on1ebook", "onebook-help")
    }
    assert "is free" in said["good-name"]
    assert "is taken" in said[taken]
    assert "kept for us" in said["admin"]
    assert "kept for us" in said["onebook-help"]
    assert "small letters" in said["a_b"]
    assert "<html" not in said["good-name"]


def test_a_company_suggests_an_address_that_is_free(sign_up: SignUp, new_browser: NewBrowser) -> None:
    first = sign_up(company="Zebra Crossing GmbH", workspace="")
    browser = new_browser()
    answer = browser.open("/sign-up/address?company=Zebra+Crossing+GmbH&workspace=", headers={"HX-Request": "true", "HX-Target": "address"})
    found = re.search(r'name="workspace"[^>]*value="([^"]*)"', answer.text)
    assert found
    assert found[1].startswith("zebra-crossing")
    assert found[1] != first.slug


def test_signing_up_is_throttled_by_e_mail_and_by_network_address(new_browser: NewBrowser) -> None:
    email = an_email()
    statuses = []
    for _number in range(7):
        browser = new_browser()
        browser.open("/sign-up")
        statuses.append(browser.submit("sign-up-form", email=email).status_code)
    assert statuses == [200] * 5 + [429] * 2
    one_place = new_browser()
    answers = []
    for _number in range(22):
        one_place.open("/sign-up")
        answers.append(one_place.submit("sign-up-form", email=an_email()).status_code)
    assert answers[19] == 200
    assert answers[21] == 429


def test_the_proof_is_forgotten_when_it_is_old(app: Application, new_browser: NewBrowser, work: Work, mailbox: MailStore) -> None:
    browser, email = new_browser(), an_email()
    browser.open("/sign-up")
    browser.submit("sign-up-form", email=email)
    work()
    browser.submit("code-form", code=code_in(mailbox, email))
    with control_session(app.runtime.databases) as control:
        control.execute(update(OneTimeCode).where(OneTimeCode.handle == email).values(expires_at=now()))
    browser.submit("company-form", company="Firm", workspace="", name="Ada", password=PASSWORD)
    assert browser.path == "/sign-up"
