"""A file's way into the book and out again, page by page, over HTTP; and everything on that way that is refused."""

from __future__ import annotations

import io
import re
import resource
import tempfile
import zipfile
from collections.abc import Callable

import pytest

from saas.crm.imports import runs, work
from saas.crm.transfer.tables import ImportRun
from saas.web import imports
from tests.web.import_pages import PERSONS, Walk, figures, form, message, upload
from tests.web.pages import rows, texts
from tests.worlds import World

NASTY = "<script>alert(1)</script>"


def test_the_whole_way_from_upload_to_revert(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client)
    mapping = walk.page()
    assert "What goes where" in mapping.text
    assert form(mapping, "mapping-form")["column-2"] == ["emails:work"]
    checked = walk.check()
    assert figures(checked) == {"Will be new": "2", "Will be changed": "0", "Left out": "0", "New accounts with them": "2"}
    assert rows(client.get("/contacts")) == []
    done = walk.finish()
    assert "The import is done" in done.text
    assert len(rows(client.get("/contacts"))) == len(rows(client.get("/accounts"))) == 2
    asked = client.get(f"{walk.url}/revert")
    assert "4 records will be removed." in texts(asked)
    assert client.post(f"{walk.url}/revert").status_code == 303
    world.work()
    assert "4 records are gone." in texts(walk.page())
    assert rows(client.get("/contacts")) == []
    assert "Taken back" in client.get("/imports").text


def test_progress_is_shown_while_it_runs_and_on_other_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_ROWS", 1)
    client = world.sign_in("admin")
    walk = Walk(world, client)
    walk.check()
    walk.decide("begin")
    shown = walk.page()
    assert 'hx-trigger="every 1s"' in shown.text
    assert "0 of 2" in texts(shown)
    moving = client.htmx(walk.url, "import-state")
    assert moving.text.lstrip().startswith('<div class="stack" id="import-state"')
    assert f'hx-get="{walk.url}/card"' in client.get("/contacts").text
    world.work()
    assert client.htmx(walk.url, "import-state").headers["hx-redirect"] == walk.url
    card = client.get(f"{walk.url}/card")
    assert "The import is done" in card.text
    assert f'hx-get="{walk.url}/card"' not in client.get("/contacts").text


def test_a_mapping_that_does_not_fit_comes_back_as_it_was_sent(world: World) -> None:
    walk = Walk(world, world.sign_in("admin"))
    refused = walk.map({"column-0": "family_name", "column-1": "family_name", "mode": "upsert", "key": ""})
    assert refused.status_code == 422
    assert "Two columns go to Family name" in texts(refused)
    sent = form(refused, "mapping-form")
    assert (sent["column-0"], sent["column-1"], sent["mode"]) == (["family_name"], ["family_name"], ["upsert"])
    assert walk.map({"mode": "update", "key": "id"}).status_code == 422
    assert walk.map({"column-0": "nonsense"}).status_code == 422


def test_update_and_upsert_over_the_pages(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client)
    walk.check()
    walk.finish()
    more = PERSONS.replace(b"Hopper", b"Murray Hopper") + b"Emmy,Noether,emmy@math.example,\n"
    for mode, expected in (("create", ("1", "0")), ("update", ("0", "1")), ("upsert", ("1", "1"))):
        shown = figures(Walk(world, client, more).check({"mode": mode, "key": "email"}))
        assert (shown["Will be new"], shown["Will be changed"]) == expected


def test_cells_texts_and_owners_are_decided_on_one_page(world: World) -> None:
    client = world.sign_in("admin")
    world.join("eva")
    walk = Walk(world, client, b"Last name,E-mail,Source,Contact owner\nA,nonsense,Fairground,Eva\nB,b@b.example,Fairground,Lena\n")
    checked = walk.check()
    sent = form(checked, "decide-form")
    assert sent["choice-text-2-0"] == ["Fairground"]
    assert {sent[f"owner-text-{n}"][0] for n in (0, 1)} == {"Eva", "Lena"}
    lena = next(n for n in (0, 1) if sent[f"owner-text-{n}"] == ["Lena"])
    assert sent[f"owner-{1 - lena}"] == [str(world.members["eva"])]
    again = walk.decide("check", {"choice-2-0": "event", f"owner-{lena}": "expected", "fix-0-1": "a@a.example"})
    assert again.status_code == 303
    world.work()
    assert 'id="issues"' not in walk.page().text
    walk.finish()
    listed = texts(client.get("/contacts?columns=name,source,owner_id,emails"))
    assert "a@a.example" in listed
    with world.db() as db:
        found = db.query(ImportRun).one()
    assert (found.counts["made"], found.counts["groups"]) == (2, {})
    assert "Lena" in client.get("/people").text


