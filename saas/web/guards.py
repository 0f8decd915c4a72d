"""Holding a member to the right that a route declares."""

from __future__ import annotations

import re

from saas.auth.context import Context
from saas.core.errors import Forbidden
from saas.core.i18n import _
from saas.crm import registry
from saas.web.routing import SIGNED_IN

_PARAMETER = re.compile(r"\{(\w+)\}")


def require(ctx: Context, right: str, params: dict[str, str]) -> None:
    """Insist on a route's right, in which parameters of the path may stand. Raises NotFound, Forbidden."""
    if "object" in params:
        # What does not exist is not refused but missing, whatever one's rights.
        registry.get(params["object"])
    if right == SIGNED_IN:
        return
    needed = _PARAMETER.sub(lambda found: params[found[1]], right)
    if not ctx.rights.may(needed):
        raise Forbidden(_("Your role does not allow this. Ask an admin of the workspace."))
