"""The doors to records: subjects carry their rights to what belongs to them; assigning is bounded."""

from __future__ import annotations

from uuid import UUID

import pytest

from saas.auth.directory import touch
from saas.auth.members import Department
from saas.core.errors import Conflict, Forbidden, Invalid, NotFound
from saas.core.ids import new_id
from saas.crm.activities import tasks
from saas.crm.objects import forms, history, records
from saas.crm.registry import ACCOUNTS, ACTIVITIES, CONTACTS, NOTES
from tests.worlds import World

OWN = dict.fromkeys(("read", "create", "edit", "delete"), "own")


def test_a_child_row_is_seen_as_its_subject_is_and_follows_it(world: World) -> None:
    world.join("eva", grants=dict.fromkeys(("contacts", "notes", "activities"), OWN))
    with world.acting() as ctx:
        person = records.create(ctx, CONTACTS, {"family_name": "Kessler"})
        note = records.create(ctx, NOTES, {"body": "Hello", "subject_object": "contacts", "subject_id": person.id})
        task = records.create(ctx, ACTIVITIES, {"kind": "task", "title": "Call", "subject_object": "contacts", "subject_id": person.id})
    for obj, key in ((CONTACTS, person.id), (NOTES, note.id), (ACTIVITIES, task.id)):
        with world.acting("eva") as ctx, pytest.raises(NotFound):
            records.find(ctx, obj, key)
    with world.acting() as ctx:
        records.update(ctx, CONTACTS, records.for_edit(ctx, CONTACTS, person.id), {"owner_id": world.members["eva"]})
    for obj, key in ((CONTACTS, person.id), (NOTES, note.id), (ACTIVITIES, task.id)):
        with world.acting("eva") as ctx:
            assert records.for_edit(ctx, obj, key)


def test_a_note_needs_read_on_its_subject_and_changing_it_edit_or_authorship(world: World) -> None:
    world.join("rita", grants={"contacts": {"read": "all"}, "notes": dict.fromkeys(("read", "create", "edit", "delete"), "all")})
    world.join("eva", grants={"contacts": OWN, "notes": OWN})
    with world.acting() as ctx:
        person = records.create(ctx, CONTACTS, {"family_name": "Kessler"})
        note = records.create(ctx, NOTES, {"body": "By Ada", "subject_object": "contacts", "subject_id": person.id})
    with world.acting("rita") as ctx:
        own = records.create(ctx, NOTES, {"body": "By Rita", "subject_object": "contacts", "subject_id": person.id})
        records.update(ctx, NOTES, records.for_edit(ctx, NOTES, own.id), {"body": "By Rita again"})
        with pytest.raises(Forbidden):
            records.for_edit(ctx, NOTES, note.id)
    with world.acting("eva") as ctx, pytest.raises(NotFound):
        records.create(ctx, NOTES, {"body": "No", "subject_object": "contacts", "subject_id": person.id})


def test_who_owns_an_activity_may_finish_it_without_seeing_its_subject(world: World) -> None:
    world.join("eva", grants={"contacts": OWN, "activities": OWN})
    with world.acting() as ctx:
        person = records.create(ctx, CONTACTS, {"family_name": "Kessler"})
        values = {"kind": "task", "title": "Visit", "subject_object": "contacts", "subject_id": person.id, "owner_id": world.members["eva"]}
        task = records.create(ctx, ACTIVITIES, values)
    with world.acting("eva") as ctx:
        assert tasks.finish(ctx, task.id).done_at is not None
        assert tasks.reopen(ctx, task.id).done_at is None
        with pytest.raises(NotFound):
            records.find(ctx, CONTACTS, person.id)


def test_a_participant_sees_the_meeting_but_may_not_change_it(world: World) -> None:
    world.join("eva", grants={"contacts": OWN, "activities": OWN})
    with world.acting() as ctx:
        values = {"kind": "meeting", "title": "Fair", "participants": [world.members["eva"]]}
        meeting = records.create(ctx, ACTIVITIES, values)
    with world.acting("eva") as ctx:
        assert records.find(ctx, ACTIVITIES, meeting.id)
        with pytest.raises(Forbidden):
            records.for_edit(ctx, ACTIVITIES, meeting.id)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [("own", {"eva"}), ("department", {"eva", "near"}), ("subtree", {"eva", "near", "below"}), ("all", {"eva", "near", "below", "far"})],
)
def test_assigning_is_bounded_in_the_members_too(world: World, scope: str, allowed: set[str]) -> None:
    with world.db() as db:
        root = db.query(Department).one()
        north, branch, south = (new_id() for _ in range(3))
        db.add(Department(id=north, parent_id=root.id, name="North", path=[root.id, north]))
        db.add(Department(id=south, parent_id=root.id, name="South", path=[root.id, south]))
        db.flush()
        db.add(Department(id=branch, parent_id=north, name="Branch", path=[root.id, north, branch]))
        touch(db)
    world.join("eva", grants={"accounts": {"read": "all", "create": "all", "edit": "all", "assign": scope}}, department_id=north)
    for name, home in (("near", north), ("below", branch), ("far", south)):
        world.join(name, department_id=home)

    def gives(name: str) -> bool:
        try:
            with world.acting("eva") as ctx:
                made = records.create(ctx, ACCOUNTS, {"name": "Firm"})
                records.update(ctx, ACCOUNTS, made, {"owner_id": world.members[name]})
        except Invalid:
            return False
        return True

    assert {name for name in ("near", "below", "far") if gives(name)} | {"eva"} == allowed


def test_a_writer_saves_only_what_differs_from_what_the_form_showed(world: World) -> None:
    with world.acting() as ctx:
        key: UUID = records.create(ctx, ACCOUNTS, {"name": "Kessler", "city": "Bonn"}).id
    with world.acting() as ctx:
        records.update(ctx, ACCOUNTS, records.for_edit(ctx, ACCOUNTS, key), {"city": "Kiel"})
    with world.acting() as ctx:
        record = records.for_edit(ctx, ACCOUNTS, key)
        assert history.base_at(ctx, ACCOUNTS, record, 1) == {"city": "Bonn"}
        typed = forms.read(ctx, ACCOUNTS, ACCOUNTS.fields[:20], {"name": ["Kessler AG"], "city": ["Bonn"]})
        assert forms.save(ctx, ACCOUNTS, record, typed, base_version=1)
        assert (record.name, record.city) == ("Kessler AG", "Kiel")
    with world.acting() as ctx:
        record = records.for_edit(ctx, ACCOUNTS, key)
        typed = forms.read(ctx, ACCOUNTS, [ACCOUNTS.by_name["city"]], {"city": ["Ulm"]})
        with pytest.raises(Conflict) as refused:
            forms.save(ctx, ACCOUNTS, record, typed, base_version=1)
        assert refused.value.theirs == {"city": "Kiel"}
