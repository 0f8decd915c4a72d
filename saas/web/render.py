"""Templates to HTML: the one Jinja environment, its globals and filters. No HTTP here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    nodes,
)
from markupsafe import Markup, escape

from saas.core import i18n, locale_format
from saas.web.escaping import OutputGenerator, escaped
from saas.web.inlining import InliningEnvironment

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
STATIC = FOLDER / "static"
STATIC_URL = "/static/"
NOTHING = Markup("")

_csrf_token: ContextVar[str] = ContextVar("csrf_token", default="")
_process: dict[str, Renderer] = {}


class Components:
    """The component macros as `ui.button(…)`: macro `button` of `components/button.html`, loaded when first used."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            macro = getattr(self._environment.get_template(f"components/{name}.html").module, name)
        except TemplateNotFound as error:
            raise AttributeError(f"there is no component {name!r} in templates/components/") from error
        if not self._environment.auto_reload:
            setattr(self, name, macro)
        return macro  # type: ignore[no-any-return]


class Renderer:
    """One Jinja environment. `is_development` re-reads templates and the asset manifest when they change."""

    def __init__(self, is_development: bool = False, bytecode_folder: Path | None = None) -> None:
        self.is_development = is_development
        self._manifest: dict[str, str] = {}
        self._manifest_mtime = 0.0
        self._parents: dict[str, str | None] = {}
        # A changed component would not reach the templates it was compiled into.
        self.environment = (Environment if is_development else InliningEnvironment)(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=is_development,
            cache_size=-1,
            bytecode_cache=FileSystemBytecodeCache(str(bytecode_folder)) if bytecode_folder else None,
        )
        self._install()

    def render(self, template_name: str, **context: object) -> str:
        """Render a whole template. Raises jinja2.UndefinedError for a name the context lacks."""
        template = self.environment.get_template(template_name)
        token = _csrf_token.set(_csrf_of(context))
        try:
            return template.render(context)
        finally:
            _csrf_token.reset(token)

    def render_block(self, template_name: str, block: str, **context: object) -> str:
        """Render one block of a template or of what it extends: the htmx fragment is the page's own block.

        Top-level `{% set %}` and imports of the template do not run; what a block needs, it sets itself.
        Raises KeyError for a block that is nowhere.
        """
        template = self.environment.get_template(template_name)
        rendering = template.new_context(dict(context))
        for ancestor in self._ancestors(template_name):
            for name, function in ancestor.blocks.items():
                rendering.blocks.setdefault(name, []).append(function)
        token = _csrf_token.set(_csrf_of(context))
        try:
            return "".join(rendering.blocks[block][0](rendering))
        finally:
            _csrf_token.reset(token)

    def asset(self, name: str) -> str:
        """Return the URL of a built file by its plain name (`app.css`). Raises LookupError when it was not built."""
        manifest = self._read_manifest()
        if name in manifest:
            return STATIC_URL + manifest[name]
        if self.is_development:
            return STATIC_URL + name
        raise LookupError(f"{name} is not built; run: python -m saas.web.assets_build")

    def icon(self, name: str, size: int = 16, label: str | None = None) -> Markup:
        """Draw an icon of the sprite, 16 or 20 px; `label` is its accessible name, without one it is decoration."""
        return draw_icon(self.asset("icons.svg"), name, size, str(label) if label else None)

    def _install(self) -> None:
        environment = self.environment
        environment.code_generator_class = OutputGenerator
        environment.escaped = escaped  # type: ignore[attr-defined]
        environment.install_gettext_callables(i18n._, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            _=i18n._,
            ngettext=i18n.ngettext,
            pgettext=i18n.pgettext,
            ui=Components(environment),
            asset=self.asset,
            icon=self.icon,
            csrf_field=csrf_field,
            csrf_token=_csrf_token.get,
            language_tag=i18n.language_tag,
            current_locale=i18n.current_locale,
            language_names=i18n.LANGUAGE_NAMES,
        )
        environment.filters.update(
            date=locale_format.format_date,
            datetime=locale_format.format_datetime,
            exact=locale_format.format_exact,
            time=locale_format.format_time,
            weekday=locale_format.format_weekday,
            relative=locale_format.format_relative,
            money=locale_format.format_money,
            number=locale_format.format_number,
            percent=locale_format.format_share,
            person_name=locale_format.person_name,
            initials=locale_format.initials,
            tint=tint,
            slug=slug,
            attributes=attributes,
        )
        if isinstance(environment, InliningEnvironment):
            environment.seal()

    def _read_manifest(self) -> dict[str, str]:
        if self._manifest and not self.is_development:
            return self._manifest
        path = STATIC / "manifest.json"
        mtime = path.stat().st_mtime if path.exists() else 0.0
        if mtime != self._manifest_mtime:
            self._manifest = json.loads(path.read_text("utf-8"))
            self._manifest_mtime = mtime
        return self._manifest

    def _ancestors(self, template_name: str) -> list[Template]:
        found: list[Template] = []
        parent = self._parent(template_name)
        while parent:
            found.append(self.environment.get_template(parent))
            parent = self._parent(parent)
        return found

    def _parent(self, template_name: str) -> str | None:
        if template_name not in self._parents or self.is_development:
            source = self.environment.loader.get_source(self.environment, template_name)[0]  # type: ignore[union-attr]
            extends = self.environment.parse(source).find(nodes.Extends)
            is_plain = extends is not None and isinstance(extends.template, nodes.Const)
            self._parents[template_name] = extends.template.value if is_plain else None  # type: ignore
        return self._parents[template_name]


