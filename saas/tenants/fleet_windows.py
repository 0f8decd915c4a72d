"""The operator's command `saas fleet window`: in which hours a workspace may be upgraded."""

from __future__ import annotations

import argparse
from typing import Any

from sqlalchemy import select

from saas.core.clock import now
from saas.tenants.cells import Databases
from saas.tenants.models import TenantRow
from saas.tenants.session import control_session
from saas.tenants.windows import Window

ANY_TIME = "upgraded at any time"


def add(verbs: Any) -> None:
    """Add `window` to the `fleet` commands."""
    window = verbs.add_parser("window", help="show, set or clear the hours in which a workspace may be upgraded")
    window.add_argument("tenant", metavar="NAME", help="the workspace of this address")
    acts = window.add_subparsers(dest="act", required=True)
    acts.add_parser("show", help="print the window")
    acts.add_parser("clear", help="upgrade it at any time")
    make = acts.add_parser("set", help="upgrade it in these hours only")
    make.add_argument("--days", default="daily", help="days on which it opens: daily, mon-fri or sat,sun (daily)")
    make.add_argument("--hours", required=True, help="for instance 22:00-04:00, which ends on the next day")
    make.add_argument("--zone", required=True, help="whose clocks: an IANA name such as Europe/Berlin")


def run(databases: Databases, options: argparse.Namespace) -> str:
    """Do it; return the line to print. Raises LookupError for an unknown workspace, ValueError for what is no window."""
    wanted = Window.make(options.days, options.hours, options.zone) if options.act == "set" else None
    with control_session(databases) as control:
        row = control.scalars(select(TenantRow).where(TenantRow.slug == options.tenant).with_for_update()).one_or_none()
        if row is None:
            raise LookupError(f"there is no workspace {options.tenant!r}")
        if options.act != "show":
            row.upgrade_window = str(wanted) if wanted else None
        return f"{row.slug}: {said(row.upgrade_window)}"


def said(window: str | None) -> str:
    """Say what a window means now."""
    if window is None:
        return ANY_TIME
    until = Window.read(window).waits_until(now())
    return f"upgraded {window}; " + (f"opens {until:%Y-%m-%d %H:%M} UTC" if until else "open now")
