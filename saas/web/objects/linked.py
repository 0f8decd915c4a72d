"""The field that says to whom something belongs: a customer, a person."""

from __future__ import annotations

from saas.core.i18n import _
from saas.crm.objects.linking import SUBJECT, Offer
from saas.web.objects.controls import Control


def subject_control(
    value: str = "", text: str = "", *, label: str = "", error: str = "", offers: tuple[Offer, ...] = (), is_required: bool = False
) -> Control:
    """Make the field; `value` is `<object>:<key>`, `text` its name."""
    return Control(
        name=SUBJECT,
        kind="subject",
        label=label or _("Customer or person"),
        value=value,
        text=text,
        url="/subjects",
        error=error,
        offers=offers,
        is_required=is_required,
    )
