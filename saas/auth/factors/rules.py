"""What a firm asks of those who sign in: a second factor, and how long a sign-in lasts. Sessions read it with themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from saas.auth import sessions
from saas.auth.factors.models import SignInRules
from saas.core.errors import Invalid
from saas.core.i18n import _

MIN_IDLE, MIN_ABSOLUTE = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True)
class Rules:
    """The rules of one firm; a limit that is None is the product's own (`sessions.IDLE`, `sessions.ABSOLUTE`)."""

    requires_factor: bool = False
    idle_limit: timedelta | None = None
    absolute_limit: timedelta | None = None


def load(control: Session, tenant_id: UUID) -> Rules:
    """Read a firm's rules; the product's own when it has set none."""
    row = control.get(SignInRules, tenant_id)
    return Rules(row.requires_factor, row.idle_limit, row.absolute_limit) if row else Rules()


def save(control: Session, tenant_id: UUID, rules: Rules) -> None:
    """Set a firm's rules; they hold from the next request on. Raises Invalid({field: sentence}) for limits out of bounds."""
    wrong = {}
    if rules.idle_limit is not None and not MIN_IDLE <= rules.idle_limit <= sessions.IDLE:
        wrong["idle"] = _("Choose from the list.")
    if rules.absolute_limit is not None and not MIN_ABSOLUTE <= rules.absolute_limit <= sessions.ABSOLUTE:
        wrong["absolute"] = _("Choose from the list.")
    if wrong:
        raise Invalid(wrong)
    values = {"requires_factor": rules.requires_factor, "idle_limit": rules.idle_limit, "absolute_limit": rules.absolute_limit}
    row = insert(SignInRules).values(tenant_id=tenant_id, **values)
    control.execute(row.on_conflict_do_update(index_elements=["tenant_id"], set_=values))
