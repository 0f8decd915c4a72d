"""Components compiled in place write what calls of them write, and neither they nor the page see each other's names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saas.core.i18n import use
from saas.web import render as module
from saas.web import styleguide
from saas.web.inlining import InliningEnvironment
from saas.web.render import Renderer

COMPONENTS = {
    "pair": "{% macro pair(a, b='B') %}{% set made = a ~ b %}[{{ made }}]{% endmacro %}",
    "sign": "{% macro sign(name) %}{{ tint(name) if name is none else name|slug }}{{ _('x') }}{% endmacro %}",
    "outer": "{% macro outer(label) %}<{{ ui.pair(label, ui.pair('c')) }}{{ ui.pair(b=label, a='-') }}>{% endmacro %}",
    "endless": "{% macro endless(n) %}{{ n }}{% if n > 0 %}{{ ui.endless(n - 1) }}{% endif %}{% endmacro %}",
    "rest": "{% macro rest(label) %}<i{{ kwargs|attributes }}>{{ label }}{% if kwargs.pop('more', 0) %}+{% endif %}</i>{% endmacro %}",
    "holder": "{% macro holder(label) %}{{ label }}({{ caller() }}){% endmacro %}",
    "local": "{% macro inner(x) %}{{ x }}!{% endmacro %}{% macro local(x) %}{{ inner(x) }}{{ inner('y')|upper }}{% endmacro %}",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of templates that a Renderer made now uses, with some components in it."""
    monkeypatch.setattr(module, "TEMPLATES", tmp_path)
    (tmp_path / "components").mkdir()
    for name, source in COMPONENTS.items():
        (tmp_path / "components" / f"{name}.html").write_text(source, "utf-8")
    return tmp_path


def rendered(folder: Path, source: str, **context: object) -> str:
    """Render a page both ways; they must agree."""
    (folder / "page.html").write_text(source, "utf-8")
    called, inlined = (Renderer(is_development).render("page.html", **context) for is_development in (True, False))
    assert called == inlined
    return inlined


def compiled(folder: Path, source: str) -> str:
    """Compile a page as in production; return the program."""
    (folder / "page.html").write_text(source, "utf-8")
    environment = Renderer().environment
    assert isinstance(environment, InliningEnvironment)
    program = environment.compile(source, "page.html", raw=True)
    assert isinstance(program, str)
    return program


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_the_style_guide_reads_the_same_called_or_compiled_in_place(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Renderer, "asset", lambda _self, name: f"/static/{name}")
    with use(locale, "Asia/Shanghai"):
        context = styleguide.context()
        called, inlined = (Renderer(is_development).render("styleguide/index.html", **context) for is_development in (True, False))
    assert called == inlined


def test_no_call_is_left_of_a_component_that_can_be_compiled_in_place(folder: Path) -> None:
    program = compiled(folder, "{% for x in (1, 2) %}{{ ui.pair(x) }}{% endfor %}{{ ui.rest('x', more=1) }}")
    assert "ui" not in re.findall(r"\w+", program)
    assert re.search(r"\bui\b", compiled(folder, "{{ ui.pair(1)|upper }}"))


def test_arguments_are_the_pages_values_even_where_names_are_the_same(folder: Path) -> None:
    assert rendered(folder, "{{ ui.pair(b, a) }}{{ a }}{{ b }}", a=1, b=2) == "[21]12"
    assert rendered(folder, "{% for a in (1, 2) %}{{ ui.pair(b=a, a=loop.index) }}{% endfor %}") == "[11][22]"


def test_what_a_component_sets_stays_inside(folder: Path) -> None:
    assert rendered(folder, "{% set made = 'mine' %}{{ ui.pair(1) }}{{ made }}") == "[1B]mine"


def test_a_page_cannot_hide_what_a_component_needs(folder: Path) -> None:
    hiding = "{% for _ in (1,) %}{{ ui.sign('A b') }}{% endfor %}"
    assert rendered(folder, hiding) == "A-bx"
    assert rendered(folder, "{{ ui.sign('A b') }}", _="not a function", ui_="x") == "A-bx"


def test_components_in_components_and_defaults(folder: Path) -> None:
    assert rendered(folder, "{{ ui.outer('x') }}") == "<[x[cB]][-x]>"


def test_a_component_that_calls_itself_ends(folder: Path) -> None:
    assert rendered(folder, "{{ ui.endless(9) }}") == "9876543210"


def test_other_attributes_and_bodies_arrive(folder: Path) -> None:
    assert rendered(folder, "{{ ui.rest('<', hx_get='/', more=1) }}{{ ui.rest(label='x') }}") == '<i hx-get="/" more="1">&lt;+</i><i>x</i>'
    assert rendered(folder, "{% call ui.holder('x') %}{{ ui.pair(1) }}{% endcall %}") == "x([1B])"
    assert rendered(folder, "{{ ui.rest('x', **more) }}", more={"id": 1}) == '<i id="1">x</i>'


def test_macros_of_another_template_and_of_a_components_own(folder: Path) -> None:
    (folder / "cells.html").write_text("{% macro cell(x) %}<td>{{ ui.local(x) }}</td>{% endmacro %}", "utf-8")
    assert rendered(folder, "{% from 'cells.html' import cell as td %}{{ td(v) }}", v="<") == "<td>&lt;!Y!</td>"


def test_a_wrong_call_fails_as_a_call_does(folder: Path) -> None:
    (folder / "page.html").write_text("{{ ui.pair(1, colour='red') }}", "utf-8")
    with pytest.raises(TypeError, match="colour"):
        Renderer().render("page.html")
