"""An import under fire: worker, Redis, PostgreSQL and web are killed in the middle of it; afterwards every row is in the book once."""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from typing import Any

import httpx
from sqlalchemy import text

from saas.auth import sessions
from saas.auth.members import Member
from saas.crm.imports import choosing
from saas.crm.imports.runs import BUSY, revert
from saas.crm.transfer.tables import ImportRun
from saas.tenants.session import control_session
from saas.web import csrf
from tests.crm.imports.steps import Import, journal_of, upload
from tests.faults.conftest import Plant
from tests.web.import_pages import PERSONS

ROWS, REPEATED, FIRMS = 20_000, 150, 700


def people() -> bytes:
    """Make a file of persons, some of them twice, who work for a few firms."""
    lines = ["First name,Last name,E-mail,Company"]
    lines += [f"Given{n},Family{n},p{n}@x{n % 90}.example,Firm {n % FIRMS} Ltd" for n in range(ROWS - REPEATED)]
    lines += [f"Again{n},Family{n},p{n * 7}@x{n * 7 % 90}.example,Firm {n % FIRMS} Ltd" for n in range(REPEATED)]
    return "\n".join(lines).encode()


def progress(plant: Plant, going: Import) -> tuple[str, int]:
    with plant.world.db() as db:
        state, place = db.execute(text("SELECT state, next_row FROM import_runs WHERE id = :id"), {"id": going.id}).one()
        return str(state), int(place)


def strike(plant: Plant, going: Import, state: str, *, after_s: float) -> int:
    """Wait until a step has come further, and a little longer, so that the next batch is under way; kill the worker. Return how far."""
    before = progress(plant, going)[1]
    plant.until(lambda: progress(plant, going) != (state, before), f"progress in {state}")
    time.sleep(after_s)
    plant.product.kill("worker")
    return progress(plant, going)[1]


def test_every_row_comes_in_once_whatever_is_killed(plant: Plant) -> None:
    going = upload(plant.world, people())
    plant.product.start("worker")
    begin_check(going)
    strike(plant, going, "checking", after_s=0.1)
    assert going.run.state in ("checking", "checked")
    plant.product.start("worker")
    plant.until(lambda: going.run.state == "checked", "the end of the dry run")
    said = going.run.counts
    assert (said["made"], said["left_out"], said["linked_made"]) == (ROWS - REPEATED, REPEATED, FIRMS)

    going.begin()
    reached = strike(plant, going, "running", after_s=0.4)
    plant.product.start("worker")
    plant.until(lambda: progress(plant, going)[1] > reached, "a batch after the worker's death")
    plant.kill_redis()
    strike(plant, going, "running", after_s=0.7)
    plant.product.start("worker")
    plant.until(lambda: progress(plant, going)[1] >= ROWS * 0.7 or going.run.state == "done", "most of the file")
    plant.kill_postgres()
    plant.until(lambda: going.run.state == "done", "the end of the import")
    assert going.run.counts == said
    check_the_book(plant, going)

    with going.acting() as (ctx, run):
        revert(ctx, run)
    plant.until(lambda: bool(going.run.undo_note.get("gone")), "the beginning of the revert")
    plant.product.kill("worker")
    plant.product.start("worker")
    plant.until(lambda: going.run.state == "reverted", "the end of the revert")
    assert {name: going.run.undo_note[name] for name in ("gone", "kept")} == {"gone": said["made"] + FIRMS, "kept": 0}
    assert count(plant, "SELECT count(*) FROM contacts") == count(plant, "SELECT count(*) FROM accounts") == 0
    changes = Counter((change.object, change.action) for change in journal_of(plant.world, going.id))
    assert changes == {
        ("contacts", "create"): said["made"],
        ("contacts", "delete"): said["made"],
        ("accounts", "create"): FIRMS,
        ("accounts", "delete"): FIRMS,
    }
    assert count(plant, "SELECT count(*) FROM outbox WHERE job LIKE 'import.%'") == 0


