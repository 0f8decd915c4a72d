"""The user's guide inside the product: docs/guide, in the reader's language, and the keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from saas.core.errors import NotFound
from saas.core.i18n import _
from saas.web.pages import page
from saas.web.routing import SIGNED_IN, Context, Reply, Req, workspace

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
FOLDERS = {"en": "en", "zh_Hans": "zh"}


@dataclass(frozen=True)
class Chapter:
    """One page of the guide: its address, title, and its text as HTML (our own, so it is trusted)."""

    name: str
    title: str
    html: Markup


@cache
def chapters(locale: str) -> dict[str, Chapter]:
    """Read the guide in a language, once per process; chapters by address, in the order of their files."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    found = {}
    for path in sorted((GUIDE / FOLDERS.get(locale, "en")).glob("*.md")):
        head, _newline, text = path.read_text("utf-8").partition("\n")
        found[path.stem] = Chapter(path.stem, head.lstrip("# ").strip(), Markup(renderer.render(text)))  # noqa: S704  our own guide
    return found


@workspace.get("/help", right=SIGNED_IN, looking=True)
def index(ctx: Context, req: Req) -> Reply:
    """List the chapters and the keys."""
    return page(ctx, req, "help/index.html", chapters=list(chapters(req.locale).values()))


@workspace.get("/help/{name:str}", right=SIGNED_IN, looking=True)
def show(ctx: Context, req: Req) -> Reply:
    """Show one chapter."""
    found = chapters(req.locale).get(req.params["name"].removesuffix(".md"))
    if found is None:
        raise NotFound(_("This page does not exist."))
    return page(ctx, req, "help/chapter.html", chapter=found)
