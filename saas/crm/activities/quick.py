"""What is quickly done about a customer from a list of them."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.objects.definition import RowAction

LOG_A_CALL = RowAction(label=L_("Log a call"), icon="phone", href="/activities/log", right="activities:create", key="c")
