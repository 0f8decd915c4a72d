"""Bringing the control plane to its newest revision. Tenants are upgraded by `fleet`."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Engine

from saas.tenants import planes


def upgrade_control(owner: Engine) -> None:
    """Apply what is missing to the control plane, in one transaction."""
    with owner.begin() as connection:
        settings = planes.config("control")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
