"""Refuses in templates what the content security policy kills, what escapes escaping and what is not translated.

Run as `python -m saas.devstack.template_lint [file …]`; each finding is one line `file:line: text`, exit code 1 when there is any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

TEMPLATES = Path(__file__).parent.parent / "web" / "templates"
HOLE = "\ue000"
"""Stands where the template puts a value, so that the rest can be read as plain HTML."""

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
TAG_PARTS = re.compile(r"\{% (block \w*(?:class|attributes) |set \w*class\w* )%\}.*?\{% end(?:block|set) %\}(?!\s*\{% end)", re.DOTALL)
"""Blocks that hold a part of a tag, classes or attributes, and no text for the reader."""

WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")
READ_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label"}
UNTRANSLATED_TAGS = {"code", "kbd", "script", "style", "pre"}
CODE_RULES = (
    (re.compile(r"\|\s*safe\b"), "|safe switches escaping off; return Markup from Python instead"),
    (re.compile(r"\bautoescape\s+false"), "autoescape false switches escaping off"),
    (re.compile(r"\bon[a-z]{3,}\s*=\s*[\"'{]"), "an inline handler is dead under the policy; use a data- attribute"),
    (re.compile(r"[\s(,]style\s*="), "style= is refused by the policy; add a class"),
    (re.compile(r"\bhx_(on\w*|vars)\s*="), "hx-on and hx-vars need eval, which is off"),
    (re.compile(r"\bhx_trigger\s*=\s*[\"'][^\"']*\["), "an hx-trigger filter [...] always passes without eval"),
    (re.compile(r"[\"']js:|javascript:"), "js: values need eval, which is off"),
    (re.compile(r"\bui\.(?!kbd)\w+\(\s*[\"'][A-Z][a-z]+[^\"']*[\"']"), "a text for the reader is not wrapped in _()"),
)
LITERAL_LABEL = CODE_RULES[-1][0]


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class _Reader(HTMLParser):
    """Collects findings and ids from one template whose Jinja parts were replaced by holes."""

    def __init__(self, is_mail: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.is_mail = is_mail
        self.found: list[tuple[int, str]] = []
        self.ids: set[str] = set()
        self.targets: list[tuple[int, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._open.append(tag)
            if tag == "style" and not self.is_mail:
                self._report("<style> is refused by the policy; put it into saas/web/assets/css")
            elif tag == "script" and not values.get("src"):
                self._report("an inline script is refused by the policy; put it into saas/web/assets/js")
        elif tag in UNTRANSLATED_TAGS:
            self._open.append(tag)
        for name, value in values.items():
            self._check_attribute(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNTRANSLATED_TAGS and tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._open and WORD.search(data):
            offset = data[: WORD.search(data).start()].count("\n")  # type: ignore[union-attr]
            self._report(f"text is not wrapped in _(): {' '.join(data.replace(HOLE, '…').split())[:60]}", offset)

    def _check_attribute(self, name: str, value: str) -> None:
        if name.startswith("on") and len(name) > len("on"):
            self._report(f"{name}= is an inline handler, dead under the policy; use a data- attribute")
        elif name == "style" and not self.is_mail:
            self._report("style= is refused by the policy; add a class")
        elif name.startswith(("hx-on", "data-hx-on")) or name == "hx-vars":
            self._report(f"{name} needs eval, which is off")
        elif name == "hx-trigger" and "[" in value:
            self._report("an hx-trigger filter [...] always passes without eval")
        elif value.strip().startswith(("js:", "javascript:")):
            self._report(f"{name}: js: values need eval, which is off")
        elif name in READ_ATTRIBUTES and WORD.search(value):
            self._report(f"{name} is not wrapped in _(): {value[:60]}")
        elif name == "id":
            self.ids.add(value)
        elif name == "hx-target" and value.startswith("#"):
            self.targets.append((self.getpos()[0], value[1:]))

    def _report(self, text: str, line_offset: int = 0) -> None:
        self.found.append((self.getpos()[0] + line_offset, text))


def lint(paths: list[Path], root: Path = TEMPLATES) -> list[Finding]:
    """Read templates and list what is wrong; ids may be defined in any template below `root`."""
    readers = {path: _read(path, root) for path in sorted({*root.rglob("*.html"), *paths})}
    ids = {name for reader in readers.values() for name in reader.ids} | set(_macro_ids(root))
    findings: list[Finding] = []
    for path in paths:
        reader = readers[path]
        findings += [Finding(path, line, text) for line, text in reader.found]
        findings += [
            Finding(path, line, f"hx-target #{name}: no template has this id")
            for line, name in reader.targets
            if HOLE not in name and name not in ids
        ]
        findings += _lint_code(path, root)
    return sorted(findings, key=lambda finding: (str(finding.path), finding.line))


def _read(path: Path, root: Path) -> _Reader:
    source = COMMENT.sub(_blank, path.read_text("utf-8"))
    source = TAG_PARTS.sub(_blank, source)
    source = STATEMENT.sub(_blank, EXPRESSION.sub(lambda match: HOLE + "\n" * match.group().count("\n"), source))
    reader = _Reader(is_mail=_is_under(path, root, "email"))
    reader.feed(source)
    reader.close()
    return reader


def _lint_code(path: Path, root: Path) -> Iterator[Finding]:
    source = COMMENT.sub(_blank, path.read_text("utf-8"))
    for part in (*EXPRESSION.finditer(source), *STATEMENT.finditer(source)):
        for pattern, text in CODE_RULES:
            if pattern is LITERAL_LABEL and _is_under(path, root, "styleguide"):
                continue
            for match in pattern.finditer(part.group()):
                yield Finding(path, source.count("\n", 0, part.start() + match.start()) + 1, text)


def _macro_ids(root: Path) -> Iterator[str]:
    """Ids that components write from their arguments: `ui.table("contacts", …)`, `ui.section(…, id="deals")`."""
    first_argument = re.compile(r"\bui\.(?:table|dialog|confirm|job_card|inline_cell)\(\s*[\"']([\w-]+)[\"']")
    for path in root.rglob("*.html"):
        source = path.read_text("utf-8")
        yield from first_argument.findall(source)
        yield from re.findall(r"\bid=[\"']([\w-]+)[\"']", source)


def _is_under(path: Path, root: Path, folder: str) -> bool:
    return path.is_relative_to(root / folder)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def main() -> None:
    """Lint the files named, or all templates; print findings and exit with 1 when there are any."""
    named = [Path(name).resolve() for name in sys.argv[1:]]
    findings = lint(named or sorted(TEMPLATES.rglob("*.html")))
    for finding in findings:
        print(finding)
    if findings:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
