"""Proving a second factor with what was typed. Guessing is slowed for the place it comes from and for the account."""

from __future__ import annotations

from uuid import UUID

from redis import Redis

from saas.auth.factors import recovery_codes, totp
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.throttle import forgive, throttle
from saas.tenants.cells import Databases
from saas.tenants.session import control_session

WINDOW_S, HOUR_S = 900, 3600
TRIES_OF_PAIR = 6
# Three codes in a million are right at any time: 30 tries an hour find one in about a year, by somebody who has the password already.
TRIES_OF_ACCOUNT = 30
APP, PAPER = "app", "recovery_code"


def prove_code(databases: Databases, redis: Redis, key: str, identity_id: UUID, typed: str, address: str) -> str:
    """Take a code of the app or a recovery code; return which it was. Raises Invalid({"code": sentence}), TooMany."""
    pair = f"{address}:{identity_id}"
    throttle(redis, "factor-pair", pair, TRIES_OF_PAIR, WINDOW_S)
    throttle(redis, "factor-of", str(identity_id), TRIES_OF_ACCOUNT, HOUR_S)
    with control_session(databases) as control:
        if totp.use(control, identity_id, key, typed):
            kind = APP
        elif recovery_codes.use(control, identity_id, key, typed):
            kind = PAPER
        else:
            raise Invalid({"code": _("This code is not right, or was used already. Wait for the next one and try again.")})
    forgive(redis, "factor-pair", pair)
    return kind
