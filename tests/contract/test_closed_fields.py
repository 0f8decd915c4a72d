"""Writing a field that is hidden or read-only is writing an unknown field, by whatever door: form, inline, many at once, undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from saas.auth.context import Context
from saas.core.errors import Forbidden
from saas.crm.objects import bulk, records, undo
from saas.crm.objects.bulk import Selection
from saas.crm.objects.definition import ObjectDef
from saas.crm.registry import BY_NAME, OBJECTS
from saas.web import modules
from tests.contract.opened import Opened, Says
from tests.worlds import World

modules.load()
WHO = "both"
ACTS = ("edit", "delete", "assign", "bulk", "export")
GRANTS = {obj.name: {"read": "all", **dict.fromkeys(ACTS, "all")} for obj in OBJECTS}
LIMITS = ("hidden", "read-only")


def limited(changeable: Opened, obj: ObjectDef, names: list[str], limit: str) -> None:
    changeable.hold(WHO, [Says(GRANTS, {obj.name: dict.fromkeys(names, limit)})])


def _row(changeable: Opened, obj: ObjectDef, key: UUID) -> Any:
    return next(row for row in changeable.book.everything(obj) if row.id == key)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.name)
def test_no_form_writes_it(obj: ObjectDef, limit: str, changeable: Opened) -> None:
    names = [f.name for f in obj.fields if f.is_editable and (limit == "read-only" or f.name not in obj.naming)]
    limited(changeable, obj, names, limit)
    client, key = changeable.book.world.sign_in(WHO), changeable.book.rows[obj.name][2]
    before = _row(changeable, obj, key)
    typed = dict.fromkeys(names, "2031") | {f"{name}_text": "2031" for name in names}
    for name in names:
        url = f"/{obj.name}/{key}/edit/{name}"
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 404, name
        assert client.post(url, typed).status_code == 404, name
    assert client.post(f"/{obj.name}/{key}/edit", typed).status_code in (303, 422)
    assert _row(changeable, obj, key) == before


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(("act", "name"), list(bulk.WRITTEN.items()))
def test_no_act_on_many_writes_it(act: str, name: str, limit: str, changeable: Opened) -> None:
    for obj in (obj for obj in OBJECTS if obj.has_page):
        limited(changeable, obj, [name], limit)
        client, key = changeable.book.world.sign_in(WHO), changeable.book.rows[obj.name][2]
        before = _row(changeable, obj, key)
        typed = {"id": str(key), "expected": "9", "owner_id": str(changeable.book.people["ann"]), "add": "Never"}
        for url in (f"/{obj.name}/bulk/{act}", f"/{obj.name}/bulk/{act}/do"):
            assert client.post(url, typed).status_code == 403, url
        assert _row(changeable, obj, key) == before
        with changeable.book.acting(WHO) as ctx, pytest.raises(Forbidden):
            _on_many(ctx, act, obj, key, changeable)


def _on_many(ctx: Context, act: str, obj: ObjectDef, key: UUID, firm: Opened) -> None:
    if act == "assign":
        bulk.assign(ctx, obj, Selection(ids=(key,)), firm.book.people["ann"])
    else:
        bulk.tag(ctx, obj, Selection(ids=(key,)), [firm.book.tags[0]], [])


@pytest.mark.parametrize("limit", LIMITS)
def test_undo_writes_it_no_more_either(limit: str, changeable: Opened) -> None:
    """With today's rights: what was written before a field was closed stays as it is, one by one and in long runs."""
    accounts = BY_NAME["accounts"]
    keys = changeable.book.rows["accounts"]
    changeable.hold(WHO, [Says(GRANTS)])
    batches = []
    with changeable.book.acting(WHO) as ctx:
        records.update(ctx, accounts, records.for_edit(ctx, accounts, keys[0]), {"city": f"Lyon {limit}", "region": f"East {limit}"})
        batches.append(ctx.state["batch"])
    with changeable.book.acting(WHO) as ctx:
        wanted = changeable.book.people["nora" if limit == "hidden" else "ann"]
        batches.append(bulk.assign(ctx, accounts, Selection(ids=tuple(keys)), wanted).batch)
    before = {row.id: row for row in changeable.book.everything(accounts)}
    limited(changeable, accounts, ["city", "owner_id"], limit)
    for batch in batches:
        with changeable.book.acting(WHO) as ctx:
            undone = undo.undo(ctx, batch)
            assert undone.kept
    after = {row.id: row for row in changeable.book.everything(accounts)}
    assert {key: (row.city, row.owner_id) for key, row in after.items()} == {key: (row.city, row.owner_id) for key, row in before.items()}
    assert after[keys[0]].region != before[keys[0]].region


def test_undo_names_nothing_that_may_no_longer_be_read(changeable: Opened) -> None:
    accounts, key = BY_NAME["accounts"], changeable.book.rows["accounts"][4]
    changeable.hold(WHO, [Says(GRANTS)])
    with changeable.book.acting(WHO) as ctx:
        records.update(ctx, accounts, records.for_edit(ctx, accounts, key), {"region": "Far away"})
        batch = ctx.state["batch"]
    with changeable.book.acting("admin") as ctx:
        records.update(ctx, accounts, records.for_edit(ctx, accounts, key), {"name": "Renamed since", "owner_id": ctx.member.id})
    changeable.hold(WHO, [Says({})])
    with changeable.book.acting(WHO) as ctx:
        undone = undo.undo(ctx, batch)
    assert (undone.restored, undone.kept) == (0, ["Account"])


def test_forms_leave_a_link_alone_that_their_reader_may_not_open(world: World) -> None:
    """The form carries its name and no key; saved as it is, the link stays; typed over, it is another one."""
    with world.acting("admin") as ctx:
        secret, other = (records.create(ctx, BY_NAME["accounts"], {"name": name}) for name in ("Secret Ltd", "Open Ltd"))
        person = records.create(ctx, BY_NAME["contacts"], {"family_name": "Weiss", "account_id": secret.id})
        keys = (secret.id, other.id, person.id)
    world.join("clerk", grants={"contacts": {"read": "all", "edit": "all"}, "accounts": {"read": "own"}})
    with world.acting("clerk") as ctx:
        mine = ctx.member.id
    with world.acting("admin") as ctx:
        records.update(ctx, BY_NAME["accounts"], records.for_edit(ctx, BY_NAME["accounts"], keys[1]), {"owner_id": mine})
    client = world.sign_in("clerk")
    url = f"/contacts/{keys[2]}/edit"
    shown = client.get(url).text
    assert "Secret Ltd" in shown
    assert str(keys[0]) not in shown
    form = {"family_name": "Schwarz", "account_id": "kept:Secret Ltd", "account_id_text": "Secret Ltd"}
    assert 'value="kept:Secret Ltd"' in shown
    assert client.post(url, form).status_code == 303
    assert _link(world, keys[2]) == ("Schwarz", keys[0])
    assert client.post(url, {**form, "account_id_text": "Open Ltd"}).status_code == 303
    assert _link(world, keys[2]) == ("Schwarz", keys[1])
    assert client.post(url, {**form, "account_id_text": "Secret Ltd"}).status_code == 303
    assert client.post(url, {**form, "account_id": "", "account_id_text": "Secret Ltd"}).status_code == 422
    assert _link(world, keys[2]) == ("Schwarz", keys[1])


def _link(world: World, key: UUID) -> tuple[str, UUID | None]:
    with world.acting("admin") as ctx:
        found = records.find(ctx, BY_NAME["contacts"], key)
        return found.family_name, found.account_id