def test_decisions_made_at_the_last_moment_count(world: World) -> None:
    walk = Walk(world, world.sign_in("admin"), b"Name,Industry\nAcme,Basket weaving\n", "accounts")
    walk.check()
    walk.decide("begin", {"choice-1-0": "textiles"})
    world.work()
    assert "Textiles and clothing" in texts(world.sign_in("admin").get("/accounts"))


def test_a_file_can_be_read_in_another_way_and_as_another_object(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client, "Name;Stadt\nMüller;Köln\n".encode("cp1252"), "contacts")
    assert client.post(f"{walk.url}/read", {"encoding": "utf-16"}).status_code in (303, 422)
    world.work()
    refused = walk.page()
    assert "could not be read in this way" in refused.text or "What goes where" in refused.text
    client.post(f"{walk.url}/read", {"encoding": "cp1252", "delimiter": ";", "header_row": "0"})
    world.work()
    shown = walk.page()
    assert "Müller" in shown.text
    assert "Stadt" in texts(shown)
    client.post(f"{walk.url}/object", {"object": "accounts"})
    assert 'value="name" selected' in walk.page().text or "Leave out" in walk.page().text
    assert client.post(f"{walk.url}/read", {"encoding": "klingon"}).status_code == 422


def test_beginning_twice_begins_once_and_beginning_after_cancel_is_refused(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client)
    walk.check()
    sent = form(walk.page(), "decide-form") | {"then": "begin"}
    assert [client.post(f"{walk.url}/decide", sent).status_code for _time in range(2)] == [303, 303]
    world.work()
    assert len(rows(client.get("/contacts"))) == 2
    assert client.post(f"{walk.url}/decide", sent).status_code == 409
    other = Walk(world, client)
    other.check()
    assert client.post(f"{other.url}/cancel").status_code == 303
    assert client.post(f"{other.url}/decide", sent).status_code == 409
    assert client.post(f"{other.url}/mapping", {"column-0": "family_name"}).status_code == 409
    assert client.post(f"{other.url}/revert").status_code == 409
    assert "Nothing was saved." in texts(other.page())
    world.work()
    assert len(rows(client.get("/contacts"))) == 2


@pytest.mark.parametrize("path", ["", "/mapping", "/card", "/revert", "/issues.csv"])
def test_another_members_run_does_not_exist(world: World, path: str) -> None:
    world.join("eva")
    walk = Walk(world, world.sign_in("eva"))
    other = world.sign_in("member")
    assert other.get(walk.url + path).status_code == 404
    for verb in ("mapping", "decide", "cancel", "revert", "read", "object"):
        assert other.post(f"{walk.url}/{verb}").status_code == 404
    assert world.sign_in("admin").get(walk.url).status_code == 200
    assert walk.page().status_code == 200


def test_another_firms_run_and_guessed_ids_do_not_exist(world: World, other_world: World) -> None:
    walk = Walk(world, world.sign_in("admin"))
    stranger = other_world.sign_in("admin")
    assert stranger.get(walk.url).status_code == 404
    for guess in ("1", "nonsense", "00000000-0000-7000-8000-000000000000"):
        assert stranger.get(f"/imports/{guess}").status_code == 404


def test_who_may_not_make_records_may_not_import(world: World) -> None:
    world.join("viewer", grants={"accounts": {"read": "all"}, "contacts": {"read": "all"}})
    viewer = world.sign_in("viewer")
    assert viewer.get("/imports").status_code == viewer.get("/imports/new").status_code == 403
    assert upload(viewer, PERSONS).status_code == 403
    world.join("half", grants={"accounts": {"read": "all", "create": "all"}})
    half = world.sign_in("half")
    assert half.get("/imports/new").status_code == 200
    assert upload(half, PERSONS, kind="contacts").status_code == 403
    assert upload(half, b"Name\nAcme\n", kind="accounts").status_code == 303
    assert upload(half, b"Name\nAcme\n", kind="notes").status_code == 404


def test_nothing_moves_without_the_token_of_the_form(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client)
    walk.check()
    for verb in ("mapping", "decide", "cancel", "revert", "read", "object"):
        assert client.post(f"{walk.url}/{verb}", csrf="wrong").status_code == 403
    assert client.post("/imports/new", {"object": "contacts"}, csrf="wrong", files={"file": ("a.csv", PERSONS)}).status_code == 403
    assert figures(walk.page())["Will be new"] == "2"


