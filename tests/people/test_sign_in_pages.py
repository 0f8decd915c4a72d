"""Signing in and out on both kinds of host, sessions, hand-offs between hosts, forgotten passwords."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from saas.app import Application
from saas.auth import codes, sessions
from saas.auth.identities import Identity, OneTimeCode, WebSession
from saas.auth.members import Workspace
from saas.core.clock import now
from saas.devstack.mailbox_store import MailStore
from saas.tenants import resolve
from saas.tenants.session import control_session, tenant_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, NewBrowser, Signup, an_email

Account = Callable[..., Signup]
NEW_PASSWORD = "seven lanterns of rain"


def is_inside(browser: Browser, host: str) -> bool:
    page = browser.open(f"http://{host}/people")
    return page.status_code == 200 and browser.path == "/people"


def identity_of(app: Application, email: str) -> Identity:
    with control_session(app.runtime.databases) as control:
        return control.execute(select(Identity).where(Identity.email == email)).scalar_one()


def test_somebody_with_one_workspace_is_inside_right_after_signing_in_on_the_public_site(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    browser.open("/sign-in")
    browser.submit("sign-in-form", handle=done.email.upper(), password=PASSWORD)
    assert browser.host == done.host
    assert is_inside(browser, done.host)


def test_signing_in_at_the_workspace_returns_to_where_one_wanted_to_go(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    browser.open(f"http://{done.host}/people?x=1")
    assert browser.path == "/sign-in"
    browser.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert browser.url == f"http://{done.host}/people?x=1"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example/x",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%5cevil.example\\x",
        "\t//evil.example",
        "http:evil",
        "//",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(account: Account, new_browser: NewBrowser, wanted: str) -> None:
    done, browser = account(), new_browser()
    browser.open(f"http://{done.host}/sign-in", params={"next": wanted})
    token = browser.token
    url = f"http://{done.host}/sign-in"
    answer = browser.send(
        "POST", url, data={"csrf_token": token, "handle": done.email, "password": PASSWORD, "next": wanted}, follows=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_wrong_name_wrong_password_and_no_account_say_the_same(account: Account, new_browser: NewBrowser) -> None:
    done = account()
    said = set()
    for handle, password in ((done.email, "wrong password"), (an_email(), PASSWORD)):
        browser = new_browser()
        browser.open("/sign-in")
        answer = browser.submit("sign-in-form", handle=handle, password=password)
        assert answer.status_code == 422
        said.add(re.sub(r"[0-9a-f]{40}", "", answer.text.replace(handle, "H")))
    assert len(said) == 1
    assert PASSWORD not in said.pop()


def test_eight_wrong_passwords_from_one_place_have_to_wait_but_others_may_go_on(account: Account, new_browser: NewBrowser) -> None:
    done, attacker = account(), new_browser()
    statuses = []
    for _number in range(10):
        attacker.open("/sign-in")
        statuses.append(attacker.submit("sign-in-form", handle=done.email, password="wrong password").status_code)
    assert statuses == [422] * 8 + [429] * 2
    assert attacker.page.headers["retry-after"]
    owner = new_browser()
    owner.open("/sign-in")
    owner.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert owner.host == done.host


def test_the_session_cookie_is_for_one_host_and_no_script(account: Account, new_browser: NewBrowser) -> None:
    done, browser = account(), new_browser()
    browser.open(f"http://{done.host}/sign-in")
    data = {"csrf_token": browser.token, "handle": done.email, "password": PASSWORD}
    answer = browser.send("POST", f"http://{done.host}/sign-in", data=data, follows=False)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("session="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "domain=" not in cookie.lower()
    assert sessions.cookie_name(is_secure=True) == "__Host-session"


def test_a_cookie_of_one_workspace_is_nobody_on_another_and_on_the_public_site(account: Account, new_browser: NewBrowser) -> None:
    mine, other, thief = account(), account(1), new_browser()
    token = mine.browser.cookie("session", mine.host)
    assert token
    for url in (f"http://{other.host}/people", f"{thief.root}workspaces"):
        answer = thief.send("GET", url, headers={"Cookie": f"session={token}"}, follows=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    answer = thief.send("GET", f"http://{mine.host}/people", headers={"Cookie": f"session={token}"}, follows=False)
    assert answer.status_code == 200


def test_a_post_without_or_with_a_wrong_token_is_refused(account: Account) -> None:
    done = account()
    done.browser.open("/me")
    for token in ("", "0" * 40):
        answer = done.browser.post("/me", csrf_token=token, name="Mallory", language="en", theme="dark", timezone="")
        assert answer.status_code == 403
    foreign = done.browser.open("/me") and done.browser.token
    headers = {"Origin": "https://evil.example"}
    data = {"csrf_token": foreign, "name": "Mallory", "language": "en", "theme": "dark", "timezone": ""}
    assert done.browser.send("POST", f"http://{done.host}/me", data=data, headers=headers).status_code == 403
    assert "Mallory" not in done.browser.open("/people").text


def test_signing_out_ends_the_session_on_the_server_too(account: Account, new_browser: NewBrowser) -> None:
    done = account()
    token = done.browser.cookie("session", done.host)
    done.browser.open("/people")
    done.browser.submit("/sign-out")
    assert done.browser.path == "/sign-in"
    answer = new_browser().send("GET", f"http://{done.host}/people", headers={"Cookie": f"session={token}"}, follows=False)
    assert answer.status_code == 303


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
def test_a_session_ends_after_thirty_days_and_after_fourteen_without_use(app: Application, account: Account, column: str) -> None:
    done = account()
    assert is_inside(done.browser, done.host)
    person = identity_of(app, done.email)
    past = {"expires_at": now(), "last_seen_at": now() - sessions.IDLE}
    with control_session(app.runtime.databases) as control:
        control.execute(update(WebSession).where(WebSession.identity_id == person.id).values({column: past[column]}))
    assert not is_inside(done.browser, done.host)


def test_use_is_noted_at_most_every_five_minutes(app: Application, account: Account) -> None:
    done = account()
    person = identity_of(app, done.email)
    mine = (WebSession.identity_id == person.id, WebSession.tenant_id.is_not(None))

    def seen_after(minutes: int) -> timedelta:
        at = now() - timedelta(minutes=minutes)
        with control_session(app.runtime.databases) as control:
            control.execute(update(WebSession).where(*mine).values(last_seen_at=at))
        assert is_inside(done.browser, done.host)
        with control_session(app.runtime.databases) as control:
            return control.execute(select(WebSession.last_seen_at).where(*mine)).scalar_one() - at

    assert seen_after(4) == timedelta(0)
    assert seen_after(6) > timedelta(minutes=5)


def test_devices_are_listed_and_each_can_be_signed_out(account: Account, new_browser: NewBrowser) -> None:
    done, phone = account(), new_browser()
    phone.client.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Safari/605"
    phone.open(f"http://{done.host}/sign-in")
    phone.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert is_inside(phone, done.host)
    page = done.browser.open("/me")
    assert "Firefox · Linux" in page.text
    assert "Safari · iPhone" in page.text
    ends = re.findall(r'action="(/me/sessions/[0-9a-f-]+/end)"', page.text)
    assert ends
    for action in ends:
        done.browser.open("/me")
        done.browser.submit(action)
    assert not is_inside(phone, done.host)
    assert is_inside(done.browser, done.host)


def test_nobody_can_end_a_session_of_somebody_else(app: Application, account: Account) -> None:
    mine, other = account(), account(1)
    victim = identity_of(app, other.email)
    with control_session(app.runtime.databases) as control:
        ids = list(control.execute(select(WebSession.family_id).where(WebSession.identity_id == victim.id)).scalars())
    mine.browser.open("/me")
    for key in ids:
        mine.browser.post(f"/me/sessions/{key}/end")
        mine.browser.open("/me")
    assert is_inside(other.browser, other.host)


def test_signing_out_everywhere_else_keeps_this_browser(account: Account, new_browser: NewBrowser) -> None:
    done, second = account(), new_browser()
    second.open(f"http://{done.host}/sign-in")
    second.submit("sign-in-form", handle=done.email, password=PASSWORD)
    done.browser.open("/me")
    done.browser.submit("/me/sessions/end-others")
    assert is_inside(done.browser, done.host)
    assert not is_inside(second, done.host)


def test_a_new_password_needs_the_present_one_and_signs_other_devices_out(account: Account, new_browser: NewBrowser) -> None:
    done, second = account(), new_browser()
    second.open(f"http://{done.host}/sign-in")
    second.submit("sign-in-form", handle=done.email, password=PASSWORD)
    done.browser.open("/me")
    assert done.browser.submit("password-form", current="something else", password=NEW_PASSWORD).status_code == 422
    done.browser.submit("password-form", current=PASSWORD, password=NEW_PASSWORD)
    assert is_inside(done.browser, done.host)
    assert not is_inside(second, done.host)
    second.open(f"http://{done.host}/sign-in")
    second.submit("sign-in-form", handle=done.email, password=NEW_PASSWORD)
    assert is_inside(second, done.host)


def handoff_of(browser: Browser, slug: str) -> str:
    """Ask the public site for a hand-off without using it; return its address."""
    answer = browser.send("GET", f"{browser.root}open/{slug}", follows=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_hand_off_works_once(account: Account, new_browser: NewBrowser) -> None:
    done, thief = account(), new_browser()
    url = handoff_of(done.browser, done.slug)
    done.browser.open(url)
    assert done.browser.host == done.host
    thief.open(url)
    assert thief.path == "/sign-in"
    assert not is_inside(thief, done.host)


def test_a_hand_off_is_worth_nothing_at_another_workspace(account: Account, new_browser: NewBrowser) -> None:
    done, other, thief = account(), account(1), new_browser()
    token = parse_qs(urlsplit(handoff_of(done.browser, done.slug)).query)["token"][0]
    thief.open(f"http://{other.host}/hand-off?token={token}")
    assert not is_inside(thief, other.host)
    assert not is_inside(thief, done.host)


def test_a_hand_off_runs_out_after_half_a_minute(app: Application, account: Account, new_browser: NewBrowser) -> None:
    done, late = account(), new_browser()
    url = handoff_of(done.browser, done.slug)
    person = identity_of(app, done.email)
    with control_session(app.runtime.databases) as control:
        query = update(OneTimeCode).where(OneTimeCode.identity_id == person.id, OneTimeCode.purpose == "handoff")
        control.execute(query.values(expires_at=OneTimeCode.expires_at - codes.LIVES["handoff"]))
    late.open(url)
    assert late.path == "/sign-in"


def test_nobody_is_handed_over_to_a_workspace_of_others(account: Account) -> None:
    mine, other = account(), account(1)
    assert mine.browser.send("GET", f"{mine.browser.root}open/{other.slug}", follows=False).status_code == 404
    assert mine.browser.send("GET", f"http://{mine.host}/switch/{other.slug}", follows=False).status_code == 404


def test_a_person_with_two_workspaces_chooses_and_switches_without_signing_in_again(account: Account, new_browser: NewBrowser) -> None:
    done = account()
    browser = done.browser
    browser.open(f"{browser.root}workspaces/new")
    second = f"w{secrets.token_hex(5)}"
    browser.submit("company-form", company="Second firm", workspace=second)
    assert browser.host.startswith(f"{second}.")
    fresh = new_browser()
    fresh.open("/sign-in")
    fresh.submit("sign-in-form", handle=done.email, password=PASSWORD)
    assert fresh.path == "/workspaces"
    assert "Second firm" in fresh.page.text
    fresh.open(f"/open/{second}")
    assert is_inside(fresh, f"{second}.{urlsplit(fresh.root).netloc}")
    fresh.open("/workspaces")
    fresh.open(f"/switch/{done.slug}")
    assert fresh.host == done.host
    assert is_inside(fresh, done.host)


def test_another_workspace_is_opened_with_the_starting_point_that_is_chosen(account: Account, app: Application) -> None:
    browser, slug = account().browser, f"w{secrets.token_hex(5)}"
    browser.open(f"{browser.root}workspaces/new")
    browser.submit("company-form", company="Second firm", workspace=slug, plan="own")
    with control_session(app.runtime.databases) as control:
        tenant = resolve.by_slug(control, slug)
    assert tenant is not None
    with tenant_session(app.runtime.databases, tenant) as db:
        assert db.execute(select(Workspace.rights_plan)).scalar_one() == "own"


def test_somebody_who_does_not_belong_is_told_so_only_after_proving_who_they_are(account: Account, new_browser: NewBrowser) -> None:
    mine, other, browser = account(), account(1), new_browser()
    browser.open(f"http://{other.host}/sign-in")
    wrong = browser.submit("sign-in-form", handle=mine.email, password="wrong password").text
    right = browser.submit("sign-in-form", handle=mine.email, password=PASSWORD).text
    assert "not in this workspace" not in wrong
    assert "not in this workspace" in right
    assert not is_inside(browser, other.host)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    account: Account, new_browser: NewBrowser, work: Callable[[], None], mailbox: MailStore
) -> None:
    done, browser = account(), new_browser()
    browser.open(f"http://{done.host}/forgotten")
    browser.submit("forgotten-form", email=done.email)
    assert "on its way" in browser.page.text
    work()
    link = mailbox.wait_for(done.email).links[0]
    assert link.startswith(f"http://{done.host}/reset/")
    browser.open(link)
    assert browser.submit("reset-form", password="short").status_code == 422
    browser.submit("reset-form", password=NEW_PASSWORD)
    assert is_inside(browser, done.host)
    assert not is_inside(done.browser, done.host)
    assert new_browser().open(link).status_code == 404


def test_a_newer_reset_link_ends_the_older_and_strangers_get_no_letter(
    account: Account, new_browser: NewBrowser, work: Callable[[], None], mailbox: MailStore
) -> None:
    done, browser, stranger = account(), new_browser(), an_email()
    pages = []
    for email in (done.email, stranger, done.email):
        browser.open("/forgotten")
        browser.submit("forgotten-form", email=email)
        pages.append(re.sub(r"[0-9a-f]{40}", "", browser.page.text))
        work()
    assert len(set(pages)) == 1
    links = [message.links[0] for message in mailbox.messages(done.email) if "/reset/" in message.text]
    assert len(links) == 2
    assert browser.open(links[1]).status_code == 404
    assert browser.open(links[0]).status_code == 200
    assert mailbox.messages(stranger) == []


def test_a_workspace_that_does_not_exist_says_so(new_browser: NewBrowser) -> None:
    answer = new_browser().open("http://no-such-firm.localhost/sign-in")
    assert answer.status_code == 404


def test_only_a_hash_of_a_token_is_kept(app: Application, account: Account) -> None:
    done = account()
    token = done.browser.cookie("session", done.host)
    assert token
    with control_session(app.runtime.databases) as control:
        tenant = resolve.by_slug(control, done.slug)
        assert tenant is not None
        kept = control.execute(select(WebSession.token_hash).where(WebSession.tenant_id == tenant.id)).scalars().all()
        assert all(token.encode() not in row and len(row) == 32 for row in kept)


def test_signing_out_in_a_workspace_also_signs_out_of_the_public_site_in_the_same_browser(
    account: Account, new_browser: NewBrowser
) -> None:
    done, other = account(), new_browser()
    other.open("/sign-in")
    other.submit("sign-in-form", handle=done.email, password=PASSWORD)
    done.browser.open(f"{done.browser.root}workspaces")
    assert done.browser.path == "/workspaces"
    done.browser.open(f"http://{done.host}/people")
    done.browser.submit("/sign-out")
    done.browser.open(f"{done.browser.root}workspaces")
    assert done.browser.path == "/sign-in"
    assert is_inside(other, done.host)


def test_one_browser_is_one_device_however_many_hosts_it_is_signed_in_on(account: Account) -> None:
    done = account()
    assert done.browser.open("/me").text.count('id="device-') == 1
    done.browser.open(f"{done.browser.root}open/{done.slug}")
    assert done.browser.open("/me").text.count('id="device-') == 1
