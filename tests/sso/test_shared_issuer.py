"""Providers whose addresses serve many issuers (Microsoft's): which issuer a token must have, and whose key it must be."""

from __future__ import annotations

import pytest

from saas.auth.sso import provider

TEMPLATE = "https://login.example.com/{tenantid}/v2.0"
TID = "11111111-2222-3333-4444-555555555555"


def test_the_issuer_is_the_one_of_the_tokens_directory() -> None:
    assert provider._issuer_of({"issuer": TEMPLATE}, {"tid": TID}, {}) == f"https://login.example.com/{TID}/v2.0"
    key = {"issuer": TEMPLATE}
    assert provider._issuer_of({"issuer": TEMPLATE}, {"tid": TID}, key) == f"https://login.example.com/{TID}/v2.0"


@pytest.mark.parametrize("tid", [None, "", 7, "../evil", "a/b", "x@y"])
def test_a_token_without_a_plain_directory_is_refused(tid: object) -> None:
    with pytest.raises(ValueError, match="tid"):
        provider._issuer_of({"issuer": TEMPLATE}, {"tid": tid}, {})


def test_a_key_of_another_directory_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        provider._issuer_of({"issuer": TEMPLATE}, {"tid": TID}, {"issuer": "https://login.example.com/other/v2.0"})
