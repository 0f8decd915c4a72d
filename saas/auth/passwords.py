"""Passwords: which are accepted, how they are kept (Argon2id, RFC 9106) and compared. Costs 50–100 ms: hold no connection meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from saas.core.errors import Invalid
from saas.core.i18n import _

MIN_LENGTH, MAX_LENGTH = 10, 256
MIN_DIFFERENT = 4
MIN_OWN = 4
# 32 MiB and three passes are above the floor that OWASP's password storage sheet gives, and ten at once fit a small machine.
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# Compared when there is no account, so that its absence cannot be told by the clock.
_NOBODY = f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${'A' * 22}${'A' * 43}"
_COMMON = frozenset(
    """
    1234567890 0123456789 12345678910 123456789a 1234567891 0987654321 9876543210 1122334455 1111111111 0000000000 1234512345
    qwertyuiop qwerty1234 qwerty12345 qwerty123456 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 qazwsxedcrfv asdfghjkl1 zxcvbnm123 asdfghjklö
    password12 password123 password1234 password01 passw0rd123 p@ssword123 p@ssw0rd123 passwort123 mypassword changeme123 letmein123
    welcome123 welcome2024 welcome2025 welcome2026 administrator admin12345 admin123456 iloveyou123 iloveyou12 sunshine123 princess123
    football123 baseball123 superman123 michelle123 abcdefghij abc1234567 abc123456789 a123456789 aa12345678 a1234567890 qq123456789
    woaini1314 woaini1314520 woaini5201314 5201314520 1314520520 wang123456 zhang123456 5845201314 asd123456789 caonima123 mima123456
    computer123 internet123 company123 sommer2025 sommer2026 geheim1234 hallo12345 test123456 test1234567 default123 trustno1trustno1
    """.split()
)


@dataclass(frozen=True)
class Verdict:
    """What came of comparing a password. `fresh_hash` is set when the stored one should be replaced by it."""

    is_right: bool
    fresh_hash: str | None = None


def accept(password: str, *own: str, field: str = "password") -> None:
    """Refuse a password that is easily guessed. `own` are the person's e-mail, name and firm. Raises Invalid({field: sentence})."""
    plain = password.lower()
    if len(password) < MIN_LENGTH:
        raise Invalid(
            {field: _("Use at least %(number)d characters. Three or four words that only you put together are good.", number=MIN_LENGTH)}
        )
    if len(password) > MAX_LENGTH:
        raise Invalid({field: _("Use at most %(number)d characters.", number=MAX_LENGTH)})
    if plain in _COMMON or len(set(plain)) < MIN_DIFFERENT or _is_run(plain):
        raise Invalid({field: _("This password is among the first that get tried. Choose another one.")})
    for word in own:
        for part in (word.lower(), word.lower().partition("@")[0]):
            if len(part) >= MIN_OWN and part in plain and len(plain) - len(part) < MIN_OWN + 1:
                raise Invalid({field: _("This is too close to your name or e-mail. Choose another one.")})


def hash_password(password: str) -> str:
    """Turn a password into what is stored."""
    return _hasher.hash(password)


def compare(stored: str | None, password: str) -> Verdict:
    """Compare a password with a stored hash; None (no account, no password yet) costs the same and is always wrong."""
    try:
        _hasher.verify(stored or _NOBODY, password[: MAX_LENGTH * 4])
    except (VerificationError, InvalidHashError):
        return Verdict(False)
    if stored is None:
        return Verdict(False)
    return Verdict(True, _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None)


def _is_run(text: str) -> bool:
    """Tell whether every character follows the one before it: `abcdefghijk`, `9876543210`."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})
