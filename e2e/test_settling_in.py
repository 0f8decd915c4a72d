"""What an admin does around the book: sample data, the look of the workspace, devices, colleagues without e-mail."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from playwright.sync_api import expect

from e2e.conftest import DESK, Comes
from e2e.visitor import PASSWORD, Visitor


def test_sample_data_comes_and_goes_and_leaves_what_is_real(comes: Comes) -> None:
    ada = comes()
    ada.sign_up("ada@samples.example", "Samples", "Ada Brenner")
    ada.press("Add sample data")
    ada.at_heading("Accounts")
    ada.toast("Sample data is in the book. Remove it whenever you like.")
    ada.reads("Harbour Light Coffee Roasters")
    expect(ada.page.get_by_text(ada.say("Sample"), exact=True).first).to_be_visible()
    ada.look("samples")
    ada.press("New %(object)s", object="account")
    ada.fill("Name", "Our First Real Customer")
    ada.press("Create %(object)s", object="account")
    ada.at("Our First Real Customer")
    ada.open("/today")
    ada.look("today-with-samples")
    ada.press("Remove sample data")
    ada.open("/accounts")
    expect(ada.page.locator("tr[data-row]")).to_have_count(1)
    ada.reads("Our First Real Customer")


def test_a_workspace_gets_its_logo_its_colour_and_its_language(comes: Comes, tmp_path: Path) -> None:
    ada = comes()
    ada.sign_up("ada@look.example", "Look", "Ada Brenner")
    ada.open("/settings")
    ada.page.get_by_label(ada.say("Choose a picture")).set_input_files(_picture(tmp_path / "logo.png"))
    ada.press("Save the logo")
    ada.toast("Logo saved")
    logo = ada.page.get_by_role("navigation", name=ada.say("Main")).locator("img")
    assert logo.first.evaluate("image => image.naturalWidth") == 64
    before = _accent(ada)
    ada.page.get_by_label(ada.say("Violet"), exact=True).check()
    ada.choose("Language", "简体中文")
    ada.press("Save", within=ada.page.locator("#settings-form"))
    ada.toast("Saved")
    assert _accent(ada) != before
    ada.look("violet")

    ada.tap(ada.page.locator(".member-menu summary"))
    ada.look("member-menu")
    ada.tap(ada.page.get_by_role("button", name="简体中文"))
    expect(ada.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    ada.locale = "zh_Hans"
    ada.at_heading("Workspace settings")
    ada.look("in-chinese")
    letter = ada.invite("li@look.example", "李伟")
    assert "/invitation/" in letter
    assert "邀请" in ada.mailbox.wait_for("li@look.example").subject


def test_signing_out_everywhere_else_ends_the_other_devices(comes: Comes) -> None:
    ada = comes()
    ada.sign_up("ada@devices.example", "Devices", "Ada Brenner")
    other = comes(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605.1.15")
    other.workspace = ada.workspace
    other.sign_in("ada@devices.example")
    ada.open("/me")
    ada.reads("Safari · iPhone")
    ada.look("devices")
    ada.press("Sign out everywhere else")
    ada.toast("Signed out everywhere else")
    ada.misses("Safari · iPhone")
    other.press("Contacts")
    other.at_heading("Sign in")
    other.look("signed-out")
    other.fill("E-mail or login name", "ada@devices.example")
    other.fill("Password", PASSWORD)
    other.press("Sign in")
    other.at_heading("Contacts")


def test_a_colleague_without_e_mail_starts_with_a_code_made_by_the_admin(comes: Comes) -> None:
    ada = comes()
    ada.sign_up("ada@workshop.example", "Workshop", "Ada Brenner")
    ada.open("/people")
    ada.choose_from_menu("More", "Sign-in without e-mail")
    ada.fill("Name", "Karl Weber")
    ada.fill("Login name", "karl.w")
    ada.press("Make the sign-in")
    ada.at_heading("Code for %(name)s", name="Karl Weber")
    expect(ada.page.get_by_role("img", name="QR code")).to_be_visible()
    code = ada.page.locator(".code-large code").inner_text()
    ada.look("code")

    karl = comes()
    karl.workspace = ada.workspace
    karl.open("/")
    karl.press("I have a code")
    karl.fill("Sign-in code", code)
    karl.look("typed-code")
    karl.press("Continue")
    karl.at_heading("Hello %(name)s", name="Karl Weber")
    karl.fill("Password", PASSWORD)
    karl.press("Start")
    karl.at_heading("Today")
    karl.look("inside")
    again = comes(on=DESK)
    again.workspace = ada.workspace
    again.open("/start")
    again.fill("Sign-in code", code)
    again.press("Continue")
    again.sees("This code was used, is too old or was mistyped. Ask your admin for a new one.")
    again.sign_in("karl.w")


def _accent(visitor: Visitor) -> str:
    button = visitor.page.locator(".btn-primary").first
    return str(button.evaluate("button => getComputedStyle(button).backgroundColor"))


def _picture(path: Path, size: int = 64) -> Path:
    """Write a small square PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\x00" + b"\x2f\x6f\x4f" * size) * size
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path
