"""What tests of second factors have in common: an app on a phone, and steps on the security page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import select, update

from saas.app import Application
from saas.auth.factors.models import Totp
from saas.auth.identities import Identity, WebSession
from saas.core.clock import now
from saas.tenants.session import control_session
from tests.people.browser import Browser
from tests.people.conftest import PASSWORD, NewBrowser, Signup


class Phone:
    """An authenticator app. Codes are taken once, so each call shows the code of another time step that is right now."""

    def __init__(self, secret: str, app: Application, identity: UUID) -> None:
        self.totp, self._app, self._identity = pyotp.TOTP(secret), app, identity

    def code(self, steps: int = 0) -> str:
        """Show the code of now, or of some steps of half a minute away."""
        return self.totp.at(now(), counter_offset=steps)

    def fresh_code(self) -> str:
        """Show a code that was not used yet, as if half a minute had passed."""
        with control_session(self._app.runtime.databases) as control:
            control.execute(update(Totp).where(Totp.identity_id == self._identity).values(last_step=None))
        return self.code()


def identity_of(app: Application, email: str) -> UUID:
    with control_session(app.runtime.databases) as control:
        return control.execute(select(Identity.id).where(Identity.email == email)).scalar_one()


def set_up_app(app: Application, done: Signup) -> tuple[Phone, list[str]]:
    """Add an app on the security page; return it and the recovery codes, none when it is not the first factor."""
    page = done.browser.open(f"http://{done.host}/me/security/app")
    secret = re.search(r"<code>([A-Z2-7 ]{32,})</code>", page.text)
    assert secret, page.text
    phone = Phone(secret[1].replace(" ", ""), app, identity_of(app, done.email))
    answer = done.browser.submit("app-form", code=phone.code())
    assert answer.status_code == 200, answer.text
    return phone, list(dict.fromkeys(re.findall(r"[0-9A-Z]{5}-[0-9A-Z]{5}", answer.text)))


def password_step(new_browser: NewBrowser, done: Signup, at: str = "workspace") -> Browser:
    """Type the password at a door, in a fresh browser."""
    browser = new_browser()
    browser.open(f"http://{done.host}/sign-in" if at == "workspace" else "/sign-in")
    browser.submit("sign-in-form", handle=done.email, password=PASSWORD)
    return browser


def age_sessions(app: Application, email: str, minutes: int = 60, **columns: Any) -> None:
    """Let time pass since somebody proved who they are."""
    columns = columns or {"proved_at": now() - timedelta(minutes=minutes)}
    with control_session(app.runtime.databases) as control:
        control.execute(update(WebSession).where(WebSession.identity_id == identity_of(app, email)).values(**columns))
