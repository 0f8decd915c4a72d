"""The renderer: fragments are the page's own blocks, escaping holds, built files have their hashed names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from saas.core.i18n import use
from saas.web import render as module
from saas.web import styleguide
from saas.web.render import Renderer, csrf_field


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of templates and one of built files that a Renderer made now uses."""
    monkeypatch.setattr(module, "TEMPLATES", tmp_path / "templates")
    monkeypatch.setattr(module, "STATIC", tmp_path / "static")
    for name in ("templates/components", "static"):
        (tmp_path / name).mkdir(parents=True)
    _write(tmp_path, "base.html", "<{% block head %}{{ title }}{% endblock %}|{% block body %}{% endblock %}>")
    _write(
        tmp_path, "page.html", '{% extends "base.html" %}{% block body %}{% block rows %}{{ rows|join(",") }}{% endblock %}!{% endblock %}'
    )
    _write(tmp_path, "child.html", '{% extends "page.html" %}{% block rows %}[{{ super() }}]{% endblock %}')
    _write(tmp_path, "components/mark.html", "{% macro mark(text) %}<mark{{ kwargs|attributes }}>{{ text }}</mark>{% endmacro %}")
    return tmp_path


def _write(folder: Path, name: str, source: str) -> None:
    (folder / "templates" / name).write_text(source, "utf-8")


def test_a_block_alone_is_what_the_page_holds(folder: Path) -> None:
    renderer = Renderer()
    assert renderer.render("page.html", title="t", rows=[1, 2]) == "<t|1,2!>"
    assert renderer.render_block("page.html", "rows", rows=[1, 2]) == "1,2"
    assert renderer.render_block("page.html", "head", title="t") == "t"


def test_a_block_alone_keeps_overrides_and_super(folder: Path) -> None:
    renderer = Renderer()
    assert renderer.render_block("child.html", "body", rows=[1]) == "[1]!"
    assert renderer.render("child.html", title="t", rows=[1]) == "<t|[1]!>"


def test_an_unknown_block_and_an_unknown_name_are_errors(folder: Path) -> None:
    with pytest.raises(KeyError):
        Renderer().render_block("page.html", "nowhere")
    with pytest.raises(UndefinedError):
        Renderer().render("page.html", rows=[])


def test_components_are_reached_without_import_also_in_a_block_alone(folder: Path) -> None:
    _write(folder, "use.html", '{% block body %}{{ ui.mark(text, hx_get="/x", hidden=True, title=None) }}{% endblock %}')
    assert Renderer().render_block("use.html", "body", text="<b>") == '<mark hx-get="/x" hidden>&lt;b&gt;</mark>'


def test_a_component_that_is_not_there_says_so(folder: Path) -> None:
    _write(folder, "use.html", "{{ ui.nothing() }}")
    with pytest.raises(UndefinedError, match="nothing"):
        Renderer().render("use.html")


def test_values_and_attributes_are_escaped(folder: Path) -> None:
    _write(folder, "use.html", '{{ ui.mark("x", title=text) }}{{ _("Hello %(name)s", name=text) }}')
    html = Renderer().render("use.html", text='"><script>')
    assert "<script>" not in html
    assert "&#34;&gt;&lt;script&gt;" in html


def test_the_csrf_field_carries_the_token_of_this_rendering_only(folder: Path) -> None:
    _write(folder, "use.html", "{{ csrf_field() }}")
    assert 'value="secret"' in Renderer().render("use.html", csrf_token="secret")
    assert 'value=""' in csrf_field()


def test_built_files_have_their_hashed_address(folder: Path) -> None:
    (folder / "static" / "manifest.json").write_text(json.dumps({"app.css": "app-abc.css"}))
    assert Renderer().asset("app.css") == "/static/app-abc.css"
    with pytest.raises(LookupError, match="assets_build"):
        Renderer().asset("other.css")
    assert Renderer(is_development=True).asset("other.css") == "/static/other.css"


def test_development_reads_changed_templates_and_production_does_not(folder: Path) -> None:
    live, still = Renderer(is_development=True), Renderer()
    for renderer in (live, still):
        assert renderer.render("page.html", title="t", rows=[]) == "<t|!>"
    _write(folder, "page.html", "changed")
    assert live.render("page.html") == "changed"
    assert still.render("page.html", title="t", rows=[]) == "<t|!>"


def test_the_style_guide_renders_in_both_languages_and_stays_small() -> None:
    for locale, word in (("en", "Style guide"), ("zh_Hans", "组件样式")):
        with use(locale, "Asia/Shanghai"):
            html = Renderer(is_development=True).render("styleguide/index.html", **styleguide.context())
        assert word in html
        assert f'<html lang="{locale.replace("_", "-")}"' in html
