"""The runner: who is let in, what every answer carries."""

from __future__ import annotations

from litestar import Request

from saas.web.asgi import _address
from tests.worlds import World


def test_a_stranger_is_sent_to_sign_in_and_keeps_the_way_back(world: World) -> None:
    answer = world.visit().get("/today?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Ftoday%3Fx%3D1"


def test_a_session_of_one_workspace_is_nobody_in_another(world: World, other_world: World) -> None:
    token = world.sign_in("admin")._client.cookies["session"]
    assert world.visit(token).get("/accounts").status_code == 200
    assert other_world.visit(token).get("/accounts").status_code == 303


def test_every_answer_carries_the_security_headers(world: World) -> None:
    answer = world.sign_in("admin").get("/accounts")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


def test_only_our_own_proxies_are_believed_about_addresses(world: World) -> None:
    def address(header: str, trusted: int) -> str:
        scope = {
            "type": "http",
            "headers": [(b"x-forwarded-for", header.encode())],
            "client": ("10.0.0.1", 1),
            "query_string": b"",
            "path": "/",
        }
        return _address(Request(scope), trusted)  # type: ignore[arg-type]

    assert address("6.6.6.6", 0) == "10.0.0.1"
    assert address("6.6.6.6, 1.2.3.4", 1) == "1.2.3.4"
    assert address("6.6.6.6, 1.2.3.4, 10.9.9.9", 2) == "1.2.3.4"


def test_the_style_guide_is_there_in_both_languages(world: World) -> None:
    visitor = world.visit(host=world.runtime.settings.host())
    assert visitor.get("/styleguide").status_code == 200
    assert 'lang="zh-Hans"' in visitor.get("/styleguide?language=zh_Hans&theme=dark").text


def test_a_foreign_host_is_nobody(world: World) -> None:
    assert world.visit(host="evil.example").get("/").status_code == 404
    assert world.visit(host="a.b.localhost").get("/").status_code == 404
    assert world.visit(host="ops.localhost").get("/").status_code == 404


def test_every_route_declares_a_right_or_a_reason(world: World) -> None:
    for site in (world.app.public, world.app.workspace):
        for route in site.routes:
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    assert handler.opt.get("right") or handler.opt.get("why"), route.path


def test_an_unsafe_request_without_its_token_is_refused(world: World) -> None:
    client = world.sign_in("admin")
    assert client.post("/samples/add", csrf="").status_code == 403
    assert client.post("/samples/add", csrf="0" * 40).status_code == 403
    assert (
        client.request("POST", "/samples/add", data={"csrf_token": client.csrf()}, headers={"Origin": "http://evil.example"}).status_code
        == 403
    )
    assert client.post("/samples/add").status_code == 303
