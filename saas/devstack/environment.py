"""The environment of the product's processes on throw-away servers with two cells: for tests, benchmarks and checks."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

# All databases of a server share the logins, so everybody who joins the server must use the same passwords.
_PASSWORDS = {"onebook_app": "app-test", "onebook_ddl": "ddl-test", "onebook_backup": "backup-test"}


def login_url(admin_url: str, login: str, database: str) -> str:
    """Build the URL of one of the product's logins (onebook_app, onebook_ddl, onebook_backup) on the same server."""
    address = urlsplit(admin_url)
    return f"postgresql://{login}:{_PASSWORDS[login]}@{address.hostname}:{address.port}/{database}"


def throwaway_environment(admin_url: str, databases: tuple[str, str], redis_url: str, smtp_url: str, storage: Path) -> dict[str, str]:
    """Build the variables of `saas.core.settings`: cell a beside the control plane in the first database, cell b in the second."""
    control, second = databases
    app, ddl = login_url(admin_url, "onebook_app", control), login_url(admin_url, "onebook_ddl", control)
    other = {"app": login_url(admin_url, "onebook_app", second), "ddl": login_url(admin_url, "onebook_ddl", second)}
    return {
        "DATABASE_URL": app,
        "DATABASE_DDL_URL": ddl,
        "DATABASE_BACKUP_URL": login_url(admin_url, "onebook_backup", control),
        "CELLS": json.dumps({"a": {"app": app, "ddl": ddl}, "b": other}),
        "REDIS_URL": redis_url,
        "SMTP_URL": smtp_url,
        "MAIL_FROM": "Onebook <hello@localhost>",
        "STORAGE_URL": f"file://{storage}",
        "SECRET_KEY": "throwaway-" + "0123456789abcdef" * 4,
        "DOMAIN": "localhost",
        "SCHEME": "http",
        "POOL_SIZE": "5",
        "ENVIRONMENT": "development",
    }
