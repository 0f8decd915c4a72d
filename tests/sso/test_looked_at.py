"""Whoever the firm's provider vouches for has no security page here, and reads on the account's page who looked as them."""

from __future__ import annotations

from tests.people.browser import Browser
from tests.sso.conftest import Firm, come_in


def test_a_vouched_member_reads_who_looked_on_the_accounts_page(firm: Firm, browser: Browser) -> None:
    firm.set_up()
    firm.person("cleo", name="Cleo Carver")
    come_in(browser, firm, "cleo")
    found = firm.member(f"cleo@{firm.domain}")
    assert found is not None
    assert firm.admin.post(f"/people/{found.id}/look-as", {"reason": "To see the lists"}).status_code == 303
    assert firm.admin.post("/look-as/stop").status_code == 303
    page = browser.open(f"{firm.url}/me/looked-at")
    assert browser.path == "/me"
    assert "Looked at as you" in page.text
    assert "To see the lists" in page.text
