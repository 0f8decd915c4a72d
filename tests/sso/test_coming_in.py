"""Signing in through the firm's provider: who comes in, as what, and who does not."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from saas.app import Application
from saas.auth.directory import touch
from saas.auth.identities import Identity, WebSession
from saas.auth.members import Member
from saas.auth.sso.tables import SsoLink
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.sso.conftest import PASSWORD, Firm, NewBrowser, NewFirm, come_in, go


def is_inside(browser: Browser, firm: Firm) -> bool:
    browser.open(f"{firm.url}/people")
    return browser.path == "/people"


def test_a_colleague_who_is_new_comes_in_as_a_viewer_and_lands_where_they_wanted_to_go(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    page = browser.open(f"{firm.url}/contacts?x=1")
    assert "Sign in with Acme account" in page.text
    firm.person("cleo", name="Cleo Carver")
    come_in(browser, firm, "cleo", "?next=/contacts")
    assert (browser.path, browser.page.status_code) == ("/contacts", 200)
    found = firm.member(f"cleo@{firm.domain}")
    assert found is not None
    assert (found.name, found.seat, found.status) == ("Cleo Carver", "viewer", "active")


def test_the_second_time_they_are_the_same_person_even_under_another_address(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up()
    firm.person("dora")
    come_in(new_browser(), firm, "dora")
    firm.person("dora", email=f"dora.married@{firm.domain}")
    browser = new_browser()
    come_in(browser, firm, "dora")
    assert is_inside(browser, firm)
    assert firm.member(f"dora.married@{firm.domain}") is None


def test_a_member_is_recognised_by_the_verified_address_and_keeps_the_password(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up()
    key = firm.world.join("erin", seat="full")
    with firm.world.db() as db:
        db.execute(update(Member).where(Member.id == key).values(email=f"erin@{firm.domain}"))
        touch(db)
    firm.person("erin")
    browser = new_browser()
    come_in(browser, firm, "erin")
    assert is_inside(browser, firm)
    with firm.world.db() as db:
        assert db.execute(select(SsoLink.member_id).where(SsoLink.subject == "erin")).scalar_one() == key


def test_the_session_is_good_here_only(firm: Firm, new_firm: NewFirm, browser: Browser, app: Application) -> None:
    """A firm's provider that names somebody who also works elsewhere reaches nothing of theirs there."""
    other = new_firm("Other")
    firm.set_up()
    with other.world.db() as db:
        victim = db.get_one(Member, other.world.members["admin"])
    # Both firms know the person by the same address, and the identity is one.
    with firm.world.db() as db:
        db.execute(update(Member).where(Member.id == firm.world.members["admin"]).values(email=victim.email))
        touch(db)
    assert victim.email is not None
    firm.change(domains=["example.org"])
    firm.person("mallory", email=victim.email)
    come_in(browser, firm, "mallory")
    assert is_inside(browser, firm)
    assert browser.open(f"{firm.url}/switch/{other.world.tenant.slug}").status_code == 404
    browser.open(f"{firm.url}/workspaces")
    assert other.world.tenant.slug not in browser.page.text
    assert other.world.host not in browser.open(f"{firm.url}/me").text
    root = app.runtime.settings.url(path="")
    browser.open(f"{root}/workspaces")
    assert browser.path == "/sign-in"
    with control_session(app.runtime.databases) as control:
        sessions = control.execute(select(WebSession.tenant_id).where(WebSession.identity_id == victim.identity_id)).scalars().all()
        name = control.execute(select(Identity.name).where(Identity.id == victim.identity_id)).scalar_one()
    assert firm.world.tenant.id not in sessions
    browser.open(f"{firm.url}/me")
    browser.submit("profile-form", name="Renamed By Mallory")
    with control_session(app.runtime.databases) as control:
        assert control.execute(select(Identity.name).where(Identity.id == victim.identity_id)).scalar_one() == name


def test_another_workspace_does_not_take_the_answer(firm: Firm, new_firm: NewFirm, browser: Browser) -> None:
    other = new_firm("Other")
    for one in (firm, other):
        one.set_up()
    firm.person("faye")
    back = firm.idp.sign_in(go(browser, firm), "faye")
    refused = browser.open(back.replace(firm.url, other.url))
    assert refused.status_code == 403
    assert "begun in another browser" in refused.text
    assert not is_inside(browser, other)


