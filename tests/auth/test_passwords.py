"""Which passwords are accepted, how they are compared, and that nobody's cost as much as somebody's."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import pytest
from argon2 import PasswordHasher

from saas.auth import passwords
from saas.core.errors import Invalid

GOOD = "four kettles of tea"


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    stored = passwords.hash_password(GOOD)
    assert stored.startswith("$argon2id$")
    assert passwords.compare(stored, GOOD) == passwords.Verdict(True)
    assert not passwords.compare(stored, GOOD + " ").is_right
    assert stored != passwords.hash_password(GOOD)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
def test_no_account_and_a_broken_hash_are_wrong(stored: str | None) -> None:
    assert not passwords.compare(stored, GOOD).is_right


def test_a_hash_of_older_parameters_is_replaced_after_a_right_password_only() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD)
    verdict = passwords.compare(old, GOOD)
    assert verdict.is_right
    assert verdict.fresh_hash is not None
    assert passwords.compare(verdict.fresh_hash, GOOD) == passwords.Verdict(True)
    assert passwords.compare(old, "something else") == passwords.Verdict(False)


def test_an_unknown_account_costs_as_much_as_a_known_one() -> None:
    stored = passwords.hash_password(GOOD)

    def cost(of: str | None) -> float:
        times = []
        for _number in range(7):
            start = perf_counter()
            passwords.compare(of, "wrong password")
            times.append(perf_counter() - start)
        return median(times)

    assert 0.5 < cost(None) / cost(stored) < 2


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "qwertyuiop",
        "PASSWORD123",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcdefghijkl",
        "9876543210",
        "x" * 257,
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.accept(password)
    assert set(refused.value.fields) == {"password"}


@pytest.mark.parametrize("password", ["ada.lovelace", "ada.lovelace1", "Ada Lovelace", "harbourbakery!"])
def test_ones_own_name_address_or_firm_is_no_password(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.accept(password, "ada.lovelace@example.com", "Ada Lovelace", "harbourbakery")


@pytest.mark.parametrize("password", [GOOD, "correct horse battery", "我的密码是很长的一句话", "ada.lovelace likes tea", "k9#vQ2!mZx"])
def test_a_longer_sentence_is_accepted_in_any_script(password: str) -> None:
    passwords.accept(password, "ada.lovelace@example.com", "Ada Lovelace", "Firm")
