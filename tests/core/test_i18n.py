"""Languages: choosing, translating, formats of the reader, and that nothing was left untranslated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from saas.core import i18n
from saas.core.i18n import CONTEXT_END, L_, LOCALES, N_, PL_, _, catalogue, negotiate, ngettext, pgettext, use
from saas.core.locale_format import (
    format_date,
    format_datetime,
    format_money,
    format_number,
    format_relative,
    format_share,
    initials,
    person_name,
)

SAAS = Path(i18n.__file__).parents[1]
NOW = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        ("zh-TW", "zh_Hans"),
        ("fr,zh-Hans-SG;q=0.3,en;q=0.2", "zh_Hans"),
        ("en;q=0.1,zh;q=0", "en"),
        ("zh;q=nonsense,en", "en"),
        ("*", "en"),
        (";;;,,q=,=", "en"),
    ],
)
def test_the_language_is_chosen_from_the_header(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


def test_texts_follow_the_reader_and_only_inside_the_block() -> None:
    assert _("Save") == "Save"
    with use("zh_Hans"):
        assert _("Save") == "保存"
        with use("en"):
            assert _("Save") == "Save"
        assert _("Save") == "保存"
    assert _("Save") == "Save"


def test_an_unknown_locale_is_english() -> None:
    with use("tlh"):
        assert i18n.current_locale() == "en"


def test_declared_texts_translate_when_shown() -> None:
    label = L_("Edit %(name)s", name="Ada")
    assert str(label) == "Edit Ada"
    assert N_("Save") == "Save"
    with use("zh_Hans"):
        assert f"{label}" == "编辑Ada"
        assert label == "编辑Ada"
        assert _(L_("Save")) == "保存"
    assert L_("<b>").__html__() == "&lt;b&gt;"
    assert len({L_("Save"), L_("Save")}) == 1


def test_a_context_tells_apart_what_english_says_alike() -> None:
    name = PL_("person", "Name")
    assert str(name) == pgettext("person", "Name") == _("Name") == "Name"
    with use("zh_Hans"):
        assert str(name) == pgettext("person", "Name") == "姓名"
        assert _("Name") == "名称"
        assert _(name) == "姓名"
    assert pgettext("nowhere", "Edit %(name)s", name="Ada") == "Edit Ada"


def test_numbers_choose_the_form() -> None:
    assert ngettext("%(num)s row", "%(num)s rows", 1) == "1 row"
    assert ngettext("%(num)s row", "%(num)s rows", 0) == "0 rows"
    with use("zh_Hans"):
        assert ngettext("%(num)s row", "%(num)s rows", 3) == "3 条"


def test_a_percent_sign_needs_no_doubling_without_values() -> None:
    assert _("100% sure") == "100% sure"


def test_dates_money_and_numbers_are_the_readers() -> None:
    with use("en", "Europe/Paris"):
        assert format_date(date(2026, 12, 3)) == "3 Dec 2026"
        assert format_datetime(NOW) == "3 Dec 2026, 13:00"
        assert format_money(Decimal("1234.5000"), "EUR") == "€1,234.50"
        assert format_money(Decimal("1234.5"), "JPY") == "¥1,234"
        assert format_money(Decimal(-5), "CHF") == "-CHF\N{NO-BREAK SPACE}5.00"
    with use("zh_Hans", "Asia/Shanghai"):
        assert format_date(date(2026, 12, 3)) == "2026年12月3日"
        assert format_datetime(NOW) == "2026年12月3日 20:00"
        assert format_money(Decimal("1234.5"), "CNY") == "¥1,234.50"
    assert format_number(1234567) == "1,234,567"
    assert format_share(0.425, 1) == "42.5%"
    assert format_date(None) == format_money(None, "EUR") == format_number(None) == ""


def test_the_day_of_a_moment_is_the_readers_day() -> None:
    late = datetime(2026, 12, 3, 23, 30, tzinfo=UTC)
    with use("en", "Asia/Shanghai"):
        assert format_date(late) == "4 Dec 2026"


@pytest.mark.parametrize(
    ("distance", "english", "chinese"),
    [
        (timedelta(seconds=-5), "just now", "刚刚"),
        (timedelta(hours=-3), "3 hours ago", "3小时前"),
        (timedelta(minutes=20), "in 20 minutes", "20分钟后"),
        (timedelta(days=-1), "yesterday", "昨天"),
        (timedelta(days=1), "tomorrow", "明天"),
        (timedelta(days=-4), "4 days ago", "4天前"),
        (timedelta(days=-40), "24 Oct 2026", "2026年10月24日"),
    ],
)
def test_distances_are_said_as_people_say_them(distance: timedelta, english: str, chinese: str) -> None:
    assert format_relative(NOW + distance, now=NOW) == english
    with use("zh_Hans"):
        assert format_relative(NOW + distance, now=NOW) == chinese


def test_names_stand_in_the_order_of_their_script() -> None:
    assert person_name("Ada", "Lovelace") == "Ada Lovelace"
    assert person_name("伟", "张") == "张伟"
    assert person_name(None, "Lovelace") == "Lovelace"
    assert [initials(name) for name in ("Ada Lovelace", "张伟", "欧阳娜娜", "Cher", "", "Anne-Marie Smith")] == [
        "AL",
        "张伟",
        "欧阳",
        "C",
        "?",
        "AS",
    ]


def test_catalogues_hold_no_broken_entry() -> None:
    for path in (SAAS / "locale").rglob("*.po"):
        with path.open("rb") as file:
            entries = read_po(file, locale=path.parent.name, abort_invalid=True)
        for entry in entries:
            broken = [str(error) for error in entry.check(entries)] if entry.id else []
            assert not broken, f"{path.name}: {entry.id}: {broken}"


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_every_text_is_translated(locale: str) -> None:
    known = catalogue(locale)
    missing: dict[str, set[str]] = defaultdict(set)
    for file, message in _messages():
        singular = message[0] if isinstance(message, tuple) else message
        if singular and singular not in (known.plurals if isinstance(message, tuple) else known.texts):
            missing[file].add(singular)
    report = "\n".join(f"{file}:\n" + "\n".join(f"    {text!r}" for text in sorted(texts)) for file, texts in sorted(missing.items()))
    assert not missing, f"{sum(map(len, missing.values()))} texts have no {locale} translation:\n{report}"


def _messages() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    methods = [
        ("**/static/**", "ignore"),
        ("**.py", "python"),
        ("**.html", "jinja2.ext.babel_extract"),
        ("**.txt", "jinja2.ext.babel_extract"),
    ]
    options = {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "L_": None, "N_": None, **dict.fromkeys(("pgettext", "PL_"), ((1, "c"), 2))}
    for file, _line, message, _comments, context in extract_from_dir(str(SAAS), methods, {"**.html": options, "**.txt": options}, keywords):
        yield file, f"{context}{CONTEXT_END}{message}" if context and isinstance(message, str) else message