def test_another_browser_does_not_get_the_session(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up()
    firm.person("gina")
    mine, theirs = new_browser(), new_browser()
    back = firm.idp.sign_in(go(mine, firm), "gina")
    go(theirs, firm)
    assert theirs.open(back).status_code == 403
    assert not is_inside(theirs, firm)


def test_an_answer_works_once(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.person("hugo")
    back = firm.idp.sign_in(go(browser, firm), "hugo")
    assert browser.open(back).status_code == 200
    assert browser.open(back).status_code == 403


def test_a_code_that_was_used_already_is_refused_with_a_plain_sentence(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.person("ines")
    first = firm.idp.sign_in(go(browser, firm), "ines")
    browser.open(first)
    second = go(browser, firm)
    state = second.partition("state=")[2].partition("&")[0]
    used = first.partition("code=")[2].partition("&")[0]
    answer = browser.open(f"{firm.url}/sign-in/sso/callback?code={used}&state={state}")
    assert answer.status_code == 502
    assert "used already or took too long" in answer.text


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"without": ["nonce"]},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"aud": ["x", "somebody-else"]}},
        {"claims": {"azp": "somebody-else"}},
        {"claims": {"iss": "http://evil.localhost"}},
        {"claims": {"exp": 1}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"iat": 1_000_000_000}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "somebody-else"}},
        {"claims": {"at_hash": "AAAA"}},
        {"without": ["exp"]},
        {"without": ["iat"]},
        {"signature": "broken", "claims": {"sub": "admin"}},
        {"signature": "none"},
        {"signature": "secret", "secret": "a-secret-of-at-least-thirty-two-letters"},
        {"header": {"kid": "unheard-of"}},
    ],
    ids=str,
)
def test_a_token_that_is_not_exactly_right_signs_nobody_in(firm: Firm, browser: Browser, lie: dict[str, object]) -> None:
    firm.set_up()
    firm.person("judy")
    firm.idp.lie(**lie)
    answer = come_in(browser, firm, "judy")
    assert answer.status_code == 502
    assert "cannot be trusted" in answer.text
    assert not is_inside(browser, firm)
    assert firm.member(f"judy@{firm.domain}") is None


