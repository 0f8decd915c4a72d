"""Exporting a list: what the filters find, under the rights to export, safe for spreadsheets; unusual volumes are told."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from saas.auth import volumes
from saas.auth.audit import SettingsEntry
from saas.auth.directory import touch
from saas.auth.members import MemberRole, Role
from saas.auth.volumes import ReadingVolume
from saas.crm.objects import exporting, records
from saas.tenants.outbox import TenantOutbox
from tests.contract.book import of
from tests.worlds import Client, World

ALL = {"read": "all", "export": "all"}


def table(answer: object) -> list[list[str]]:
    text = answer.text  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def add(world: World, who: str = "admin", **values: object) -> None:
    with world.acting(who) as ctx:
        records.create(ctx, of("accounts"), {"name": "Firm", **values})


def as_grants(world: World, who: str, grants: dict[str, dict[str, str]]) -> Client:
    if who not in world.members:
        world.join(who, grants=grants)
    with world.db() as db:
        key = db.execute(select(MemberRole.role_id).where(MemberRole.member_id == world.members[who])).scalar_one()
        db.get(Role, key).grants = grants
        touch(db)
    return world.sign_in(who)


def test_a_list_is_sent_as_it_is_filtered_and_sorted(world: World) -> None:
    for name, city in (("Zeta", "Paris"), ("Alpha", "Paris"), ("Beta", "Rome")):
        add(world, name=name, city=city, phones=[{"value": "+33142685300", "label": "work"}])
    client = world.sign_in("admin")
    answer = client.get("/accounts/export?f.city.is=Paris&sort=-label&cols=city,phones")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''accounts-")
    assert table(answer) == [["Name", "City", "Phone"], ["Zeta", "Paris", "+33142685300"], ["Alpha", "Paris", "+33142685300"]]
    whole = table(client.get("/accounts/export?fields=all"))
    assert len(whole) == 4
    assert {"Name", "City", "Country", "Owner"} <= set(whole[0])
    assert client.get("/accounts/export?f.city.flies=1").status_code == 303


def test_texts_are_no_formulas(world: World) -> None:
    for name in ('=HYPERLINK("http://evil.example")', "+SUM(A1)", "@cmd", "-2+3", "Plain"):
        add(world, name=name)
    names = {row[0] for row in table(world.sign_in("admin").get("/accounts/export"))[1:]}
    assert names == {'\'=HYPERLINK("http://evil.example")', "'+SUM(A1)", "'@cmd", "'-2+3", "Plain"}


def test_only_what_may_be_exported_is_and_hidden_fields_are_absent(world: World) -> None:
    add(world, name="Theirs")
    client = as_grants(world, "nora", {"accounts": {"read": "all", "create": "all", "export": "own"}})
    add(world, "nora", name="Hers", territory="Secretville")
    assert [row[0] for row in table(client.get("/accounts/export"))[1:]] == ["Hers"]
    with world.db() as db:
        role = db.execute(select(Role).where(Role.name == "Role of nora")).scalar_one()
        role.fields = {"accounts": {"territory": "hidden"}}
        touch(db)
    whole = client.get("/accounts/export?fields=all")
    assert "Territory" not in table(whole)[0]
    assert "Secretville" not in whole.text
    assert client.get("/accounts/export?f.territory.is=Secretville").status_code == 303
    client = as_grants(world, "nora", {"accounts": {"read": "all"}})
    assert client.get("/accounts/export").status_code == 403
    assert "/accounts/export" not in client.get("/accounts").text
    assert "/accounts/export" in world.sign_in("admin").get("/accounts").text


def test_every_page_of_it_comes_once_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "STEP_ROWS", 3)
    for number in range(10):
        add(world, name=f"Firm {number}")
    assert [row[0] for row in table(world.sign_in("admin").get("/accounts/export"))[1:]] == [f"Firm {number}" for number in range(10)]


def test_unusually_much_is_told_once_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "QUIET_ROWS", 5)
    for number in range(4):
        add(world, name=f"Firm {number}")
    client = as_grants(world, "nora", {"accounts": ALL})
    client.get("/accounts/export")
    assert told(world) == 0
    client.get("/accounts/export")
    client.get("/accounts/export")
    assert told(world) == 1
    with world.db() as db:
        day = db.execute(select(ReadingVolume)).scalar_one()
        assert (day.rows, day.kind, day.is_told) == (12, "export", True)
        said = db.execute(select(SettingsEntry.what).where(SettingsEntry.what.in_(("records.exported", "volume.unusual")))).scalars().all()
        letters = [row.args for row in db.execute(select(TenantOutbox).where(TenantOutbox.job == "mail.send")).scalars()]
    assert said.count("records.exported") == 3
    assert any("Nora has exported 8 rows today" in letter["text"] for letter in letters)
    page = world.sign_in("admin").get("/settings/audit").text
    assert "Nora took out unusually much" in page


def told(world: World) -> int:
    with world.db() as db:
        return len(db.execute(select(SettingsEntry.id).where(SettingsEntry.what == "volume.unusual")).all())
