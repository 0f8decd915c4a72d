"""The page on which the day is lived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from saas.core.clock import now
from saas.crm.activities import tasks
from saas.crm.objects import records
from saas.crm.registry import ACTIVITIES
from saas.crm.samples import verbs as samples
from tests.web.pages import texts, toast
from tests.web.test_records import make
from tests.worlds import Client, World


def plan(world: World, title: str, due_at: datetime | None, who: str = "admin", **values: Any) -> Any:
    with world.acting(who) as ctx:
        return records.create(ctx, ACTIVITIES, {"kind": "task", "title": title, "due_at": due_at} | values)


def between(client: Client, start: str, end: str) -> str:
    """Give what stands between two headings of the page."""
    said = texts(client.get("/today"))
    return said.split(start, 1)[1].split(end, 1)[0] if start in said else ""


def midnight(zone: str, days: int = 0) -> datetime:
    local = now().astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


def test_the_start_page_is_today(world: World) -> None:
    assert world.sign_in().get("/").headers["location"] == "/today"


def test_what_is_due_stands_in_order_with_customer_and_phone(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts", family_name="Lang", phones="030 1234567")
    day = midnight("Europe/Berlin")
    subject = {"subject_object": "contacts", "subject_id": contact}
    plan(world, "Long ago", day - timedelta(days=3), **subject)
    plan(world, "Some time today", day, **subject)
    plan(world, "Late today", day + timedelta(hours=23, minutes=58))
    plan(world, "Tomorrow", day + timedelta(days=1))
    plan(world, "Done", day - timedelta(days=2), done_at=now())
    plan(world, "Without a date", None)
    page = client.get("/today")
    assert 'href="tel:+49301234567"' in page.text
    assert f'href="/contacts/{contact}"' in page.text
    late = between(client, "Overdue 1", "Due today")
    assert "Long ago" in late
    assert "Overdue" in late
    assert "Lang" in late
    due = between(client, "Due today", "Next seven days")
    assert due.index("Some time today") < due.index("Late today")
    assert "Tomorrow" not in due
    assert "Done" not in due
    assert "Tomorrow" in between(client, "Next seven days", "One task has no date")


def test_colleagues_tasks_are_not_mine_but_their_meetings_with_me_are(world: World) -> None:
    world.join("ben")
    soon = midnight("Europe/Berlin") + timedelta(hours=23, minutes=59)
    plan(world, "Task of Ben", soon, "ben")
    plan(world, "Meeting of Ben", soon, "ben", kind="meeting", participants=[world.members["admin"]])
    said = texts(world.sign_in().get("/today"))
    assert "Meeting of Ben" in said
    assert "Task of Ben" not in said


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Shanghai", "America/New_York"])
def test_today_is_the_members_own_day(world: World, zone: str) -> None:
    world.join("mia", role="admin", timezone=zone)
    client = world.sign_in("mia")
    for number, title in ((-1, "Yesterday there"), (0, "Today there"), (1, "Tomorrow there")):
        plan(world, title, midnight(zone, number), "mia")
    assert "Yesterday there" in between(client, "Overdue 1", "Due today")
    assert "Today there" in between(client, "Due today 1", "Next seven days")
    answer = client.post("/activities/new", {"kind": "task", "title": "Typed", "due_at": "today"})
    assert answer.status_code == 303
    with world.acting("mia") as ctx:
        typed = ctx.db.query(ACTIVITIES.model).filter_by(title="Typed").one()
        assert typed.due_at == midnight(zone)
        assert not tasks.is_overdue(ctx, typed)


def test_a_task_done_here_leaves_the_list_and_can_come_back(world: World) -> None:
    client = world.sign_in()
    task = plan(world, "Send offer", midnight("Europe/Berlin"))
    answer = client.post(f"/tasks/{task.id}/done", {"next": "/today"})
    assert answer.headers["location"] == "/today"
    assert "Send offer" not in between(client, "Due today", "Menu")
    client.post(toast(answer)["undo_action"])
    assert "Send offer" in texts(client.get("/today"))


def test_the_customers_opened_last_come_first_and_only_while_one_may_see_them(world: World) -> None:
    admin = world.sign_in()
    keys = [make(admin, "accounts", name=f"Firm {number}") for number in range(3)]
    world.join("eva", role="member")
    eva = world.sign_in("eva")
    for key in keys:
        assert eva.get(f"/accounts/{key}").status_code == 200
    recent = between(eva, "Recent customers", "Menu")
    assert recent.index("Firm 2") < recent.index("Firm 1") < recent.index("Firm 0")
    admin.post(f"/accounts/{keys[2]}/delete")
    assert "Firm 2" not in texts(eva.get("/today"))
    eva._client.cookies.set("recent", "accounts:x.nothing:1..%00")
    assert eva.get("/today").status_code == 200


def test_an_empty_workspace_is_shown_its_first_steps(world: World) -> None:
    client = world.sign_in()
    said = texts(client.get("/today"))
    for words in ("Getting started", "Import a file", "Invite somebody", "Add sample data"):
        assert words in said
    assert "Getting started" not in texts(world.sign_in("member").get("/today"))
    client.post("/samples/add")
    said = texts(client.get("/today"))
    assert "You are looking at sample data" in said
    assert "Add sample data" not in said
    client.post("/samples/remove")
    with world.acting() as ctx:
        assert not samples.has_samples(ctx)
    assert "You are looking at sample data" not in texts(client.get("/today"))


def test_who_may_see_nothing_has_a_quiet_page(world: World) -> None:
    world.join("guest", grants={})
    answer = world.sign_in("guest").get("/today")
    assert answer.status_code == 200
    assert "Log a call" not in texts(answer)
