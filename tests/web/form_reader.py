"""What a browser without scripts would send: the fields of a form as they stand in a page."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form_id = form_id
        self.fields: dict[str, list[str]] = {}
        self.action = ""
        self.is_found = False
        self._inside = False
        # A select's name, the values of its options, and the places of those selected.
        self._select: tuple[str, list[str], list[int]] | None = None
        self._option: str | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and (values.get("id") == self.form_id or values.get("action") == self.form_id):
            self._inside = self.is_found = True
            self.action = values.get("action", "")
        if not self._inside:
            return
        if tag == "input" and "name" in values:
            self._input(values)
        elif tag == "select":
            self._select = (values.get("name", ""), [], [])
        elif tag == "option" and self._select:
            self._option = values.get("value")
            self._select[1].append(self._option or "")
            if "selected" in values:
                self._select[2].append(len(self._select[1]) - 1)
        elif tag == "textarea":
            self._area = (values.get("name", ""), [])

    def _input(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in values:
            return
        self.fields.setdefault(values["name"], []).append(values.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)
        elif self._select and self._option is None and self._select[1] and data.strip():
            self._select[1][-1] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            name, options, selected = self._select
            if name and options:
                self.fields.setdefault(name, []).append(options[selected[0] if selected else 0])
            self._select = None
        elif tag == "option":
            self._option = None
        elif tag == "textarea" and self._area:
            name, parts = self._area
            self.fields.setdefault(name, []).append("".join(parts).removeprefix("\n"))
            self._area = None


def fields(answer: httpx.Response, form_id: str) -> dict[str, list[str]]:
    """Read what a form (by id or action) would send, without its CSRF token."""
    reader = _Form(form_id)
    reader.feed(answer.text)
    assert reader.is_found, f"there is no form {form_id}"
    reader.fields.pop("csrf_token", None)
    return {name: values for name, values in reader.fields.items() if name}
