"""The files that people of the journeys import: real companies where they are at hand, made-up persons, a Chinese spreadsheet."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faker import Faker

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "companies_hubspot.csv.gz"
REAL_COUNT = 55_822
COMPANY_HEADERS = (
    "Record ID", "Company name", "Company Domain Name", "Website URL", "Industry", "City", "State/Region", "Postal Code", "Country/Region",
    "Description", "Create Date",
)  # fmt: skip
PERSON_HEADERS = ("First Name", "Last Name", "Email", "Phone Number", "Job Title", "Company name", "City")
CHINESE_HEADERS = ("姓名", "公司名称", "手机", "邮箱", "职位", "城市")
_LOCALES = ("en_GB", "de_DE", "zh_CN")
_SUFFIXES = ("Ltd", "GmbH", "Inc.", "S.A.", "B.V.", "K.K.", "有限公司")
_DIALS = {"en_GB": "+44 7911 1{:05d}", "de_DE": "+49 151 {:08d}", "zh_CN": "+86 139 {:08d}"}


@dataclass(frozen=True)
class Person:
    """A row of a file of persons."""

    given: str
    family: str
    email: str
    phone: str
    job: str
    company: str
    city: str
    locale: str

    @property
    def shown(self) -> str:
        """Write the name as the product does: family name first where it belongs."""
        return f"{self.family}{self.given}" if self.locale == "zh_CN" else f"{self.given} {self.family}"


def companies(folder: Path, count: int | None = None) -> Path:
    """Write the file of companies, unpacked; the first `count` of them, or all. Without the real list a made-up one, saying so."""
    path = folder / "hubspot-crm-exports-all-companies-2026-11-21.csv"
    if count is None and REAL.exists():
        path.write_bytes(gzip.decompress(REAL.read_bytes()))
        return path
    if REAL.exists():
        with gzip.open(REAL, "rt", encoding="utf-8-sig", newline="") as source:
            rows = [row for _number, row in zip(range(1 + (count or 0)), csv.reader(source), strict=False)][1:]
    else:
        print(f"\n{REAL} is not here: {count or REAL_COUNT} companies of the same layout are made up instead.", flush=True)
        rows = list(_made_up(count or REAL_COUNT))
    return _write(path, COMPANY_HEADERS, rows, "utf-8-sig")


def names_in(path: Path) -> list[str]:
    """Read the names of companies in a file that `companies` wrote, each once, in order."""
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(dict.fromkeys(row["Company name"] for row in csv.DictReader(source) if row["Company name"].strip()))


def persons(employers: Sequence[str], count: int, locales: Sequence[str] = _LOCALES) -> list[Person]:
    """Make up persons who work for the companies named, the same ones each time."""
    chance = random.Random(20261121)
    pools = {locale: _pool(locale) for locale in locales}
    found = []
    for number in range(count):
        locale = locales[number % len(locales)]
        given, family, job, city = (chance.choice(pool) for pool in pools[locale])
        phone = _DIALS[locale].format(10_000 + number)
        found.append(
            Person(given, family, f"person{number}@mail.example", phone, job, employers[number * 5 % len(employers)], city, locale)
        )
    return found


def persons_file(folder: Path, people: Iterable[Person]) -> Path:
    """Write persons as an export of their own."""
    rows = [(one.given, one.family, one.email, one.phone, one.job, one.company, one.city) for one in people]
    return _write(folder / "people.csv", PERSON_HEADERS, rows, "utf-8")


def chinese_file(folder: Path, people: Iterable[Person]) -> Path:
    """Write persons as Excel in China saves them: Chinese headers in GB18030, numbers without their country."""
    rows = [(one.shown, one.company, one.phone.removeprefix("+86 "), one.email, one.job, one.city) for one in people]
    return _write(folder / "客户通讯录.csv", CHINESE_HEADERS, rows, "gb18030")


def chinese_companies(count: int) -> list[str]:
    """Make up names of firms."""
    chance = Faker("zh_CN")
    chance.seed_instance(7)
    return list(dict.fromkeys(chance.company() for _number in range(count)))


def _pool(locale: str) -> tuple[list[str], list[str], list[str], list[str]]:
    fake = Faker(locale)
    fake.seed_instance(len(locale) + ord(locale[0]))
    makers: tuple[Callable[[], str], ...] = (fake.first_name, fake.last_name, fake.job, fake.city_name if locale == "zh_CN" else fake.city)
    given, family, job, city = ([make() for _number in range(400)] for make in makers)
    return given, family, job, city


def _made_up(count: int) -> Iterable[Sequence[str]]:
    fake = Faker("en_GB")
    fake.seed_instance(1)
    words = [fake.last_name() for _number in range(900)]
    cities = [fake.city() for _number in range(300)]
    for number in range(count):
        name = f"{words[number % 900]} {words[number // 900 % 900]} {_SUFFIXES[number % len(_SUFFIXES)]}"
        site = f"firm{number}.example"
        yield (
            f"90{number:08d}", name, site, f"http://www.{site}", "Machinery", cities[number % 300], "", f"{number % 99_999:05d}", "Netherlands",
            "", "2011-02-02 01:01",
        )  # fmt: skip


def _write(path: Path, headers: Sequence[str], rows: Iterable[Sequence[str]], encoding: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(headers)
        writer.writerows(rows)
    return path