def test_a_new_key_of_the_provider_is_fetched_when_a_token_names_it(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up()
    firm.person("kate")
    come_in(new_browser(), firm, "kate")
    firm.idp.rotate()
    browser = new_browser()
    come_in(browser, firm, "kate")
    assert is_inside(browser, firm)


def test_an_address_that_is_not_verified_stays_outside(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    for claims in ({"email_verified": False}, {"email_verified": None}, {"email_verified": "no"}):
        firm.person("lena", **claims)
        answer = come_in(browser, firm, "lena")
        assert answer.status_code == 403
        assert "has not verified" in answer.text
    assert firm.member(f"lena@{firm.domain}") is None


def test_an_address_of_another_domain_stays_outside(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    for email in ("mia@elsewhere.example", f"mia@sub.{firm.domain}", f"mia@not{firm.domain}"):
        firm.person("mia", email=email)
        answer = come_in(browser, firm, "mia")
        assert answer.status_code == 403
        assert "may not sign in here" in answer.text


def test_nobody_new_comes_in_where_newcomers_are_not_wanted(firm: Firm, browser: Browser) -> None:
    firm.set_up(newcomers="nobody")
    firm.person("nina")
    assert "Ask an admin to invite" in come_in(browser, firm, "nina").text


def test_who_was_invited_comes_in_as_the_invitation_says(firm: Firm, browser: Browser) -> None:
    firm.set_up(newcomers="nobody")
    sent = firm.admin.post(
        "/people/invite", {"email": f"olga@{firm.domain}", "name": "Olga", "role": str(firm.role("admin")), "language": "en"}
    )
    assert sent.status_code == 303
    firm.person("olga")
    come_in(browser, firm, "olga")
    assert is_inside(browser, firm)
    found = firm.member(f"olga@{firm.domain}")
    assert found is not None
    assert (found.seat, firm.roles(found.id)) == ("full", {"admin"})


def test_beyond_the_ceiling_newcomers_become_viewers_and_are_told(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up(newcomers="full", ceiling="2")
    seats = []
    for name in ("pat", "quin"):
        firm.person(name)
        come_in(new_browser(), firm, name)
        found = firm.member(f"{name}@{firm.domain}")
        assert found is not None
        seats.append(found.seat)
    assert seats == ["full", "viewer"]


def test_somebody_whose_access_was_ended_stays_outside_and_open_sessions_end(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.person("rosa")
    come_in(browser, firm, "rosa")
    assert is_inside(browser, firm)
    found = firm.member(f"rosa@{firm.domain}")
    assert found is not None
    assert firm.admin.post(f"/people/{found.id}/deactivate").status_code == 303
    assert not is_inside(browser, firm)
    answer = come_in(browser, firm, "rosa")
    assert answer.status_code == 403
    assert "access to this workspace was ended" in answer.text
    assert firm.admin.post(f"/people/{found.id}/reactivate").status_code == 303
    assert not is_inside(browser, firm)
    come_in(browser, firm, "rosa")
    assert is_inside(browser, firm)


def test_an_address_given_to_somebody_else_does_not_inherit(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up()
    firm.person("sara")
    come_in(new_browser(), firm, "sara")
    firm.person("sara-two", email=f"sara@{firm.domain}")
    answer = come_in(new_browser(), firm, "sara-two")
    assert answer.status_code == 403
    assert "belongs to another person" in answer.text
    assert firm.admin.post("/settings/single-sign-on/forget").status_code == 303
    browser = new_browser()
    come_in(browser, firm, "sara-two")
    assert is_inside(browser, firm)


def test_groups_give_roles_at_each_sign_in_up_and_down(firm: Firm, new_browser: NewBrowser) -> None:
    firm.set_up(group_claim="groups", group=["bosses"], group_role=[str(firm.role("admin"))])
    member_id = None
    for groups, expected in (
        (["staff"], {"member"}),
        (["staff", "bosses"], {"admin"}),
        ("bosses", {"admin"}),
        (["staff"], {"member"}),
        ([], {"member"}),
    ):
        firm.person("tess", groups=groups)
        come_in(new_browser(), firm, "tess")
        found = firm.member(f"tess@{firm.domain}")
        assert found is not None
        member_id = found.id
        assert firm.roles(member_id) == expected, groups
    firm.person("tess", groups=["bosses"])
    come_in(new_browser(), firm, "tess")
    firm.person("tess")
    come_in(new_browser(), firm, "tess")
    assert member_id is not None
    assert firm.roles(member_id) == {"admin"}, "a claim that is missing changes nothing"


def test_groups_never_take_the_last_admin_away(firm: Firm, browser: Browser) -> None:
    firm.set_up(group_claim="groups", group=["bosses"], group_role=[str(firm.role("admin"))])
    with firm.world.db() as db:
        db.execute(update(Member).where(Member.id == firm.world.members["admin"]).values(email=f"boss@{firm.domain}"))
        touch(db)
    firm.person("boss", groups=["staff"])
    come_in(browser, firm, "boss")
    assert "admin" in firm.roles(firm.world.members["admin"])


def test_switching_it_off_signs_out_who_came_in_by_it(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.person("uma")
    come_in(browser, firm, "uma")
    assert firm.admin.post("/settings/single-sign-on/off").status_code == 303
    assert not is_inside(browser, firm)
    assert "Acme account" not in browser.open(f"{firm.url}/sign-in").text


def test_cancelling_at_the_provider_says_so(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    answer = come_in(browser, firm, "")
    assert answer.status_code == 502
    assert "refused or cancelled" in answer.text


def test_a_wrong_secret_is_named(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.idp.client(f"{firm.url}/sign-in/sso/callback", firm.client_id, client_secret="another-secret-of-thirty-two-letters")
    firm.person("vera")
    answer = come_in(browser, firm, "vera")
    assert "does not accept this workspace" in answer.text


def test_an_sso_identity_has_no_password_to_guess(firm: Firm, browser: Browser, app: Application) -> None:
    firm.set_up()
    firm.person("wanda")
    come_in(browser, firm, "wanda")
    with control_session(app.runtime.databases) as control:
        row = control.execute(
            select(Identity).where(Identity.login_tenant_id == firm.world.tenant.id, Identity.login_name.like("sso:%")).limit(1)
        ).scalar_one()
    assert row.password_hash is None
    browser.open(f"{firm.url}/sign-out")
    stranger = firm.world.visit()
    assert stranger.post("/sign-in", {"handle": row.login_name or "", "password": PASSWORD}).status_code == 422


def test_there_is_nothing_of_theirs_to_prove_with_here(firm: Firm, browser: Browser) -> None:
    """No password, no second factor, no passkey: what could open the workspace when the provider has long ended the account."""
    firm.set_up()
    firm.person("xena")
    come_in(browser, firm, "xena")
    assert "password-form" not in browser.open(f"{firm.url}/me").text
    page = browser.open(f"{firm.url}/me/security")
    assert "Sign in once more" in page.text
    assert "Sign in with Acme account" in page.text
    assert browser.post("/me/security/passkeys/options").text.startswith("<!doctype html>")