def test_html_in_a_file_stays_text_on_every_page(world: World) -> None:
    client = world.sign_in("admin")
    lines = [f'Last name,Source,Contact owner,"{NASTY}",E-mail,Tags', f'"{NASTY}","{NASTY}","{NASTY}","{NASTY}","{NASTY}","<b>x</b>"']
    walk = Walk(world, client, "\n".join(lines).encode(), filename=f"{NASTY}.csv")
    seen = [walk.page(), walk.check(), client.get("/imports"), client.get("/contacts")]
    seen += [
        walk.finish(),
        client.get("/contacts"),
        client.get(f"{walk.url}/card"),
        client.get(rows(client.get("/contacts"))[0] and "/contacts"),
    ]
    for page in seen:
        assert page.status_code == 200
        assert NASTY not in page.text
        assert "<b>x</b>" not in page.text
    assert "&lt;script&gt;" in seen[1].text


def test_problems_are_downloaded_without_formulas(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client, b'"=cmd|x",Last name,E-mail,Employees\n"=1+1",A,"=HYPERLINK(1)",x\n')
    walk.check()
    got = client.get(f"{walk.url}/issues.csv")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert not re.search(r'(^|,)"?=', got.text, re.MULTILINE)


def bomb() -> bytes:
    """Make a workbook that unpacks to a thousand times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        book.writestr("xl/workbook.xml", b" " * 60_000_000)
        book.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return out.getvalue()


def wide() -> bytes:
    """Make a table of 5,000 columns."""
    return (",".join(f"c{n}" for n in range(5000)) + "\n" + ",".join(["x"] * 5000) + "\n").encode()


def zipped() -> bytes:
    """Make an archive that is no workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", b"Name\nx\n")
    return out.getvalue()


REFUSED: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("zip bomb", "a.xlsx", bomb, "would unpack to far more"),
    ("binary", "a.csv", lambda: bytes(range(256)) * 40, "not a table but a binary file"),
    ("picture", "a.csv", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "This is a picture"),
    ("5,000 columns", "a.csv", wide, "5,000 columns"),
    ("only a header", "a.csv", lambda: b"Name,City\n", "no rows below"),
    ("old Excel", "a.xls", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000, "old Excel format"),
    ("a page", "a.xls", lambda: b"<html><table><tr><td>x</td></tr></table></html>", "a web page with the ending of a table"),
    ("a zip", "a.zip", zipped, "zip archive"),
]


@pytest.mark.parametrize(("filename", "make", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_table_is_refused_in_a_sentence(world: World, filename: str, make: Callable[[], bytes], sentence: str) -> None:
    client = world.sign_in("admin")
    answer = upload(client, make(), filename)
    assert answer.status_code == 303
    world.work()
    shown = client.get(answer.headers["location"])
    assert "This file could not be imported" in shown.text
    assert sentence in texts(shown)
    assert rows(client.get("/contacts")) == []
    with pytest.raises(FileNotFoundError):
        world.runtime.storage.size(f"{world.tenant.id}{answer.headers['location']}/file")


def test_a_file_of_formulas_is_text(world: World) -> None:
    client = world.sign_in("admin")
    walk = Walk(world, client, b'Last name,Description\n"=cmd|\' /C calc\'!A0","=HYPERLINK(""http://x"")"\n')
    assert "kept as plain text" in texts(walk.check())
    walk.finish()
    assert "=cmd|" in texts(client.get("/contacts"))


def test_empty_missing_and_too_large_files_are_refused_at_once(world: World) -> None:
    client = world.sign_in("admin")
    empty = upload(client, b"")
    assert empty.status_code == 422
    assert "empty" in message(empty)
    none = client.post("/imports/new", {"object": "contacts"}, files={"other": ("a", b"x")})
    assert none.status_code == 422
    assert "Choose a CSV or XLSX file" in message(none)
    with world.db() as db:
        assert db.query(ImportRun).count() == 0


def large(size: int) -> tempfile._TemporaryFileWrapper[bytes]:
    """Make a table of exactly so many bytes, on disk."""
    file = tempfile.NamedTemporaryFile("w+b")  # noqa: SIM115 -- closed by whoever asked for it
    head, line = b"Last name,Description\n", b"Smith," + b"x" * 4089 + b"\n"
    file.write(head)
    for _line in range((size - len(head)) // len(line)):
        file.write(line)
    file.write(b"y" * (size - file.tell()))
    file.seek(0)
    return file


def test_two_hundred_megabytes_and_one_byte_are_refused_with_little_memory(world: World) -> None:
    client = world.sign_in("admin")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with large(runs.FILE_MEGABYTES * 1_000_000 + 1) as file:
        refused = client.post("/imports/new", {"object": "contacts"}, files={"file": ("large.csv", file)})
    assert refused.status_code == 422
    assert message(refused) == "The file is larger than 200 MB. Split it into smaller files."
    with large(imports.UPLOAD_BYTES + 1) as file:
        cut_off = client.post("/imports/new", {"object": "contacts"}, files={"file": ("huge.csv", file)})
    assert cut_off.status_code == 413
    assert "larger than this page accepts" in texts(cut_off)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    with world.db() as db:
        assert db.query(ImportRun).count() == 0
