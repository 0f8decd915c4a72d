"""A small server around the style guide for browser tests: the product's own pages and headers, canned answers behind them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from saas.core.i18n import use
from saas.web import styleguide
from saas.web.frame import Site
from saas.web.render import STATIC, render, renderer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
SNIPPETS = {
    "/styleguide/edit": (
        '{% call ui.inline_form("/styleguide/save", target="row-1-city") %}'
        '{{ ui.input("city", "city-input", value="Paris", aria_label="City") }}{% endcall %}'
    ),
    "/styleguide/save": (
        '{% call ui.inline_cell("row-1-city", "/styleguide/edit") %}{% if form.get("error") %}'
        '{% call ui.inline_form("/styleguide/save", target="row-1-city") %}'
        '{{ ui.input("city", "city-input", value=form.city, error=form.error, aria_label="City") }}{% endcall %}'
        "{% else %}{{ form.city }}{% endif %}{% endcall %}"
    ),
    "/styleguide/sheet": (
        '{% call ui.sheet("New contact", "/styleguide") %}{% call ui.form("/saved", "sheet-form-2") %}'
        '{{ ui.text_field("sheet_field", "Name") }}{{ ui.form_actions("Create", cancel_href="/styleguide") }}{% endcall %}{% endcall %}'
    ),
    "/search": (
        '{% call ui.palette_group("Contacts") %}{{ ui.palette_item("First", "/one") }}'
        '{{ ui.palette_item("Second " ~ form.get("q", ""), "/two") }}{% endcall %}'
    ),
    "/styleguide/choices": '{{ ui.combobox_option(7, "Contoso") }}{{ ui.combobox_option(8, "Fabrikam", hint="ACC-8") }}',
    "/form": (
        '{% extends "layouts/app.html" %}{% block title %}Form{% endblock %}{% block content %}'
        '{% call ui.form("/saved", "person") %}{{ ui.text_field("name", "Name") }}{{ ui.textarea_field("note", "Note") }}'
        '{{ ui.password_field("secret", "Secret") }}{{ ui.form_actions("Save") }}{% endcall %}'
        '<button id="fail" hx-get="/broken" hx-target="#content">fail</button>'
        '<button id="expire" hx-post="/expired" hx-include="#person" hx-target="#content">expire</button>{% endblock %}'
    ),
    "/accents": (
        '{% extends "layouts/app.html" %}{% block title %}Accents{% endblock %}{% block content %}{{ ui.button("Go", kind="primary") }}'
        '<p>{{ ui.link("Link", "#") }}</p>{{ ui.chip("Chip", tone="accent") }}'
        '{{ ui.tabs([("Tab", "#", True)]) }}{{ ui.steps(["a", "b"], 1) }}'
        '<table class="table"><tbody><tr>{{ ui.row_checkbox(1, "x", is_checked=True) }}'
        '<td>Text {{ ui.link("Link", "#") }}</td></tr></tbody></table>'
        "{% endblock %}"
    ),
    "/saved": '{% extends "layouts/app.html" %}{% block title %}Saved{% endblock %}',
    "/sign-in": '{% extends "layouts/auth.html" %}{% block title %}Sign in{% endblock %}',
}


class Preview(BaseHTTPRequestHandler):
    """Answers GET and POST alike."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        form = dict(parse_qsl(address.query) + parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        if address.path.startswith("/static/"):
            file = STATIC / address.path.removeprefix("/static/")
            return self._answer(200, file.read_bytes(), {"Content-Type": KINDS[file.suffix]})
        if address.path == "/broken":
            return self._answer(500, b"", {"X-Request-Id": "req-4711"})
        if address.path == "/expired":
            return self._answer(401, b"", {})
        if address.path == "/styleguide/save" and not form.get("city", "").isalpha():
            form["error"] = "Type a city"
        with use(form.get("language", "en"), "Europe/Paris"):
            html = self._page(address.path, form)
        headers = {"Content-Type": "text/html; charset=utf-8"}
        if address.path == "/styleguide/save" and "error" not in form:
            headers["HX-Trigger"] = json.dumps({"toast": {"message": "City changed", "undo_action": "/undo"}})
        return self._answer(422 if form.get("error") else 200, html.encode(), headers)

    do_POST = do_GET

    def _page(self, path: str, form: dict[str, str]) -> str:
        context = styleguide.context(form.get("theme", "light"))
        if path == "/styleguide":
            return render("styleguide/index.html", **context)
        source = SNIPPETS.get(path, SNIPPETS["/saved"])
        return renderer().environment.from_string(source).render(form=form, site=Site(), **context)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Content-Security-Policy": POLICY}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@contextmanager
def running() -> Iterator[str]:
    """Serve on a free loopback port; give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Preview)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
