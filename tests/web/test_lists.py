"""Lists through HTTP: what they show, how they are asked, what they never show."""

from __future__ import annotations

from saas.crm.registry import ACCOUNTS, CONTACTS, OBJECTS
from saas.crm.objects import records
from tests.worlds import World


def test_a_list_shows_its_records_with_links_and_codes(world: World) -> None:
    with world.acting() as ctx:
        made = records.create(ctx, ACCOUNTS, {"name": "Northwind <b>Traders</b>", "kind": "customer", "city": "Berlin"})
        key, code = made.id, made.code
    answer = world.sign_in().get("/accounts")
    assert answer.status_code == 200
    assert f'href="/accounts/{key}"' in answer.text
    assert code in answer.text
    assert "Northwind &lt;b&gt;Traders&lt;/b&gt;" in answer.text
    assert "<b>Traders" not in answer.text
