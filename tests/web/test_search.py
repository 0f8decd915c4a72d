"""The search page and the palette through HTTP."""

from __future__ import annotations

from saas.crm.objects import records
from saas.crm.registry import ACCOUNTS, CONTACTS
from tests.web.pages import rows, texts
from tests.worlds import World


def book(world: World) -> None:
    with world.acting() as ctx:
        firm = records.create(ctx, ACCOUNTS, {"name": "O'Brien & Sons", "city": "Cork"}).id
        records.create(ctx, CONTACTS, {"family_name": "张", "given_name": "伟", "account_id": firm})


def test_the_page_groups_hits_and_leads_to_their_lists(world: World) -> None:
    book(world)
    page = world.sign_in().get("/search?q=o%27brien")
    assert "O'Brien & Sons" in texts(page)
    assert 'href="/accounts?q=o%27brien"' in page.text
    assert "Cork" in texts(page)


def test_the_palette_answers_with_lines_and_actions(world: World) -> None:
    book(world)
    admin = world.sign_in()
    answer = admin.htmx("/search?q=zhang+wei", target="palette-results")
    assert "<html" not in answer.text
    assert "张伟" in answer.text
    assert 'role="option"' in answer.text
    assert "/search?q=zhang%20wei" in answer.text
    empty = texts(admin.htmx("/search?q=", target="palette-results"))
    assert "New contact" in empty
    assert "Today" in empty
    assert "New contact" in texts(admin.htmx("/search?q=new+con", target="palette-results"))
    assert "Nothing found for “qqqq”" in texts(admin.htmx("/search?q=qqqq", target="palette-results"))


def test_a_mistyped_word_is_put_right_in_palette_page_and_list(world: World) -> None:
    book(world)
    admin = world.sign_in()
    for answer in (admin.htmx("/search?q=zahng", target="palette-results"), admin.get("/search?q=zahng"), admin.get("/contacts?q=zahng")):
        assert "Showing results for “zhang”" in texts(answer)
        assert "张伟" in answer.text
    assert rows(admin.get("/contacts?q=zahng"))
    assert "Clear the filters" in texts(admin.get("/contacts?q=zahng&f.city.is=Nowhere"))


def test_actions_offer_only_what_the_member_may_do(world: World) -> None:
    world.join("eve", grants={"contacts": {"read": "own"}})
    said = texts(world.sign_in("eve").htmx("/search?q=", target="palette-results"))
    assert "New" not in said
    assert "Contacts" in said
    assert "Accounts" not in said
