"""Settings of one process, read once from the environment. Nothing else in the product reads `os.environ`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cell:
    """One database that holds tenants: the URL of the run-time login and that of the login that owns the schemas."""

    name: str
    app_url: str
    ddl_url: str


@dataclass(frozen=True)
class SignInProvider:
    """A service the operator lets people sign in with, everywhere: `google` or `microsoft`. `label` stands on the button."""

    name: str
    label: str
    issuer: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class Settings:
    """What a process must know before it starts. `_s` are seconds; URLs are libpq, redis, smtp and obstore URLs.

    `domain` is the bare domain (`localhost` in development); workspaces live at `<name>.<domain>`.
    `public_port` is what browsers see: None behind a proxy on the scheme's own port. `trusted_proxies` is how many proxies of ours
    stand in front and add to X-Forwarded-For; with 0 that header is not believed.
    `recovery_wait_h` is how many hours pass before somebody who lost every second factor is let in, so that others can object.
    """

    brand: str
    domain: str
    scheme: str
    public_port: int | None
    secret_key: str
    control_url: str
    control_ddl_url: str
    cells: tuple[Cell, ...]
    redis_url: str
    smtp_url: str
    mail_from: str
    storage_url: str
    pool_size: int
    is_development: bool
    trusted_proxies: int = 0
    sign_in_providers: tuple[SignInProvider, ...] = ()
    recovery_wait_h: int = 72

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    def host(self, workspace: str | None = None) -> str:
        """Name the host (with the port browsers use) of a workspace, or of the public site."""
        name = f"{workspace}.{self.domain}" if workspace else self.domain
        return f"{name}:{self.public_port}" if self.public_port else name

    def url(self, workspace: str | None = None, path: str = "/") -> str:
        """Build an absolute address in a workspace, or on the public site when `workspace` is None."""
        return f"{self.scheme}://{self.host(workspace)}{path}"


def from_env(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SystemExit with one plain line when a required value is missing.

    DATABASE_URL and DATABASE_DDL_URL name the control plane; CELLS is JSON `{"a": {"app": url, "ddl": url}}`
    and defaults to one cell `a` in the control database.
    """
    control, ddl = _required(env, "DATABASE_URL"), _required(env, "DATABASE_DDL_URL")
    raw = env.get("CELLS")
    spec = json.loads(raw) if raw else {"a": {"app": control, "ddl": ddl}}
    cells = tuple(Cell(name, urls["app"], urls["ddl"]) for name, urls in sorted(spec.items()))
    port = env.get("PUBLIC_PORT")
    return Settings(
        brand=env.get("BRAND", "Onebook"),
        domain=env.get("DOMAIN", "localhost"),
        scheme=env.get("SCHEME", "http"),
        public_port=int(port) if port else None,
        secret_key=_required(env, "SECRET_KEY"),
        control_url=control,
        control_ddl_url=ddl,
        cells=cells,
        redis_url=_required(env, "REDIS_URL"),
        smtp_url=_required(env, "SMTP_URL"),
        mail_from=env.get("MAIL_FROM", "Onebook <hello@localhost>"),
        storage_url=env.get("STORAGE_URL") or f"file://{Path('.data/files').resolve()}",
        pool_size=int(env.get("POOL_SIZE", "10")),
        is_development=env.get("ENVIRONMENT", "production") == "development",
        trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
        recovery_wait_h=int(env.get("RECOVERY_WAIT_HOURS", "72")),
        sign_in_providers=_sign_in_providers(env),
    )


def _sign_in_providers(env: Mapping[str, str]) -> tuple[SignInProvider, ...]:
    """Read GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and the same of MICROSOFT; without an ID there is no button. *_ISSUER is for tests."""
    known = (("Google", "https://accounts.google.com"), ("Microsoft", "https://login.microsoftonline.com/common/v2.0"))
    return tuple(
        SignInProvider(
            label.lower(), label, env.get(f"{label.upper()}_ISSUER") or issuer, client_id, _required(env, f"{label.upper()}_CLIENT_SECRET")
        )
        for label, issuer in known
        if (client_id := env.get(f"{label.upper()}_CLIENT_ID"))
    )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name)
    if not value:
        raise SystemExit(f"{name} is not set; see docs/operate/install.md")
    return value
