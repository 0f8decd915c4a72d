"""A firm's rules of signing in: a second factor for everybody, limits of idleness and age; and letters about new browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from saas.app import Application
from saas.auth.audit import SettingsEntry
from saas.auth.factors import rules
from saas.auth.factors.rules import Rules
from saas.auth.identities import Identity
from saas.auth.members import Member
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.devstack.mailbox_store import MailStore
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, PASSWORD_HASH, NewBrowser, Signup
from tests.people.factors import Phone, age_sessions, set_up_app
from tests.worlds import World

NEW = "New sign-in to your account"


@pytest.fixture
def firm(app: Application, world: World, new_browser: NewBrowser) -> Callable[[], Signup]:
    """Give a firm of its own, whose rules no other test feels: its admin comes in at the door, each time in a fresh browser."""

    def come() -> Signup:
        with control_session(app.runtime.databases) as control:
            with world.db() as db:
                identity = db.execute(select(Member.identity_id).where(Member.id == world.members["admin"])).scalar_one()
            person = control.get_one(Identity, identity)
            person.password_hash = PASSWORD_HASH
            email = person.email or ""
        browser = new_browser()
        browser.open(f"http://{world.host}/sign-in")
        browser.submit("sign-in-form", handle=email, password=PASSWORD)
        return Signup(browser, email, world.tenant.slug, world.host)

    return come


def set_rules(app: Application, world: World, **wanted: object) -> None:
    with control_session(app.runtime.databases) as control:
        rules.save(control, world.tenant.id, Rules(**wanted))  # type: ignore[arg-type]


def is_inside(browser: Browser, host: str) -> bool:
    return browser.open(f"http://{host}/people").status_code == 200 and browser.path == "/people"


def test_where_a_second_factor_is_required_no_other_page_opens_before_it(
    app: Application, world: World, firm: Callable[[], Signup]
) -> None:
    done = firm()
    browser = done.browser
    browser.open("/settings/security")
    browser.submit("rules-form", requires_factor="1")
    assert browser.path == "/me/security/required"
    for path in ("/people", "/today", "/me", "/settings/security", "/accounts"):
        browser.open(path)
        assert browser.path == "/me/security/required", path
    assert browser.post("/tags", name="Sly").status_code == 200
    assert browser.path == "/me/security/required"
    script = browser.send("GET", f"http://{done.host}/people", headers={"HX-Request": "true"}, follows=False)
    assert script.headers["hx-redirect"].startswith("/me/security/required")
    set_up_app(app, done)
    assert is_inside(browser, done.host)
    with world.db() as db:
        entry = db.execute(select(SettingsEntry).where(SettingsEntry.what == "workspace.sign_in_rules")).scalar_one()
    assert entry.before["requires_factor"] is False
    assert entry.after["requires_factor"] is True


def test_somebody_who_comes_later_is_led_to_add_one_and_then_on(app: Application, world: World, firm: Callable[[], Signup]) -> None:
    set_rules(app, world, requires_factor=True)
    done = firm()
    assert done.browser.path == "/me/security/required"
    phone, paper = set_up_app(app, done)
    assert len(paper) == 10
    again = firm()
    assert again.browser.path == "/sign-in/second"
    again.browser.submit("second-form", code=phone.fresh_code())
    assert is_inside(again.browser, done.host)
    again.browser.open("/me/security/app/remove")
    refused = again.browser.submit("/me/security/app/remove")
    assert refused.status_code == 422
    assert "asks everybody" in refused.text


def test_the_list_of_people_shows_admins_who_has_one(app: Application, world: World, firm: Callable[[], Signup]) -> None:
    done = firm()
    assert "Has one" not in done.browser.open("/people").text
    phone, _paper = set_up_app(app, done)
    assert isinstance(phone, Phone)
    assert "Has one" in done.browser.open("/people").text
    assert "Second factor" not in world.sign_in("member").get("/people").text


def test_rules_are_for_those_who_manage_settings_and_need_a_fresh_proof(app: Application, world: World, firm: Callable[[], Signup]) -> None:
    assert world.sign_in("member").get("/settings/security").status_code == 403
    done = firm()
    age_sessions(app, done.email)
    done.browser.open("/settings/security")
    assert "Confirm that it is you" in done.browser.submit("rules-form", requires_factor="1").text
    done.browser.submit("confirm-form", proof=PASSWORD)
    assert done.browser.path == "/me/security/required"


@pytest.mark.parametrize(("idle", "absolute"), [("1", ""), ("x", ""), ("", "99999999"), ("-15", ""), ("", "0")])
def test_limits_outside_the_lists_are_refused(world: World, firm: Callable[[], Signup], idle: str, absolute: str) -> None:
    done = firm()
    done.browser.open("/settings/security")
    token = done.browser.token
    answer = done.browser.send(
        "POST", f"http://{done.host}/settings/security", data={"csrf_token": token, "idle": idle, "absolute": absolute}
    )
    assert answer.status_code == 422


def test_limits_of_the_domain_stay_within_those_of_the_product(app: Application, world: World) -> None:
    for wanted in ({"idle_limit": timedelta(days=15)}, {"absolute_limit": timedelta(days=31)}, {"idle_limit": timedelta(minutes=1)}):
        with pytest.raises(Invalid):
            set_rules(app, world, **wanted)


def test_an_idle_limit_ends_sign_ins_of_this_firm_only(app: Application, world: World, firm: Callable[[], Signup]) -> None:
    done = firm()
    age_sessions(app, done.email, last_seen_at=now() - timedelta(minutes=31))
    assert is_inside(done.browser, done.host)
    age_sessions(app, done.email, last_seen_at=now() - timedelta(minutes=31))
    set_rules(app, world, idle_limit=timedelta(minutes=30))
    assert not is_inside(done.browser, done.host)
    again = firm()
    age_sessions(app, done.email, last_seen_at=now() - timedelta(minutes=29))
    assert is_inside(again.browser, done.host)


def test_an_absolute_limit_counts_from_the_sign_in_also_after_a_hand_off(
    app: Application, world: World, firm: Callable[[], Signup], new_browser: NewBrowser
) -> None:
    done = firm()
    set_rules(app, world, absolute_limit=timedelta(hours=8))
    assert is_inside(done.browser, done.host)
    age_sessions(app, done.email, signed_in_at=now() - timedelta(hours=9))
    assert not is_inside(done.browser, done.host)
    browser = new_browser()
    browser.open("/sign-in")
    browser.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert is_inside(browser, done.host)
    age_sessions(app, done.email, signed_in_at=now() - timedelta(hours=9))
    browser.open(f"{browser.root}open/{done.slug}")
    assert browser.path == "/sign-in"


def test_a_sign_in_of_the_public_site_does_not_outlive_the_idle_limit_of_a_firm(
    app: Application, world: World, firm: Callable[[], Signup], new_browser: NewBrowser
) -> None:
    done, browser = firm(), new_browser()
    browser.open("/sign-in")
    browser.submit("sign-in-form", handle=done.email, password=PASSWORD)
    set_rules(app, world, idle_limit=timedelta(minutes=30))
    long_ago = now() - timedelta(minutes=40)
    age_sessions(app, done.email, last_seen_at=long_ago, proved_at=long_ago)
    browser.open(f"{browser.root}open/{done.slug}")
    assert browser.path == "/sign-in"
    assert not is_inside(browser, done.host)


def letters_to(mailbox: MailStore, email: str) -> list[str]:
    return [letter.subject for letter in mailbox.messages(email) if letter.subject == NEW]


def test_a_new_browser_is_told_by_mail_the_first_one_and_known_ones_are_not(
    app: Application, firm: Callable[[], Signup], mailbox: MailStore, work: Callable[[], None]
) -> None:
    first = firm()
    work()
    assert letters_to(mailbox, first.email) == []
    for host in (f"http://{first.host}", first.browser.root.rstrip("/")):
        first.browser.open(f"{host}/sign-in")
        if first.browser.path == "/sign-in":
            first.browser.submit("sign-in-form", handle=first.email, password=PASSWORD)
    work()
    assert len(letters_to(mailbox, first.email)) <= 1
    told = len(letters_to(mailbox, first.email))
    firm()
    work()
    assert len(letters_to(mailbox, first.email)) == told + 1
    letter = mailbox.messages(first.email)[0]
    assert "Firefox · Linux" in letter.text
    assert "/me" in " ".join(letter.links)


def test_a_forged_device_cookie_is_a_new_browser(
    app: Application, firm: Callable[[], Signup], mailbox: MailStore, new_browser: NewBrowser, work: Callable[[], None]
) -> None:
    done = firm()
    known = done.browser.cookie("device", done.host)
    assert known
    work()
    for value in (known, known[:-1] + ("0" if known[-1] != "0" else "1"), "é", "x.y"):
        before = len(letters_to(mailbox, done.email))
        thief = new_browser()
        thief.open(f"http://{done.host}/sign-in")
        headers = {"Cookie": "; ".join([f"{c.name}={c.value}" for c in thief.client.cookies.jar] + ["device=" + value])}
        data = {"csrf_token": thief.token, "handle": done.email, "password": PASSWORD}
        thief.send("POST", f"http://{done.host}/sign-in", data=data, headers={k: v.encode() for k, v in headers.items()}, follows=False)
        work()
        assert len(letters_to(mailbox, done.email)) == before + (value != known), value
