"""A sign-up under fire: web, PostgreSQL or Redis dies during its last step; the same form, sent again, opens exactly one workspace."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import func, select

from saas.auth import codes
from saas.auth.identities import Identity, Membership, Opening
from saas.auth.members import Member
from saas.tenants import resolve
from saas.tenants.models import TenantRow
from saas.tenants.session import control_session, tenant_session
from saas.web import csrf
from saas.web.sign_up import PROOF_COOKIE
from tests.faults.conftest import Plant

# From before the password is hashed until after the workspace is open.
DELAYS_S = (0.02, 0.08, 0.12, 0.16, 0.2, 0.3)


@dataclass(frozen=True)
class Form:
    """The last form of a sign-up as a browser holds it, ready to be sent any number of times."""

    plant: Plant
    email: str
    slug: str
    proof: str
    visitor: str

    def send(self) -> httpx.Response | None:
        """Send it; None when the line breaks."""
        product = self.plant.product
        fields = {
            "company": "Fire & Sons", "workspace": self.slug, "name": "Ada Ash", "country": "DE", "password": "correct horse battery",
            "csrf_token": csrf.token(self.plant.app.runtime.settings.secret_key, self.visitor),
        }  # fmt: skip
        try:
            return httpx.post(
                f"http://127.0.0.1:{product.port}/sign-up/company",
                data=fields,
                headers={
                    "Host": f"localhost:{product.port}",
                    "Cookie": f"{PROOF_COOKIE}={self.proof}; {csrf.VISITOR_COOKIE}={self.visitor}",
                },
                timeout=60,
            )
        except httpx.TransportError:
            return None

    def opened(self) -> httpx.Response:
        """Send it until a workspace is open, as somebody would who reloads a page that did not come."""
        said = "no answer"
        for _try in range(20):
            answer = self.send()
            if answer is not None and answer.status_code == 303 and ".localhost" in answer.headers["location"]:
                return answer
            if answer is not None:
                errors = re.findall(r"(?:field-error|alert-title)[^>]*>.*?([A-Z][^<]+)<", answer.text, re.DOTALL)
                said = f"{answer.status_code} {answer.headers.get('location', '')} {errors}"
            if answer is not None and answer.status_code == 303:
                break
            time.sleep(0.5)
        raise AssertionError(f"no workspace was opened; the last answer was {said}\n{self.plant.product.log('web')[-3000:]}")


def last_form(plant: Plant) -> Form:
    email = f"{secrets.token_hex(6)}@example.com"
    with control_session(plant.app.runtime.databases) as control:
        return Form(plant, email, f"fire-{secrets.token_hex(4)}", codes.prove(control, email), secrets.token_urlsafe(16))


def check_one_workspace(form: Form) -> None:
    """One identity, one opening that is finished, one firm of that name, one active member in it."""
    databases = form.plant.app.runtime.databases
    with control_session(databases) as control:
        identity = control.execute(select(Identity.id).where(Identity.email == form.email)).scalar_one()
        finished = control.execute(select(Opening.finished_at).where(Opening.identity_id == identity)).scalars().all()
        belongs = (
            control.execute(select(Membership.tenant_id).where(Membership.identity_id == identity, Membership.is_active)).scalars().all()
        )
        tenant = resolve.by_slug(control, form.slug)
        statuses = control.execute(select(TenantRow.status).where(TenantRow.slug == form.slug)).scalars().all()
    assert tenant is not None
    assert statuses == ["active"]
    assert belongs == [tenant.id]
    assert len(finished) == 1
    assert finished[0] is not None
    with tenant_session(databases, tenant) as db:
        assert db.execute(select(func.count()).select_from(Member)).scalar_one() == 1


def strike(form: Form, delay_s: float, kill: Callable[[], None]) -> None:
    """Send the form and kill something while it is being worked on."""
    sending = threading.Thread(target=form.send)
    sending.start()
    time.sleep(delay_s)
    kill()
    sending.join()


@pytest.fixture
def web(plant: Plant) -> Iterator[Plant]:
    # All these tries come from one address, which would soon be asked to wait.
    plant.app.runtime.redis.flushdb()
    plant.product.start("web")
    # The first sign-up pays for what a process does once, so that the delays fall where they are meant to.
    last_form(plant).opened()
    yield plant
    plant.product.stop()


@pytest.mark.parametrize("delay_s", DELAYS_S)
def test_web_dies(web: Plant, delay_s: float) -> None:
    form = last_form(web)
    strike(form, delay_s, lambda: web.product.kill("web"))
    web.product.start("web")
    form.opened()
    check_one_workspace(form)


@pytest.mark.parametrize("part", ["postgres", "redis"])
def test_a_server_dies(web: Plant, part: str) -> None:
    for delay_s in DELAYS_S[1::2]:
        form = last_form(web)
        strike(form, delay_s, web.kill_postgres if part == "postgres" else web.kill_redis)
        form.opened()
        check_one_workspace(form)
