"""The workspace's tags: made, renamed, removed and put back, by those who may."""

from __future__ import annotations

from saas.crm.objects import records
from saas.crm.registry import ACCOUNTS
from saas.crm.tags import verbs
from tests.web.pages import rows, texts, toast
from tests.worlds import World


def test_tags_are_made_renamed_and_recoloured(world: World) -> None:
    admin = world.sign_in()
    assert "No tags yet" in texts(admin.get("/tags"))
    assert admin.post("/tags", {"name": " Key   customer ", "tone": "red"}).status_code == 303
    with world.acting() as ctx:
        (tag,) = verbs.all_tags(ctx.db)
        records.create(ctx, ACCOUNTS, {"name": "Northwind", "tag_ids": [tag.id]})
    assert (tag.name, tag.tone) == ("Key customer", "red")
    assert "on 1 record" in texts(admin.get("/tags"))
    assert "Key customer" in texts(admin.get("/accounts?cols=name,tag_ids"))
    assert admin.post(f"/tags/{tag.id}", {"name": "VIP", "tone": "nonsense"}).status_code == 303
    assert "VIP" in texts(admin.get("/accounts?cols=name,tag_ids"))


def test_a_name_is_taken_once_whatever_its_case(world: World) -> None:
    admin = world.sign_in()
    for name in ("VIP", "vip", "Other"):
        admin.post("/tags", {"name": name})
    with world.acting() as ctx:
        names = {tag.name: tag.id for tag in verbs.all_tags(ctx.db)}
    assert set(names) == {"VIP", "Other"}
    refused = admin.post(f"/tags/{names['Other']}", {"name": "vIp"})
    assert refused.status_code == 422
    assert "There is a tag of this name already" in texts(refused)
    assert 'value="vIp"' in refused.text
    for wrong in ("", "  ", "x" * 41):
        assert admin.post("/tags", {"name": wrong}).status_code == 422


def test_a_removed_tag_comes_back_on_every_record_that_had_it(world: World) -> None:
    admin = world.sign_in()
    with world.acting() as ctx:
        tag = verbs.make(ctx, "VIP")
        key = str(records.create(ctx, ACCOUNTS, {"name": "Northwind", "tag_ids": [tag]}).id)
    removed = admin.post(f"/tags/{tag}/remove")
    assert toast(removed)["message"] == "Tag VIP removed"
    assert "VIP" not in texts(world.sign_in().get("/accounts?cols=name,tag_ids"))
    assert rows(admin.get("/accounts?f.tag_ids.empty=1")) == [key]
    assert admin.post(f"/tags/{tag}", {"name": "X"}).status_code == 404
    assert admin.post(toast(removed)["undo_action"]).status_code == 303
    assert rows(admin.get(f"/accounts?f.tag_ids.any={tag}")) == [key]
    assert rows(admin.get("/accounts?f.tag_ids.empty=1")) == []


def test_a_removed_tag_whose_name_is_taken_stays_removed(world: World) -> None:
    admin = world.sign_in()
    with world.acting() as ctx:
        tag = verbs.make(ctx, "VIP")
    removed = admin.post(f"/tags/{tag}/remove")
    admin.post("/tags", {"name": "VIP"})
    assert admin.post(toast(removed)["undo_action"]).status_code == 422
    with world.acting() as ctx:
        assert len(verbs.all_tags(ctx.db)) == 1


def test_only_who_manages_settings_changes_tags(world: World) -> None:
    with world.acting() as ctx:
        tag = verbs.make(ctx, "VIP")
    member = world.sign_in("member")
    page = member.get("/tags")
    assert "VIP" in texts(page)
    assert "/remove" not in page.text
    for address in ("/tags", f"/tags/{tag}", f"/tags/{tag}/remove", f"/tags/{tag}/restore"):
        assert member.post(address, {"name": "X"}).status_code == 403


def test_uses_count_only_what_the_reader_sees(world: World) -> None:
    world.join("eve", grants={"accounts": {"read": "own"}})
    with world.acting() as ctx:
        tag = verbs.make(ctx, "VIP")
        for name in ("One", "Two"):
            records.create(ctx, ACCOUNTS, {"name": name, "tag_ids": [tag]})
    assert "on 2 records" in texts(world.sign_in().get("/tags"))
    assert "on 0 records" in texts(world.sign_in("eve").get("/tags"))
