"""The runner: who is let in, what every answer carries."""

from __future__ import annotations

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
