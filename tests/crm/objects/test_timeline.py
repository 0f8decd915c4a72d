"""The story of a record: complete, in order, paged exactly, and only what its reader may see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saas.crm.objects import history, records, timeline
from saas.crm.objects.timeline import CHANGES, Entry, Only
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS, NOTES
from tests.worlds import World


def tell(ctx: Any, obj: Any, record: Any, only: Only | None = None, limit: int = 4) -> list[Entry]:
    """Read a whole story in small pages."""
    found: list[Entry] = []
    cursor = ""
    for _page in range(100):
        page = timeline.page(ctx, obj, record, only, cursor, limit)
        found += page.entries
        if not page.next_cursor:
            return found
        cursor = page.next_cursor
    raise AssertionError("the story never ends")


def name(entry: Entry) -> str:
    return entry.view.label if entry.view else f"{entry.change.action} {entry.change.object}" if entry.change else ""


def busy(world: World) -> Any:
    """Make an account whose many notes, calls and changes happened at the same moments."""
    with world.acting() as ctx:
        account = records.create(ctx, ACCOUNTS, {"name": "Kessler"})
        person = records.create(ctx, CONTACTS, {"family_name": "Kessler", "account_id": account.id})
        for number in range(9):
            records.create(ctx, NOTES, {"body": f"Note {number}", "subject_object": "accounts", "subject_id": account.id})
            done = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number // 3)
            values = {"kind": "call" if number % 2 else "task", "title": f"Act {number}", "done_at": done}
            records.create(ctx, ACTIVITIES, values | {"subject_object": "contacts", "subject_id": person.id})
        for number in range(7):
            records.update(ctx, ACCOUNTS, account, {"city": f"City {number}"})
        return account


def test_pages_of_any_size_tell_the_whole_story_once_and_in_order(world: World) -> None:
    account = busy(world)
    with world.acting() as ctx:
        whole = tell(ctx, ACCOUNTS, account, limit=1000)
        # 9 notes, 9 acts, 7 changes, and two records made.
        assert len(whole) == 27
        assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
        for limit in (1, 2, 5, 26):
            paged = tell(ctx, ACCOUNTS, account, limit=limit)
            assert sorted(map(name, paged)) == sorted(map(name, whole))
            assert [entry.at for entry in paged] == [entry.at for entry in whole]


def test_a_story_is_narrowed_to_one_kind(world: World) -> None:
    account = busy(world)
    with world.acting() as ctx:
        assert {entry.row.kind for entry in tell(ctx, ACCOUNTS, account, Only("activities", "kind", "call"))} == {"call"}
        assert len(tell(ctx, ACCOUNTS, account, Only("notes"))) == 9
        assert len(tell(ctx, ACCOUNTS, account, Only(CHANGES))) == 9


def test_a_customers_story_includes_what_happened_on_its_people(world: World) -> None:
    with world.acting() as ctx:
        account = records.create(ctx, ACCOUNTS, {"name": "Kessler"})
        person = records.create(ctx, CONTACTS, {"family_name": "Lang", "account_id": account.id})
        records.create(ctx, NOTES, {"body": "On Lang", "subject_object": "contacts", "subject_id": person.id})
    with world.acting() as ctx:
        records.update(ctx, CONTACTS, records.for_edit(ctx, CONTACTS, person.id), {"city": "Bonn"})
    with world.acting() as ctx:
        story = tell(ctx, ACCOUNTS, account)
        assert {entry.subject.text for entry in story} == {"Lang", ""}
        assert "On Lang" in [name(entry) for entry in story]
        changed = next(entry.change for entry in story if entry.change and entry.change.action == "update")
        assert [(said.label, said.before.text, said.after.text) for said in changed.differences] == [("City", "", "Bonn")]
        assert not [entry for entry in tell(ctx, CONTACTS, person) if entry.subject.text]


def test_what_happened_on_people_one_may_not_see_is_not_told(world: World) -> None:
    own = dict.fromkeys(("read", "create", "edit"), "own")
    world.join("eva", grants={"accounts": {"read": "all"}, "contacts": own, "notes": own, "activities": own})
    with world.acting() as ctx:
        account = records.create(ctx, ACCOUNTS, {"name": "Kessler"})
        person = records.create(ctx, CONTACTS, {"family_name": "Hidden", "account_id": account.id})
        records.create(ctx, NOTES, {"body": "On hidden", "subject_object": "contacts", "subject_id": person.id})
        records.create(ctx, NOTES, {"body": "On firm", "subject_object": "accounts", "subject_id": account.id})
    with world.acting("eva") as ctx:
        assert sorted(map(name, tell(ctx, ACCOUNTS, account))) == ["On firm", "create accounts"]


def test_a_change_names_links_people_and_choices_and_not_keys(world: World) -> None:
    world.join("ben")
    with world.acting() as ctx:
        first, second = (records.create(ctx, ACCOUNTS, {"name": each}) for each in ("Old Ltd", "New Ltd"))
        person = records.create(ctx, CONTACTS, {"family_name": "Lang", "account_id": first.id})
    with world.acting() as ctx:
        values = {"account_id": second.id, "role": "decides", "owner_id": world.members["ben"], "no_calls": True}
        records.update(ctx, CONTACTS, records.for_edit(ctx, CONTACTS, person.id), values)
    with world.acting() as ctx:
        changes, following = history.page(ctx, person)
        said = {each.label: (each.before.text, each.after.text) for each in changes[0].differences}
        assert said == {
            "Account": ("Old Ltd", "New Ltd"),
            "Role in decisions": ("", "Decides"),
            "Owner": ("Ada Admin", "Ben"),
            "No phone calls": ("", "Yes"),
        }
        assert (changes[0].actor, changes[0].via, following) == ("Ada Admin", "web", None)


@pytest.mark.parametrize("cursor", ["x", "%%%", "e30", "W10", "eyJjaGFuZ2VzIjogIngifQ", "eyJjaGFuZ2VzIjogOTk5OTk5OTk5OTk5OTk5OTk5OTk5OX0"])
def test_a_damaged_cursor_is_the_beginning(world: World, cursor: str) -> None:
    with world.acting() as ctx:
        account = records.create(ctx, ACCOUNTS, {"name": "Kessler"})
        assert [name(entry) for entry in timeline.page(ctx, ACCOUNTS, account, None, cursor).entries] == ["create accounts"]
