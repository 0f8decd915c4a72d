"""Proving oneself anew before a dangerous act: a session remembers when it last proved a factor, or the password of who has none."""

from __future__ import annotations

from datetime import timedelta

from saas.auth.sessions import Proof
from saas.core.clock import now

MINUTES = 10


class ProofNeeded(Exception):
    """The act waits until the person has proved who they are; whoever answers requests asks, and comes back to it.

    `needs_factor` says that a password is not enough: who has no second factor has to add one first.
    """

    def __init__(self, *, needs_factor: bool = False) -> None:
        super().__init__()
        self.needs_factor = needs_factor


def is_fresh(proof: Proof, minutes: int = MINUTES) -> bool:
    """Tell whether a session proved itself in the last minutes."""
    return proof.at is not None and now() - proof.at <= timedelta(minutes=minutes)


def require_fresh(proof: Proof, minutes: int = MINUTES, *, needs_factor: bool = False) -> None:
    """Insist on a proof of the last minutes, with `needs_factor` on one of a second factor. Raises ProofNeeded."""
    if not is_fresh(proof, minutes) or (needs_factor and not proof.is_two_factor):
        raise ProofNeeded(needs_factor=needs_factor)
