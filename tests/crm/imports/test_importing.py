"""A file comes into the book: every row, every cell, once; with its journal; as the dry run said."""

from __future__ import annotations

import gzip
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from saas.crm import registry
from saas.crm.imports import work
from saas.crm.objects import images
from saas.crm.objects.derive import derive
from saas.crm.tags.verbs import all_tags
from tests.crm.imports.steps import Import, bring_in, journal_of, records, upload
from tests.servers import Servers
from tests.worlds import World

COMPANIES = Path(__file__).parents[4] / "shared/data/companies_hubspot.csv.gz"
STRANGE = [
    'a\tb"c',
    "\\N",
    "\\.",
    "C:\\new\\table",
    "a'b;c{d}e,f",
    "{1,2}",
    "=1+1",
    "<b>bold</b>",
    "naïve 𝄞 张伟\u00a0x",
    "line\nbreak",
    '"',
]


def sampled_companies(count: int) -> bytes:
    """Take every so manieth line of the real list; where it is absent, lines of the same layout."""
    if not COMPANIES.exists():
        head = "Record ID,Company name,Website URL,Industry,City,State/Region,Postal Code,Country/Region,Description"
        return "\n".join([head, *(f"{n},Firm {n},f{n}.example,Software,Town,Land,{10000 + n},Germany,Text" for n in range(count))]).encode()
    with gzip.open(COMPANIES, "rt", encoding="utf-8-sig", newline="") as file:
        head = next(file)
        return (head + "".join(islice(file, 0, None, 55_822 // count))).encode()


def test_real_companies_come_in_whole(world: World) -> None:
    done = upload(world, sampled_companies(1_500), "accounts", filename="hubspot-crm-exports-all-2026-11-21.csv").check().finish()
    run, found = done.run, records(world, "accounts")
    assert run.state == "done"
    assert run.options["key"] == ["id"]
    assert done.counts["made"] == len(found) == run.total_rows >= 1_400
    assert len({record.external_id for record in found}) == len(found)
    assert {len(record.country) for record in found if record.country} == {2}
    assert sum(bool(record.industry) for record in found) > 0.5 * len(found)
    assert not done.counts.get("left_out")


def test_what_copy_writes_is_what_the_file_says(world: World) -> None:
    rows = [
        {"Name": f"Firm {n}", "Description": text, "City": text, "Website": "", "Annual revenue": "1,234.50", "Employees": "12"}
        for n, text in enumerate(STRANGE)
    ]
    done = bring_in(world, rows, "accounts", decimal=".")
    found = records(world, "accounts")
    plain = [text.replace("\t", " ").replace("\u00a0", " ") for text in STRANGE]
    assert [record.description for record in found] == plain
    # In a short field, what databases export for nothing is nothing.
    assert [record.city for record in found] == [None if text == "\\N" else " ".join(text.split()) for text in plain]
    assert {(record.annual_revenue, record.annual_revenue_currency, record.employees) for record in found} == {
        (Decimal("1234.5000"), "EUR", 12)
    }
    assert done.counts["made"] == len(STRANGE)


def test_records_and_journal_are_as_if_typed(world: World) -> None:
    rows = [
        {
            "First name": "伟",
            "Last name": "张",
            "E-mail": "wei@acme.example",
            "Phone": "0151 23456789",
            "Company": "Acme GmbH",
            "Tags": "VIP, Fair",
            "Birthday": "1980-02-03",
        },
        {"First name": "Ada", "Last name": "O'Brien", "E-mail": "", "Phone": "", "Company": "", "Tags": "", "Birthday": ""},
    ]
    done = bring_in(world, rows)
    obj = registry.get("contacts")
    with world.acting("admin") as ctx:
        tags = {tag.id: tag.name for tag in all_tags(ctx.db)}
    found = records(world, "contacts")
    for record in found:
        again = SimpleNamespace(**{column.key: getattr(record, column.key) for column in obj.model.__table__.columns})
        derive(obj, again)
        assert (sorted(again.tokens), again.keys, again.sort_key, again.name) == (
            sorted(record.tokens),
            record.keys,
            record.sort_key,
            record.name,
        )
        assert (record.import_id, record.version, record.owner_id) == (done.id, 1, world.members["admin"])
    assert [record.name for record in found] == ["张伟", "Ada O'Brien"]
    assert {tags[key] for key in found[0].tag_ids} == {"VIP", "Fair"}
    assert found[0].phones == [{"value": "+4915123456789", "label": "work"}]
    changes = journal_of(world, done.id)
    assert [(change.object, change.action, change.version) for change in changes] == [
        ("accounts", "create", 1),
        ("contacts", "create", 1),
        ("contacts", "create", 1),
    ]
    for change in changes:
        record = next(one for one in [*found, *records(world, "accounts")] if one.id == change.record_id)
        assert images.from_image(type(record), change.after or {}) == images.from_image(type(record), images.to_image(record))


def nasty(count: int = 130) -> list[dict[str, str]]:
    """Make rows of persons with repeats, missing names, strange owners and companies that come back."""
    rows = []
    for n in range(count):
        is_blank = n % 13 == 0
        row = {"First name": f"Given{n}", "Last name": f"Family{n}", "E-mail": f"p{n % 40}@x{n % 7}.example"}
        row = dict.fromkeys(row, "") if is_blank else row
        row["Mobile"] = "1.38E+10" if n % 17 == 0 else f"+49 151 {20000000 + n}"
        row["Company"] = f"Firm {n % 9} {'GmbH' if n % 2 else 'AG'}"
        row["Source"] = "nonsense" if n % 5 == 0 else "Website"
        row["Contact owner"] = ("Ada Admin", "Nobody Known", "")[n % 3]
        rows.append({**row, "Tags": f"t{n % 6}"})
    return rows


def test_the_run_does_what_the_dry_run_said_whatever_the_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = upload(world, nasty()).check()
    said = trial.run.counts
    monkeypatch.setattr(work, "BATCH_ROWS", 17)
    trial.finish()
    assert trial.run.state == "done"
    assert trial.run.counts == said
    counts = trial.counts
    assert counts["made"] + counts["left_out"] == 130
    assert len(records(world, "contacts")) == counts["made"]
    assert sorted(account.name.split()[1] for account in records(world, "accounts")) == [str(n) for n in range(9)]
    assert counts["linked_made"] == 9
    assert counts["new_tags"] == 6


def test_what_has_no_place_is_kept_beside_the_record(world: World) -> None:
    rows = [{"Name": "Acme", "Industry": "Basket weaving", "Employees": "twelve", "Tax number": "1" * 60, "Country": "Atlantis"}]
    done = bring_in(world, rows, "accounts")
    (acme,) = records(world, "accounts")
    assert acme.custom == {"import": {"Industry": "Basket weaving", "Employees": "twelve", "Tax number": "1" * 60, "Country": "Atlantis"}}
    assert (acme.industry, acme.employees, acme.country, acme.tax_number) == (None, None, None, "1" * 40)
    assert {issue.code for issue in done.issues()} == {"not_a_choice", "not_a_number", "too_long"}
    assert done.run.counts["texts"]["choice:1"] == {"Basket weaving": 1}


def test_one_decision_serves_all_rows_with_a_text(world: World) -> None:
    rows = [{"Name": f"Firm {n}", "Industry": "Basket weaving" if n % 2 else "Software"} for n in range(10)]
    trial = upload(world, rows, "accounts").check()
    assert trial.run.counts["texts"] == {"choice:1": {"Basket weaving": 5}}
    assert trial.run.counts["groups"] == {"doubtful:1:not_a_choice": 5}
    trial.decide(choices={1: {"Basket weaving": "textiles"}})
    assert trial.run.counts["groups"] == {}
    trial.finish()
    assert {record.industry for record in records(world, "accounts")} == {"software", "textiles"}


def test_cells_are_mended_by_hand_and_proposals_taken(world: World) -> None:
    rows = [
        {"Name": name, "E-mail": mail, "Size": size}
        for name, mail, size in [("A", "not an address", "10-49"), ("", "b@b.example", "1-9"), ("C", "c@c.example", "")]
    ]
    trial = upload(world, rows, "accounts").check()
    assert [(issue.row, issue.column, issue.code) for issue in trial.issues() if issue.level == "refused"] == [
        (0, 1, "not_an_email"),
        (1, 0, "no_name"),
    ]
    trial.decide(fixes={(0, 1): "a@a.example", (1, 0): "B"}).finish()
    assert [(record.name, record.emails[0]["value"]) for record in records(world, "accounts")] == [
        ("A", "a@a.example"),
        ("B", "b@b.example"),
        ("C", "c@c.example"),
    ]


def test_a_refused_cell_can_keep_its_row_out(world: World) -> None:
    rows = [{"Name": "A", "E-mail": "nonsense"}, {"Name": "B", "E-mail": "b@b.example"}]
    done = bring_in(world, rows, "accounts", skips_refused_cells=False)
    assert [record.name for record in records(world, "accounts")] == ["B"]
    assert done.counts["left_out"] == 1


def test_a_row_the_database_refuses_leaves_only_itself_out(world: World, servers: Servers) -> None:
    with psycopg.connect(_admin_url(world, servers), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE \"{world.tenant.schema_name}\".contacts ADD CONSTRAINT no_poison CHECK (family_name <> 'Poison')")
    rows = [{"First name": "P", "Last name": "Poison" if n in (3, 11) else f"Family{n}", "Company": f"Firm {n % 3}"} for n in range(20)]
    done = bring_in(world, rows)
    assert done.run.state == "done"
    assert (done.counts["made"], done.counts["left_out"]) == (18, 2)
    assert [issue.row for issue in done.issues("refused_by_book")] == [3, 11]
    assert len(records(world, "contacts")) == 18
    assert len(records(world, "accounts")) == 3


def _admin_url(world: World, servers: Servers) -> str:
    place = servers.databases[0 if world.tenant.cell == "a" else 1]
    return servers.admin_url(place)


def test_parents_are_found_in_the_book_and_further_up(world: World) -> None:
    bring_in(world, [{"Name": "Old Holding"}], "accounts")
    rows = [
        {"Name": name, "Parent company": parent}
        for name, parent in [("Group", ""), ("Daughter", "Group"), ("Niece", "Old Holding"), ("Orphan", "Nowhere Inc"), ("Self", "Self")]
    ]
    bring_in(world, rows, "accounts")
    found = {record.name: record for record in records(world, "accounts")}
    assert found["Daughter"].parent_account_id == found["Group"].id
    assert found["Niece"].parent_account_id == found["Old Holding"].id
    assert (found["Orphan"].parent_account_id, found["Self"].parent_account_id) == (None, None)
    assert found["Orphan"].custom["import"]["Account"] == "Nowhere Inc"


def test_labels_dates_and_numbers_follow_the_file(world: World) -> None:
    rows = [
        {"Last name": "A", "Mobile": "0151 23456781", "Phone": "030 1234567", "Birthday": "25/12/1980"},
        {"Last name": "B", "Mobile": "0151 23456782", "Phone": "", "Birthday": "03/04/1981"},
    ]
    bring_in(world, rows)
    first, second = records(world, "contacts")
    assert [(entry["label"], entry["value"]) for entry in first.phones] == [("mobile", "+4915123456781"), ("work", "+49301234567")]
    assert (first.birth_date.isoformat(), second.birth_date.isoformat()) == ("1980-12-25", "1981-04-03")


def test_dates_that_nothing_tells_are_taken_as_the_region_writes_them_or_as_is_said(world: World) -> None:
    rows = [{"Last name": "A", "Birthday": "03/04/1981"}]
    bring_in(world, rows)
    bring_in(world, rows, date_order="mdy")
    assert [record.birth_date.isoformat() for record in records(world, "contacts")] == ["1981-04-03", "1981-03-04"]


def test_a_column_of_sentences_does_not_become_tags(world: World) -> None:
    done = bring_in(world, [{"Last name": f"N{n}", "Tags": f"word{n}"} for n in range(260)])
    assert done.counts["new_tags"] == 200
    assert done.run.counts["groups"]["doubtful:-1:too_many_tags"] == 60
    with world.db() as db:
        assert len(all_tags(db)) == 200


def test_two_imports_at_once_make_a_company_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_ROWS", 10)
    both: list[Import] = []
    for side in "LR":
        rows = [{"Last name": f"{side}{n}", "Company": f"Firm {n % 4}"} for n in range(30)]
        both.append(upload(world, rows).check().begin())
    world.work()
    assert [one.run.state for one in both] == ["done", "done"]
    assert len(records(world, "accounts")) == 4
    assert len(records(world, "contacts")) == 60
