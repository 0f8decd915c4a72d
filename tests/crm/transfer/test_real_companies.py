"""The real list of 55,822 companies, read from end to end; and a hundred thousand rows of every kind of cell."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from saas.crm.accounts.definition import ACCOUNTS
from saas.crm.transfer.cells import parser
from saas.crm.transfer.mapping import suggest
from saas.crm.transfer.offers import targets_for
from saas.crm.transfer.prepare import prepare
from saas.crm.transfer.prepared import Prepared
from saas.crm.transfer.presets import detect
from saas.crm.transfer.rowfile import rows
from saas.crm.transfer.values.outcome import Hints, Problem

DATA = Path(__file__).parents[4] / "shared" / "data" / "companies_hubspot.csv.gz"


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    if not DATA.exists():
        pytest.skip("the folder with the real companies is absent")
    folder = tmp_path_factory.mktemp("companies")
    source = folder / "companies.csv"
    source.write_bytes(gzip.decompress(DATA.read_bytes()))
    return prepare(source, "hubspot-crm-exports-companies-2026-11-21.csv", folder / "out.rows")


def test_every_company_is_read_as_it_stands(companies: Prepared) -> None:
    with gzip.open(DATA, "rt", encoding="utf-8-sig", newline="") as file:
        expected = [[cell.strip() for cell in row] for row in csv.reader(file)]
    assert list(companies.headers) == expected[0]
    assert companies.row_count == len(expected) - 1 == 55_822
    differ = [n for n, cells in rows(companies.path) if cells != expected[n + 1]]
    # Blanks that only look like blanks are made plain; nothing else changes.
    assert len(differ) < 60
    assert companies.notes == ()


def test_the_list_is_recognised_and_mapped(companies: Prepared) -> None:
    preset = detect(companies.headers, companies.filename)
    assert preset is not None
    assert (preset.name, preset.object) == ("hubspot_companies", "accounts")
    found = suggest(companies.headers, companies.sample_rows, targets_for(ACCOUNTS), preset)
    assert [each.target_key for each in found] == [
        "external_id",
        "name",
        None,
        "website",
        "industry",
        "city",
        "region",
        "postal_code",
        "country",
        "description",
        None,
    ]


def test_hardly_a_cell_of_it_is_a_problem(companies: Prepared) -> None:
    kinds = [
        "external_id",
        "text",
        "url",
        "url",
        "choice",
        "address.city",
        "address.state",
        "address.postal",
        "address.country",
        "long_text",
        "datetime",
    ]
    read = [parser(kind, Hints(date_order="ymd")) for kind in kinds]
    problems, unknown = [], set()
    for _n, cells in rows(companies.path):
        for place, (one, cell) in enumerate(zip(read, cells, strict=True)):
            outcome = one(cell)
            if isinstance(outcome, Problem):
                problems.append((kinds[place], cell, outcome.code))
            elif place == 8:
                unknown |= {cell for note in outcome.notes if note.code == "unknown_country"}
    assert len(problems) < 30, problems[:20]
    # A country that was dissolved in 2010 has no code any more.
    assert unknown == {"Netherlands Antilles"}


def test_a_hundred_thousand_rows_of_twelve_cells_are_read_with_few_problems(tmp_path: Path) -> None:
    names = ["张伟", "Hans Müller", "Vincent van der Berg", "O'Brien, Pat", "欧阳娜娜"]
    source = tmp_path / "large.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["Name", "E-mail", "Mobile", "Phone", "Company", "Street", "City", "ZIP", "Country", "Birthday", "Revenue", "Owner"]
        )
        for n in range(100_000):
            writer.writerow([
                f"{names[n % 5]}", f"person{n}@firm{n % 9000}.example.com", f"13{n % 10}{n:08d}", f"+49 30 {1_000_000 + n}", f"Firm {n % 9000}", f"Street {n}", f"City {n % 500}", f"{10_000 + n % 80_000}",
                ("Germany", "中国", "USA")[n % 3], f"{1950 + n % 50}-{n % 12 + 1:02d}-{n % 28 + 1:02d}", f"{n % 1000},{n % 900 + 100}.50", f"Owner {n % 30}",
            ])  # fmt: skip
    kinds = [
        "person_full",
        "email",
        "phone",
        "phone",
        "link",
        "address.street",
        "address.city",
        "address.postal",
        "address.country",
        "date",
        "money",
        "member",
    ]
    prepared = prepare(source, "large.csv", tmp_path / "out.rows")
    read = [parser(kind, Hints(region="CN", timezone="Asia/Shanghai", date_order="ymd")) for kind in kinds]
    problems = sum(isinstance(one(cell), Problem) for _n, cells in rows(prepared.path) for one, cell in zip(read, cells, strict=True))
    assert prepared.row_count == 100_000
    assert problems < 20_000
