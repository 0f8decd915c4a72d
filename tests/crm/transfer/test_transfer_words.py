"""Every sentence about files and cells exists in both languages, with the same figures, and is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saas.core.i18n import use
from saas.crm.transfer.said import COUNTED, FILE_TEXTS, Said, said_from_json
from saas.crm.transfer.said_cells import CELL_TEXTS

ALL = {**FILE_TEXTS, **CELL_TEXTS}
FIGURES = {"text": "x", "count": 3, "row": 4_312, "limit": 500, "size": 7, "encoding": "UTF-8", "sheet": "S", "names": "a, b", "example": "Ã¼", "range": "1-10", "date": "2026-12-03", "number": "+49", "whole": "01", "email": "a@b.de", "system": "HubSpot"}  # fmt: skip
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[3] / "saas/crm/transfer").rglob("*.py")
    if not path.name.startswith("said")
)


@pytest.mark.parametrize("code", [*ALL, *COUNTED])
def test_a_sentence_speaks_both_languages(code: str) -> None:
    figures = {"count": 3, "row": 4_312} if code in COUNTED else FIGURES
    one = said_from_json(Said(code, figures).as_json())
    english = str(one)
    with use("zh_Hans"):
        chinese = str(one)
    assert english.endswith(".")
    assert chinese.endswith("。")
    assert "%" not in english + chinese
    assert not re.search("[\u4e00-\u9fff]", english)
    if "4,312" in english:
        assert "4,312" in chinese


@pytest.mark.parametrize("code", [*ALL, *COUNTED])
def test_no_sentence_is_left_over(code: str) -> None:
    assert f'"{code}"' in SOURCES


def test_one_and_many_differ() -> None:
    assert "1 character could" in str(Said("unreadable_characters", {"count": 1, "row": 2}))
    assert "1,200 characters could" in str(Said("unreadable_characters", {"count": 1200, "row": 2}))
