"""Looking as another member: who may, what it leaves behind, when it ends, and what it never shows or does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from saas.auth.audit import SettingsEntry
from saas.auth.directory import touch
from saas.auth.members import Member, MemberRole, Role
from saas.core import i18n
from saas.core.clock import now
from saas.crm.objects import records
from saas.crm.registry import OBJECTS, get
from saas.devstack.mailbox_store import MailStore
from saas.tenants.session import reading_scope, tenant_session
from tests.worlds import Client, World

EVERYTHING = {
    obj.name: dict.fromkeys(("read", "edit", "delete", "export", "assign"), "all") | {"create": "all", "bulk": "all"} for obj in OBJECTS
}


def log(world: World, *whats: str) -> list[SettingsEntry]:
    with world.db() as db:
        return list(db.query(SettingsEntry).filter(SettingsEntry.what.in_(whats)).order_by(SettingsEntry.id))


def look(world: World, client: Client, who: str, reason: str = "") -> None:
    answer = client.post(f"/people/{world.members[who]}/look-as", {"reason": reason})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/today"


@pytest.fixture
def mia(world: World) -> str:
    """Be in the workspace with the right to everything on records."""
    world.join("mia", grants=EVERYTHING)
    return "mia"


def test_looking_shows_the_book_of_that_person_under_a_banner(world: World, mia: str) -> None:
    admin = world.sign_in("admin")
    assert "Look as Mia" in admin.get(f"/people/{world.members[mia]}").text
    assert "Mia is told" in admin.get(f"/people/{world.members[mia]}/look-as").text
    look(world, admin, mia)
    page = admin.get("/accounts")
    assert page.status_code == 200
    assert "You see Onebook as Mia does. Nothing can be changed." in page.text
    for gone in ("New account", "Import a file", "Your workspaces", "My account", 'action="/preferences"', "/accounts/new"):
        assert gone not in page.text, gone
    assert admin.post("/look-as/stop").headers["location"] == f"/people/{world.members[mia]}"
    after = admin.get("/accounts").text
    assert "You see Onebook as" not in after
    assert "New account" in after


def test_only_who_manages_roles_looks_and_only_as_other_people_with_access(world: World, mia: str) -> None:
    admin, member = world.sign_in("admin"), world.sign_in("member")
    me, other = world.members["admin"], world.members[mia]
    for url in (f"/people/{other}/look-as", f"/people/{me}/look-as"):
        assert member.get(url).status_code == 403
        assert member.post(url).status_code == 403
    assert "Look as" not in member.get("/people").text
    assert admin.get(f"/people/{me}/look-as").status_code == 409
    assert admin.post(f"/people/{me}/look-as").status_code == 409
    assert "Look as" not in admin.get(f"/people/{me}").text
    admin.post(f"/people/{other}/deactivate")
    assert admin.get(f"/people/{other}/look-as").status_code == 409
    assert admin.post(f"/people/{other}/look-as").status_code == 409
    assert log(world, "member.looked_as") == []


def test_who_manages_roles_but_not_people_finds_it_in_the_list(world: World, mia: str) -> None:
    _give_fixed(world, "rosa", ["roles:manage"])
    rosa = world.sign_in("rosa")
    assert f'href="/people/{world.members[mia]}/look-as"' in rosa.get("/people").text
    assert f'href="/people/{world.members["rosa"]}/look-as"' not in rosa.get("/people").text
    look(world, rosa, mia)
    assert "look-as" not in rosa.get("/people").text.replace("/look-as/stop", "")
    assert rosa.post("/look-as/stop").headers["location"] == "/people"


def _give_fixed(world: World, name: str, fixed: list[str]) -> None:
    key = world.join(name, grants=EVERYTHING)
    with world.db() as db:
        role = db.query(MemberRole.role_id).filter(MemberRole.member_id == key).scalar()
        db.execute(update(Role).where(Role.id == role).values(fixed=fixed))
        touch(db)


def test_it_is_logged_and_the_member_reads_who_looked_when_and_why(world: World, mia: str) -> None:
    admin, herself = world.sign_in("admin"), world.sign_in(mia)
    assert "Nobody has." in herself.get("/me/security").text
    look(world, admin, mia, "  She cannot find\n <b>Kessler</b> ")
    admin.post("/look-as/stop")
    began, ended = log(world, "member.looked_as", "member.look_ended")
    assert began.actor_id == ended.actor_id == world.members["admin"]
    assert began.after == {"member": str(world.members[mia]), "reason": "She cannot find <b>Kessler</b>", "is_told": True}
    assert ended.after == {"member": str(world.members[mia]), "look": began.id, "minutes": 1}
    text = herself.get("/me/security").text
    assert "She cannot find &lt;b&gt;Kessler&lt;/b&gt;" in text
    assert "Ada Admin" in text
    assert "1 minute" in text
    assert herself.get("/me/looked-at").headers["location"] == "/me/security#looked-at"
    assert "Ada Admin looked at the book as Mia" in admin.get("/settings/audit").text
    assert "Kessler" not in admin.get("/me/security").text


def test_the_member_gets_one_letter_a_day_for_each_onlooker_in_their_language(world: World, mia: str, mailbox: MailStore) -> None:
    _give_fixed(world, "rosa", ["roles:manage"])
    with world.db() as db:
        db.execute(update(Member).where(Member.id == world.members[mia]).values(language="zh_Hans"))
        touch(db)
        email = db.query(Member.email).filter(Member.id == world.members[mia]).scalar()
    admin, rosa = world.sign_in("admin"), world.sign_in("rosa")
    for _turn in range(3):
        look(world, admin, mia, "Hilfe")
        admin.post("/look-as/stop")
    world.work()
    letter = mailbox.wait_for(email, count=1)
    with i18n.use("zh_Hans"):
        assert letter.subject == i18n._("%(name)s looked at the book as you", name="Ada Admin")
        assert i18n._("See who looked") in letter.text
    assert "Hilfe" in letter.text
    assert [entry.after["is_told"] for entry in log(world, "member.looked_as")] == [True, False, False]
    look(world, rosa, mia)
    world.work()
    assert "Rosa" in mailbox.wait_for(email, count=2).subject
    _make_older(world, timedelta(days=1, minutes=1))
    look(world, admin, mia)
    assert log(world, "member.looked_as")[-1].after["is_told"]


def _make_older(world: World, by: timedelta) -> None:
    """Let all of the log have happened earlier, as the owner of the schema: the firm itself cannot change its log."""
    owner = world.app.runtime.owners.cells[world.tenant.cell]
    with owner.begin() as connection:
        table = SettingsEntry.__table__
        there = connection.execution_options(schema_translate_map={None: world.tenant.schema_name})
        there.execute(update(table).values(at=table.c.at - by))


def test_nothing_can_be_changed_and_the_refusal_says_so(world: World, mia: str) -> None:
    admin = world.sign_in("admin")
    with world.acting("admin") as ctx:
        account = records.create(ctx, get("accounts"), {"name": "Kessler"}).id
    look(world, admin, mia)
    answer = admin.post(f"/accounts/{account}/edit", {"name": "Changed"})
    assert answer.status_code == 403
    assert "Nothing can be changed" in answer.text
    assert "Stop looking" in answer.text
    script = admin.post(f"/accounts/{account}/edit", {"name": "Changed"}, headers={"HX-Request": "true"})
    assert (script.status_code, script.text) == (403, "")
    assert "Nothing can be changed" in script.headers["HX-Trigger"]
    assert admin.get(f"/accounts/{account}/edit").status_code == 403
    page = admin.get(f"/accounts/{account}").text
    for gone in (f"/accounts/{account}/edit", f"/accounts/{account}/delete", f"/accounts/{account}/note", "/undo/"):
        assert gone not in page, gone
    assert "Stop looking" in admin.get("/accounts/01900000-0000-7000-8000-000000000000").text
    with world.acting("admin") as ctx:
        assert records.find(ctx, get("accounts"), account).name == "Kessler"


def test_personal_pages_stay_closed_and_neither_cookies_nor_exports_leave(world: World, mia: str) -> None:
    world.join("boss", role="admin")
    admin = world.sign_in("admin")
    look(world, admin, "boss")
    for url in ("/me", "/me/security", "/me/security/app", "/me/looked-at", "/workspaces", "/imports"):
        answer = admin.get(url)
        assert answer.status_code == 403, url
        assert "This page is Boss&#39;s own" in answer.text, url
        assert "Stop looking" in answer.text
    for url in ("/settings/audit/export", "/settings/single-sign-on/test"):
        answer = admin.get(url)
        assert answer.status_code == 403, url
        assert "Not while you look as somebody else" in answer.text, url
    assert "/settings/audit/export" not in admin.get("/settings/audit").text
    with world.acting("admin") as ctx:
        account = records.create(ctx, get("accounts"), {"name": "Kessler"}).id
    answer = admin.get(f"/accounts/{account}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_an_admin_seen_by_an_admin_reads_everything_and_changes_nothing(world: World) -> None:
    world.join("boss", role="admin")
    admin = world.sign_in("admin")
    look(world, admin, "boss")
    for url in (
        "/today",
        "/accounts",
        "/people",
        "/settings",
        "/settings/roles",
        "/settings/departments",
        "/settings/audit",
        "/tags",
        "/help",
    ):
        assert admin.get(url).status_code == 200, url
    assert admin.get("/accounts/new").status_code == 403
    assert "New account" not in admin.get("/search", headers={"HX-Request": "true", "HX-Target": "palette-results"}).text


def test_language_time_zone_and_theme_stay_ones_own(world: World, mia: str) -> None:
    with world.db() as db:
        other = {"language": "zh_Hans", "theme": "dark", "timezone": "Asia/Shanghai"}
        db.execute(update(Member).where(Member.id == world.members[mia]).values(**other))
        db.execute(update(Member).where(Member.id == world.members["admin"]).values(theme="light"))
        touch(db)
    admin = world.sign_in("admin")
    look(world, admin, mia)
    text = admin.get("/today").text
    assert '<html lang="en" data-theme="light"' in text


@pytest.mark.parametrize("why", ["right lost", "member gone", "an hour is over", "a cookie of one's own making", "ended elsewhere"])
def test_when_it_is_over_one_is_oneself_again_and_told_so(world: World, mia: str, why: str) -> None:
    _give_fixed(world, "rosa", ["roles:manage"])
    rosa = world.sign_in("rosa")
    look(world, rosa, mia)
    number = rosa._client.cookies["look_as"]
    page_before = rosa.get("/accounts").text
    if why == "right lost":
        with world.db() as db:
            db.execute(update(Role).where(Role.name == "Role of rosa").values(fixed=[]))
            touch(db)
    elif why == "member gone":
        world.sign_in("admin").post(f"/people/{world.members[mia]}/deactivate")
    elif why == "an hour is over":
        _make_older(world, timedelta(minutes=61))
    elif why == "a cookie of one's own making":
        number = str(int(number) + 7)
    else:
        rosa.post("/look-as/stop")
    rosa._client.cookies.set("look_as", number, domain=rosa.host.split(":")[0])
    answer = rosa.get("/accounts?q=x")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/accounts?q=x"
    page = rosa.get("/accounts?q=x").text
    assert "You see Onebook as" not in page
    assert "You are yourself again." in page
    token = page_before.split('name="csrf-token" content="')[1].split('"')[0]
    stale = rosa.post("/accounts/new", {"name": "From the page of before"}, csrf=token)
    assert stale.status_code == 403


def test_what_was_sent_from_a_page_of_before_is_not_done_and_scripts_load_the_page_again(world: World, mia: str) -> None:
    admin = world.sign_in("admin")
    look(world, admin, mia)
    number = admin._client.cookies["look_as"]
    admin.post("/look-as/stop")
    host = admin.host.split(":")[0]
    admin._client.cookies.set("look_as", number, domain=host)
    answer = admin.post("/accounts/new", {"name": "Sent too late"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/today")
    admin._client.cookies.set("look_as", number, domain=host)
    assert admin.htmx("/accounts", "list").headers["HX-Refresh"] == "true"
    assert "Sent too late" not in admin.get("/accounts").text


def test_the_number_of_another_onlooker_is_worth_nothing(world: World, mia: str) -> None:
    _give_fixed(world, "rosa", ["roles:manage"])
    admin, rosa = world.sign_in("admin"), world.sign_in("rosa")
    look(world, admin, mia)
    rosa._client.cookies.set("look_as", admin._client.cookies["look_as"], domain=rosa.host.split(":")[0])
    assert rosa.get("/today").status_code == 303
    assert "You see Onebook as" not in rosa.get("/today").text
    assert "You see Onebook as" in admin.get("/today").text


def test_stopping_twice_and_signing_out_leave_nothing_behind(world: World, mia: str) -> None:
    admin = world.sign_in("admin")
    look(world, admin, mia)
    number = admin._client.cookies["look_as"]
    page = admin.get("/today").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert admin.post("/look-as/stop", csrf=token).status_code == 303
    assert admin.post("/look-as/stop").headers["location"] == "/today"
    assert len(log(world, "member.look_ended")) == 1
    look(world, admin, mia)
    assert admin._client.cookies["look_as"] != number
    token = admin.get("/today").text.split('name="csrf-token" content="')[1].split('"')[0]
    assert admin.post("/sign-out", csrf=token).status_code == 303
    assert "look_as" not in admin._client.cookies


def test_a_day_is_that_of_who_looks_and_nothing_of_a_page_is_kept(world: World, mia: str) -> None:
    admin = world.sign_in("admin")
    with world.acting(mia) as ctx:
        records.create(ctx, get("activities"), {"kind": "task", "title": "Ring Kessler", "due_at": now() - timedelta(minutes=1)})
    assert "Ring Kessler" not in admin.get("/today").text
    look(world, admin, mia)
    page = admin.get("/today")
    assert "Ring Kessler" in page.text
    assert "/tasks/" not in page.text


def test_the_database_itself_refuses_to_write_while_somebody_looks(world: World) -> None:
    databases, tenant = world.runtime.databases, world.tenant
    with tenant_session(databases, tenant, reading_scope(tenant)) as db:
        assert db.query(Member.id).count() == 1
        with pytest.raises(DBAPIError) as refused:
            db.execute(update(Member).values(name="Somebody else"))
        assert isinstance(refused.value.orig, ReadOnlySqlTransaction)
        db.rollback()
    with tenant_session(databases, tenant) as db:
        db.execute(update(Member).values(name="Ada Admin"))
