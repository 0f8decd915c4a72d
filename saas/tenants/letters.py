"""Sending letters that wait in an outbox."""

from __future__ import annotations

from typing import Any

from saas.core.mail import Mail, send
from saas.tenants.jobs import outside_job
from saas.tenants.runtime import Runtime


@outside_job("mail.send")
def send_mail(runtime: Runtime, **mail: Any) -> None:
    """Hand one letter to the mail server; raising means it is tried again later."""
    send(runtime.settings.smtp_url, runtime.settings.mail_from, Mail(**mail))