def begin_check(going: Import) -> None:
    """Begin the dry run without doing it."""
    columns = going.proposed()
    with going.acting() as (ctx, run):
        choosing.set_mapping(ctx, run, columns, run.options)


def count(plant: Plant, query: str, **values: Any) -> int:
    with plant.world.db() as db:
        return int(db.execute(text(query), values).scalar_one())


def check_the_book(plant: Plant, going: Import) -> None:
    """Every row once, every firm once, every code once, and for each record exactly one line in the journal."""
    assert count(plant, "SELECT count(*) FROM contacts") == ROWS - REPEATED
    assert count(plant, "SELECT count(DISTINCT family_name) FROM contacts WHERE given_name LIKE 'Given%'") == ROWS - REPEATED
    assert count(plant, "SELECT count(DISTINCT emails->0->>'value') FROM contacts") == ROWS - REPEATED
    assert count(plant, "SELECT count(*) FROM accounts") == count(plant, "SELECT count(DISTINCT name) FROM accounts") == FIRMS
    assert count(plant, "SELECT count(*) FROM contacts c JOIN accounts a ON a.id = c.account_id") == ROWS - REPEATED
    assert count(plant, "SELECT count(*) FROM contacts WHERE import_id <> :id OR version <> 1", id=going.id) == 0
    for table in ("contacts", "accounts"):
        journaled = "SELECT count(*) FROM journal_changes WHERE record_id = r.id AND action = 'create'"
        once = f"SELECT count(*) FROM {table} r WHERE ({journaled}) = 1"
        assert count(plant, once) == count(plant, f"SELECT count(*) FROM {table}")
    batches = "SELECT count(DISTINCT batch_id) FROM journal_changes j JOIN journal_batches b ON b.id = j.batch_id WHERE b.import_id = :id"
    assert count(plant, batches, id=going.id) == 1


def test_a_web_process_that_dies_during_an_upload_leaves_nothing_half(plant: Plant) -> None:
    world, product = plant.world, plant.product
    with world.db() as db:
        identity = db.query(Member.identity_id).filter(Member.id == world.members["admin"]).scalar()
    with control_session(world.runtime.databases) as control:
        token = sessions.create(control, identity, world.tenant.id)
    settings = world.runtime.settings
    host = f"{world.tenant.slug}.localhost:{product.port}"
    cookie = f"{sessions.cookie_name(settings.is_secure)}={token}"
    fields = {"object": "contacts", "csrf_token": csrf.token(settings.secret_key, token)}
    product.stop()
    product.start("web")
    request = httpx.Request("POST", f"http://{host}/imports/new", data=fields, files={"file": ("list.csv", PERSONS + b"x" * 3_000_000)})
    body = b"".join(request.stream)  # type: ignore[arg-type]
    with socket.create_connection(("127.0.0.1", product.port)) as line:
        line.sendall(
            f"POST /imports/new HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
            f"Content-Type: {request.headers['content-type']}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body[: len(body) // 2]
        )
        time.sleep(0.3)
        product.kill("web")
    before = count(plant, "SELECT count(*) FROM import_runs")
    product.start("web")
    answer = httpx.post(
        f"http://127.0.0.1:{product.port}/imports/new",
        data=fields,
        files={"file": ("list.csv", PERSONS)},
        headers={"Host": host, "Cookie": cookie},
    )
    assert answer.status_code == 303
    product.stop("web")
    run_id = re.fullmatch(r"/imports/([0-9a-f-]{36})", answer.headers["location"])
    assert run_id
    assert count(plant, "SELECT count(*) FROM import_runs") == before + 1
    product.start("worker")
    plant.until(lambda: count(plant, "SELECT count(*) FROM import_runs WHERE state = 'prepared'") == 1, "a file that has been read")
    product.stop("worker")
    assert count(plant, f"SELECT count(*) FROM import_runs WHERE state IN {BUSY}") == 0
    with world.db() as db:
        assert db.query(ImportRun).filter(ImportRun.id == run_id[1]).one().total_rows == 2
