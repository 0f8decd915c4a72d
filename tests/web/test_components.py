"""Component macros: the promises other templates rely on."""

from __future__ import annotations

import re
from datetime import date

import pytest
from jinja2 import Template

from saas.web import assets_build
from saas.web.render import TEMPLATES, renderer

NAMES = sorted(path.stem for path in (TEMPLATES / "components").glob("*.html"))
FIELDS = ["text_field", "number_field", "email_field", "phone_field", "url_field", "date_field", "money_field", "textarea_field"]


def show(source: str, **context: object) -> str:
    template: Template = renderer().environment.from_string(source)
    return template.render(context)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_holds_the_macro_of_its_name_and_is_in_the_readme_and_the_style_guide(name: str) -> None:
    assert callable(getattr(renderer().environment.globals["ui"], name))
    assert f"{name}" in (TEMPLATES / "components" / "README.md").read_text("utf-8")
    if name in {"combobox_option"}:
        return
    everywhere = [*TEMPLATES.glob("styleguide/*.html"), *TEMPLATES.glob("layouts/*.html"), *TEMPLATES.glob("components/*.html")]
    assert any(f"ui.{name}(" in path.read_text("utf-8") for path in everywhere)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_ties_label_help_and_error_to_its_control(name: str) -> None:
    html = show("{{ ui[name]('x', 'Label', '1', error='Wrong', help='Help', is_required=True, data_extra='e') }}", name=name)
    assert '<label class="field-label" for="field-x">' in html
    control = re.search(r'<(?:input|textarea)[^>]*id="field-x"[^>]*>', html)
    assert control
    for part in ('aria-invalid="true"', 'aria-describedby="field-x-error field-x-help"', " required", 'data-extra="e"', 'name="x"'):
        assert part in control.group()
    assert 'id="field-x-error"' in html
    assert 'id="field-x-help"' in html


def test_a_field_without_value_is_empty_and_not_none() -> None:
    assert 'value=""' in show("{{ ui.text_field('x', 'X') }}")
    assert "None" not in show("{{ ui.textarea_field('x', 'X') }}{{ ui.select_field('x', 'X', [('', '-')]) }}")


def test_zero_is_a_value() -> None:
    assert 'value="0"' in show("{{ ui.number_field('x', 'X', 0) }}")


def test_typed_text_never_becomes_markup() -> None:
    evil = "</textarea><img src=x onerror=alert(1)>"
    html = show(
        "{{ ui.textarea_field('a', t, t, error=t, help=t) }}{{ ui.text_field('b', t, t) }}"
        "{{ ui.chip(t, href=t) }}{{ ui.identity(t, '/x') }}"
        "{{ ui.toast(t) }}{{ ui.key_value(t, t) }}{{ ui.menu_item(t, action='/x', fields={'f': t}) }}{{ ui.combobox_option(1, t) }}"
        "{{ ui.multi_field('m', t, [t]) }}{{ ui.tags_field('g', t, [t]) }}{{ ui.code_display(t) }}",
        t=evil,
    )
    assert "<img" not in html


def test_a_button_with_an_address_is_a_link_and_submits_otherwise() -> None:
    assert show("{{ ui.button('Go', href='/x') }}").startswith("<a ")
    assert 'type="submit"' in show("{{ ui.button('Save') }}")


def test_a_posting_form_carries_the_token_and_keeps_drafts_unless_told_not_to() -> None:
    html = show("{% call ui.form('/x', 'f', row_version=4) %}{% endcall %}")
    assert 'name="csrf_token"' in html
    assert "data-draft" in html
    assert 'name="row_version" value="4"' in html
    assert "data-draft" not in show("{% call ui.form('/x', 'f', is_draft_kept=False) %}{% endcall %}")
    assert "csrf_token" not in show("{% call ui.form('/x', 'f', method='get') %}{% endcall %}")


def test_several_values_keep_their_kinds_and_errors() -> None:
    html = show(
        "{{ ui.multi_field('m', 'M', ['a', 'b'], labels=[('w', 'Work'), ('h', 'Home')], value_labels=['w', 'h'], errors=[None, 'Bad']) }}"
    )
    assert html.count('name="m"') == 2 + 1  # and one for readers without scripts
    assert '<option value="h" selected>' in html
    assert html.count("field-error") == 1


def test_a_link_to_a_record_one_may_not_open_is_plain_text() -> None:
    assert show("{{ ui.link('Secret', None) }}{{ ui.identity('Secret', None) }}").count("<a ") == 0


def test_overdue_is_said_in_words() -> None:
    assert "Overdue" in show("{{ ui.time(day, is_overdue=True) }}", day=date(2020, 1, 1))
    assert show("{{ ui.time(None) }}").strip() == ""


def test_icons_are_decoration_or_have_a_name() -> None:
    assert 'aria-hidden="true"' in show("{{ icon('x') }}")
    assert 'role="img" aria-label="Close"' in show("{{ icon('x', label='Close') }}")


def test_every_icon_named_in_the_product_exists() -> None:
    assets_build.build()
    drawn = (assets_build.STATIC / _built("icons.svg")).read_text("utf-8")
    missing = {name: path for name, path in assets_build.used_icons().items() if f'id="{name}"' not in drawn}
    assert not missing


def test_scripts_stay_within_their_budget_and_a_second_build_does_nothing() -> None:
    assets_build.build()
    assert assets_build.build() is False
    assert assets_build.script_size(assets_build.STATIC / _built("app.js")) < assets_build.SCRIPT_BUDGET


def _built(name: str) -> str:
    return renderer().asset(name).rsplit("/", 1)[-1]
