"""Sample data for the /styleguide page, which shows every component in every state. Made-up people only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from saas.core.i18n import _, current_locale
from saas.web.frame import Frame, FrameMember, FrameWorkspace, NavGroup, NavItem, Toast

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff & Sons International Trading"


def context(theme: str = "system") -> dict[str, object]:
    """Build everything templates/styleguide/index.html needs for the current reader; `theme` as in frame.THEMES."""
    now = datetime.now(UTC)
    return {
        "frame": replace(sample_frame(), theme=theme, language=current_locale()),
        "now": now,
        "today": now.date(),
        "rows": _rows(now),
        "long_name": LONG_NAME,
        "people": ["Ada Lovelace", "张伟", "Grace Hopper"],
        "tones": ("neutral", "accent", "green", "amber", "red", "blue", "violet"),
        "amount": Decimal("1234.5"),
        "section_names": _section_names(),
    }


def sample_frame() -> Frame:
    """Build a frame with every part filled."""
    return Frame(
        workspace=FrameWorkspace("Northwind Traders"),
        member=FrameMember("Ada Lovelace", "ada@northwind.example"),
        nav=_navigation(),
        create_items=(
            NavItem(_("Account"), "#", "building-2"),
            NavItem(_("Contact"), "#", "user"),
            NavItem(_("Task"), "#", "list-todo"),
        ),
        workspaces=(("Contoso", "#"),),
        toasts=(Toast(_("34 contacts deleted"), undo_action="#"),),
        jobs=(
            {
                "id": "job-import",
                "title": _("Import of contacts"),
                "done": 34_120,
                "total": 55_822,
                "href": "#",
            },
        ),
    )


def _navigation() -> tuple[NavGroup, ...]:
    return (
        NavGroup(
            "",
            (
                NavItem(_("Today"), "#", "sun", is_active=True),
                NavItem(_("Inbox"), "#", "inbox", count=3),
            ),
        ),
        NavGroup(
            _("Sales"),
            (
                NavItem(_("Accounts"), "#", "building-2"),
                NavItem(_("Contacts"), "#", "users"),
                NavItem(_("Deals"), "#", "handshake"),
            ),
        ),
        NavGroup(_("Service"), (NavItem(_("Cases"), "#", "life-buoy", count=12),)),
        NavGroup(_("Everyone"), (NavItem(_("Activities"), "#", "list-todo"), NavItem(_("Imports"), "#", "upload"))),
    )


def _rows(now: datetime) -> list[dict[str, object]]:
    names = ("Ada Lovelace", "张伟", "Miles O'Brien", LONG_NAME, "Grace Hopper", "欧阳娜娜")
    cities = ("Paris", "上海", None, "Berlin", "New York", "杭州")
    stages = (
        ("green", "circle-check", _("Won")),
        ("amber", "clock", _("Waiting")),
        ("red", "circle-alert", _("Lost")),
        ("neutral", None, _("New")),
        ("blue", None, _("Proposal")),
        ("neutral", None, _("New")),
    )
    return [
        {
            "id": number + 1,
            "name": name,
            "code": f"CON-{number + 1:06d}",
            "city": cities[number],
            "stage": stages[number],
            "amount": Decimal(1000 * number + 234) if number % 2 == 0 else None,
            "seen_at": now - timedelta(hours=5 * number * number),
            "due_on": date(2026, 1, 5) if number == 1 else now.date() + timedelta(days=number),
            "is_overdue": number == 1,
            "is_checked": number in (1, 2),
        }
        for number, name in enumerate(names)
    ]


def _section_names() -> tuple[tuple[str, str], ...]:
    return (
        ("colours", _("Colour and type")),
        ("actions", _("Actions")),
        ("forms", _("Forms")),
        ("lists", _("Lists")),
        ("records", _("Records")),
        ("messages", _("Messages and progress")),
        ("floating", _("Things that float")),
    )