@lru_cache(maxsize=4096)
def draw_icon(sprite: str, name: str, size: int, label: str | None) -> Markup:
    """Write the `<svg>` of one symbol of a sprite."""
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    drawing = Markup('<svg class="icon" width="{0}" height="{0}" {1}><use href="{2}#{3}"></use></svg>')
    return drawing.format(size, role, sprite, name)


def csrf_field() -> Markup:
    """Return the hidden field of every unsafe form; its token is the context's `csrf_token` or the frame's."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(_csrf_token.get())


@lru_cache(maxsize=8192)
def tint(name: str | None) -> int:
    """Pick one of the eight avatar tints, always the same for a name."""
    return crc32((name or "").encode()) % 8


def slug(text: str) -> str:
    """Turn a text into something fit for an element's id."""
    return re.sub(r"[^\w-]+", "-", text).strip("-")


def attributes(values: dict[str, object] | None) -> Markup:
    """Write a dict as HTML attributes: `_` in names becomes `-`, True a bare attribute, False and None nothing."""
    if not values:
        return NOTHING
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        plain = escape(name.replace("_", "-"))
        parts.append(f" {plain}" if value is True else f' {plain}="{escape(value)}"')
    return Markup("".join(parts))  # noqa: S704 -- every part is escaped above


def configure(is_development: bool, bytecode_folder: Path | None = None) -> Renderer:
    """Choose how this process renders, once, at start, and read the catalogues. Returns the renderer `render` uses."""
    i18n.load_catalogues()
    _process["renderer"] = Renderer(is_development, bytecode_folder)
    return _process["renderer"]


def renderer() -> Renderer:
    """Return the process' renderer: the configured one, or else a development one."""
    if "renderer" not in _process:
        _process["renderer"] = Renderer(is_development=True)
    return _process["renderer"]


def render(template_name: str, **context: object) -> str:
    """Render a template with the process' renderer; see `Renderer.render`."""
    return renderer().render(template_name, **context)


def render_block(template_name: str, block: str, **context: object) -> str:
    """Render one block of a template with the process' renderer; see `Renderer.render_block`."""
    return renderer().render_block(template_name, block, **context)


def _csrf_of(context: dict[str, Any]) -> str:
    token = context.get("csrf_token")
    if token is None:
        token = getattr(context.get("frame") or context.get("site"), "csrf_token", "")
    return str(token or "")
