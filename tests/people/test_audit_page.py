"""The audit log: a sentence for every verb, filters, paging, and a file no spreadsheet can be tricked with."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import saas
from saas.auth import audit, departments, directory, membership
from saas.auth.audit import SettingsEntry
from saas.auth.members import Role
from saas.auth.ready_roles import PLANTED
from saas.core import i18n
from saas.core.clock import now
from saas.web import audit_log, spreadsheets
from saas.web.audit_words import KINDS, SENTENCES, changes, sentence
from tests.worlds import World

HERE = "/settings/audit"
VERB = re.compile(r"[a-z_]+\.[a-z_]+")


def verbs() -> Iterator[tuple[str, str]]:
    """Find every verb the code writes into the log, also where a function of the same module passes it on."""
    for file in Path(saas.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text())
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for call in [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_note(node)]:
                what = call.args[2]
                yield from ((file.name, verb) for verb in _texts(what))
                if isinstance(what, ast.Name) and what.id in [arg.arg for arg in function.args.args]:
                    place = [arg.arg for arg in function.args.args].index(what.id)
                    for other in ast.walk(tree):
                        if isinstance(other, ast.Call) and isinstance(other.func, ast.Name) and other.func.id == function.name:
                            yield from ((file.name, verb) for verb in _texts(other.args[place]))


def _is_note(call: ast.Call) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and function.attr == "note" and getattr(function.value, "id", "") == "audit"


def _texts(node: ast.expr) -> list[str]:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [text for text in found if VERB.fullmatch(text)]


def test_every_verb_has_a_sentence_and_a_kind() -> None:
    used = {verb for _file, verb in verbs()} | {PLANTED}
    assert len(used) > 30
    assert used - set(SENTENCES) == set(), f"say in saas/web/audit_words.py what these mean: {sorted(used - set(SENTENCES))}"
    assert {verb.split(".")[0] for verb in SENTENCES} == set(KINDS)


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_every_sentence_can_be_said_whatever_an_entry_holds(world: World, locale: str) -> None:
    with world.acting() as ctx, i18n.use(locale):
        for verb in SENTENCES:
            entry = SettingsEntry(actor_id=ctx.member.id, what=verb, before={}, after={"member": str(ctx.member.id), "odd": [1, None]})
            said = sentence(ctx.directory, entry, "Onebook")
            assert "%(" not in said
            assert changes(ctx.directory, entry)


def test_changes_are_said_in_words(world: World) -> None:
    with world.acting() as ctx:
        top = next(d.id for d in ctx.directory.departments.values())
        north = departments.make(ctx, "North", top)
    ann = world.join("ann")
    with world.acting() as ctx:
        membership.place(ctx, ann, north, [])
        membership.change_seat(ctx, ann, "viewer")
    page = world.sign_in("admin").get(HERE).text
    assert "Ada Admin changed the departments of Ann" in page
    assert "Ada Admin made the department “North” below “Everyone”" in page
    assert "Viewer, free" in page
    assert page.index("changed the seat") < page.index("made the department")


def test_filters_narrow_by_person_kind_and_days(world: World) -> None:
    ann, ben = world.join("ann", role="admin"), world.join("ben")
    with world.acting("ann") as ctx:
        membership.change_seat(ctx, ben, "viewer")
    with world.acting() as ctx:
        departments.make(ctx, "North", next(d.id for d in ctx.directory.departments.values()))
    admin = world.sign_in("admin")
    for query, has in (
        (f"who={ann}", (True, False)),
        (f"who={ben}", (True, False)),
        ("kind=department", (False, True)),
        ("", (True, True)),
    ):
        page = admin.get(f"{HERE}?{query}").text
        assert ("changed the seat of Ben" in page, "the department “North”" in page) == has, query
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert "Nothing found" in admin.get(f"{HERE}?from={tomorrow}").text
    assert "changed the seat" in admin.get(f"{HERE}?until={tomorrow}").text
    assert "Nothing found" in admin.get(f"{HERE}?until=2020-01-01").text
    assert 'aria-invalid="true"' in admin.get(f"{HERE}?from=gibberish").text
    assert admin.get(f"{HERE}?before=abc&who=nobody&kind=%25").status_code == 200


def test_pages_follow_one_another_without_gap_or_repetition(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "AT_ONCE", 4)
    with world.db() as db:
        for number in range(10):
            audit.note(db, None, "department.made", after={"name": f"Unit {number}", "parent": "Everyone"})
    admin, url, seen = world.sign_in("admin"), f"{HERE}?kind=department", []
    while url:
        page = admin.get(url).text
        seen += [int(number) for number in re.findall(r"“Unit (\d+)”", page.split("<ol")[1])]
        following = re.search(r'id="page-next" rel="next" href="([^"]+)"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert list(dict.fromkeys(seen)) == list(range(9, -1, -1))


def test_the_file_holds_everything_and_no_formula(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "STEP", 3)
    with world.db() as db:
        for number in range(10):
            audit.note(db, None, "department.renamed", {"name": f"=cmd({number})"}, {"name": "@SUM(1)"})
    world.join("=HYPERLINK", role="admin")
    with world.acting("=HYPERLINK") as ctx:
        audit.note(ctx.db, ctx.member.id, "workspace.logo")
        directory.touch(ctx.db)
    with world.acting() as ctx:
        where, _wrong = audit_log._conditions(ctx, dict.fromkeys(audit_log.FILTERS, ""))
        made = list(_lines(world, ctx, where))
    text = b"".join(made).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(made) > 3
    assert sum("renamed" in row[2] for row in rows) == 10
    assert not [cell for row in rows for cell in row if cell.startswith(spreadsheets.FORMULA)]
    assert any(cell.startswith("'=") for row in rows for cell in row)


def _lines(world: World, ctx: object, where: object) -> Iterator[bytes]:
    class Asked:
        runtime, locale, timezone = world.runtime, "en", "UTC"

    return audit_log._lines(ctx, Asked(), where)  # type: ignore[arg-type]


def test_reading_and_exporting_need_their_rights(world: World) -> None:
    assert world.sign_in("member").get(HERE).status_code == 403
    world.join("auditor", grants={})
    with world.acting() as ctx:
        ctx.db.get_one(Role, ctx.directory.members[world.members["auditor"]].role_ids[0]).fixed = ["audit:read"]
        directory.touch(ctx.db)
    auditor = world.sign_in("auditor")
    assert auditor.get(HERE).status_code == 200
    assert f"{HERE}/export" not in auditor.get(HERE).text
    assert auditor.get(f"{HERE}/export").status_code in (303, 403)
