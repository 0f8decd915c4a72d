"""The template lint: what it refuses, what it lets through, and that our own templates pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from saas.devstack.template_lint import TEMPLATES, lint


def found(folder: Path, source: str, name: str = "page.html") -> list[str]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(source, "utf-8")
    return [finding.text for finding in lint([path], root=folder)]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('<a onclick="go()">{{ _("Go") }}</a>', "inline handler"),
        ('{{ ui.button(_("Go"), onclick="go()") }}', "inline handler"),
        ('<p style="color: red">{{ text }}</p>', "style="),
        ('<p style="width: {{ width }}px">{{ text }}</p>', "style="),
        ("<style>p { color: red }</style>", "<style>"),
        ("<script>go()</script>", "inline script"),
        ('<a hx-on:click="go()">{{ text }}</a>', "eval"),
        ('<a hx-vars="a:1">{{ text }}</a>', "eval"),
        ("<a hx-vals='js:{a: 1}'>{{ text }}</a>", "js:"),
        ('<a href="javascript:go()">{{ text }}</a>', "js:"),
        ('<a hx-trigger="click[ctrlKey]">{{ text }}</a>', "filter"),
        ('{{ ui.button(_("Go"), hx_trigger="click[ctrlKey]") }}', "filter"),
        ("{{ text|safe }}", "escaping"),
        ("{{ text | safe }}", "escaping"),
        ("{% autoescape false %}{{ text }}{% endautoescape %}", "escaping"),
        ("<p>Hello {{ name }}</p>", "not wrapped"),
        ("<p>你好</p>", "not wrapped"),
        ('<input placeholder="Your name">', "not wrapped"),
        ('<a aria-label="Close">{{ icon("x") }}</a>', "not wrapped"),
        ('{{ ui.button("Save") }}', "not wrapped"),
        ('<a hx-get="/x" hx-target="#nowhere">{{ text }}</a>', "no template has this id"),
    ],
)
def test_it_refuses(tmp_path: Path, source: str, said: str) -> None:
    assert any(said in text for text in found(tmp_path, source))


@pytest.mark.parametrize(
    "source",
    [
        '<p class="quiet" id="a">{{ _("Hello") }} · 3 %</p><a hx-get="/x" hx-target="#a">{{ text }}</a>',
        "{# Hello onclick= |safe #}",
        '<code>pip install</code><kbd>Ctrl</kbd>{{ ui.kbd("Enter") }}',
        '{% block body_class %}wide{% endblock %}<a hx-target="#row-{{ id }}" hx-trigger="keyup delay:200ms">{{ text }}</a>',
        '{% call ui.table("people", _("People")) %}{% endcall %}<a hx-target="#people">{{ text }}</a>',
        '{{ ui.text_field("name", _("Name"), autocomplete="name") }}',
    ],
)
def test_it_lets_through(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []


def test_mails_may_carry_styles_but_not_untranslated_text(tmp_path: Path) -> None:
    assert found(tmp_path, '<p style="color: red">{{ _("Hello") }}</p>', "email/hello.html") == []
    assert found(tmp_path, "<p>Hello</p>", "email/hello.html")


def test_a_finding_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("{% set a = 1 %}\n\n<p>\n  Hello\n</p>\n", "utf-8")
    assert [finding.line for finding in lint([path], root=tmp_path)] == [4]


def test_our_templates_pass() -> None:
    assert [str(finding) for finding in lint(sorted(TEMPLATES.rglob("*.html")))] == []
