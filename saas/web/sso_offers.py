"""What a sign-in page offers beside the password: the firm's own service, and those of the operator."""

from __future__ import annotations

from dataclasses import dataclass

from saas.web import sso
from saas.web.exchange import Req
from saas.web.sso import Offer
from saas.web.sso_buttons import buttons


@dataclass(frozen=True)
class Offers:
    """`own` is the firm's service, None where there is none; `vendors` are (name, label, address) of the operator's."""

    own: Offer | None
    vendors: tuple[tuple[str, str, str], ...]


def offers(req: Req, after: str = "/") -> Offers:
    """List what this host's sign-in page offers; where the firm insists on its own service, nothing else."""
    own = sso.offer(req)
    return Offers(own, () if own and own.is_required else buttons(req, after))
