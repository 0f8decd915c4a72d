"""The settings page: what is accepted, who may change it, and that nothing is switched on untested."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from saas.auth.audit import SettingsEntry
from tests.sso.conftest import SETTINGS, Firm
from tests.sso.provider import CLIENT_SECRET


def test_it_is_saved_tested_and_switched_on(firm: Firm) -> None:
    assert firm.save().status_code == 303
    assert "is off" in firm.admin.get(SETTINGS).text
    early = firm.admin.post(f"{SETTINGS}/on")
    assert early.status_code == 422
    assert "Test it first" in early.text
    page = firm.test("tina")
    assert "It works" in page
    assert f"tina@{firm.domain}" in page
    assert "email_verified" in page
    assert firm.member(f"tina@{firm.domain}") is None, "a trial changes nothing"
    assert firm.admin.post(f"{SETTINGS}/on").status_code == 303
    assert "Sign in with Acme account" in firm.world.visit().get("/sign-in").text


def test_a_trial_says_who_one_would_be_and_with_which_roles(firm: Firm) -> None:
    firm.save(group_claim="groups", group=["bosses", ""], group_role=[str(firm.role("admin")), ""])
    firm.person("ulla", groups=["bosses"])
    firm.admin.get("/")
    started = firm.admin.get(firm.admin.get(f"{SETTINGS}/test").headers["location"])
    firm.admin.get(firm.idp.sign_in(started.headers["location"], "ulla"))
    page = firm.admin.get(SETTINGS).text
    assert "would come in as a newcomer" in page
    assert "Roles by group: Admin" in page


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": "x@elsewhere.example"}, {"email": None}])
def test_a_trial_that_would_not_come_in_says_why_and_does_not_count(firm: Firm, claims: dict[str, object]) -> None:
    firm.save()
    firm.person("vic", **claims)
    started = firm.admin.get(firm.admin.get(f"{SETTINGS}/test").headers["location"])
    firm.admin.get(firm.idp.sign_in(started.headers["location"], "vic"))
    page = firm.admin.get(SETTINGS).text
    assert "It works" not in page
    assert "alert-error" in page
    assert firm.admin.post(f"{SETTINGS}/on").status_code == 422


def test_a_trial_with_a_wrong_secret_shows_what_the_service_said(firm: Firm) -> None:
    firm.save(secret="wrong" * 8)
    page = firm.test("wim")
    assert "does not accept this workspace" in page
    assert "invalid_client" in page


def test_another_secret_wants_another_trial_and_switches_off(firm: Firm) -> None:
    firm.set_up()
    assert firm.save(secret="").status_code == 303
    assert firm.stored().is_on
    assert firm.save(secret="another" * 6).status_code == 303
    assert not firm.stored().is_on
    assert firm.admin.post(f"{SETTINGS}/on").status_code == 422


def test_the_secret_is_encrypted_and_never_comes_back(firm: Firm) -> None:
    firm.save()
    sealed = firm.stored().secret
    assert sealed is not None
    assert CLIENT_SECRET.encode() not in sealed
    assert CLIENT_SECRET not in firm.admin.get(SETTINGS).text
    with firm.world.db() as db:
        entries = db.execute(select(SettingsEntry).where(SettingsEntry.what == "sso.settings")).scalars().all()
    assert entries
    assert CLIENT_SECRET not in str([(e.before, e.after) for e in entries])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"issuer": ""}, "it begins with https://"),
        ({"issuer": "http://login.example.com"}, "it begins with https://"),
        ({"issuer": "ftp://login.example.com"}, "it begins with https://"),
        ({"issuer": "https://user:pw@login.example.com"}, "it begins with https://"),
        ({"issuer": "javascript:alert(1)"}, "it begins with https://"),
        ({"client_id": ""}, "Copy the client ID"),
        ({"secret": ""}, "Copy the client secret"),
        ({"domains": ""}, "Write at least one"),
        ({"domains": "example.com, not a domain!"}, "is not a domain"),
        ({"domains": "*"}, "is not a domain"),
        ({"newcomers": "full", "ceiling": ""}, "how many full seats"),
        ({"newcomers": "full", "ceiling": "-1"}, "how many full seats"),
        ({"role": ""}, "Choose a role"),
        ({"role": "0190a000-0000-7000-8000-000000000000"}, "Choose a role"),
        ({"group": ["bosses"], "group_role": ["x"], "group_claim": "groups"}, "Choose a role"),
        ({"group": ["bosses"], "group_role": [""], "group_claim": ""}, "name of the claim"),
        ({"is_required": "1"}, "Choose at least one admin"),
    ],
    ids=str,
)
def test_what_cannot_work_is_said_beside_the_field_and_what_was_typed_stays(firm: Firm, changed: dict[str, object], sentence: str) -> None:
    answer = firm.save(**changed)
    assert answer.status_code == 422
    assert sentence in answer.text.replace("&#39;", "'")
    assert firm.client_id in answer.text or "client_id" in changed


def test_the_address_of_the_discovery_document_is_understood(firm: Firm) -> None:
    firm.save(issuer=f" {firm.idp.issuer}/.well-known/openid-configuration ", domains="@Example.COM; two.example")
    assert (firm.stored().issuer, firm.stored().domains) == (firm.idp.issuer, ["example.com", "two.example"])


def test_who_may_change_settings_but_is_no_admin_may_look_and_not_touch(firm: Firm) -> None:
    """Whoever chooses the provider can come in as anybody, an admin too: that would be climbing (Rights 11)."""
    firm.save()
    firm.world.join("deputy", grants={})
    with firm.world.db() as db:
        from saas.auth.directory import touch
        from saas.auth.members import Role

        db.execute(select(Role).where(Role.name == "Role of deputy")).scalar_one().fixed = ["settings:manage"]
        touch(db)
    deputy = firm.world.sign_in("deputy")
    assert deputy.get(SETTINGS).status_code == 200
    assert "Only an admin can change this" in deputy.get(SETTINGS).text
    assert deputy.post(SETTINGS, firm.form()).status_code == 403
    for act in ("on", "off", "forget"):
        assert deputy.post(f"{SETTINGS}/{act}").status_code == 403
    assert firm.world.sign_in("member").get(SETTINGS).status_code == 403
    assert firm.world.sign_in("member").get(f"{SETTINGS}/test").status_code == 403


def test_a_stranger_cannot_begin_a_trial(firm: Firm) -> None:
    firm.save()
    assert firm.world.visit().get("/sign-in/sso?trial=guess").status_code == 403
    assert firm.world.visit().get("/sign-in/sso").status_code == 403


def test_changes_are_in_the_audit_log(firm: Firm) -> None:
    firm.set_up()
    with firm.world.db() as db:
        what = set(db.execute(select(SettingsEntry.what)).scalars())
    assert {"sso.settings", "sso.switched"} <= what
