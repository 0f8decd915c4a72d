"""Sharing rules and single shares through the pages: given, explained, previewed, ended; and what they must not open."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from saas.auth.sharing import RecordShare
from saas.core.clock import now
from saas.core.errors import Forbidden, Invalid
from saas.crm.objects import access, listing, records
from saas.crm.objects.listing import Query
from saas.crm.sharing import effect, explain, rules, shares
from saas.crm.sharing.rules import Draft
from saas.crm.sharing.shares import Offer
from tests.contract.book import Book, of, open_book
from tests.worlds import World

OWN = {"accounts": {"read": "own", "edit": "own", "create": "all"}, "contacts": {"read": "own", "edit": "own"}, "notes": {"read": "all"}}
ACCOUNTS = of("accounts")


@pytest.fixture
def book(world: World) -> Book:
    """Give a firm of three departments in which everybody sees only their own."""
    found = open_book(world)
    for who in ("ann", "nora", "sid", "both"):
        found.grant(who, OWN)
    return found


def seen_by(book: Book, who: str) -> set[UUID]:
    with book.acting(who) as ctx:
        return {row.id for row in listing.page(ctx, ACCOUNTS, Query(limit=200)).rows}


def draft(book: Book, **changes: object) -> Draft:
    values = {
        "object": "accounts",
        "from_department_id": book.places["Sales"],
        "from_subtree": True,
        "to": book.places["Service"],
        "is_to_role": False,
    }
    return Draft(**values | changes)  # type: ignore[arg-type]


def test_a_rule_opens_a_department_at_once_and_its_preview_said_so(book: Book) -> None:
    before = seen_by(book, "sid")
    with book.acting("admin") as ctx:
        wanted = draft(book)
        key = UUID(int=1)
        found = effect.preview(ctx, effect.changed(ctx.directory, rules={key: rules.info_of(wanted, key)}))
        rules.save(ctx, wanted)
    after = seen_by(book, "sid")
    (line,) = [line for line in found.lines if line.member.id == book.people["sid"] and line.object.name == "accounts"]
    assert (line.action, line.gained, line.lost) == ("read", len(after - before), 0)
    assert found.gained[(book.places["Service"], "accounts", "read")] >= len(after - before) > 0
    places = {row.id: row.department_id for row in book.everything(ACCOUNTS)}
    assert {places[key] for key in after - before} <= {book.places["Sales"], book.places["North"]}


def test_a_rule_never_opens_deleting_nor_what_no_role_gives(book: Book) -> None:
    with book.acting("admin") as ctx:
        rules.save(ctx, draft(book, may_edit=True))
    book.grant("sid", {"accounts": {"read": "own", "delete": "all", "assign": "all"}})
    opened = next(key for key in seen_by(book, "sid"))
    with book.acting("sid") as ctx:
        record = next(row for key in seen_by(book, "sid") if (row := records.find(ctx, ACCOUNTS, key)).owner_id != book.people["sid"])
        for action in ("edit", "delete", "assign"):
            assert not access.allows(ctx, ACCOUNTS, record, action), (action, opened)


def test_nobody_opens_more_than_they_hold(book: Book) -> None:
    with book.acting("ann") as ctx, pytest.raises(Forbidden):
        rules.save(ctx, draft(book))


def test_odd_rules_are_refused_beside_their_fields(book: Book) -> None:
    odd = {
        "to": draft(book, to=book.places["Sales"], from_subtree=False), "field": draft(book, field="name", choices=("x",)),
        "choices": draft(book, field="tier", choices=("nonsense",)), "carries": draft(book, carries=("notes",)),
        "object": draft(book, object="notes"), "from": draft(book, from_department_id=UUID(int=9)),
    }  # fmt: skip
    with book.acting("admin") as ctx:
        for name, wanted in odd.items():
            with pytest.raises(Invalid) as refused:
                rules.check(ctx, wanted)
            assert name in refused.value.fields


def hidden_from(book: Book, who: str, owner: str) -> UUID:
    """Find a record of somebody that somebody else does not see."""
    return next(row.id for row in book.everything(ACCOUNTS) if row.owner_id == book.people[owner] and row.id not in seen_by(book, who))


def test_a_share_opens_one_record_is_not_passed_on_and_ends(book: Book) -> None:
    key = hidden_from(book, "sid", "ann")
    before = seen_by(book, "sid")
    with book.acting("ann") as ctx:
        given = shares.give(ctx, ACCOUNTS, key, Offer(book.people["sid"], is_department=False, may_edit=True, reason="while I am away"))
    assert seen_by(book, "sid") == before | {key}
    with book.acting("sid") as ctx:
        record = records.find(ctx, ACCOUNTS, key)
        assert access.allows(ctx, ACCOUNTS, record, "edit")
        assert not shares.can_share(ctx, ACCOUNTS, record)
        with pytest.raises(Forbidden):
            shares.give(ctx, ACCOUNTS, key, Offer(book.people["nora"], is_department=False))
        assert "shared it" in explain.mine(ctx, ACCOUNTS, record)[0].text
    with book.acting("ann") as ctx:
        shares.end(ctx, ACCOUNTS, key, given)
    assert seen_by(book, "sid") == before


def test_an_expired_share_opens_nothing(book: Book) -> None:
    key = hidden_from(book, "sid", "ann")
    with book.acting("ann") as ctx:
        shares.give(ctx, ACCOUNTS, key, Offer(book.places["Service"], is_department=True, expires_at=now() + timedelta(seconds=1)))
        with pytest.raises(Invalid):
            shares.give(ctx, ACCOUNTS, key, Offer(book.people["sid"], is_department=False, expires_at=now() - timedelta(days=1)))
    with book.world.db() as db:
        db.execute(update(RecordShare).values(expires_at=now() - timedelta(seconds=1)))
    assert key not in seen_by(book, "sid")


def test_everybody_who_sees_a_record_is_listed_with_the_reason(book: Book) -> None:
    with book.acting("admin") as ctx:
        rules.save(ctx, draft(book))
    for key in book.rows["accounts"]:
        who_sees = {who for who in book.people if key in seen_by(book, who)}
        with book.acting("admin") as ctx:
            listed = {seer.member.id for seer in explain.everybody(ctx, ACCOUNTS, records.find(ctx, ACCOUNTS, key))}
        assert listed == {book.people[who] for who in who_sees}
    with book.acting("ann") as ctx, pytest.raises(Forbidden):
        explain.everybody(ctx, ACCOUNTS, records.find(ctx, ACCOUNTS, next(iter(seen_by(book, "ann")))))


def test_a_rule_is_made_shown_and_removed_in_the_pages(book: Book) -> None:
    admin = book.world.sign_in("admin")
    places = book.places
    form = {
        "object": "accounts",
        "from": str(places["Sales"]),
        "from_subtree": "1",
        "to": f"department:{places['Service']}",
        "level": "read",
    }
    shown = admin.post("/settings/sharing/new", form | {"then": "show"})
    assert shown.status_code == 200
    assert "Service will read" in shown.text
    assert admin.post("/settings/sharing/new", form | {"then": "save"}).status_code == 303
    page = admin.get("/settings/sharing").text
    assert "Service may read the accounts of Sales and below." in page
    with book.acting("admin") as ctx:
        (rule,) = ctx.directory.rules
    assert "selected" in admin.get(f"/settings/sharing/{rule}").text
    assert "will no longer see" in admin.get(f"/settings/sharing/{rule}/remove").text
    assert admin.post(f"/settings/sharing/{rule}/remove", {}).status_code == 303
    assert "No rules yet" in admin.get("/settings/sharing").text
    wrong = admin.post("/settings/sharing/new", form | {"to": "", "then": "save"})
    assert wrong.status_code == 422
    assert book.world.sign_in("ann").get("/settings/sharing").status_code == 403


def test_a_record_is_shared_and_explained_in_the_pages(book: Book) -> None:
    key = hidden_from(book, "sid", "ann")
    ann, sid = book.world.sign_in("ann"), book.world.sign_in("sid")
    assert sid.get(f"/accounts/{key}/access").status_code == 404
    page = ann.get(f"/accounts/{key}/access").text
    assert "It is their own." in page
    assert "Everybody who can see it" not in page
    done = ann.post(f"/accounts/{key}/share", {"to": f"member:{book.people['sid']}", "level": "read", "until": "", "reason": "<b>hi</b>"})
    assert done.status_code == 303
    assert "&lt;b&gt;hi" in ann.get(f"/accounts/{key}/access").text
    assert sid.get(f"/accounts/{key}").status_code == 200
    assert sid.post(f"/accounts/{key}/share", {"to": f"member:{book.people['nora']}", "level": "read"}).status_code == 403
    assert ann.post(f"/accounts/{key}/share", {"to": f"member:{book.people['sid']}", "until": "yesterday"}).status_code == 422
    assert "Everybody who can see it" in book.world.sign_in("admin").get(f"/accounts/{key}/access").text
