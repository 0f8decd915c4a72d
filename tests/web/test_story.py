"""What is written on a record's page, and how its story and history read."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from saas.auth.directory import touch
from saas.auth.members import Role
from saas.core.errors import Invalid
from saas.crm.objects import records
from saas.crm.registry import ACTIVITIES, NOTES
from tests.web.form_reader import fields
from tests.web.pages import texts, toast
from tests.web.test_records import made, make
from tests.worlds import World

BERLIN = ZoneInfo("Europe/Berlin")


def only(world: World, obj: Any, **values: Any) -> Any:
    """Read the one row of an object with these values."""
    with world.acting() as ctx:
        return ctx.db.query(obj.model).filter_by(**values).one()


def test_a_note_a_call_a_task_and_a_meeting_are_written_and_told(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts", family_name="Lang")
    base = f"/contacts/{contact}"
    written = {
        "note": {"body": "Likes tea\nand quiet"},
        "call": {
            "outcome": "reached",
            "direction": "in",
            "description": "Wants an offer",
            "follow_up": "tomorrow",
            "follow_up_time": "09:00",
        },
        "task": {"title": "Send offer", "due_at": "today", "priority": "high"},
        "meeting": {
            "title": "Visit",
            "due_at": "3/12/2026",
            "due_at_time": "10:00",
            "ends_at_time": "11:30",
            "place": "Kiel",
            "participants": "Ada Admin",
        },
    }
    for kind, typed in written.items():
        answer = client.post(f"{base}/{kind}", typed)
        assert answer.status_code == 303, texts(answer)
        assert answer.headers["location"] == base
        assert toast(answer)["undo_action"].startswith("/undo/")
    said = texts(client.get(base))
    for words in (
        "Ada Admin wrote",
        "Likes tea",
        "Ada Admin called",
        "Wants an offer",
        "Reached",
        "Send offer",
        "Follow up with Lang",
        "Visit",
    ):
        assert words in said
    meeting = only(world, ACTIVITIES, kind="meeting")
    assert meeting.due_at.astimezone(BERLIN) == datetime(2026, 12, 3, 10, tzinfo=BERLIN)
    assert meeting.ends_at.astimezone(BERLIN) == datetime(2026, 12, 3, 11, 30, tzinfo=BERLIN)
    assert meeting.participants == [world.members["admin"]]
    call = only(world, ACTIVITIES, kind="call")
    assert (call.direction, call.outcome, call.title) == ("in", "reached", "Wants an offer")
    assert call.done_at is not None
    assert only(world, ACTIVITIES, title="Send offer").due_at.astimezone(BERLIN).hour == 0


def test_what_cannot_be_kept_stays_in_the_composer(world: World) -> None:
    client = world.sign_in()
    base = f"/contacts/{make(client, 'contacts')}"
    answer = client.post(f"{base}/task", {"title": " ", "due_at": "someday", "priority": "high"})
    assert answer.status_code == 422
    form = fields(answer, "compose-task")
    assert (form["due_at"], form["priority"]) == (["someday"], ["high"])
    assert "Type a date such as 3 Dec 2026." in texts(answer)
    assert client.post(f"{base}/note", {"body": "\x00 \n"}).status_code == 422
    answer = client.post(f"{base}/meeting", {"title": "When", "participants": "Nobody Known"})
    assert answer.status_code == 422
    assert "Nobody here is called Nobody Known." in texts(answer)
    with world.acting() as ctx:
        assert ctx.db.query(ACTIVITIES.model).count() == 0


def test_one_undo_takes_back_a_call_and_the_task_that_came_of_it(world: World) -> None:
    client = world.sign_in()
    base = f"/contacts/{make(client, 'contacts')}"
    answer = client.post(f"{base}/call", {"description": "Yes", "follow_up": "tomorrow"})
    answer = client.post(toast(answer)["undo_action"], headers={"Referer": f"http://{world.host}{base}"})
    assert answer.headers["location"] == base
    with world.acting() as ctx:
        assert ctx.db.query(ACTIVITIES.model).count() == 0


def test_a_call_is_logged_from_anywhere_in_two_clicks(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts", given_name="Ada", family_name="Lang")
    page = client.get(f"/contacts/{contact}")
    href = re.search(r'href="(/activities/log\?subject=contacts:[^"]+)"', page.text)
    assert href
    sheet = client.htmx(href[1], "sheet")
    assert "<html" not in sheet.text
    assert "data-sheet" in sheet.text
    form = fields(sheet, "log-call-form")
    assert (form["subject"], form["subject_text"]) == ([f"contacts:{contact}"], ["Ada Lang"])
    answer = client.post("/activities/log", form)
    assert answer.headers["location"] == f"/contacts/{contact}"
    assert only(world, ACTIVITIES).title == "Call with Ada Lang"


def test_a_call_is_logged_from_a_row_and_the_list_stays(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts", given_name="Ada", family_name="Lang")
    account = make(client, "accounts", name="Kessler & Söhne")
    for name, key in (("accounts", account), ("contacts", contact)):
        page = client.get(f"/{name}?q=a&sort=-updated_at" if name == "contacts" else "/accounts")
        link = re.search(rf'<a [^>]*href="(/activities/log\?subject={name}:{key}[^"]+)"[^>]*hx-get="([^"]+)"', page.text)
        assert link, name
        href, in_sheet = map(html.unescape, link.groups())
        # Over the list: it closes with a word and Undo, and nothing of the list is sent again.
        form = fields(client.htmx(in_sheet, "sheet"), f"log-call-{key}")
        answer = client.post("/activities/log", form | {"description": [name]}, headers={"HX-Request": "true", "HX-Target": "sheet"})
        assert (answer.status_code, answer.text) == (204, "")
        events = json.loads(answer.headers["hx-trigger"])
        assert list(events) == ["toast", "sheet-close"]
        assert str(only(world, ACTIVITIES, title=name).subject_id) == key
        assert client.post(events["toast"]["undo_action"]).status_code == 303
        # Without scripts: a page with the form, and back to the list as it was.
        form = fields(client.get(href), "log-call-form")
        answer = client.post("/activities/log", form | {"description": [f"{name} again"]})
        assert answer.headers["location"] == ("/contacts?q=a&sort=-updated_at" if name == "contacts" else "/accounts")
        assert toast(answer)["message"] == "Call logged"
    refused = client.post(
        "/activities/log", form | {"follow_up": ["no date"], "stay": ["1"]}, headers={"HX-Request": "true", "HX-Target": "sheet"}
    )
    assert refused.status_code == 422
    assert "no date" in refused.text
    assert fields(refused, f"log-call-{contact}")["stay"] == ["1"]


def test_rows_offer_no_call_to_who_may_log_none(world: World) -> None:
    world.join("rita", grants={"contacts": {"read": "all"}, "activities": {"read": "all"}})
    make(world.sign_in(), "contacts")
    page = world.sign_in("rita").get("/contacts")
    assert "data-row" in page.text
    assert "/activities/log" not in page.text
    assert "/activities/log" not in world.sign_in().get("/activities").text


def test_a_call_is_logged_by_typing_whom_without_scripts(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts", name="Kessler GmbH")
    make(client, "contacts", family_name="Kessler")
    form = fields(client.get("/activities/log?next=/today"), "log-call-form")
    answer = client.post("/activities/log", form | {"subject_text": ["kessler gmbh"], "description": ["Hello"]})
    assert answer.headers["location"] == "/today"
    assert str(only(world, ACTIVITIES).subject_id) == account
    answer = client.post("/activities/log", form | {"subject_text": ["kess"]})
    assert answer.status_code == 422
    assert "Kessler GmbH" in texts(answer)
    picked = fields(answer, "log-call-form") | {"subject_pick": [f"accounts:{account}"]}
    assert client.post("/activities/log", picked).status_code == 303
    # Without anybody it is a call all the same.
    assert client.post("/activities/log", form).status_code == 303


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_never_leaves_the_workspace(world: World, back: str) -> None:
    client = world.sign_in()
    contact = make(client, "contacts")
    answer = client.post("/activities/log", {"subject": f"contacts:{contact}", "next": back})
    assert answer.headers["location"] == f"/contacts/{contact}"
    answer = client.post("/undo/1", {"next": back})
    assert answer.headers["location"] in ("/", "/contacts")


def test_a_task_is_done_and_undone_with_one_click(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts")
    client.post(f"/contacts/{contact}/task", {"title": "Send offer"})
    page = client.get(f"/contacts/{contact}")
    action = re.search(r'action="(/tasks/[^"]+/done)"', page.text)
    assert action
    answer = client.post(action[1], fields(page, action[1]))
    assert answer.headers["location"] == f"/contacts/{contact}"
    assert toast(answer)["message"] == "“Send offer” is done"
    assert only(world, ACTIVITIES).done_at is not None
    assert client.post(toast(answer)["undo_action"]).status_code == 303
    assert only(world, ACTIVITIES).done_at is None
    assert client.post(action[1].replace("/done", "/undone")).status_code == 303


def test_a_note_of_a_colleague_may_be_read_but_not_changed_without_edit_on_its_subject(world: World) -> None:
    world.join("rita", grants={"contacts": {"read": "all"}, "notes": dict.fromkeys(("read", "create", "edit", "delete"), "all")})
    admin, rita = world.sign_in(), world.sign_in("rita")
    contact = make(admin, "contacts")
    admin.post(f"/contacts/{contact}/note", {"body": "By Ada"})
    note = only(world, NOTES).id
    page = rita.get(f"/contacts/{contact}")
    assert "By Ada" in texts(page)
    assert f"/notes/{note}/edit" not in page.text
    assert rita.get(f"/notes/{note}/edit").status_code == 403
    assert rita.post(f"/notes/{note}/delete").status_code == 403
    assert rita.post(f"/contacts/{contact}/note", {"body": "By Rita"}).status_code == 303
    mine = only(world, NOTES, body="By Rita").id
    assert f"/notes/{mine}/edit" in rita.get(f"/contacts/{contact}").text
    answer = rita.post(f"/notes/{mine}/edit", {"body": "By Rita again"})
    assert answer.headers["location"] == f"/contacts/{contact}"


def test_who_may_only_read_is_shown_no_composer(world: World) -> None:
    world.join("rita", grants={"contacts": {"read": "all"}, "notes": {"read": "all"}, "activities": {"read": "all"}})
    contact = make(world.sign_in(), "contacts")
    rita = world.sign_in("rita")
    page = rita.get(f"/contacts/{contact}")
    assert "composer" not in page.text
    assert "/activities/log" not in page.text
    for kind in ("note", "call", "task", "meeting"):
        assert rita.post(f"/contacts/{contact}/{kind}", {"body": "x", "title": "x"}).status_code == 403


def test_a_change_is_told_in_a_sentence_and_stands_in_the_history(world: World) -> None:
    client = world.sign_in()
    key = make(client, "accounts", city="Bonn")
    client.post(f"/accounts/{key}/edit/city", {"city": "Berlin"})
    client.post(f"/accounts/{key}/edit/territory", {"territory": "North"})
    client.post(f"/accounts/{key}/edit/territory", {"territory": ""})
    said = texts(client.get(f"/accounts/{key}?kind=changes"))
    assert "Ada Admin changed City from Bonn to Berlin" in said
    assert "Ada Admin set Territory to North" in said
    assert "Ada Admin cleared Territory, which was North" in said
    assert "Ada Admin created this" in said
    page = client.get(f"/accounts/{key}/history")
    assert "City Bonn Berlin Browser" in texts(page)
    undo = re.findall(r'action="(/undo/\d+)"', page.text)
    assert client.post(undo[-1]).status_code == 303
    assert client.get(f"/accounts/{key}").text.count("Bonn") > 0
    assert "took a change back" in texts(client.get(f"/accounts/{key}"))


def test_show_more_brings_the_rest_without_repeating(world: World) -> None:
    client = world.sign_in()
    contact = make(client, "contacts")
    with world.acting() as ctx:
        for number in range(45):
            records.create(ctx, NOTES, {"body": f"Note {number:02d}.", "subject_object": "contacts", "subject_id": contact})
    seen: list[str] = []
    answer = client.get(f"/contacts/{contact}")
    for _page in range(5):
        seen += re.findall(r"Note \d\d\.", answer.text)
        more = re.search(r'id="timeline-more"><a[^>]* href="([^"]+)"', answer.text)
        if not more:
            break
        answer = client.htmx(more[1].replace("&amp;", "&"), "timeline-more")
        assert "<html" not in answer.text
    assert seen == [f"Note {number:02d}." for number in reversed(range(45))]


def test_an_end_without_a_day_is_on_the_day_of_the_beginning(world: World) -> None:
    client = world.sign_in()
    typed = {"kind": "meeting", "title": "Visit", "due_at": "3 Dec 2026", "due_at_time": "10:00", "ends_at": "", "ends_at_time": "11:30"}
    assert client.post("/activities/new", typed).status_code == 303
    meeting = only(world, ACTIVITIES)
    assert meeting.ends_at - meeting.due_at == timedelta(minutes=90)


EARLY = "A meeting cannot end before it begins. Change when it begins or when it ends."


def test_a_meeting_may_not_end_before_it_begins(world: World) -> None:
    client = world.sign_in()
    account = make(client, "accounts", name="Kessler")
    typed = {"kind": "meeting", "title": "Visit", "due_at": "2026-12-03", "due_at_time": "10:00"}
    early = {"ends_at": "2026-12-03", "ends_at_time": "09:59"}
    answer = client.post("/activities/new", typed | early)
    assert answer.status_code == 422
    assert _beside(answer, "ends_at") == EARLY
    assert fields(answer, "activities-form")["ends_at_time"] == ["09:59"]
    answer = client.post(f"/accounts/{account}/meeting", typed | {"ends_at_time": "09:59"})
    assert answer.status_code == 422
    assert _beside(answer, "ends_at_time") == EARLY
    with world.acting() as ctx:
        assert ctx.db.query(ACTIVITIES.model).count() == 0

    # As long as it begins, and a whole day from its middle on, are no mistakes; tasks have no end.
    for ends in ({"ends_at": "2026-12-03", "ends_at_time": "10:00"}, {"ends_at": "2026-12-03"}, {"ends_at": ""}):
        assert client.post("/activities/new", typed | ends).status_code == 303, ends
    assert client.post("/activities/new", typed | early | {"kind": "task", "title": "Task"}).status_code == 303


def test_neither_end_of_a_meeting_is_moved_past_the_other(world: World) -> None:
    client = world.sign_in()
    typed = {"kind": "meeting", "title": "Visit", "due_at": "2026-12-03", "due_at_time": "10:00", "ends_at_time": "11:00"}
    client.post("/activities/new", typed)
    key = only(world, ACTIVITIES).id
    moves = {"due_at": ("2026-12-03", "11:01"), "ends_at": ("2026-12-03", "09:59")}
    for name, (day, clock) in moves.items():
        wrong = {name: day, f"{name}_time": clock}
        answer = client.post(f"/activities/{key}/edit/{name}", wrong, headers={"HX-Request": "true", "HX-Target": f"fact-{name}"})
        assert answer.status_code == 422
        assert _beside(answer, name) == EARLY
        form = fields(client.get(f"/activities/{key}/edit"), "activities-form")
        answer = client.post(f"/activities/{key}/edit", form | wrong)
        assert answer.status_code == 422
        assert _beside(answer, name) == EARLY
    with world.acting() as ctx:
        meeting = records.for_edit(ctx, ACTIVITIES, key)
        with pytest.raises(Invalid) as refused:
            records.update(ctx, ACTIVITIES, meeting, {"ends_at": meeting.due_at - timedelta(minutes=1)})
    assert list(refused.value.fields) == ["ends_at"]
    both = {"due_at": "2026-12-05", "due_at_time": "10:00", "ends_at": "2026-12-05", "ends_at_time": "11:00"}
    form = fields(client.get(f"/activities/{key}/edit"), "activities-form")
    assert client.post(f"/activities/{key}/edit", form | both).status_code == 303
    assert only(world, ACTIVITIES).version == 2


def test_a_meeting_that_was_wrong_before_can_still_be_done(world: World) -> None:
    client = world.sign_in()
    client.post("/activities/new", {"kind": "meeting", "title": "Visit", "due_at": "2026-12-03", "due_at_time": "10:00"})
    key = only(world, ACTIVITIES).id
    with world.acting() as ctx, ctx.as_system("a release without the rule"):
        meeting = records.for_edit(ctx, ACTIVITIES, key)
        meeting.ends_at = meeting.due_at - timedelta(hours=1)
    assert client.post(f"/tasks/{key}/done").status_code == 303
    assert client.post(f"/activities/{key}/edit/place", {"place": "Kiel"}).status_code == 303
    assert only(world, ACTIVITIES).place == "Kiel"


def test_who_does_not_see_the_end_is_not_told_of_it(world: World) -> None:
    grants = {"activities": dict.fromkeys(("read", "create", "edit"), "all")}
    world.join("rita", grants=grants)
    with world.db() as db:
        db.query(Role).filter_by(name="Role of rita").one().fields = {"activities": {"ends_at": "hidden"}}
        touch(db)
    typed = {"kind": "meeting", "title": "Visit", "due_at": "2026-12-03", "due_at_time": "10:00", "ends_at_time": "11:00"}
    world.sign_in().post("/activities/new", typed)
    key = only(world, ACTIVITIES).id
    answer = world.sign_in("rita").post(f"/activities/{key}/edit/due_at", {"due_at": "2026-12-04", "due_at_time": "10:00"})
    assert answer.status_code == 303


def _beside(answer: Any, name: str) -> str:
    """Read what stands beside a field."""
    found = re.search(rf'id="field-{name}-error"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    assert found, f"nothing is said beside {name}"
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


def test_an_activity_has_a_page_of_its_own(world: World) -> None:
    client = world.sign_in()
    key = made(world, client, ACTIVITIES)
    said = texts(client.get(f"/activities/{key}"))
    assert "Send a quote" in said
    assert "Kessler" in said
    form = fields(client.get(f"/activities/{key}/edit"), "activities-form")
    assert "place" not in form
    assert form["subject_text"] == ["Kessler"]
    other = make(client, "accounts", name="Elsewhere")
    assert client.post(f"/activities/{key}/edit", form | {"subject_text": ["Elsewhere"]}).status_code == 303
    assert str(only(world, ACTIVITIES).subject_id) == other
