"""A firm of 50 departments, 40 sharing rules and 20,000 single shares around the contacts, and people who see all, half, 1 % and 0.01 %.

Places are said of the rows counted from the end of an order: of their names where names are clustered by department, of chance otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from benchmarks.core import drafts
from benchmarks.core.books import Book, inside, make_book
from benchmarks.core.ground import Ground
from saas.auth import sessions
from saas.auth.directory import touch
from saas.auth.identities import Identity, Membership
from saas.auth.members import Department, Member, MemberRole, Role
from saas.auth.sharing import SharingRule
from saas.core.ids import new_id
from saas.tenants.session import Tenant, TenantSession, control_session, tenant_session

MILLION = 1_000_000
# Rows of a million: those of the ten tiny departments, the tiny member's own, the department of 1 %, half of all.
TINY, OWN, ONE, HALF = 20, 100, 10_000, 500_000
EMPTY_PLACES, TINY_PLACES, HALF_PLACES = 20, 10, 8
SHARES = {"half": 12_000, "one": 2_000, "tiny": 10, "others": 5_990}
READS = {"all": "all", "half": "subtree", "one": "department", "tiny": "own", "others": "own"}


@dataclass
class Firm:
    """The filled firm; `people` are (key, session) by what they see, `places` departments by kind."""

    book: Book | None = None
    people: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    places: dict[str, list[UUID]] = field(default_factory=dict)


def found(site: Ground, size: int, *, is_clustered: bool) -> Firm:
    """Open the firm, fill it with `size` contacts and share some of them."""
    firm = Firm()
    firm.book = make_book(site.runtime, site.admin_url, size, lambda tenant: _engine(site, tenant, firm, size, is_clustered=is_clustered))
    _share(site, firm, size)
    return firm


def _engine(site: Ground, tenant: Tenant, firm: Firm, size: int, *, is_clustered: bool) -> dict[str, str]:
    """Make departments, people and rules; say where the rows of contacts will be."""
    with tenant_session(site.runtime.databases, tenant) as db:
        _place(db, firm)
        _rules(db, firm)
        touch(db)
    for name in READS:
        _join(site, tenant, firm, name)
    share = size / MILLION
    edges = {name: max(1, round(number * share)) for name, number in (("tiny", TINY), ("own", TINY + OWN), ("one", ONE), ("half", HALF))}
    at = f"({size - 1} - {_order(size, is_clustered=is_clustered)})"
    half, rest = f"{at} / {max(1, edges['half'] // HALF_PLACES)}", f"{at} / {max(1, size // 16)}"
    places = (("tiny", at), ("one", "0"), ("half", half))
    cases = " ".join(f"WHEN {at} < {edges[kind]} THEN {_pick(firm.places[kind], number)}" for kind, number in places)
    department = f"CASE {cases} ELSE {_pick(firm.places['rest'], rest)} END"
    with tenant_session(site.runtime.databases, tenant) as db:
        admin = db.execute(select(Member.id).where(Member.name == "Bench Admin")).scalar_one()
    mine = f"{at} >= {edges['tiny']} AND {at} < {edges['own']}"
    return {
        "department_id": department,
        "owner_id": f"CASE WHEN {mine} THEN '{firm.people['tiny'][0]}'::uuid ELSE '{admin}'::uuid END",
        "tier": "CASE WHEN n.nr %% 10 = 0 THEN 'a' WHEN n.nr %% 3 = 0 THEN 'b' END",
    }


def _order(size: int, *, is_clustered: bool) -> str:
    """Number the rows from 0: by name, or by chance (a prime step visits each once)."""
    if not is_clustered:
        return f"((n.nr::bigint * 7919) %% {size})"
    base = drafts.contacts()[:size]
    ranks = [0] * len(base)
    for rank, nr in enumerate(sorted(range(len(base)), key=lambda one: base[one]["sort_key"])):
        ranks[nr] = rank
    return f"((ARRAY[{','.join(map(str, ranks))}]::int[])[b.nr + 1]::bigint * {max(1, size // len(base))} + (n.nr - 1) / {len(base)})"


def _pick(places: list[UUID], number: str) -> str:
    keys = ",".join(f"'{key}'" for key in places)
    return f"(ARRAY[{keys}]::uuid[])[1 + ({number}) %% {len(places)}]"


def _place(db: TenantSession, firm: Firm) -> None:
    root = db.execute(select(Department).where(Department.parent_id.is_(None))).scalar_one()
    region = _department(db, "Region", root)
    firm.places["region"] = [region.id]
    firm.places["half"] = [_department(db, f"Half {n}", region).id for n in range(HALF_PLACES)]
    for kind, number in (("rest", 9), ("one", 1), ("tiny", TINY_PLACES), ("empty", EMPTY_PLACES)):
        firm.places[kind] = [_department(db, f"{kind.title()} {n}", root).id for n in range(number)]


def _department(db: TenantSession, name: str, above: Department) -> Department:
    key = new_id()
    made = Department(id=key, name=name, parent_id=above.id, path=[*above.path, key])
    db.add(made)
    db.flush()
    return made


def _rules(db: TenantSession, firm: Firm) -> None:
    """Make 40 rules: 20 of departments without records, 10 of tiny ones, 10 within the half; 10 have conditions."""
    everyone = Role(name="Everyone measured", grants={}, fixed=[])
    half = Role(name="Half", grants={}, fixed=[])
    db.add_all([everyone, half])
    db.flush()
    firm.places["roles"] = [everyone.id, half.id]
    near = [*firm.places["half"], *firm.places["rest"][:2]]
    sources = [(place, everyone) for kind in ("empty", "tiny") for place in firm.places[kind]] + [(place, half) for place in near]
    for number, (place, role) in enumerate(sources):
        has_condition = number % 3 == 0 and number < EMPTY_PLACES + TINY_PLACES
        said = {"field": "tier", "choices": ["a", "b"]} if has_condition else {"choices": []}
        db.add(SharingRule(object="contacts", from_department_id=place, to_role_id=role.id, carries=[], **said))


def _join(site: Ground, tenant: Tenant, firm: Firm, name: str) -> None:
    with control_session(site.runtime.databases) as control:
        person = Identity(email=f"{name}-{new_id().hex[-12:]}@example.org", name=name.title())
        control.add(person)
        control.flush()
        control.add(Membership(identity_id=person.id, tenant_id=tenant.id))
        control.flush()
        token = sessions.create(control, person.id, tenant.id)
    home = {"half": "region", "one": "one", "tiny": "rest"}.get(name, "rest")
    with tenant_session(site.runtime.databases, tenant) as db:
        own = Role(name=f"Role of {name}", grants={"contacts": {"read": READS[name]}, "accounts": {"read": "all"}}, fixed=[])
        member = Member(identity_id=person.id, name=name.title(), email=person.email, department_id=firm.places[home][-1])
        db.add_all([own, member])
        db.flush()
        everyone, half = firm.places["roles"]
        for role in (own.id, everyone, *([half] if name == "half" else [])):
            db.add(MemberRole(member_id=member.id, role_id=role))
        touch(db)
        firm.people[name] = member.id, token


def _share(site: Ground, firm: Firm, size: int) -> None:
    """Share single contacts of the rest, which nobody measured sees otherwise."""
    assert firm.book is not None
    tenant = firm.book.tenant
    share = min(1.0, size / MILLION)
    with inside(site.admin_url(tenant.cell), tenant) as connection:
        start = 0
        for name, number in SHARES.items():
            wanted = max(1, round(number * share))
            arguments: dict[str, Any] = {
                "to": firm.people[name][0], "rest": firm.places["rest"], "start": start, "wanted": wanted,
            }  # fmt: skip
            connection.execute(
                "INSERT INTO record_shares (id, object, record_id, to_member_id, to_subtree, may_edit, reason, created_at)"
                " SELECT gen_random_uuid(), 'contacts', id, %(to)s, false, false, '', now() FROM contacts"
                " WHERE department_id = ANY(%(rest)s) ORDER BY code OFFSET %(start)s LIMIT %(wanted)s",
                arguments,
            )
            start += wanted
        connection.execute("ANALYZE record_shares")
        connection.execute("UPDATE workspace SET version = version + 1")
