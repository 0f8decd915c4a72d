"""The workspace's settings and one's own: what is kept, what is refused, the logo."""

from __future__ import annotations

import struct
import zlib

import pytest
from sqlalchemy import select

from saas.auth.audit import SettingsEntry
from saas.auth.identities import Identity
from saas.auth.members import Member, Workspace
from saas.tenants.models import TenantRow
from saas.tenants.session import control_session
from tests.worlds import World

SETTINGS = {
    "name": "Harbour Bakery",
    "currency": "CHF",
    "timezone": "Europe/Zurich",
    "region": "CH",
    "language": "zh_Hans",
    "accent": "teal",
}


def a_png() -> bytes:
    """Draw one red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + chunk(b"IEND", b"")


def test_settings_are_kept_shown_and_written_down(world: World) -> None:
    admin = world.sign_in("admin")
    assert admin.post("/settings", SETTINGS).status_code == 303
    page = admin.get("/settings").text
    assert 'value="Harbour Bakery"' in page
    assert 'data-accent="teal"' in page
    with world.db() as db:
        row = db.execute(select(Workspace)).scalar_one()
        entry = db.execute(select(SettingsEntry).where(SettingsEntry.what == "workspace.settings")).scalar_one()
    assert {name: getattr(row, name) for name in SETTINGS} == SETTINGS
    assert entry.before["name"] == "Acme"
    assert entry.after["currency"] == "CHF"
    with control_session(world.runtime.databases) as control:
        assert control.get_one(TenantRow, world.tenant.id).name == "Harbour Bakery"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("currency", "XXX"), ("timezone", "Mars/Base"), ("region", "ZZ"), ("language", "de"), ("accent", "#ff0000")],
)
def test_a_setting_outside_its_list_is_refused_and_nothing_is_kept(world: World, field: str, value: str) -> None:
    admin = world.sign_in("admin")
    answer = admin.post("/settings", {**SETTINGS, field: value})
    assert answer.status_code == 422
    with world.db() as db:
        assert db.execute(select(Workspace.name)).scalar_one() == "Acme"


def test_a_member_reads_the_settings_but_does_not_change_them(world: World) -> None:
    member = world.sign_in("member")
    page = member.get("/settings")
    assert page.status_code == 200
    assert "Acme" in page.text
    assert "<form" not in page.text.split('id="content"')[1].split("</main>")[0]
    assert member.post("/settings", SETTINGS).status_code == 403
    assert member.post("/settings/logo", files={"logo": ("x.png", a_png(), "image/png")}).status_code == 403


def test_a_logo_is_served_as_a_picture_and_nothing_else(world: World) -> None:
    admin = world.sign_in("admin")
    assert admin.get("/logo").status_code == 404
    assert admin.post("/settings/logo", files={"logo": ("logo.svg", a_png(), "text/html")}).status_code == 303
    answer = admin.get("/logo")
    assert answer.content == a_png()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert world.visit().get("/logo").status_code == 303
    assert admin.post("/settings/logo/remove").status_code == 303
    assert admin.get("/logo").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"",
        b"RIFF0000AVI LIST",
        a_png() + b"0" * (1024 * 1024),
    ],
)
def test_what_is_no_picture_or_too_large_is_no_logo(world: World, content: bytes) -> None:
    admin = world.sign_in("admin")
    answer = admin.post("/settings/logo", files={"logo": ("logo.png", content, "image/png")})
    assert answer.status_code == 422
    assert admin.get("/logo").status_code == 404


def test_ones_own_name_language_zone_and_theme_count_at_once(world: World) -> None:
    member = world.sign_in("member")
    typed = {"name": "张伟", "language": "zh_Hans", "timezone": "Asia/Shanghai", "theme": "dark"}
    assert member.post("/me", typed).status_code == 303
    page = member.get("/me").text
    assert 'lang="zh-Hans"' in page
    assert 'data-theme="dark"' in page
    with world.db() as db:
        row = db.execute(select(Member).where(Member.id == world.members["member"])).scalar_one()
    assert (row.name, row.language, row.timezone, row.theme) == ("张伟", "zh_Hans", "Asia/Shanghai", "dark")
    with control_session(world.runtime.databases) as control:
        assert control.get_one(Identity, row.identity_id).language == "zh_Hans"


def test_a_zone_or_a_language_that_does_not_exist_is_refused_and_the_name_typed_stays(world: World) -> None:
    member = world.sign_in("member")
    answer = member.post("/me", {"name": "New Name", "language": "en", "timezone": "Mars/Base", "theme": "dark"})
    assert answer.status_code == 422
    assert 'value="New Name"' in answer.text
    assert member.post("/me", {"name": "New Name", "language": "xx", "timezone": "", "theme": "dark"}).status_code == 422


def test_theme_and_language_change_from_the_menu_and_one_stays_on_the_page(world: World) -> None:
    member = world.sign_in("member")
    answer = member.post("/preferences", {"theme": "dark"}, headers={"Referer": f"http://{world.host}/people?x=1"})
    assert answer.headers["location"] == "/people?x=1"
    assert 'data-theme="dark"' in member.get("/people").text
    answer = member.post("/preferences", {"language": "zh_Hans"}, headers={"Referer": "https://evil.example/people"})
    assert answer.headers["location"] == "/"
    assert 'lang="zh-Hans"' in member.get("/people").text
