"""The letter with a code for an address that a vendor has not proven: the same letter as at sign-up, whoever has an account or not."""

from __future__ import annotations

from uuid import UUID

from saas.auth import codes
from saas.core import mail
from saas.tenants.jobs import outside_job
from saas.tenants.runtime import Runtime
from saas.tenants.session import control_session

PROVE_JOB = "sso.prove"


@outside_job(PROVE_JOB)
def send_code(runtime: Runtime, attempt: str, email: str, locale: str) -> None:
    """Send a fresh code; tried again, it sends another one and the older stops working."""
    settings = runtime.settings
    with control_session(runtime.databases) as control:
        code = codes.set_code(control, UUID(attempt), settings.secret_key)
    minutes = int(codes.LIVES["sign_up"].total_seconds() // 60)
    letter = mail.compose("sign_up_code", to=email, locale=locale, brand=settings.brand, code=code, minutes=minutes)
    mail.send(settings.smtp_url, settings.mail_from, letter)
